"""What .gitignore leaves out (gitignore(5), wildmatch.c): patterns as bytes, matched without backtracking.

Rule 1: the patterns were written by an agent, so matching costs at most pattern length times name length, there is an
        end to how often it is done, and nothing is opened here: the bytes are brought in.
Rule 2: the last pattern that matches decides, the deepest file first. That a folder above is ignored is for the caller
        to know: what is in it cannot be brought back.

libgit2 is not asked because it reads the files itself, and misses a ``!pattern`` that overrules a folder above (1.9).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onecontext.errors import UsageError

MAX_LOOKS = 20_000_000  # patterns times paths, of one walk: about 20 s
_ANY_FOLDERS = b"**"
_CLASSES: dict[bytes, Callable[[int], bool]] = {
    b"alnum": lambda byte: bytes([byte]).isalnum(),
    b"alpha": lambda byte: bytes([byte]).isalpha(),
    b"blank": lambda byte: byte in b" \t",
    b"cntrl": lambda byte: byte < 32 or byte == 127,
    b"digit": lambda byte: byte in b"0123456789",
    b"graph": lambda byte: 32 < byte < 127,
    b"lower": lambda byte: bytes([byte]).islower(),
    b"print": lambda byte: 32 <= byte < 127,
    b"punct": lambda byte: 32 < byte < 127 and not bytes([byte]).isalnum(),
    b"space": lambda byte: byte in b" \t\n\r\v\f",
    b"upper": lambda byte: bytes([byte]).isupper(),
    b"xdigit": lambda byte: byte in b"0123456789abcdefABCDEF",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a .gitignore. ``anchored``: it speaks of the whole path below its folder, else of the last name."""

    parts: tuple[bytes, ...]
    anchored: bool
    only_folders: bool
    negated: bool

    def matches(self, names: Sequence[bytes], *, is_folder: bool) -> bool:
        """Say whether the path ``names``, relative to the rule's folder, is meant."""
        if self.only_folders and not is_folder:
            return False
        return _match_path(self.parts, names if self.anchored else names[-1:])


class Ignore:
    """Answers for one walk over a working copy. ``exclude`` is the content of the user's info/exclude, which counts."""

    def __init__(self, exclude: bytes = b"") -> None:
        self._exclude = parse(exclude)
        self._rules: dict[tuple[bytes, ...], list[Rule]] = {}
        self._asked = 0

    def add(self, folder: tuple[bytes, ...], content: bytes) -> None:
        """Take in the .gitignore of ``folder``, before anything below it is asked about."""
        self._rules[folder] = parse(content)

    def leaves_out(self, names: tuple[bytes, ...], *, is_folder: bool) -> bool:
        """Say whether the path is ignored by a pattern that means itself.

        Raises:
            UsageError: so many patterns for so many paths were looked at that the host would be busy for minutes.
        """
        for depth in range(len(names) - 1, -1, -1):
            rules = self._rules.get(names[:depth], ())
            self._asked += len(rules)
            if self._asked > MAX_LOOKS:
                raise UsageError("the .gitignore files have too many patterns for so many new files")
            decided = _decide(rules, names[depth:], is_folder=is_folder)
            if decided is not None:
                return decided
        return bool(_decide(self._exclude, names, is_folder=is_folder))


def parse(content: bytes) -> list[Rule]:
    """Return the rules of a .gitignore, the last line first, as they are asked."""
    rules = [_rule(line.removesuffix(b"\r")) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return [rule for rule in reversed(rules) if rule is not None]


def _rule(line: bytes) -> Rule | None:
    line = _without_trailing_spaces(line)
    if not line or line.startswith(b"#"):
        return None
    negated = line.startswith(b"!")
    line = line[negated:]
    only_folders = line.endswith(b"/")
    line = line.removesuffix(b"/")
    anchored = b"/" in line
    parts = _split(line.removeprefix(b"/"))
    if parts == [b""]:
        return None
    if anchored and parts[-1] == _ANY_FOLDERS:
        # At the end it means everything inside, so at least one name.
        parts[-1:] = [b"*"] if len(parts) == 1 else [b"*", _ANY_FOLDERS]
        parts = [_ANY_FOLDERS, *parts] if parts == [b"*"] else parts
    elif not anchored and parts[0] == _ANY_FOLDERS:
        parts = [b"*"]
    return Rule(tuple(parts), anchored, only_folders, negated)


def _split(pattern: bytes) -> list[bytes]:
    """Split at the slashes that are not in a set."""
    parts = []
    begin = at = 0
    while at < len(pattern):
        here = pattern[at : at + 1]
        if here == b"/":
            parts.append(pattern[begin:at])
            begin = at + 1
        end = _set(pattern, at + 1, 0)[1] if here == b"[" else None
        at = end or at + (2 if here == b"\\" else 1)
    return [*parts, pattern[begin:]]


def _without_trailing_spaces(line: bytes) -> bytes:
    """Return ``line`` without spaces at its end, but for one that a backslash keeps."""
    end = position = 0
    while position < len(line):
        if line[position : position + 1] == b"\\":
            position += 2
            end = min(position, len(line))
            continue
        position += 1
        if line[position - 1 : position] != b" ":
            end = position
    return line[:end]


def _decide(rules: Sequence[Rule], names: Sequence[bytes], *, is_folder: bool) -> bool | None:
    for rule in rules:
        if rule.matches(names, is_folder=is_folder):
            return not rule.negated
    return None


def _match_path(parts: Sequence[bytes], names: Sequence[bytes]) -> bool:
    """Match name by name; ``**`` stands for any number of them, and only the last one met is ever tried again."""
    part = name = 0
    again: tuple[int, int] | None = None
    while name < len(names):
        if part < len(parts) and parts[part] == _ANY_FOLDERS:
            again = (part + 1, name)
            part += 1
        elif part < len(parts) and match_name(parts[part], names[name]):
            part += 1
            name += 1
        elif again is not None:
            again = (again[0], again[1] + 1)
            part, name = again
        else:
            return False
    return all(rest == _ANY_FOLDERS for rest in parts[part:])


def match_name(pattern: bytes, name: bytes) -> bool:
    """Match one name, without slashes, against a pattern of ``* ? [...] \\`` and plain bytes."""
    at = place = 0
    again: tuple[int, int] | None = None
    while place < len(name):
        if pattern[at : at + 1] == b"*":
            at += 1
            again = (at, place)
            continue
        step = _one(pattern, at, name[place]) if at < len(pattern) else None
        if step is not None:
            at, place = step, place + 1
        elif again is not None:
            again = (again[0], again[1] + 1)
            at, place = again
        else:
            return False
    return not pattern[at:].strip(b"*")


def _one(pattern: bytes, at: int, byte: int) -> int | None:
    """Match one byte at ``at`` in the pattern; return where the pattern goes on, None when it does not match."""
    head = pattern[at : at + 1]
    if head == b"?":
        return at + 1
    if head == b"[":
        found, end = _set(pattern, at + 1, byte)
        return end if found else None
    if head == b"\\":
        return at + 2 if at + 1 < len(pattern) and pattern[at + 1] == byte else None
    return at + 1 if pattern[at] == byte else None


def _set(pattern: bytes, at: int, byte: int) -> tuple[bool, int | None]:
    """Say whether ``byte`` is in the set that begins at ``at``, after its bracket, and where the pattern goes on.

    A set without an end, or with a class nobody knows, matches nothing and has no end (None).
    """
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    found = False
    first = True
    while pattern[at : at + 1] != b"]" or first:
        first = False
        if at >= len(pattern):
            return False, None
        if pattern.startswith(b"[:", at) and (end := pattern.find(b":]", at + 2)) > 0:
            test = _CLASSES.get(pattern[at + 2 : end])
            if test is None:
                return False, None
            found |= test(byte)
            at = end + 2
            continue
        low, at = _literal(pattern, at)
        high = low
        if pattern[at : at + 1] == b"-" and pattern[at + 1 : at + 2] not in (b"]", b""):
            high, at = _literal(pattern, at + 1)
        found |= low <= byte <= high
    return found != negated, at + 1


def _literal(pattern: bytes, at: int) -> tuple[int, int]:
    """Return the byte that stands at ``at``, perhaps after a backslash, and where the pattern goes on."""
    if pattern[at : at + 1] == b"\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1
