"""What a turn of an agent costs beside the model: ``python bench/agent.py [--full] [--without-peers]``.

Rule 1: the model is a server of its own on this machine that answers at once, so what is measured is the client alone.
Rule 2: each way has a process of its own, and all take turns in a round: a busy machine slows all alike.
Rule 3: peers are installed, as ``bench/agent_peers.txt`` names them, into an environment of their own.

Without ``--full`` one round, some ten minutes; with it three.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memory import title

HERE = Path(__file__).resolve().parent
OURS = ["our client", "ours", "ours, journal", "ours, no client", "the same, journal"]
PEERS = ["httpx", "litellm", "openai-agents", "pydantic-ai", "smolagents", "mini-swe-agent"]
AT_ONCE = ["ours", "ours, journal", *PEERS]
AGENTS = 50
ENDS = 10
"""How many turns at the beginning and at the end are compared."""


def main() -> None:
    parser = argparse.ArgumentParser(description="What a turn of an agent costs beside the model.")
    parser.add_argument("--full", action="store_true", help="three rounds")
    parser.add_argument("--without-peers", action="store_true", help="ours alone: nothing is installed")
    parser.add_argument("--peers", type=Path, default=HERE.parent / ".venv-peers", help="where peers are installed")
    args = parser.parse_args()
    peers = [] if args.without_peers else PEERS
    python = dict.fromkeys(OURS, sys.executable)
    if peers and (theirs := environment(args.peers, HERE / "agent_peers.txt")):
        python |= dict.fromkeys(peers, theirs)
    with server() as address:
        rounds = 3 if args.full else 1
        turns(python, address, rounds)
        at_once({name: python[name] for name in AT_ONCE if name in python}, address, rounds)


def turns(python: dict[str, str], address: str, rounds: int) -> None:
    """Print what a turn takes, at the beginning and at the end of a conversation, and the differences that count."""
    found: dict[str, list[list[float]]] = {name: [] for name in python}
    for _ in range(rounds):
        for name, program in python.items():
            found[name].append(measured(program, name, address, "--rounds", "5")["turns_ms"])
    title(f"CPU ms of a turn, one conversation of 50; medians of {5 * rounds}")
    print(f"{'':<18}{'first 10':>10}{'all':>10}{'last 10':>10}{'last/first':>12}")
    for name, rows in found.items():
        first, middle, last = (over(rows, part) for part in (slice(ENDS), slice(None), slice(-ENDS, None)))
        print(f"{name:<18}{first:>10.2f}{middle:>10.2f}{last:>10.2f}{last / first:>12.2f}")
    print("\nthe loop above the client, and what a journal adds to it; goal: 1.5")
    for name, above in [("ours", "our client"), ("the same, journal", "ours, no client")]:
        parts = [
            statistics.median(
                over([mine], part) - over([theirs], part)
                for mine, theirs in zip(found[name], found[above], strict=True)
            )
            for part in (slice(ENDS), slice(None), slice(-ENDS, None))
        ]
        print(f"{name:<18}" + "".join(f"{part:>10.2f}" for part in parts))


def at_once(python: dict[str, str], address: str, rounds: int) -> None:
    """Print what many agents at once take, all in one process."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in python}
    for _ in range(rounds):
        for name, program in python.items():
            found[name].append(measured(program, name, address, "--agents", str(AGENTS)))
    title(f"{AGENTS} agents at once, 50 turns each; goal for ours: 400 MB")
    print(f"{'':<18}{'turns/s':>10}{'CPU ms a turn':>16}{'peak MB':>10}")
    for name, runs in found.items():
        rate, cpu, peak = (statistics.median(run[key] for run in runs) for key in ("turns_per_s", "cpu_ms", "peak_mb"))
        print(f"{name:<18}{rate:>10.0f}{cpu:>16.2f}{peak:>10.0f}")


def over(rows: list[list[float]], part: slice) -> float:
    """Return the median of these turns in all ``rows``."""
    return statistics.median(turn for row in rows for turn in row[part])


def measured(python: str, name: str, address: str, *more: str) -> dict[str, Any]:
    """Run one way in a process of its own."""
    kept = {key: value for key, value in os.environ.items() if python == sys.executable or key != "PYTHONPATH"}
    command = [python, str(HERE / "agent_load.py"), name, address, *more]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def environment(folder: Path, pinned: Path) -> str | None:
    """Return the Python of the peers' environment, made and filled where it is not yet as the list ``pinned`` says.

    None: they cannot be had here, which is said.
    """
    python = folder / "bin" / "python"
    wanted = pinned.read_text()
    have = folder / "peers.txt"
    if not have.is_file() or have.read_text() != wanted:
        print(f"installing the peers in {folder}")
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "-q", "-r", str(pinned)]
        if subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode:
            names = [line for line in wanted.splitlines() if line and not line.startswith("#")]
            print(f"not installed, left out: {', '.join(names)}")
            return None
        have.write_text(wanted)
    return str(python)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Give the address of a model's server that lasts as long as the ``with`` block."""
    command = [sys.executable, str(HERE / "agent_server.py")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
