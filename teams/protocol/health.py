"""Team folders as files: whether every document and journal can be read, and whether a lock was left behind.

Rule 1: nothing is written. A lock here is a folder, and making one would stop the programs that use these files.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from onecontext.doctor.check import Check
from onecontext.errors import OneContextError
from teams.engine.tail import Tail
from teams.protocol.mail.inbox import Inbox
from teams.protocol.reading import read_json

_ROOTS = (".onecontext", ".claude")
_STALE_S = 10.0  # after which clients take a lock over
_MAX_NAMES = 3


def checks(cwd: Path) -> Iterable[Check]:
    """Check the team folders that belong to the project around ``cwd``."""
    roots = [folder / name for folder in (cwd, *cwd.parents) for name in _ROOTS if (folder / name / "teams").is_dir()]
    if not roots:
        yield Check("teams", "ok", "there are no team folders here yet")
    for root in roots:
        yield _documents(root)
        yield from _journals(root)
        yield _locks(root)


def _documents(root: Path) -> Check:
    paths = [*root.glob("teams/*/config.json"), *root.glob("teams/*/inboxes/*.json"), *root.glob("tasks/*/*.json")]
    broken = [path for path in paths if not _is_json(path)]
    if broken:
        return Check(
            "teams",
            "warn",
            f"{_named(broken, root)} in {root} cannot be read as JSON",
            "the journal has what they held; 'onecontext board' and 'onecontext mail' read that",
        )
    teams = sum(1 for _ in root.glob("teams/*/config.json"))
    return Check("teams", "ok", f"{teams} teams in {root}, {len(paths)} documents read")


def _journals(root: Path) -> Iterable[Check]:
    """Read every journal to its end: one check for all that are whole, one for each that is not."""
    whole = 0
    for path in sorted(root.glob("teams/*/onecontext/journal.jsonl")):
        tail = Tail(path)
        name = "team journals"
        try:
            for _ in tail.lines():
                pass
        except (OneContextError, OSError) as error:
            before = f"'onecontext replay {quote(str(path))} --to {tail.seq}' makes a team of what stands before it"
            yield Check(name, "fail", str(error), before if tail.seq else "nothing in it can be read")
            continue
        if tail.torn_bytes:
            found = (
                f"{path.relative_to(root)} ends in the middle of a line: {tail.torn_bytes:,} bytes that nobody was told"
            )
            yield Check(name, "warn", found, "nothing to do: whoever writes next sets them aside")
        else:
            whole += 1
    if whole:
        yield Check("team journals", "ok", f"{whole} in {root}, read to the end")


def _is_json(path: Path) -> bool:
    if path.parent.name == "inboxes":
        _, problem = Inbox(path, path.parent).read()
        return not problem
    try:
        read_json(path)
    except FileNotFoundError:
        return True  # gone since it was listed, or a link to nothing, which nobody reads
    except OneContextError:
        return False
    return True


def _locks(root: Path) -> Check:
    locks = [*root.glob("teams/**/*.lock"), *root.glob("tasks/**/*.lock")]
    # tasks/<list>/.lock is a plain file that clients keep; its lock is the folder .lock.lock.
    old = [path for path in locks if path.is_dir() and time.time() - path.lstat().st_mtime > _STALE_S]
    if not old:
        return Check("team locks", "ok", f"no lock is left over in {root}")
    return Check(
        "team locks",
        "warn",
        f"left over in {root}: {_named(old, root)}",
        "nothing to do: whoever needs one next takes it over",
    )


def _named(paths: list[Path], root: Path) -> str:
    shown = ", ".join(str(path.relative_to(root)) for path in paths[:_MAX_NAMES])
    return shown + (f" and {len(paths) - _MAX_NAMES} more" if len(paths) > _MAX_NAMES else "")
