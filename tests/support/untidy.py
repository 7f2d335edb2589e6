"""Documents as they are met: untidy ones, which become skills, and hostile ones, which must not do anything else."""

from typing import NamedTuple

BODY = "\n# Fix it\n\nDo it well.\n"


class Untidy(NamedTuple):
    """A document in a folder ``fix-it``, and what becomes of it.

    Attributes:
        line: that the problem names; 0: there is no problem.
        reason: words of the problem.
        name: of the skill; "": there is none.
        description: its beginning.
    """

    content: bytes
    line: int | None = 0
    reason: str = ""
    name: str = "fix-it"
    description: str = "Fixes it."


def _text(front: str, body: str = BODY) -> bytes:
    return f"---\n{front}---\n{body}".encode()


TIDY = "name: fix-it\ndescription: Fixes it.\n"
_LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

UNTIDY: dict[str, Untidy] = {
    "tidy": Untidy(_text(TIDY)),
    "CRLF": Untidy(_text(TIDY).replace(b"\n", b"\r\n")),
    "a lone CR": Untidy(_text(TIDY).replace(b"\n", b"\r")),
    "byte order mark": Untidy(b"\xef\xbb\xbf" + _text(TIDY)),
    "byte order mark and CRLF": Untidy(b"\xef\xbb\xbf" + _text(TIDY).replace(b"\n", b"\r\n")),
    "empty lines before": Untidy(b"\n\n" + _text(TIDY)),
    "closed by three dots": Untidy(_text(TIDY).replace(b"---\n\n", b"...\n\n")),
    "no line end at the end": Untidy(b"---\nname: fix-it\ndescription: Fixes it.\n---"),
    "spaces behind the signs": Untidy(_text(TIDY).replace(b"---", b"---  \t")),
    "remarks": Untidy(_text(f"# what\n{TIDY}# end\n")),
    "quoted": Untidy(_text("name: 'fix-it'\ndescription: \"Fixes it.\"\n")),
    "folded": Untidy(
        _text("name: fix-it\ndescription: >-\n  Fixes it.\n  Use it: now.\n"), description="Fixes it. Use"
    ),
    "literal": Untidy(
        _text("name: fix-it\ndescription: |\n  Fixes it.\n\n  Use it.\n"), description="Fixes it.\n\nUse"
    ),
    "fields of a client": Untidy(_text(f"{TIDY}argument-hint: '[what]'\nmodel: opus\nhooks:\n  Stop:\n    - x\n")),
    "fields in other order": Untidy(_text("license: MIT\ndescription: Fixes it.\nname: fix-it\n")),
    "metadata in braces": Untidy(_text(f"{TIDY}metadata: {{version: 1.10, author: me}}\n")),
    "metadata nested": Untidy(_text(f"{TIDY}metadata:\n  author:\n    name: me\n  tags: [a, b]\n")),
    "metadata is text": Untidy(_text(f"{TIDY}metadata: yes\n"), 4, "'metadata' does not map"),
    "metadata is a list": Untidy(_text(f"{TIDY}metadata:\n  - a\n"), 4, "'metadata' does not map"),
    "a number": Untidy(_text("name: fix-it\ndescription: 42\n"), description="42"),
    "a date": Untidy(_text("name: fix-it\ndescription: 2026-13-45\n"), description="2026-13-45"),
    "a boolean": Untidy(_text("name: fix-it\ndescription: no\n"), description="no"),
    "a list": Untidy(_text("name: fix-it\ndescription:\n  - Fixes it.\n  - Well.\n"), description="Fixes it., Well."),
    "a mapping": Untidy(_text("name: fix-it\ndescription:\n  what: Fixes it.\n")),
    "a list of tools": Untidy(_text(f"{TIDY}allowed-tools:\n  - Bash(git add:*)\n  - Read\n")),
    "an unquoted colon": Untidy(
        _text("name: fix-it\ndescription: Use it when: always\n"),
        3,
        "no YAML, read line by line",
        description="Use it when: always",
    ),
    "a colon, CRLF": Untidy(
        _text("name: fix-it\ndescription: Use it: now\n").replace(b"\n", b"\r\n"),
        3,
        "no YAML",
        description="Use it: now",
    ),
    "an unclosed quote": Untidy(
        _text("name: fix-it\ndescription: 'Fixes it.\n"), None, "no YAML", description="'Fixes it."
    ),
    "a tab": Untidy(_text("name: fix-it\ndescription: Fixes it.\nmetadata:\n\tauthor: me\n"), 5, "no YAML"),
    "a tab before the value": Untidy(_text("name:\tfix-it\ndescription:\tFixes it.\n"), 2, "no YAML"),
    "an unquoted sign": Untidy(
        _text("name: fix-it\ndescription: @me fixes it\n"), 3, "no YAML", description="@me fixes"
    ),
    "a key twice": Untidy(_text(f"{TIDY}name: other\n"), 4, "the key 'name' twice"),
    "an anchor": Untidy(_text("name: fix-it\ndescription: &it fixes\n"), 3, "anchors", description="&it fixes"),
    "an alias": Untidy(_text("name: fix-it\ndescription: *it*\n"), 3, "no YAML", description="*it*"),
    "an alias in front of nothing": Untidy(_text(f"{TIDY}x: *it\n"), 4, "aliases"),
    "a billion laughs": Untidy(_text(f"{TIDY}{_LAUGHS}"), 4, "anchors"),
    "a tag that would run": Untidy(_text(f"{TIDY}x: !!python/object/apply:os.system ['true']\n"), 4, "tags"),
    "nested 200 deep": Untidy(_text(f"{TIDY}x: {'[' * 200}{']' * 200}\n"), 4, "nested too deeply"),
    "nested without end": Untidy(_text(f"{TIDY}x: {'[' * 60_000}\n"), 4, "nested too deeply"),
    "another name": Untidy(
        _text("name: mend-it\ndescription: Fixes it.\n"), 2, "the folder is 'fix-it'", name="mend-it"
    ),
    "a name in capitals": Untidy(_text("name: Fix It\ndescription: Fixes it.\n"), 2, "used as 'fix-it'"),
    "a name too long": Untidy(_text(f"name: {'a' * 65}\ndescription: Fixes it.\n"), 2, "used as 'fix-it'"),
    "a name that leads out": Untidy(_text("name: ../../etc\ndescription: Fixes it.\n"), 2, "used as 'fix-it'"),
    "no name": Untidy(_text("description: Fixes it.\n"), 1, "'name' is missing"),
    "wide letters": Untidy(_text("name: ｆｉｘ－ｉｔ\ndescription: Fixes it.\n"), 2, "which it looks like", name=""),
    "no description": Untidy(_text("name: fix-it\n"), 1, "the first paragraph is used", description="Do it well."),
    "an empty description": Untidy(
        _text("name: fix-it\ndescription:\n"), 3, "the first paragraph", description="Do it well."
    ),
    "no description at all": Untidy(_text("name: fix-it\n", "# Fix it\n"), 1, "no description", name=""),
    "a long description": Untidy(
        _text(f"name: fix-it\ndescription: Fixes it. {'x' * 5000}\n"),
        3,
        "5,010 characters, more than 1,024, and is cut",
    ),
    "a long compatibility": Untidy(_text(f"{TIDY}compatibility: {'x' * 501}\n"), 4, "501 characters, more than 500"),
    "several things": Untidy(
        _text("name: Fix It\ndescription: Use: now\n"), 3, "used as 'fix-it'", description="Use: now"
    ),
    "no front matter": Untidy(b"# Fix it\n\nDo it well.\n", 1, "no front matter", description="Do it well."),
    "a list as front matter": Untidy(_text("- a\n- b\n"), 2, "must be keys with values", description="Do it well."),
    "empty front matter": Untidy(_text(""), 1, "front matter is empty", description="Do it well."),
    "never closed": Untidy(b"---\nname: fix-it\ndescription: Fixes it.\n", 1, "never closed", name=""),
    "front matter without end": Untidy(_text(f"{TIDY}# {'x' * 70_000}\n"), 2, "longer than 65,536", name=""),
    "empty": Untidy(b"", None, "it is empty", name=""),
    "white space": Untidy(b" \n\t\n", None, "it is empty", name=""),
    "NUL": Untidy(_text(f"{TIDY}license: a\0b\n"), 4, "a NUL", name=""),
    "a control character": Untidy(_text("name: fix-it\ndescription: Fixes it.\x07\n"), 3, "does not allow"),
    "no UTF-8": Untidy(_text(TIDY) + b"caf\xe9\n", 9, "no UTF-8 text", name=""),
    "UTF-16": Untidy(_text(TIDY).decode().encode("utf-16"), 1, "UTF-16", name=""),
    "UTF-16, big end first": Untidy(b"\xfe\xff" + _text(TIDY).decode().encode("utf-16-be"), 1, "UTF-16", name=""),
    "ten megabytes": Untidy(_text(TIDY) + b"x" * 10_000_000, None, "more than the 1,048,576 that are read", name=""),
    "a program": Untidy(b"\x7fELF\x02\x01\x01" + bytes(100), 1, "a NUL", name=""),
}
