"""``validate`` beside the real reference validator (skills-ref 0.1.1), over generated skills.

Where they differ is written down: the rules in ``BEYOND``, which the reference does not hold, and front matter with
``---`` inside a line, where the reference ends it.
"""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from skills.format.strict import BEYOND, check, validate
from tests.support.untidy import UNTIDY
from tests.unit.test_skills_strict import PUBLISHED, _written

reference = pytest.importorskip("skills_ref", reason="skills-ref is not installed (it is in the extra 'dev')")
if importlib.metadata.version("skills-ref") != "0.1.1":
    pytest.skip("another version of skills-ref than the one that is compared with", allow_module_level=True)

from skills_ref.errors import ParseError  # noqa: E402
from skills_ref.parser import parse_frontmatter  # noqa: E402
from skills_ref.validator import validate_metadata  # noqa: E402

FOLDERS = st.sampled_from(
    ["a", "fix-it", "é", "技能", "мой-навык", "A", "a--b", "-a", "a_b", "x" * 65, "ﬁx", "½", "²", "ß"]
)
_VALUES = """a ~ null 1.0 yes 2026-01-02 'q' "dq" [a,b] {a:b} &a *a !!str @x `x` %x ﬁ ǅ ² # -a a:b a--b : ? - 'it''s'"""
VALUES = st.one_of(
    st.sampled_from([*_VALUES.split(), "", " ", "Use: this", "a # c", "a\tb", "\tx", "x" * 501, "x" * 1025, "é\u0301"]),
    st.sampled_from(
        ["|\n  block\n  two", ">-\n  folded", "\n  k: v\n  n: 1.0", "\n  - a", "\n  k:\n    deep: x", "a\n  on"]
    ),
    st.text(max_size=12),
)
KEYS = st.sampled_from(
    ["name", "description", "license", "compatibility", "metadata", "allowed-tools", "model", '"name"', "- x", ""]
)
LINES = st.tuples(st.sampled_from(["", "", "", " ", "\t"]), KEYS, st.sampled_from([": ", ": ", ":", ":\t"]), VALUES)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, str]:
    folder = draw(FOLDERS)
    lines = ["".join(line) for line in draw(st.lists(LINES, max_size=3))]
    usual = [f"name: {folder}", "description: d"]
    lines = draw(st.permutations([*(line for line in usual if draw(st.integers(0, 5))), *lines]))
    opening = draw(st.sampled_from(["---\n", "---\n", "---\n", "--- \n", "---", "\n---\n", "\ufeff---\n", "--- # c\n"]))
    closing = draw(
        st.sampled_from(["\n---\n", "\n---\n", "\n---\n", "\n--- \n", "\n", "\n...\n", "\n----\n", "\n ---\n"])
    )
    return f"{opening}{chr(10).join(lines)}{closing}Body\n", folder


def _says(text: str, folder: str) -> list[str]:
    """Return what the reference says of a text; what it fails on with a traceback, too."""
    try:
        values, _ = parse_frontmatter(text.replace("\r\n", "\n").replace("\r", "\n"))
        return list(validate_metadata(values, Path("/") / folder))
    except ParseError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - whatever it fails on, it does not accept
        return [f"failed: {error!r}"]


def _says_of(folder: Path) -> list[str]:
    try:
        return list(reference.validate(folder))
    except Exception as error:  # noqa: BLE001 - as above
        return [f"failed: {error!r}"]


@settings(max_examples=400, deadline=None)
@given(documents())
@example(("---\nname: a\ndescription: d\nmetadata: text\n---\n", "a"))
@example(("---\nname: a\ndescription:\td\n---\n", "a"))
@example(("---\nname: a\ndescription: x\x85y\u2028z\n---\n", "a"))
@example(("---\nname: ½\ndescription: d\n---\n", "½"))
def test_it_agrees_with_the_reference(document: tuple[str, str]) -> None:
    text, folder = document
    assume("\0" not in text)
    front = text.removeprefix("---").rpartition("\n---")[0]
    assume("---" not in front)  # where it ends front matter in the middle of a line

    faults = check(text, folder)
    theirs = _says(text, folder)

    if theirs:
        assert faults, theirs
    else:
        assert {fault.rule for fault in faults} <= BEYOND, faults


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["case"])
def test_the_published_cases_are_those_of_the_reference(case: dict[str, object], tmp_path: Path) -> None:
    theirs = reference.validate(_written(case, tmp_path))

    assert (theirs == []) == case["valid"], theirs


@pytest.mark.parametrize("case", UNTIDY, ids=str)
def test_it_agrees_on_what_is_untidy_or_hostile(case: str, tmp_path: Path) -> None:
    folder = tmp_path / "fix-it"
    folder.mkdir()
    (folder / "SKILL.md").write_bytes(UNTIDY[case].content)

    faults = validate(folder)
    theirs = _says_of(folder)

    if theirs:
        assert faults, theirs
    else:
        assert {fault.rule for fault in faults} <= BEYOND, faults


def test_the_command_of_the_reference_and_ours_agree_on_what_is_bundled(root: Path) -> None:
    for folder in (root / "skills" / "bundled").iterdir():
        command = [sys.executable, "-m", "skills_ref.cli", "validate", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, validate(folder)) == (0, []), done.stderr


@pytest.mark.parametrize(
    ("text", "accepts"),
    [
        ("---\nname: a\ndescription: d\nmetadata: text\n---\n", True),  # the specification wants a map
        ("---\nname: a\ndescription: d\nmetadata:\n  k:\n    deep: x\n---\n", True),  # … of texts
        ("---\nname: a\ndescription: d\nallowed-tools:\n  - Read\n---\n", True),  # … a text
        ("---\nname: a\ndescription: d\nlicense:\n  - MIT\n---\n", True),
        ("---\nname: a\ndescription: d\ncompatibility:\n---\n", True),  # … 1 to 500 characters
        ("---name: a\ndescription: d\n---\n", True),  # … delimiters
        ("---\nname: a\ndescription: d ---\n", True),
        ('---\nname: a\ndescription: "x --- y"\n---\n', False),  # which is right
    ],
)
def test_where_the_reference_is_wrong_it_still_is(text: str, accepts: bool) -> None:
    """When one of these fails, the reference was mended: take its rule out of ``BEYOND`` and of docs/skills.md."""
    assert (_says(text, "a") == []) == accepts
    assert (check(text, "a") == []) != accepts
