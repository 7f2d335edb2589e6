"""What a memory says of itself in one word: the version of its format, and how durable its records are.

Rule 1: a newer version is refused without writing.
"""

from onecontext.errors import REPAIR, Damaged, NewerFormat, UsageError

FORMAT = 1
DURABILITY = ("step", "commit", "none")
_VERSION_DIGITS = 6


def check_durability(level: str) -> str:
    """Return ``level`` unchanged if it is one.

    Raises:
        UsageError: it is none.
    """
    if level not in DURABILITY:
        raise UsageError(f"{level[:40]!r} is no durability", hint=f"one of {', '.join(DURABILITY)}")
    return level


def check_version(text: str, where: object) -> None:
    """Refuse a version text other than ours; empty (a memory being made) passes.

    Raises:
        NewerFormat: it is a higher number.
        Damaged: it is no number.
    """
    version = text.strip()
    if version and not (version.isdecimal() and len(version) <= _VERSION_DIGITS):
        raise Damaged(f"the format of {where} reads {version[:40]!r}, which is no version", hint=REPAIR)
    if version and int(version) > FORMAT:
        raise NewerFormat(
            f"{where} has format {version}; this version reads up to {FORMAT}", hint="use a newer onecontext"
        )
