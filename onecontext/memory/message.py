"""The message of a memory commit: one line for people, and trailers that no text can forge.

Rule 1: the text of a milestone is in its record; of it only one cleaned line stands here, never the last paragraph.
Rule 2: every value of a trailer is checked against one shape before it is written.
"""

import re

from onecontext.errors import UsageError
from onecontext.memory.summary import one_line

RECORD, BRANCH, ROLLBACK = "Onecontext-Record", "Onecontext-Branch", "Onecontext-Rollback"
IMPORT = "Onecontext-Import"
_LINKS = {"code_commit": "Code-Commit", "task": "Task", "mission": "Mission"}
_SHAPES = {
    "code_commit": re.compile(r"[0-9a-f]{7,64}", re.ASCII),
    "task": re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@#+-]{0,127}", re.ASCII),
    "mission": re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@#+-]{0,127}", re.ASCII),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SUBJECT_BYTES = 100


def check_links(**links: str | None) -> None:
    """Refuse values that could be taken for more than one trailer.

    Raises:
        UsageError: a value has another shape than its trailer allows.
    """
    for key, value in links.items():
        if value is not None and not _SHAPES[key].fullmatch(value):
            raise UsageError(
                f"{value[:80]!r} cannot be a {key.replace('_', ' ')}", hint="one word of letters and digits"
            )


def build(
    subject: str,
    *,
    branch: str,
    record: str | None = None,
    rollback: str | None = None,
    imported: str | None = None,
    **links: str | None,
) -> str:
    """Return the message; ``links`` are ``code_commit``, ``task`` and ``mission``, already checked.

    ``rollback`` is the commit whose memory is given back, in full hexadecimal digits; ``imported`` names the layout
    that the records of an import came in.
    """
    first = next((part for part in subject.splitlines() if part.strip()), "")
    line = one_line(_CONTROL.sub(" ", first), limit_bytes=_SUBJECT_BYTES) or "milestone"
    trailers = [f"{RECORD}: {record}"] if record else []
    trailers += [f"{BRANCH}: {branch}"]
    trailers += [f"{ROLLBACK}: {rollback}"] if rollback else []
    trailers += [f"{IMPORT}: {imported}"] if imported else []
    trailers += [f"{_LINKS[key]}: {value}" for key, value in links.items() if value is not None]
    return f"{line}\n\n" + "\n".join(trailers) + "\n"


def trailers(message: str) -> dict[str, str]:
    """Return the trailers of a message: the lines of its last paragraph, where it has more than one."""
    paragraphs = message.rstrip("\n").split("\n\n")
    lines = paragraphs[-1].split("\n") if len(paragraphs) > 1 else []
    pairs = (line.split(": ", 1) for line in lines if ": " in line)
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found
