"""Any file is a playbook or is refused with its lines: shipped ones with something in them replaced, and any text."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.errors import NewerFormat
from teams.playbook.reading import BadPlaybook, parse_playbook
from teams.playbook.shelf import playbooks

SHIPPED = [yaml.safe_load(entry.path.read_text()) for entry in playbooks(Path("/nowhere"))]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=20),
    st.sampled_from(["{{ steps.a.outputs }}", "{{", "[1]", "steps", "1 +", "list[str]", "enum[]", "${x}"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["set", "agent", "steps", "in", "type", "x"]), st.text(max_size=5), max_size=2),
)


def places(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value in a document."""
    inner = (
        list(document.items())
        if isinstance(document, dict)
        else list(enumerate(document))
        if isinstance(document, list)
        else []
    )
    return [at, *(way for key, value in inner for way in places(value, (*at, key)))]


def replaced(document: Any, way: tuple[Any, ...], junk: Any) -> Any:
    if not way:
        return junk
    key, rest = way[0], way[1:]
    if isinstance(document, dict):
        return {name: replaced(value, rest, junk) if name == key else value for name, value in document.items()}
    return [replaced(value, rest, junk) if index == key else value for index, value in enumerate(document)]


def told(text: str) -> list[str]:
    """Return what is wrong with a text, nothing where it is a playbook."""
    try:
        parse_playbook(text, source="f.yaml")
    except BadPlaybook as error:
        return list(error.problems) or ["nothing was told"]
    except NewerFormat:
        return []
    return []


def is_told(text: str) -> None:
    assert all(line.startswith("f.yaml:") and line.split(":")[1].isdigit() for line in told(text))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), document=st.sampled_from(SHIPPED), junk=JUNK)
def test_a_document_with_something_else_in_it_is_read_or_refused(data: Any, document: Any, junk: Any) -> None:
    way = data.draw(st.sampled_from(places(document)))

    is_told(yaml.safe_dump(replaced(document, way, junk), sort_keys=False))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    is_told(text)
