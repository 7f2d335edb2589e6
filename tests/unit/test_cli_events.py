import io
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from onecontext.cli.main import main
from onecontext.errors import UsageError
from teams.cli.events_since import Since, parse_since
from teams.engine.event import Event
from teams.engine.line import encode
from teams.protocol.team import Team

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def event(seq: int, at: datetime) -> Event:
    return Event(seq=seq, id="x", at=at, type="t", team="crew", data={})


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("0", Since(0)),
        ("120", Since(120)),
        ("90s", Since(at=NOW - timedelta(seconds=90))),
        ("10m", Since(at=NOW - timedelta(minutes=10))),
        ("1.5h", Since(at=NOW - timedelta(minutes=90))),
        ("2d", Since(at=NOW - timedelta(days=2))),
        ("2026-01-31T11:00:00Z", Since(at=NOW - timedelta(hours=1))),
        ("2026-01-31T13:00:00+02:00", Since(at=NOW - timedelta(hours=1))),
    ],
)
def test_since_is_a_number_a_time_ago_or_a_time(text: str, since: Since) -> None:
    assert parse_since(text, now=NOW) == since


def test_a_time_without_a_zone_is_the_clock_on_the_wall() -> None:
    assert parse_since("2026-01-31T11:00", now=NOW).at == datetime(2026, 1, 31, 11).astimezone(UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "-5", "10x", "10 m m", "2026-13-01", "999999999d", "٣"])
def test_what_is_none_of_these_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is no point in a journal"):
        parse_since(text, now=NOW)


def test_events_at_that_moment_and_later_are_included() -> None:
    since = parse_since("10m", now=NOW)

    assert since.includes(event(1, NOW - timedelta(minutes=10)))
    assert not since.includes(event(1, NOW - timedelta(minutes=10, seconds=1)))
    assert since.includes(event(1, NOW.replace(tzinfo=timezone(timedelta(hours=-3)))))
    assert not since.includes(event(1, (NOW - timedelta(hours=1)).replace(tzinfo=None)))


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".onecontext")
    for key in "abc":
        team.board.create(key, key=key)
    return team


def call(cwd: Path, *argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(["events", *argv], env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_since_chooses_by_number_and_by_time(team: Team, tmp_path: Path) -> None:
    assert call(tmp_path, "--since", "3")[1].split()[0] == "4"
    assert len(call(tmp_path, "--since", "1h")[1].splitlines()) == 4
    assert call(tmp_path, "--since", "2100-01-01")[1] == ""
    assert call(tmp_path, "--since", "soon")[0] == 2


def test_a_torn_last_line_is_said_and_the_rest_shown(team: Team, tmp_path: Path) -> None:
    with team.journal.path.open("ab") as file:
        file.write(b'{"v":1,"seq":5')

    code, out, err = call(tmp_path)

    assert (code, len(out.splitlines())) == (0, 4)
    assert "ends in 14 bytes without a line feed" in err
    code, out, err = call(tmp_path, "--json")
    assert (code, json.loads(out)["data"]["torn_bytes"]) == (0, 14)
    assert "ends in 14 bytes" in err


def test_what_stands_before_damage_is_shown_and_the_place_named(team: Team, tmp_path: Path) -> None:
    lines = team.journal.path.read_bytes().splitlines(keepends=True)
    team.journal.path.write_bytes(b"".join([*lines[:2], lines[2].replace(b"pending", b"pendinG"), lines[3]]))
    place = f"line 3 at byte {len(lines[0]) + len(lines[1])}"

    code, out, err = call(tmp_path)

    assert (code, [line.split()[0] for line in out.splitlines()]) == (5, ["1", "2"])
    assert place in err
    code, out, err = call(tmp_path, "--json")
    data = json.loads(out)["data"]
    assert (code, [event["seq"] for event in data["events"]]) == (5, [1, 2])
    assert place in data["damage"]
    assert place in err


def test_events_that_are_none_of_ours_are_shown_and_obeyed_by_no_terminal(team: Team, tmp_path: Path) -> None:
    odd = [("message.sent", {"text": "\x1b[31m"}), ("task.created", {"task": {"no": "subject"}}), ("x", {"a": [1]})]
    with team.journal.path.open("ab") as file:
        for number, (kind, data) in enumerate(odd):
            file.write(encode(Event(seq=5 + number, id="x", at=NOW, type=kind, team="crew", data=data)))

    code, out, _ = call(tmp_path)

    assert (code, len(out.splitlines())) == (0, 7)
    assert "\x1b" not in out
