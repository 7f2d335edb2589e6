"""The pictures of the documents, from a run of this example: ``python pictures.py FOLDER`` (``make pictures``).

PACE is as for ``run.sh`` (0.3 here); SANDBOX, too.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
AT_WORK, JUDGED = 3, 1
"""Tasks that three workers have at once, and what the validator looks at meanwhile."""


def main(pictures: Path) -> None:
    """Run the example in a new folder, and draw it into ``pictures``."""
    with tempfile.TemporaryDirectory(prefix="onecontext-pictures-") as folder:
        # The command that is beside this Python, with the same packages.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"PACE": "0.3", **os.environ, "FOLDER": folder, "PATH": path}
        subprocess.run(["bash", HERE / "run.sh"], env=environment, check=True)
        memory = Path(folder, "notes", ".onecontext")
        draw(next(memory.glob("teams/*/onecontext/journal.jsonl")), memory, pictures)


def draw(journal: Path, memory: Path, pictures: Path) -> None:
    """Draw the run in its middle, where all are at work, and at its end, and a film of it."""
    pictures.mkdir(parents=True, exist_ok=True)
    middle = str([*busy(journal)][-1])
    wanted = {
        "monitor": [middle],
        "monitor-board": [middle, "1", "1"],
        "monitor-agents": [middle, "2", "2"],
        "monitor-memory": ["-", "4", "4"],
        "monitor-cost": ["-", "7"],
    }
    for name, words in wanted.items():
        let_draw("tui.pictures", journal, memory, pictures / f"{name}.svg", *words)
    let_draw("tui.film", journal, memory, pictures / "monitor.gif")


def busy(journal: Path) -> Iterator[int]:
    """Yield the number of each event after which all workers work and the validator judges."""
    states: dict[str, str] = {}
    for event in map(json.loads, journal.read_text(encoding="utf-8").splitlines()):
        if event["type"].startswith("task.") and "to" in event["data"]:
            states[event["task"]] = event["data"]["to"]
        now = [*states.values()]
        if now.count("running") == AT_WORK and now.count("review") >= JUDGED:
            yield event["seq"]


def let_draw(module: str, *words: object) -> None:
    """Let a module of the monitor draw."""
    subprocess.run([sys.executable, "-m", module, *map(str, words)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
