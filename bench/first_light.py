"""``make bench``: what starting costs, what an agent's prompt costs, where the demo's time goes.

Commands are measured as whole processes, in rounds that take each of them once, so that a busy machine slows all alike;
figures are medians of CPU time (user + system, wait4(2)), ratios are medians of the ratios within a round.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from onecontext.text.tokens import default_counter
from teams.engine.journal import Journal
from teams.mission.prompt_size import prompt_sizes

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "examples" / "first-light" / "demo.py"
COMMANDS: dict[str, Sequence[str]] = {
    "python -c pass": ["-c", "pass"],
    "python -c 'import argparse'": ["-c", "import argparse"],
    "python -c 'import onecontext'": ["-c", "import onecontext"],
    "from onecontext import Memory": ["-c", "from onecontext import Memory"],
    "from teams import Agent, Team": ["-c", "from teams import Agent, Team"],
    "onecontext --help": ["-c", "from onecontext.cli.main import entry; entry()", "--help"],
}
HEAVY = ("litellm", "textual", "watchdog", "pygit2", "pydantic", "tiktoken")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sandbox", default="bubblewrap")
    parser.add_argument("--only", choices=["start-up", "prompts", "demo"], help="only this part")
    args = parser.parse_args()
    parts = {"start-up": lambda: start_up(args.rounds), "prompts": prompts, "demo": lambda: demo(args.sandbox)}
    for name, measure in parts.items():
        if args.only in (None, name):
            measure()


def start_up(rounds: int) -> None:
    """Print CPU time and modules of each command, and the two budgets of the design."""
    cpu: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for arguments in COMMANDS.values():
        cpu_ms(arguments)  # once, so that byte code is written
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            cpu[name].append(cpu_ms(arguments))
    base = cpu["python -c pass"]
    title(f"Start-up, CPU ms, median of {rounds} rounds")
    print(f"{'':<32}{'CPU ms':>8}{'above python':>14}{'modules':>9}  heavy packages loaded")
    for name, arguments in COMMANDS.items():
        above = statistics.median(mine - theirs for mine, theirs in zip(cpu[name], base, strict=True))
        loaded = modules(arguments)
        heavy = ", ".join(package for package in HEAVY if package in loaded) or "none"
        print(f"{name:<32}{statistics.median(cpu[name]):>8.1f}{above:>14.1f}{len(loaded):>9}  {heavy}")
    floor = statistics.median(cpu["python -c 'import argparse'"])
    budget = 1.5 * floor + 30
    help_ms = statistics.median(cpu["onecontext --help"])
    print(f"budget of --help: 1.5 × {floor:.1f} + 30 = {budget:.1f} ms; it takes {help_ms:.1f}")
    import_ms = statistics.median(
        mine - theirs for mine, theirs in zip(cpu["python -c 'import onecontext'"], base, strict=True)
    )
    print(f"budget of import onecontext: 150 ms; it takes {import_ms:.1f}")


def prompts() -> None:
    """Print the tokens of each role's system prompt and tools."""
    counter = default_counter()
    title(f"System prompt and tools, tokens ({counter.name}), budget 1,500")
    print(f"{'role':<16}{'prompt':>8}{'tools':>8}{'together':>10}")
    for size in prompt_sizes():
        print(f"{size.role:<16}{size.prompt:>8}{size.tools:>8}{size.prompt + size.tools:>10}")


def demo(sandbox: str) -> None:
    """Run the demo once and print where its time went, from its own journal."""
    with tempfile.TemporaryDirectory() as folder:
        started = datetime.now().astimezone()
        command = [sys.executable, str(DEMO), "--folder", folder, "--sandbox", sandbox]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        ended = datetime.now().astimezone()
        if ran.returncode:
            raise SystemExit(f"the demo ended with {ran.returncode}:\n{ran.stderr}")
        journal = next(Path(folder).glob("till/.onecontext/teams/*/onecontext/journal.jsonl"))
        events = list(Journal(journal.parent, team=journal.parents[1].name).read())
    at = {event.type: event.at for event in reversed(events)}
    last = {event.type: event.at for event in events}
    merged = [event.at for event in events if event.type == "work.merged"]
    parts = [
        ("copy, git init, tests before, start of the command", started, at["mission.started"]),
        ("plan: look at the repository, write the contract", at["mission.started"], at["mission.planned"]),
        ("two tasks side by side, one rejected and repeated", at["mission.planned"], merged[1]),
        ("the task that waited for both", merged[1], merged[2]),
        ("the whole contract once more, last milestone", merged[2], last["mission.ended"]),
        ("clone of the result, tests after", last["mission.ended"], ended),
    ]
    title("The demo, wall seconds (one run)")
    for name, begin, end in parts:
        print(f"{name:<54}{(end - begin).total_seconds():>7.2f}")
    print(f"{'together':<54}{(ended - started).total_seconds():>7.2f}")
    sums: list[tuple[str, Callable[[str], bool], str]] = [
        ("of that in commands of agents (summed over threads)", lambda kind: kind == "tool.result", "duration_s"),
        ("in commands of the contract", lambda kind: kind == "verify.command", "duration_s"),
        ("in the scripted model", lambda kind: kind == "model.called", "latency_s"),
    ]
    for name, wanted, field in sums:
        print(f"{name:<54}{sum(event.data[field] for event in events if wanted(event.type)):>7.2f}")


def cpu_ms(arguments: Sequence[str]) -> float:
    """Run python with these arguments and return its CPU time in milliseconds."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"python {' '.join(arguments)} exited {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def modules(arguments: Sequence[str]) -> set[str]:
    """Return the modules that are loaded when python has run these arguments."""
    code = (
        "import sys, contextlib, io\n"
        f"sys.argv = ['-c', *{list(arguments[2:])!r}]\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        f"    exec({arguments[1]!r})\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
