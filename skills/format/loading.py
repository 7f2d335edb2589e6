"""A skill as it is met: taken where there is no doubt what was meant, and said where it was not what was written.

Rule 1: a document becomes a skill, or a problem, or a skill and one problem that names all that is odd about it.
Rule 2: a text without end costs what its limit costs: a document is at most 1 MiB and its front matter 64 KiB, and
        reading both is linear in their length.
Rule 3: nothing here is executed, included or expanded; a description never gets longer than the format allows.

Source: agentskills.io/client-implementation, "Handling malformed YAML" and "Lenient validation".
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import BrokenFrontMatter
from onecontext.text.frontmatter import parts, plain_values
from onecontext.text.plain_yaml import Texts, Value, flattened, read_texts
from skills.format.document import Unfit, read_document
from skills.format.names import RULE, is_name, is_plain, normal, slug
from skills.format.skill import FIELDS, FILE_NAME, MAX_COMPATIBILITY, MAX_DESCRIPTION, Loaded, Problem, Skill

_TOOL = re.compile(r"[^\s,()]*\([^)]*\)?|[^\s,()]+")
_LEADING = re.compile(r"\ufeff?\s+(?=---[ \t]*[\r\n])")
_READ_FOR_DESCRIPTION = 16 * 1024  # characters of a body


class _Odd(NamedTuple):
    line: int | None
    reason: str
    mend: str


def load(document: Path, folder: Path | None = None) -> Loaded:
    """Return the skill whose ``SKILL.md`` lies at ``document``, what is odd about it, or why it is none.

    Args:
        folder: of the skill; None: the one that the document lies in.
    """
    try:
        return load_text(read_document(document), document, folder or document.parent)
    except Unfit as error:
        return Loaded(None, Problem(document, error.reason, error.line, error.mend))
    except OSError as error:
        return Loaded(None, Problem(document, f"cannot be read: {error.strerror}", None, "check its owner and mode"))


def load_text(text: str, document: Path, folder: Path) -> Loaded:
    """Return what the text of a document gives; see :func:`load`."""
    odd: list[_Odd] = []
    if document.name != FILE_NAME and document.name.lower() == FILE_NAME.lower():
        odd.append(_Odd(None, f"it is named {document.name!r}", f"name it {FILE_NAME}"))
    try:
        texts, body = _read(text, odd)
        name = _name(texts, folder.name, odd)
        description = _description(texts, body, odd)
    except Unfit as error:
        return Loaded(None, Problem(document, error.reason, error.line, error.mend))
    skill = Skill(
        name=name,
        description=description,
        folder=folder,
        license=_text(texts.values.get("license", "")),
        compatibility=_shortened(texts, "compatibility", MAX_COMPATIBILITY, odd),
        metadata=_metadata(texts, odd),
        allowed_tools=_tools(texts.values.get("allowed-tools", "")),
        more={key: value for key, value in texts.values.items() if key not in FIELDS},
    )
    return Loaded(skill, _told(document, odd))


def split_document(text: str) -> tuple[str | None, str, int]:
    """Return front matter (None: there is none), body, and how many lines stand before the front matter's first.

    Raises:
        BrokenFrontMatter: it is never closed, or longer than 64 KiB.
    """
    # An empty line before the first '---' is no reason to show an agent the front matter as text.
    leading = _LEADING.match(text)
    before = leading.group().count("\n") if leading else 0
    content, body = parts(text[leading.end() :] if leading else text)
    return content, body, before + 1


def _read(text: str, odd: list[_Odd]) -> tuple[Texts, str]:
    if not text.removeprefix("\ufeff").strip():
        raise Unfit("it is empty", mend="write 'name' and 'description' between two lines '---', and below what to do")
    try:
        content, body, above = split_document(text)
    except BrokenFrontMatter as error:
        raise Unfit(error.message, line=error.line, mend=error.hint) from error
    if content is None:
        mend = "begin it with '---', 'name: …', 'description: …', '---', a line each"
        odd.append(_Odd(1, "it has no front matter", mend))
        return Texts({}, {}, None), body
    try:
        texts = read_texts(content)
    except BrokenFrontMatter as error:
        # Mostly a colon in a description, which YAML takes for a key.
        odd.append(_Odd(error.line + above, f"no YAML, read line by line: {error.message}", error.hint))
        values, lines = plain_values(content)
        texts = Texts(dict(values), lines, None)
    if not texts.values:
        odd.append(_Odd(1, "front matter is empty", "write 'name: …' and 'description: …' into it"))
    lines = {key: line + above for key, line in texts.lines.items()}
    return Texts(texts.values, lines, texts.flow_line), body


def _name(texts: Texts, folder_name: str, odd: list[_Odd]) -> str:
    """Return the name: the written one where it is one, else the folder's, else what is nearest to them."""
    raw, line = _text(texts.values.get("name", "")).strip(), texts.lines.get("name", 1)
    written, folder = normal(raw), normal(folder_name)
    if is_name(written):
        if not is_plain(raw):
            reason = f"'name' {raw[:80]!r} is not {written!r}, which it looks like"
            raise Unfit(reason, line=line, mend=f"write 'name: {written}' in plain letters")
        if written != folder:
            mend = "give the folder the name, or the name the folder's"
            odd.append(_Odd(line, f"'name' is {written!r} but the folder is {folder_name[:80]!r}", mend))
        return written
    name = folder if is_name(folder) else slug(written) or slug(folder)
    if not name:
        raise Unfit("no name can be made of its front matter and its folder", line=line, mend=f"write {RULE} as 'name'")
    # Where there is no front matter at all, that is said once.
    if texts.values:
        reason = f"'name' {written[:80]!r} is not {RULE}" if written else "'name' is missing"
        odd.append(_Odd(line, f"{reason}; it is used as {name!r}", f"write 'name: {name}'"))
    return name


def _description(texts: Texts, body: str, odd: list[_Odd]) -> str:
    if written := _text(texts.values.get("description", "")).strip():
        return _shortened(texts, "description", MAX_DESCRIPTION, odd)
    found = _first_paragraph(body[:_READ_FOR_DESCRIPTION])[:MAX_DESCRIPTION]
    mend = "write 'description: what it does, and when to use it' into the front matter"
    line = texts.lines.get("description", 1)
    if not found:
        raise Unfit(written or "there is no description, and no text to take one from", line=line, mend=mend)
    if texts.values:
        odd.append(_Odd(line, "'description' is missing; the first paragraph is used", mend))
    return found


def _first_paragraph(body: str) -> str:
    lines: list[str] = []
    for line in body.splitlines():
        text = line.strip()
        if lines and not text:
            break
        # Headings, rules, fences and HTML say nothing of when to use it.
        if text and not text.startswith(("#", "---", "```", "<", "![")):
            lines.append(text)
    return " ".join(lines)


def _shortened(texts: Texts, key: str, most: int, odd: list[_Odd]) -> str:
    text = _text(texts.values.get(key, "")).strip()
    if len(text) > most:
        reason = f"{key!r} has {len(text):,} characters, more than {most:,}, and is cut"
        odd.append(_Odd(texts.lines.get(key, 1), reason, "move the details below the front matter"))
    return text[:most]


def _metadata(texts: Texts, odd: list[_Odd]) -> Mapping[str, str]:
    value = texts.values.get("metadata", {})
    if isinstance(value, dict):
        return dict(flattened(value))
    if value != "":
        mend = "write 'key: value' lines below it, indented"
        odd.append(_Odd(texts.lines["metadata"], "'metadata' does not map texts to texts, and is left out", mend))
    return {}


def _tools(value: Value) -> tuple[str, ...]:
    texts = [_text(part) for part in value] if isinstance(value, list) else [_text(value)]
    return tuple(tool for text in texts for tool in _TOOL.findall(text))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ", ".join(text for _, text in flattened(value))


def _told(document: Path, odd: list[_Odd]) -> Problem | None:
    if not odd:
        return None
    reason, mend = ("; ".join(dict.fromkeys(words)) for words in (([o.reason for o in odd]), ([o.mend for o in odd])))
    return Problem(document, reason, odd[0].line, mend, used=True)
