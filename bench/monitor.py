"""What the monitor takes: ``python bench/monitor.py [PART …]``; without a part all of them, some ten minutes.

Parts: paint, imports, rest, busy, ssh, soon, hour, long, peers.

Rule 1: each figure is of a real process on a pseudo-terminal of 120 × 36, over a team with heartbeats.
Rule 2: CPU is that of all threads, from the kernel's clock of the process: others may share the machine.
Rule 3: a goal is printed beside its figure; nothing here decides whether it is reached.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from monitor_load import Load, environment  # noqa: E402
from monitor_ssh import LATE_S, measure, stall, through_sshd  # noqa: E402

from tests.support.terminal import Terminal  # noqa: E402

MONITOR = [sys.executable, "-c", "from onecontext.cli.main import entry; entry()", "monitor"]
PEER = [sys.executable, str(Path(__file__).with_name("monitor_peers.py"))]
GOAL = "Make the suite pass"
TASKS, AGENTS, BEFORE, RATE = 5_000, 50, 5_000, 100
VIEWS = {"overview": "", "board": "11", "agents": "22", "log": "33", "messages": "55"}


@contextlib.contextmanager
def team(tasks: int = TASKS, agents: int = AGENTS, before: int = BEFORE) -> Iterator[Load]:
    """A team in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        load = Load(Path(folder) / ".onecontext", tasks=tasks, agents=agents)
        load.append(load.lines(before))
        yield load


def screen(load: Load, argv: Sequence[str] = MONITOR, **more: str) -> Terminal:
    return Terminal(argv, cwd=load.root.parent, env=environment() | more)


def settled(terminal: Terminal, quiet_s: float = 1.5, most_s: float = 60.0) -> None:
    """Wait until the process has taken next to nothing for a while."""
    end = time.monotonic() + most_s
    while time.monotonic() < end:
        before = terminal.cpu_s
        time.sleep(quiet_s)
        if terminal.cpu_s - before < 0.06 * quiet_s:
            return


def feed(load: Load, lines: list[bytes], rate: float, each: Callable[[], None] | None = None) -> None:
    """Append the lines one by one, so many in a second; a late start is caught up with."""
    begun = time.monotonic()
    for number, line in enumerate(lines):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        load.append([line])
        if each and number % 10 == 0:
            each()


def share(terminal: Terminal, during: Callable[[], None]) -> tuple[float, float]:
    """Return the per cent of a core and the KiB a second to the terminal, while something happens."""
    cpu, size, wall = terminal.cpu_s, terminal.written_bytes, time.monotonic()
    during()
    took = time.monotonic() - wall
    return 100 * (terminal.cpu_s - cpu) / took, (terminal.written_bytes - size) / took / 1024


def paint(rounds: int = 9) -> None:
    """First picture."""
    with team(6, 4, 200) as load:
        at, whole = [], []
        for number in range(rounds + 1):
            with screen(load) as terminal:
                terminal.wait_for(GOAL)
                seen = terminal.cpu_s
                terminal.type("q")
                _, _, used = os.wait4(terminal.process.pid, 0)
                terminal.process.returncode = 0
            if number:  # the first writes byte code
                at.append(seen)
                whole.append(used.ru_utime + used.ru_stime)
    print(f"first picture     {statistics.median(at):.3f} s CPU, {min(at):.3f} to {max(at):.3f}   goal 0.45")
    print(f"  and left again  {statistics.median(whole):.3f} s CPU")


def imports() -> None:
    """Where the first picture's time goes."""
    found: dict[str, float] = {}
    code = "import tui.cli, tui.app"
    for name, line in {"python": "pass", "textual": "import textual.app", "all imports": code}.items():
        found[name] = statistics.median(cpu_of(["-c", line]) for _ in range(7))
        print(f"  {name:<16}{found[name]:.3f} s CPU")
    told = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True)
    rows = [line.split("|") for line in told.stderr.splitlines() if "|" in line and "self" not in line]
    slow = sorted(((int(row[0].split(":")[1]), row[2].strip()) for row in rows), reverse=True)[:8]
    print("  slowest modules of their own, ms: " + ", ".join(f"{name} {us / 1000:.0f}" for us, name in slow))


def cpu_of(arguments: Sequence[str]) -> float:
    process = subprocess.Popen([sys.executable, *arguments], env=environment(), stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return used.ru_utime + used.ru_stime


def rest(for_s: float = 30.0) -> None:
    """A live team in which nothing happens."""
    for tasks, agents in ((20, 6), (TASKS, AGENTS)):
        with team(tasks, agents) as load, screen(load) as terminal:
            terminal.wait_for(GOAL)
            settled(terminal)
            cpu, size = share(terminal, lambda: time.sleep(for_s))
            print(f"at rest, {agents} agents, {tasks:,} tasks  {cpu:.1f} % of a core, {size:.1f} KiB/s   goal 2 %")


def ssh(rest_s: float = 6.0, for_s: float = 10.0) -> None:
    """Here and through ssh, side by side: at rest and busy, after a line that stalled, and over a real slow line."""
    for name, argv, env in (
        ("here", MONITOR, {}),
        ("through ssh", MONITOR, {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}),
        ("DataTable", [*PEER, "table", ""], {}),
    ):
        with (
            team() as load,
            screen(load, [*argv[:-1], str(load.journal)] if name == "DataTable" else argv, **env) as seen,
        ):
            seen.answers_after_s = LATE_S if env else None
            time.sleep(1)
            settled(seen)
            for view, keys in VIEWS.items() if argv is MONITOR else [("the tasks", "")]:
                for key in f"0{keys}":
                    seen.type(key)
                    time.sleep(0.3)
                settled(seen)
                still = measure(seen, lambda: time.sleep(rest_s))
                lines = load.lines(int(for_s * RATE))
                busy = measure(seen, lambda load=load, lines=lines: feed(load, lines, RATE))  # type: ignore[misc]
                print(f"{name:<12} {view:<10} at rest {still}   {RATE} events/s {busy}", flush=True)
            for key in "033" if argv is MONITOR else "":
                seen.type(key)
                time.sleep(0.3)
            told = stall(seen, load, lambda s, load=load: feed(load, load.lines(int(s * RATE)), RATE))  # type: ignore[misc]
            print(f"{name:<12} 30 s without a reader: {told}", flush=True)
    with team() as load:
        for line in through_sshd(load, MONITOR, lambda s: feed(load, load.lines(int(s * RATE)), RATE)):
            print(line, flush=True)


def busy(for_s: float = 15.0) -> None:
    """100 events a second."""
    with team() as load, screen(load) as terminal:
        terminal.wait_for(GOAL)
        settled(terminal)
        for name, keys in VIEWS.items():
            terminal.type("0")
            time.sleep(0.5)
            for key in keys:
                terminal.type(key)
                time.sleep(0.3)
            lines = load.lines(int(for_s * RATE))
            cpu, size = share(terminal, lambda lines=lines: feed(load, lines, RATE, None))  # type: ignore[misc]
            print(f"{RATE} events/s, {name:<9} {cpu:5.1f} % of a core, {size:6.1f} KiB/s to the terminal   goal 30 %")


def soon(count: int = 150) -> None:
    """From the write of a line to the bytes that show it."""
    for rate, view in ((0, "33"), (RATE, "33"), (RATE, "55")):
        with team() as load, screen(load) as terminal:
            terminal.wait_for(GOAL)
            settled(terminal)
            for key in view:
                terminal.type(key)
                time.sleep(0.3)
            ages = [age_ms(load, terminal, f"mark{number:04d}", rate) for number in range(count)]
        cut = statistics.quantiles(ages, n=100)
        print(
            f"event to screen, {rate:>3} others/s, view {view[0]}  p50 {cut[49]:.0f} ms, p95 {cut[94]:.0f}   goal 150"
        )


def age_ms(load: Load, terminal: Terminal, word: str, rate: float) -> float:
    """Write a marked line, after others at their rate, and return how long it took to the screen."""
    feed(load, load.lines(17 if rate else 0), rate or 1)
    time.sleep(0.013 if rate else 0.17)
    begin, size, chunks = time.monotonic(), terminal.written_bytes, len(terminal.chunks)
    load.append([load.message(word)])
    terminal.wait_for(word, since_bytes=size)
    told = b""
    for at, chunk in terminal.chunks[chunks:]:
        told += chunk
        if word.encode() in told:
            return 1000 * (at - begin)
    raise AssertionError(word)


def hour(events: int = 360_000, part: int = 30_000) -> None:
    """Memory, fed an hour of 100 events a second as fast as it reads them."""
    with team() as load, screen(load) as terminal:
        terminal.wait_for(GOAL)
        settled(terminal)
        sizes = [terminal.rss_mib]
        for _ in range(events // part):
            for _ in range(part // 1_000):
                load.append(load.lines(1_000))
                time.sleep(0.02)
            settled(terminal)
            sizes.append(terminal.rss_mib)
        load.append([load.message("the very last word")])
        terminal.wait_for("the very last word", within_s=120)  # it read all of them
        print(f"memory, every {part:,} events, MiB: " + " ".join(f"{size:.0f}" for size in sizes) + "   goal: flat")


def long(events: int = 100_000) -> None:
    """A journal of 100,000 events, as a recording and live."""
    with team(TASKS, AGENTS, events - TASKS - AGENTS - 2) as load:
        load.append([load.message("the very last word")])
        for name, more in (("replay", ["--replay", str(load.journal), "--speed", "0"]), ("live", [])):
            taken, empty = [], []
            for _ in range(3):
                with screen(load, [*MONITOR, *more]) as terminal:
                    terminal.wait_for("the very last word", within_s=120)
                    taken.append(terminal.cpu_s)
            empty = cpu_of(["-c", "import tui.cli, tui.app"])
            size = load.journal.stat().st_size / 1e6
            print(
                f"{name}, {events:,} events ({size:.0f} MB): {statistics.median(taken):.2f} s CPU from the start of the"
                f" process to the last event on the screen, {empty:.2f} of it imports   goal 3"
            )


def peers(for_s: float = 15.0) -> None:
    """The same events on screens made the obvious way, and as plain text."""
    with team() as load:
        follow = f"tail -n +1 -f {load.journal} | jq -r '[.at,.agent,.type]|@tsv'"
        ways = {
            "ours, the board": (MONITOR, "11"),
            "ours, the log": (MONITOR, "33"),
            "DataTable": ([*PEER, "table", str(load.journal)], ""),
            "RichLog": ([*PEER, "richlog", str(load.journal)], ""),
        }
        for name, (argv, keys) in ways.items():
            with screen(load, argv) as terminal:
                time.sleep(1)
                settled(terminal)
                opened = terminal.cpu_s
                for key in keys:
                    terminal.type(key)
                    time.sleep(0.3)
                lines = load.lines(int(for_s * RATE))
                cpu, size = share(terminal, lambda lines=lines: feed(load, lines, RATE, None))  # type: ignore[misc]
                figures = f"{RATE} events/s: {cpu:5.1f} % of a core, {size:.0f} KiB/s"
                print(f"{name:<16} opened in {opened:.2f} s CPU; {figures}")
        if shutil.which("jq"):
            piped(load, follow, for_s)


def piped(load: Load, follow: str, for_s: float) -> None:
    """tail and jq are two processes: their time is that of the shell's children, when it has ended."""
    shell = subprocess.Popen(["bash", "-c", follow], stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(3)
    feed(load, load.lines(int(for_s * RATE)), RATE)
    own = sum(cpu_of_group(shell.pid))
    os.killpg(shell.pid, 15)
    shell.wait()
    print(f"tail -f | jq      all of it {own:.2f} s CPU, opening and {for_s:.0f} s of {RATE} events/s; no screen")


def cpu_of_group(group: int) -> Iterator[float]:
    """Yield the CPU seconds of each process of a process group."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parts = path.read_text().rpartition(")")[2].split()
            if int(parts[2]) == group:
                yield (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


PARTS = {part.__name__: part for part in (paint, imports, rest, busy, ssh, soon, hour, long, peers)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}")
    for name in parser.parse_args().parts or PARTS:
        PARTS[name]()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
