"""What a skill may be called.

Rule 1: a name counts in its normal form (Unicode NFKC), as the reference validator has it: letters and digits that are
        lower case, of any script, and single hyphens inside.

Source: agentskills.io/specification, section ``name``; skills-ref 0.1.1, whose published cases have Chinese and Russian
names.
"""

import re
import unicodedata

from skills.format.skill import MAX_NAME

RULE = f"1 to {MAX_NAME} lower case letters, digits and single hyphens inside"
_USUAL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


def normal(text: str) -> str:
    """Return ``text`` in the form that names are compared in."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text.strip())


def is_name(name: str) -> bool:
    """Return whether ``name``, in its normal form, fits the format."""
    if len(name) <= MAX_NAME and _USUAL.fullmatch(name):
        return True
    return (
        0 < len(name) <= MAX_NAME
        and name == name.lower()
        and not (name.startswith("-") or name.endswith("-") or "--" in name)
        and all(character.isalnum() or character == "-" for character in name)
    )


def is_plain(text: str) -> bool:
    """Return whether ``text`` has no letters that only look like those of its normal form, such as wide ones.

    How an accent is stored (composed or not) makes no difference.
    """
    return text.isascii() or unicodedata.normalize("NFC", text.strip()) == normal(text)


def slug(text: str) -> str:
    """Return the name that is nearest to ``text``, as ``pdf-forms`` is to ``PDF forms!``; "" where there is none."""
    lower = normal(text[: 4 * MAX_NAME]).lower()
    words = "".join(character if character.isalnum() else " " for character in lower).split()
    name = "-".join(words)[:MAX_NAME].rstrip("-")
    return name if is_name(name) else ""
