"""The script as a document: what it accepts, what it says about the rest."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from onecontext.errors import InvalidDocument, NewerFormat, UnknownModel
from teams.models.port import Conversation
from teams.models.script import load_script, parse_script, schema_text

GOOD = """\
version: 1
conversations:
  - agent: worker-*
    role: worker
    task: fix-cart
    attempt: 1
    turns:
      - say: I will look first.
        call:
          - tool: run
            args: {command: "python -m pytest -q"}
        expect: FAILED
        wait_s: 0.2
"""


def test_the_example_of_the_documentation_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(GOOD)

    ((place, conversation),) = load_script(path).items()

    assert place == f"{path}: conversations.0"
    assert conversation.agent == "worker-*"
    assert conversation.turns[0].call[0].args == {"command": "python -m pytest -q"}
    assert conversation.turns[0].wait_s == 0.2


def test_files_of_a_folder_are_read_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "notes.txt"):
        (tmp_path / name).write_text(f"version: 1\nconversations: [{{turns: [{{say: {name}}}]}}]")

    said = [conversation.turns[0].say for conversation in load_script(tmp_path).values()]

    assert said == ["a.yaml", "b.yaml"]


@pytest.mark.parametrize(
    ("whose", "fits"),
    [
        (Conversation("worker-2", "worker", "fix-cart", 1), True),
        (Conversation("validator-1", "worker", "fix-cart", 1), False),
        (Conversation("worker-2", "validator", "fix-cart", 1), False),
        (Conversation("worker-2", "worker", "other", 1), False),
        (Conversation("worker-2", "worker", "fix-cart", 2), False),
    ],
)
def test_a_conversation_fits_whom_it_names(whose: Conversation, *, fits: bool) -> None:
    (conversation,) = parse_script(yaml.safe_load(GOOD), source="x").conversations

    assert conversation.fits(whose) is fits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 1\nconversations: [", "line 2, column"),
        ("version: 1\nconversations: []", "conversations: "),
        ("version: 1\nconversations: [{turns: []}]", "conversations.0.turns: "),
        ("version: 1\nconversations: [{turns: [{says: x}]}]", "conversations.0.turns.0.says: no such key"),
        ("version: 1\nconversations: [{turns: [{call: [{args: {}}]}]}]", "conversations.0.turns.0.call.0.tool: "),
        ("version: 1\nconversations: [{turns: [{call: [{tool: x, args: {at: 2020-01-01}}]}]}]", "args.at"),
        ("version: 0\nconversations: [{turns: [{}]}]", "version: "),
        ("conversations: [{turns: [{}]}]", "version: it is missing"),
        ("- 1", "the document: "),
        ("", "the document: "),
    ],
)
def test_what_does_not_fit_is_named_with_its_file_and_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)

    with pytest.raises(InvalidDocument) as caught:
        load_script(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("version: 2\nscenes: []")

    with pytest.raises(NewerFormat, match="has version 2; this program knows 1"):
        load_script(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(InvalidDocument, match="not UTF-8"):
        load_script(path)


def test_nothing_at_the_path_is_an_unknown_model(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="no script at"):
        load_script(tmp_path / "missing.yaml")
    with pytest.raises(UnknownModel, match=r"no \*.yaml file"):
        load_script(tmp_path)


def test_the_schema_in_the_documentation_is_current_and_accepts_the_example(root: Path) -> None:
    written = (root / "docs/schemas/script.json").read_text()

    assert written == schema_text(), "write teams.models.script.schema_text() to docs/schemas/script.json"
    jsonschema.validate(yaml.safe_load(GOOD), json.loads(written))


def test_the_script_of_the_example_mission_is_one(root: Path) -> None:
    assert load_script(root / "examples/first-light/script")
