"""Missions as processes that die by SIGKILL right after the n-th record of their journal, and one worth killing.

Rule 1: the processes are forked off one that has everything imported: a mission of twelve tasks then takes about as
        long as its git.
Rule 2: a process dies when its n-th record is on the disk, before anything behind it: what the journal then lacks is
        what resume must make up for. Records of other processes do not count.
Rule 3: what is asked of a mission afterwards is asked of its journal, its memory and its branch, never of the runner.
"""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from teams.engine.event import Event
from tests.support.missions import (
    events_of,
    git,
    journal_of,
    make_repository,
    plan,
    quote,
    verdict,
    work,
    write_script,
)

_ROOT = Path(__file__).parents[2]
KEYS = tuple(f"t{number:02}" for number in range(1, 13))
AFTER = {
    "t03": ["t01"],
    "t04": ["t01", "t02"],
    "t06": ["t05"],
    "t08": ["t07", "t03"],
    "t11": ["t09", "t10"],
    "t12": ["t11"],
}
MEASURED = ("t11", "t12")
REJECTED = ("t11", "t10")
"""By its command, and by the validator."""
SENT = "the schema is in t02.txt"
ALSO_SENT = "t07 was odd"
LEARNT = "t01 is where the names are"


class Finished(NamedTuple):
    """How a process ended: below 0 by that signal; ``data`` is what it answered, None when it did not."""

    code: int
    data: Any


class Warm:
    """A process with everything imported; :meth:`run` forks a child off it that is one command line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mission_kills"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *raised: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def run(
        self, cwd: Path, *arguments: str, dies_at: int = 0, dies_after: tuple[str, str, int] | None = None
    ) -> Finished:
        """Run a command line in ``cwd`` to its end.

        Args:
            dies_at: to right after its record with this number (0: to its end).
            dies_after: to right after so many records of this type with this tool, text or task; "" is any.
        """
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._count += 1
        answer = self._folder / f"answer-{self._count}"
        told = {"cwd": str(cwd), "arguments": [*arguments, "--json"], "answer": str(answer)}
        told |= {"dies_at": dies_at, "dies_after": dies_after}
        self._server.stdin.write(json.dumps(told) + "\n")
        code = int(self._server.stdout.readline())
        text = answer.read_text() if answer.exists() else ""
        return Finished(code, json.loads(text)["data"] if text else None)


def twelve(folder: Path) -> tuple[Path, str]:
    """Make a repository and the script of a mission of twelve tasks in it; return both.

    Some come after others; one attempt is rejected by its command and one by the validator; one worker remembers
    something, one writes to another and one to the lead.
    """
    repository = make_repository(folder / "repository", {"README.md": "twelve\n"})
    assertions = []
    for key in KEYS:
        # Commands of what is done are run again with every merge: those of the last tasks are few.
        how = {"command": f"test -s {key}.txt"} if key in MEASURED else {"judge": f"{key}.txt has words"}
        assertions.append({"id": f"VAL-{key.upper()}-001", "text": f"{key} is there", **how})
    tasks = [
        {"key": key, "subject": f"Write {key}", "assertions": [f"VAL-{key.upper()}-001"], "after": AFTER.get(key, [])}
        for key in KEYS
    ]
    more: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "t01": [("remember", {"text": LEARNT})],
        "t02": [("message", {"to": "team-lead", "text": SENT}), ("message", {"to": "worker-1", "text": SENT})],
        "t07": [("message", {"to": "team-lead", "text": ALSO_SENT})],
    }
    conversations = [
        plan(assertions, tasks),
        work(REJECTED[0], ("write_file", {"path": "elsewhere.txt", "text": "x\n"}), attempt=1),
        *(work(key, ("write_file", {"path": f"{key}.txt", "text": f"{key}\n"}), *more.get(key, [])) for key in KEYS),
        verdict(
            accept=False,
            findings=[{"text": "say more", "about": [f"VAL-{REJECTED[1].upper()}-001"]}],
            quotes=[shown(REJECTED[1])],
            task=REJECTED[1],
            attempt=1,
        ),
        *(verdict(quotes=[shown(key)], task=key) for key in KEYS if key not in MEASURED),
        verdict(),
    ]
    return repository, write_script(folder, conversations)


class Came(NamedTuple):
    """What came of one kill. ``how``: ``resumed``; ``over`` or ``unbegun`` when it was killed; ``unkilled``.

    ``after`` is the type of the last record before the kill.
    """

    how: str
    after: str
    problems: list[str]


def kill_and_resume(
    warm: Warm, folder: Path, *, dies_at: int = 0, dies_after: tuple[str, str, int] | None = None
) -> Came:
    """Run the mission of twelve tasks in ``folder``, kill it there, resume it, and say what is wrong with it then."""
    repository, script = twelve(folder)
    options = ("--model", script, "--workers", "3")
    killed = warm.run(repository, "run", "Write twelve files", *options, dies_at=dies_at, dies_after=dies_after)
    before = events_of(repository)
    if killed.code != -signal.SIGKILL:
        found = [] if killed.code == 0 else [f"the first run ended with {killed.code}"]
        return Came("unkilled", before[-1].type, [*found, *problems(repository, before, killed.data)])
    if all(event.type != "mission.started" for event in before):
        return Came("unbegun", before[-1].type, [])
    over = before[-1].type == "mission.ended"
    answered = None if over else warm.run(repository, "resume").data
    return Came("over" if over else "resumed", before[-1].type, problems(repository, before, answered))


def shown(key: str) -> dict[str, Any]:
    """Return the quote that shows what is judged of a task."""
    return quote(f"VAL-{key.upper()}-001", f"{key}.txt", 1, key)


def problems(repository: Path, before: Sequence[Event], answered: Any) -> list[str]:
    """Return what is wrong with a mission that was killed (``before``: its journal then) and resumed, in sentences."""
    events = events_of(repository)
    ended = [event.data["ending"] for event in events if event.type == "mission.ended"]
    found = [] if ended == ["done"] else [f"its endings are {ended}, its answer was {answered}"]
    done = {event.task for event in before if event.type == "task.completed"}
    later = events[len(before) :]
    again = {e.task for e in later if e.type in ("attempt.started", "task.claimed", "work.merged") and e.task} & done
    found += [f"task {task} was done and is worked on again" for task in again]
    for type_ in ("task.completed", "work.merged"):
        counts = Counter(event.task for event in events if event.type == type_)
        found += [f"{type_} of task {task} is there {n} times" for task, n in counts.items() if n != 1]
        found += [f"{len(counts)} tasks have {type_}"] if len(counts) != len(KEYS) else []
    # A verdict says nothing any more once the branch has moved on; what it was about is then judged anew.
    moved = list(accumulate(e.type == "work.merged" for e in events))
    given = Counter(
        (e.task, e.attempt, e.data["verdict"], at)
        for e, at in zip(events, moved, strict=True)
        if e.type == "verdict.given"
    )
    found += [
        f"attempt {attempt} of {task} was {word} {n} times" for (task, attempt, word, _), n in given.items() if n > 1
    ]
    planned = sum(event.type == "mission.planned" for event in events)
    found += [f"it was planned {planned} times"] if planned != 1 else []
    return [*found, *_doubled_words(repository, events), *_tidiness(repository, answered)]


def _doubled_words(repository: Path, events: Sequence[Event]) -> list[str]:
    """Return what was said, remembered or recorded more than once."""
    said = Counter(
        (e.agent, e.data["to"], e.data["text"])
        for e in events
        if e.type == "message.sent" and not e.data["text"].startswith("{")
    )
    found = [f"{who} wrote {n} times to {to}: {text[:60]}" for (who, to, text), n in said.items() if n > 1]
    for to, text in (("team-lead", SENT), ("worker-1", SENT), ("team-lead", ALSO_SENT)):
        there = sum(n for (_, reader, words), n in said.items() if (reader, words) == (to, text))
        found += [f"{there} messages to {to}: {text}"] if there != 1 else []
    delivered = Counter((e.data["to"], e.data["msg_id"]) for e in events if e.type == "message.delivered")
    found += [f"{message} was delivered {n} times" for message, n in delivered.items() if n > 1]
    told = Counter((e.data["branch"], e.data["record"]) for e in events if e.type == "memory.committed")
    found += [f"milestone {record} of {branch} was told {n} times" for (branch, record), n in told.items() if n > 1]
    return [*found, *_doubled_milestones(repository)]


def _doubled_milestones(repository: Path) -> list[str]:
    from onecontext import Memory

    with Memory.open(repository, branch="main") as memory:
        # Of a rejected attempt the same words may come again with the next one.
        words = Counter((m.agent, m.task, m.contribution) for m in memory.milestones() if m.task not in REJECTED)
        learnt = sum(m.contribution == LEARNT for m in memory.milestones())
    found = [f"{who} recorded {n} times of {task}: {text}" for (who, task, text), n in words.items() if n > 1]
    return [*found, *([f"remembered {learnt} times"] if learnt != 1 else [])]


def _tidiness(repository: Path, answered: Any) -> list[str]:
    left = [*(repository / ".onecontext" / "work").glob("*/*"), *(repository / ".git").rglob("*.lock")]
    found = [f"{path} was left" for path in left]
    for folder in (repository, repository / ".onecontext"):
        try:
            git(folder, "fsck", "--strict")
        except subprocess.CalledProcessError as error:
            found.append(f"git fsck of {folder.name}: {error.stdout} {error.stderr}")
    if answered:
        merges = git(repository, "rev-list", "--merges", "--count", f"main..{answered['branch']}")
        found += [f"the branch has {merges} merges"] if int(merges) != len(KEYS) else []
    board = journal_of(repository)
    return found if board.torn_bytes() == 0 else [*found, "the journal has a torn tail"]


def _serve() -> None:
    import teams.cli.resume
    import teams.cli.run  # noqa: F401
    from onecontext.text.tokens import default_counter

    default_counter()  # half a second to load, for each process anew
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(told)
        os.write(1, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())


def _child(told: dict[str, Any]) -> None:
    from onecontext.cli.main import main
    from teams.engine.journal import Journal

    if told["dies_at"] or told["dies_after"]:
        _die(Journal, told["dies_at"], told["dies_after"])
    os.chdir(told["cwd"])
    out, code = io.StringIO(), 70
    try:
        streams = {"stdin": io.StringIO(), "stdout": out, "stderr": io.StringIO()}
        code = main(told["arguments"], env=dict(os.environ), cwd=Path(told["cwd"]), **streams)
        Path(told["answer"]).write_text(out.getvalue())
        # What the memory does at the end of a process, and then no waiting for threads that only look.
        import atexit

        atexit._run_exitfuncs()
    finally:
        os._exit(code)


def _die(journal: Any, last: int, after: tuple[str, str, int] | None) -> None:
    """Kill this process as soon as its ``last``-th record, or that one of a kind, is on the disk."""
    append_all, one, counts = journal.append_all, threading.Lock(), [0, 0]

    def counted(self: Any, drafts: Any, **words: Any) -> Any:
        events = append_all(self, drafts, **words)
        with one:
            counts[0] += len(events)
            counts[1] += sum(after is not None and _is_of(event, after) for event in events)
            if (last and counts[0] >= last) or (after is not None and counts[1] >= after[2]):
                os.kill(os.getpid(), signal.SIGKILL)
        return events

    journal.append_all = counted


def _is_of(event: Event, after: tuple[str, str, int]) -> bool:
    about = (event.data.get("tool"), event.data.get("text"), event.task)
    return event.type == after[0] and (after[1] == "" or after[1] in about)


if __name__ == "__main__":
    _serve()
