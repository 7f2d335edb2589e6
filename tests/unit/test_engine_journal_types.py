"""Reading a journal for a few types of events alone, and only what comes from now on."""

from pathlib import Path

import pytest

from onecontext.errors import Damaged
from teams.engine.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path, team="t")
    for number in range(3):
        journal.append("task.created", {"n": number, "text": '"type":"mission.ended"'})
        journal.append("mission.ended", {"n": number})
    return journal


def test_only_events_of_the_types_that_are_wanted_are_given_with_their_numbers(journal: Journal) -> None:
    events = list(journal.read(types=("mission.ended",)))

    assert [(event.seq, event.type, event.data["n"]) for event in events] == [
        (2, "mission.ended", 0),
        (4, "mission.ended", 1),
        (6, "mission.ended", 2),
    ]
    assert [event.seq for event in journal.read(since=4, types=("mission.ended",))] == [6]
    assert list(journal.read(types=("no.such",))) == []


def test_a_type_that_stands_in_a_text_makes_no_event_of_that_type(journal: Journal) -> None:
    assert {event.type for event in journal.read(types=("mission.ended",))} == {"mission.ended"}


def test_a_damaged_line_of_a_wanted_type_is_refused(journal: Journal) -> None:
    content = journal.path.read_bytes()
    journal.path.write_bytes(content.replace(b'"n":1},"crc', b'"n":7},"crc'))

    with pytest.raises(Damaged, match="line 4"):
        list(journal.read(types=("mission.ended",)))


def test_a_line_that_is_none_is_refused_whatever_is_looked_for(journal: Journal) -> None:
    lines = journal.path.read_bytes().splitlines(keepends=True)
    for content in ([b"no line\n", *lines], [*lines[:2], *lines[3:]]):
        journal.path.write_bytes(b"".join(content))
        with pytest.raises(Damaged):
            list(journal.read(types=("mission.ended",)))


def test_a_tail_that_was_put_to_the_end_gives_only_what_comes_after(journal: Journal) -> None:
    tail = journal.tail()

    tail.to_end()

    assert tail.poll() == []
    journal.append("task.done", {})
    assert [(event.seq, event.type) for event in tail.poll()] == [(7, "task.done")]


def test_the_end_of_a_journal_with_a_torn_line_is_before_it(journal: Journal) -> None:
    with journal.path.open("ab") as file:
        file.write(b'{"v":1,"seq":7')
    tail = journal.tail()

    tail.to_end()

    journal.append("task.done", {})
    assert [event.seq for event in tail.poll()] == [7]


def test_a_journal_that_is_not_there_yet_has_its_end_at_the_beginning(tmp_path: Path) -> None:
    journal = Journal(tmp_path, team="t")
    tail = journal.tail()

    tail.to_end()

    journal.append("team.created", {})
    assert [event.seq for event in tail.poll()] == [1]


def test_who_follows_a_few_types_is_given_those_alone(journal: Journal) -> None:
    given: list[str] = []
    journal.follow(lambda event: given.append(event.type), ("mission.",))
    journal.catch_up()

    journal.append("task.created", {})
    journal.append("mission.resumed", {})
    journal.catch_up()

    assert given == ["mission.ended"] * 3 + ["mission.resumed"]


def test_a_second_follower_is_given_its_types_from_the_first_event_on(journal: Journal) -> None:
    journal.follow(lambda event: None, ("mission.ended",))
    journal.catch_up()
    given: list[int] = []

    journal.follow(lambda event: given.append(event.seq), ("task.created",))
    journal.append("task.created", {})
    journal.catch_up()

    assert [seq for seq in given if seq % 2] == [1, 3, 5, 7]


def test_who_follows_a_few_types_meets_damage_in_any_line(journal: Journal) -> None:
    content = journal.path.read_bytes()
    journal.path.write_bytes(content.replace(b'"n":1,"text"', b'"n":7,"text"'))
    journal.follow(lambda event: None, ("mission.ended",))

    with pytest.raises(Damaged, match="line 3"):
        journal.catch_up()
