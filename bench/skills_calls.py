"""What a call of an MCP server's tool takes: cold, in a held session, with the bare SDK, and with mcporter.

    python bench/skills_calls.py [--calls N] [--without-peers]

The server is tests/support/mcp_stdio.py, which answers at once, so that what is measured is the way there and back.
All ways are timed one after the other in one run; medians, in milliseconds of wall clock. mcporter (npm) and the Node
that it wants are installed by npm into ``.venv-peers-node``; where npm cannot, that is said and the rest is measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from skills.mcp.calling import Caller  # noqa: E402
from skills.mcp.client.connection import connect  # noqa: E402
from skills.mcp.holder import Holder  # noqa: E402
from skills.mcp.start import Server, Start  # noqa: E402
from skills.mcp.trusting import trust  # noqa: E402

NODE, MCPORTER = "node@24", "mcporter@0.9.0"
TOOL = '{"name":"echo","description":"Echo.","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--without-peers", action="store_true", help="ours alone: nothing is installed")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers-node", help="where mcporter is installed")
    args = parser.parse_args()
    number, peers = args.calls, None if args.without_peers else _installed(args.peers)
    with tempfile.TemporaryDirectory(prefix="calls-") as name:
        base = Path(name)
        measured = _measured(base, number)
        if peers is not None:
            measured |= _of_mcporter(peers, base, number)
    print(f"load {os.getloadavg()[0]:.1f}; {number} calls each, whole processes {max(number // 10, 3)}")
    for what, seconds in measured.items():
        print(f"{what:<44} {1000 * statistics.median(seconds):8.1f} ms")


def _measured(base: Path, number: int) -> dict[str, list[float]]:
    env = {
        **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        "PYTHONPATH": str(ROOT),
        "XDG_RUNTIME_DIR": str(base),
        "XDG_CONFIG_HOME": str(base / "config"),
    }
    (base / "scenario.json").write_text(json.dumps({"pages": [[TOOL]]}))
    command = (sys.executable, str(ROOT / "tests/support/mcp_stdio.py"), str(base / "scenario.json"))
    project = base / "project"
    (project / ".git").mkdir(parents=True)
    words = ["skill", "import-mcp", "echo", "--", *command]
    process = [sys.executable, "-m", "onecontext"]
    subprocess.run([*process, *words], cwd=project, env=env, check=True, capture_output=True)
    server = Server("echo", project / ".agents/skills/echo", project, Start(command))
    trust(server, env)
    call = [*process, "call", "echo", "echo", "a=1"]

    def whole(words: list[str]) -> None:
        subprocess.run(words, cwd=project, env=env, check=True, capture_output=True)

    def cold() -> None:
        Holder(env).ask_running({"op": "quit"})
        whole(call)

    bare = connect(server.launch(env), timeout_s=60)
    few = max(number // 10, 3)
    with Caller(server, env) as caller:
        caller.call("echo", {"a": "1"})
        found = {
            "ours, held session, from Python": _timed(lambda: caller.call("echo", {"a": "1"}), number),
            "the bare SDK, held session": _timed(
                lambda: bare.submit("echo", {"a": "1"}, timeout_s=60).result(), number
            ),
        }
    found["python -c pass"] = _timed(lambda: whole([sys.executable, "-c", "pass"]), few)
    found["onecontext call, held session, whole process"] = _timed(lambda: whole(call), few)
    found["onecontext call, cold (daemon and server start)"] = _timed(cold, 3)
    bare.close()
    Holder(env).ask_running({"op": "quit"})
    return found


def _installed(folder: Path) -> Path | None:
    """Return the folder with the programs of mcporter and its Node; None, which is said, where npm cannot have them."""
    programs = folder / "node_modules" / ".bin"
    if not (programs / "mcporter").exists():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--silent", "--prefix", str(folder), NODE, MCPORTER]
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"without mcporter: npm could not install it ({error})")
            return None
    return programs


def _of_mcporter(programs: Path, base: Path, number: int) -> dict[str, list[float]]:
    """Time the same call of the same server: each call a process, as mcporter is used, with and without its daemon."""
    command = [sys.executable, str(ROOT / "tests/support/mcp_stdio.py"), str(base / "scenario.json")]
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(base / "mcporter")}
    (base / "mcporter").mkdir()

    def call(kind: str) -> None:
        config = base / f"{kind}.json"
        if not config.exists():
            server = {"command": command[0], "args": command[1:], "lifecycle": kind, "env": {"PYTHONPATH": str(ROOT)}}
            config.write_text(json.dumps({"mcpServers": {"echo": server}, "imports": []}))
        words = ["mcporter", "--config", str(config), "call", "echo.echo", "a=1"]
        subprocess.run(words, cwd=base, env=env, check=True, capture_output=True, timeout=60)

    few = max(number // 10, 3)
    try:
        call("keep-alive")
        return {
            "mcporter call, its daemon, whole process": _timed(lambda: call("keep-alive"), few),
            "mcporter call, no daemon, whole process": _timed(lambda: call("ephemeral"), few),
            "node -e 0": _timed(lambda: subprocess.run(["node", "-e", "0"], env=env, check=True) and None, few),
        }
    finally:
        words = ["mcporter", "--config", str(base / "keep-alive.json"), "daemon", "stop"]
        subprocess.run(words, cwd=base, env=env, check=False, capture_output=True, timeout=60)


def _timed(do: Callable[[], object], number: int) -> list[float]:
    taken = []
    for _ in range(number):
        begun = time.perf_counter()
        do()
        taken.append(time.perf_counter() - begun)
    return taken


if __name__ == "__main__":
    main()
