"""What very many teams cost the monitor: ``python bench/monitor_crowd.py [COUNT …]``; by itself 50, 500 and 2,000.

Rule 1: as bench/monitor.py: real processes on a pseudo-terminal, CPU from the kernel's clock of the process.
Rule 2: each team has 5 agents that have beaten once, 20 tasks and a journal of 327 events; the one that is looked at is
    the newest. With ``--roots N`` they lie under so many roots.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from monitor import GOAL, MONITOR, screen, settled, share  # noqa: E402
from monitor_load import Load, environment  # noqa: E402

from tests.support.terminal import Terminal  # noqa: E402

COUNTS = (50, 500, 2_000)
KEY_S = 0.05


@contextmanager
def crowd(count: int, roots: int) -> Iterator[tuple[Path, list[str]]]:
    """Yield the folder of the first root's project, and the options that name all roots."""
    with tempfile.TemporaryDirectory() as folder:
        one = Load(Path(folder) / "one", tasks=20, agents=5)
        one.append(one.lines(300))
        projects = [Path(folder) / f"project-{number}" for number in range(roots)]
        for number in range(count):
            team = projects[number % roots] / ".onecontext" / "teams" / f"crew-{number:04}"
            shutil.copytree(one.journal.parent, team / "onecontext")
        options = [f"--root={project / '.onecontext'}" for project in projects]
        yield projects[0], options if roots > 1 else []


def pressed(terminal: Terminal, keys: list[str]) -> float:
    """Return the CPU seconds that these keys took, one after the other."""
    begun = terminal.cpu_s
    for key in keys:
        terminal.type(key)
        time.sleep(KEY_S)
    time.sleep(1.0)
    return terminal.cpu_s - begun


def measure(count: int, roots: int, for_s: float = 20.0) -> None:
    """Print what so many teams take."""
    with crowd(count, roots) as (project, options):
        where = SimpleNamespace(root=project / ".onecontext")
        with screen(where, [*MONITOR, *options]) as terminal:  # type: ignore[arg-type]
            terminal.wait_for("crew-" if options else GOAL)
            first = terminal.cpu_s
            settled(terminal, most_s=180.0)
            read = terminal.cpu_s
            cpu, size = share(terminal, lambda: time.sleep(for_s))
            memory = terminal.rss_mib
            if not options:
                terminal.type("w")
                time.sleep(1.0)
            rows = pressed(terminal, ["j"] * 50) / 50
            pages = pressed(terminal, ["\x1b[6~"] * 20) / 20
            words = pressed(terminal, list("/crew-00")) / 8
        print(f"{count:>5,} teams under {roots}: first picture {first:.2f} s CPU, all read {read:.1f}")
        print(f"{'':>5} at rest {cpu:.1f} % of a core, {size:.1f} KiB/s, {memory:.0f} MiB   goal 2 %")
        keys = f"a row {1000 * rows:.0f} ms CPU, a page {1000 * pages:.0f}, a letter of the filter {1000 * words:.0f}"
        print(f"{'':>5} view w: {keys}")
        print(f"{'':>5} in words, at rest: {plain(project, options, for_s):.1f} % of a core")


def plain(project: Path, options: list[str], for_s: float) -> float:
    """Return the per cent of a core that ``--plain`` takes over the same teams when nothing happens."""
    with Terminal([*MONITOR, "--plain", *options], cwd=project, env=environment()) as terminal:
        terminal.wait_for("a person", within_s=180.0)
        settled(terminal, most_s=60.0)
        return share(terminal, lambda: time.sleep(for_s))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, metavar="COUNT")
    parser.add_argument("--roots", type=int, default=1, metavar="N")
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}")
    for count in args.counts or COUNTS:
        measure(count, args.roots)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
