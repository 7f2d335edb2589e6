"""Files that a running client wrote, of three versions, through our models and back to the byte."""

from pathlib import Path

import pytest

from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.config import Config
from teams.protocol.mail.forms import IdleNotification, ShutdownApproved, ShutdownRequest, TaskAssignment, parse_form
from teams.protocol.mail.message import identities, is_entry, of_entry
from teams.protocol.wire import dumps, loads

FILES = sorted((Path(__file__).parents[1] / "data" / "claude-code").glob("*/*.json"))
VERSION_AND_NAME = {f"{path.parent.name}/{path.stem}": path for path in FILES}


def of_kind(word: str) -> list[str]:
    return [name for name in VERSION_AND_NAME if word in name]


@pytest.mark.parametrize("name", of_kind("task"))
def test_a_task_of_the_client_survives_us(name: str) -> None:
    raw = VERSION_AND_NAME[name].read_bytes()
    task = Task.parse(loads(raw, source=name), source=name)

    assert dumps(task.to_document()).encode() == raw
    assert task.is_foreign
    assert task.state in (State.READY, State.RUNNING, State.DONE)


@pytest.mark.parametrize("name", of_kind("config"))
def test_a_roster_of_the_client_survives_us(name: str) -> None:
    raw = VERSION_AND_NAME[name].read_bytes()
    config = Config.parse(loads(raw, source=name), source=name)

    assert dumps(config.to_document()).encode() == raw
    assert config.members[0].name == "team-lead"


@pytest.mark.parametrize("name", of_kind("inboxes"))
def test_an_inbox_of_the_client_is_read_whole(name: str) -> None:
    raw = VERSION_AND_NAME[name].read_bytes()
    entries = loads(raw, source=name)

    assert dumps(entries).encode() == raw
    assert all(is_entry(entry) for entry in entries)
    assert len(set(identities(entries))) == len(entries)
    messages = [of_entry(entry, "id", to="ann") for entry in entries]
    assert all(message.at.year == 2026 for message in messages)
    assert all(message.form is not None for message in messages if message.text.startswith("{"))


@pytest.mark.parametrize("name", of_kind("2.1.329/") + of_kind("2.1.45/"))
def test_a_form_of_the_client_is_written_as_the_client_writes_it(name: str) -> None:
    entries = loads(VERSION_AND_NAME[name].read_bytes(), source=name)
    for entry in entries if isinstance(entries, list) else []:
        form = parse_form(entry["text"])
        if form is not None:
            assert form.to_text() == entry["text"]


def test_our_own_entries_have_the_clients_fields_in_the_clients_order() -> None:
    theirs = loads(VERSION_AND_NAME["2.1.329/028-inboxes-bob"].read_bytes(), source="bob")[0]
    ours = of_entry(theirs, theirs["msg_id"], to="bob").to_entry()

    assert dumps(ours) == dumps(theirs)


def test_the_kinds_of_forms_that_were_seen_are_told_apart() -> None:
    kinds = set()
    for name in of_kind("inboxes"):
        for entry in loads(VERSION_AND_NAME[name].read_bytes(), source=name):
            kinds.add(type(parse_form(entry["text"])))

    assert {IdleNotification, ShutdownApproved, ShutdownRequest, TaskAssignment} <= kinds
