"""Any bytes in any file of a team folder: readers return, or raise one of our errors; whole entries are never lost."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from onecontext.errors import OneContextError
from teams.protocol.board.task import Task
from teams.protocol.mail.correspondence import correspondence
from teams.protocol.mail.entries import put_together, take_apart
from teams.protocol.team import Team
from teams.protocol.wire import dumps, loads

FILES = ("teams/crew/config.json", "teams/crew/inboxes/ann.json", "tasks/crew/1.json", "tasks/crew/.highwatermark")
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(TEXT, parts, max_size=3),
    max_leaves=8,
)
ENTRY = st.builds(
    lambda sender, text, more: {**more, "from": sender, "text": text},
    TEXT,
    TEXT,
    st.dictionaries(TEXT.filter(lambda key: key not in {"timestamp", "summary", "color", "msg_id"}), JSON, max_size=3),
)
WHOLE = [
    b'{"id":"1","subject":"s","description":"d","status":"pending","blocks":[],"blockedBy":[]}',
    b'{"name":"crew","createdAt":1,"leadAgentId":"x","members":[{"agentId":"x","name":"x","joinedAt":1}]}',
    b'[{"from":"x","text":"y","timestamp":"2026-01-01T00:00:00.000Z","read":false}]',
]

PIECES = [b'"', b"\0", b"\xff", b"NaN", b"1e999", b"\\", b"}{", b"\n"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Something that was whole, with pieces cut out, put in or repeated."""
    content = draw(st.sampled_from(WHOLE) | JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(content)))
        end = draw(st.integers(begin, len(content)))
        piece = draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"\0", b"\xff", b"NaN", b"1e999", b"\\", b"}{", b"\n"])
        )
        content = content[:begin] + piece + content[end:]
    return content


@pytest.fixture(scope="module")
def team_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        team = Team.create("crew", root=name)
        team.join("ann")
        team.board.create("a", key="a")
        yield Path(name)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), content=damaged())
@example(
    name=FILES[2],
    content=b'{"id":"1","subject":"\\ud800","description":"d","status":"pending","blocks":[],"blockedBy":[]}',
)
def test_readers_return_or_raise_one_of_our_errors(team_folder: Path, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as copy:
        root = Path(copy) / "root"
        shutil.copytree(team_folder, root)
        (root / name).write_bytes(content)
        team = Team("crew", root, cwd=root)
        readers = (
            lambda: team.members,
            lambda: team.board.list(),
            lambda: team.board.get("1"),
            lambda: team.board.violations(),
            lambda: team.receive("ann"),
            lambda: correspondence(team.folder, team.journal),
            lambda: team.take_in(),
            lambda: team.board.create("b", key="b"),
        )
        for read in readers:
            start = time.monotonic()
            with suppress(OneContextError):
                read()
            assert time.monotonic() - start < 5.0
        assert not team.take_in()


@settings(max_examples=60, deadline=None)
@given(entries=st.lists(ENTRY, max_size=4), compact=st.booleans())
def test_an_array_cut_at_any_byte_yields_every_whole_entry_before_the_cut(
    entries: list[dict[str, object]], compact: bool
) -> None:
    text = json.dumps(entries, ensure_ascii=False) if compact else put_together(entries)
    content = text.encode()
    ends, position = [], 1
    for entry in take_apart(content).entries:
        position = text.index(entry.source, position) + len(entry.source)
        ends.append(len(text[:position].encode()))

    assert len(ends) == len(entries)
    for cut in range(len(content)):
        whole = sum(end <= cut for end in ends)
        found = take_apart(content[:cut])
        assert found.entries == entries[:whole]
        assert found.broken


@settings(max_examples=100, deadline=None)
@given(entries=st.lists(ENTRY, min_size=1, max_size=5), bad=damaged(), place=st.integers(0, 5))
def test_entries_before_a_damaged_one_are_never_lost_and_none_is_made_up(
    entries: list[Any], bad: bytes, place: int
) -> None:
    parts = [dumps(entry).replace("\n", "\n  ").encode() for entry in entries]
    before = parts[:place]
    content = b"[\n  " + b",\n  ".join([*before, bad, *parts[place:]]) + b"\n]"

    found = take_apart(content).entries
    assert found[: len(before)] == entries[: len(before)]
    for entry in found:
        assert entry in entries or entry.source.encode("utf-8", "surrogateescape") in bad + b"".join(parts)


@settings(max_examples=200, deadline=None)
@given(document=st.dictionaries(TEXT, JSON, max_size=4))
def test_what_others_wrote_is_written_back_as_it_stood(document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)

    for literal, other in ((text, text), ('{\n  "n": 1e21,\n  "o": -0,\n  "p": 1.0,\n  "q": 1E-7\n}', None)):
        assert dumps(loads(literal, source="it")) == (other or literal)


@settings(max_examples=100, deadline=None)
@given(
    more=st.dictionaries(
        TEXT.filter(lambda key: key not in {"owner", "activeForm", "metadata", "id"}), JSON, max_size=3
    ),
    kept=st.dictionaries(TEXT.filter(lambda key: key != "onecontext"), JSON, max_size=3) | st.none(),
)
def test_a_task_of_another_program_is_the_same_document_for_us(
    more: dict[str, object], kept: dict[str, object] | None
) -> None:
    document = {
        **more,
        "id": "1",
        "subject": "s",
        "description": "d",
        "status": "pending",
        "blocks": [],
        "blockedBy": [],
    }
    document["metadata"] = kept
    text = dumps(document)

    task = Task.parse(loads(text, source="it"), source="it")
    assert dumps(task.to_document()) == text
