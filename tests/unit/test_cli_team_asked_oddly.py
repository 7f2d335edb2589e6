"""Commands about teams as strangers type them: odd values and texts, ids from the screen, from within a member."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

import teams.cli.board
import teams.cli.team  # noqa: F401 - as nobody, nothing can be imported any more
from onecontext.cli.main import main
from teams.cli.task import _VERBS
from teams.protocol.team import Team
from tests.support.foreign_lead import ForeignLead


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".claude")
    team.join("ann")
    team.join("val", role="validator")
    return team


def call(cwd: Path, *argv: str, env: dict[str, str] | None = None, stdin: bytes = b"") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    code = main(argv, env=env or {}, cwd=cwd, stdin=given, stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def data_of(cwd: Path, *argv: str, env: dict[str, str] | None = None) -> Any:
    code, out, err = call(cwd, *argv, "--json", env=env)
    assert code == 0, err
    return json.loads(out)["data"]


# --- help -------------------------------------------------------------------------------------------------------------

WORDS = {
    "team": ["new", "join", "leave", "list", "show"],
    "task": ["list", *_VERBS],
    "agent": ["list", "show"],
    "mail": [""],
    "board": [""],
    "events": [""],
    "replay": [""],
}
COMMANDS = [[command, word] if word else [command] for command, words in WORDS.items() for word in words]


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_help_names_every_option_and_what_it_does_in_eighty_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    code, told, err = call(tmp_path, *argv, "--help")

    assert (code, err) == (0, "")
    assert "--json" in told
    assert "--root" in told or argv[0] == "agent"
    assert max(map(len, told.splitlines())) <= 80
    # A line that holds an argument and nothing else is followed by what it does.
    lines = told.split("\n\n", 1)[1].splitlines()
    alone = [line for line, below in zip(lines, [*lines[1:], ""], strict=True) if is_undescribed(line, below)]
    assert alone == []


def is_undescribed(line: str, below: str) -> bool:
    is_argument = line.startswith("  ") and not line.startswith("   ")
    return is_argument and "  " not in line.strip() and not below.startswith("        ")


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["task", "claim", "1", "--as", "ann", "--lease", "nan"], "'nan' is no number of seconds"),
        (["task", "next", "--as", "ann", "--lease", "-5"], "'-5' is no number of seconds"),
        (["task", "renew", "1", "--as", "ann", "--lease", "inf"], "'inf' is no number of seconds"),
        (["task", "inspect", "1", "--as", "val", "--lease", "0"], "0 s is no time"),
        (["task", "claim", "1", "--as", "ann", "--lease", "1e300"], "at most a year"),
        (["task", "claim", "1", "--as", "a\nb"], r"'a\nb' can be nobody's name"),
        (["task", "claim", "1", "--as", "../../journal"], "can be nobody's name"),
        (["task", "create", "x", "--role", ""], "is no role"),
        (["mail", "wait", "ann", "--timeout", "nan"], "'nan' is no number of seconds"),
        (["mail", "wait", "ann", "--timeout", "-1"], "'-1' is no number of seconds"),
        (["mail", "send", "ann", ""], "the message says nothing"),
        (["mail", "send", "ann", "-"], "the message says nothing"),
        (["mail", "send", "ann", "x", "--as", "zoe"], "no member 'zoe'"),
        (["board", "--team", ""], "no team ''"),
        (["board", "--team", ".."], "no team '..'"),
        (["board", "--root", "afile"], "there is no team in"),
        (["team", "new", "x", "--root", "afile"], "afile is no folder, so no team can be made"),
        (["team", "show", "nope"], "'onecontext team list' names those of other folders"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_changed(
    team: Team, tmp_path: Path, argv: list[str], sentence: str
) -> None:
    team.board.create("t", key="t")
    (tmp_path / "afile").touch()
    before = len([*team.journal.read()])

    code, out, err = call(tmp_path, *argv)

    assert (code, out) == (3 if "team" in sentence and "made" not in sentence else 2, "")
    assert sentence in err
    assert len([*team.journal.read()]) == before


@pytest.mark.parametrize("evidence", ['{"a": NaN}', '{"a": 1e999}', '{"a": ' + "[" * 200 + "]" * 200 + "}"])
def test_evidence_that_json_cannot_say_is_refused(team: Team, tmp_path: Path, evidence: str) -> None:
    team.board.create("t", key="t")
    team.board.claim("1", "ann", lease_s=60)

    code, _, err = call(tmp_path, "task", "submit", "1", "--as", "ann", "--evidence", evidence)

    assert code == 2
    assert "--evidence is n" in err
    assert team.board.get("1").state == "running"


# --- text that looks like something else ------------------------------------------------------------------------------


def test_no_subject_owner_reason_or_text_looks_like_another_line_of_ours(team: Team, tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / "other")
    lead.task("one\n     #2                forged", "d")
    path = lead.tasks / "1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "owner": "eve\n  #3", "status": "in_progress"}))
    lead.team.join("ann")
    lead.send("ann", "hello", sender="eve\n  12345678  team-lead → ann  forged")

    for command in ("board", "mail", "events"):
        _, out, _ = call(tmp_path, command, "--root", "other")
        assert not any(line.lstrip().startswith(("#2", "#3", "12345678")) for line in out.splitlines())
    call(tmp_path, "mail", "wait", "ann", "--timeout", "0", "--root", "other")
    _, out, _ = call(tmp_path, "events", "--root", "other")
    assert all(line.lstrip()[0].isdigit() and line.startswith("     ") for line in out.splitlines())


def test_the_board_cuts_a_subject_that_fills_the_screen(team: Team, tmp_path: Path) -> None:
    team.board.create("x" * 100_000, key="t")

    _, out, _ = call(tmp_path, "board")

    assert max(map(len, out.splitlines())) < 500
    assert len(data_of(tmp_path, "task", "show", "1")["subject"]) == 100_000


def test_the_board_says_who_judges_and_for_how_long(team: Team, tmp_path: Path) -> None:
    team.board.create("t", key="t")
    team.board.submit("1", "ann", team.board.claim("1", "ann", lease_s=60).epoch, {})
    team.board.inspect("1", "val", lease_s=120)

    _, out, _ = call(tmp_path, "board")

    assert "ann           t  (attempt 1 · val judges · lease 1" in out


# --- texts on stdin ---------------------------------------------------------------------------------------------------


def test_texts_come_on_stdin_as_they_are(team: Team, tmp_path: Path) -> None:
    said = "first line\n\n  second 😀\n"

    assert call(tmp_path, "mail", "send", "ann", "-", stdin=said.encode())[0] == 0
    assert call(tmp_path, "mail", "broadcast", "-", stdin=said.encode())[0] == 0
    assert call(tmp_path, "task", "create", "t", "-", stdin=said.encode())[0] == 0
    (message, broadcast) = team.receive("ann")
    assert call(tmp_path, "mail", "reply", message.msg_id, "-", stdin=said.encode())[0] == 0

    texts = [message.text, broadcast.text, team.board.get("1").description, team.receive("team-lead")[0].text]
    assert texts == [said] * 4


@pytest.mark.parametrize(
    ("stdin", "sentence"), [(b"a\xff", "not UTF-8, from byte 1 on"), (b"x" * 1_000_001, "more than the 1,000,000")]
)
def test_what_no_message_can_hold_is_refused(team: Team, tmp_path: Path, stdin: bytes, sentence: str) -> None:
    code, _, err = call(tmp_path, "mail", "send", "ann", "-", stdin=stdin)

    assert code == 2
    assert sentence in err
    assert team.receive("ann") == []


# --- ids --------------------------------------------------------------------------------------------------------------


def shown_ids(cwd: Path, *argv: str) -> list[str]:
    _, out, _ = call(cwd, "mail", *argv)
    return [line.split()[0] for line in out.splitlines() if " → " in line]


def test_ids_on_the_screen_are_the_ids_that_reply_and_ack_take(team: Team, tmp_path: Path) -> None:
    for number in range(3):
        team.send("ann", str(number), sender="val", msg_id=f"message-{number}")
    team.send("ann", "in full", sender="val", msg_id="message-")

    ids = shown_ids(tmp_path)
    assert (
        ids
        == shown_ids(tmp_path, "wait", "ann", "--timeout", "0")
        == ["message-0", "message-1", "message-2", "message-"]
    )

    assert call(tmp_path, "mail", "reply", ids[1], "yes")[0] == 0
    assert data_of(tmp_path, "mail", "ack", ids[1], ids[3])["acknowledged"] == ["message-1", "message-"]
    assert [message.text for message in team.receive("ann")] == ["0", "2"]
    assert team.receive("val")[0].in_reply_to == "message-1"


def test_one_message_is_shown_in_full(team: Team, tmp_path: Path) -> None:
    sent = team.send("ann", "first line\n\n  second\x1b[31m", sender="val", summary="two\nlines")

    _, out, _ = call(tmp_path, "mail", "show", sent.msg_id[:8])

    assert out.startswith(f"id  {sent.msg_id}\nfrom  val\nto  ann\nat  ")
    assert out.endswith("summary  two lines\n\nfirst line\n\n  second\\x1b[31m\n")
    assert data_of(tmp_path, "mail", "show", sent.msg_id)["text"] == sent.text
    assert call(tmp_path, "mail", "list", "ann") == call(tmp_path, "mail", "ann")
    assert [message.text for message in team.receive("ann")] == [sent.text]


def test_an_id_that_went_to_two_is_told_apart_by_whom_it_went_to(team: Team, tmp_path: Path) -> None:
    for name in ("ann", "val"):
        team.send(name, f"for {name}", sender="team-lead", msg_id="both")

    assert "say to whom it went with --as" in call(tmp_path, "mail", "ack", "both")[2]
    assert "went to ann, not to team-lead" in call(tmp_path, "mail", "ack", "both", "--as", "team-lead")[2]
    assert call(tmp_path, "mail", "ack", "both", "--as", "val")[0] == 0
    assert (len(team.receive("ann")), len(team.receive("val"))) == (1, 0)


# --- from within a member ---------------------------------------------------------------------------------------------


def test_a_command_of_a_member_is_about_its_team_and_done_as_that_member(team: Team, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    ForeignLead(tmp_path / "far")
    Team.create("newest", root=tmp_path / "far")
    far = Team.open("crew", root=tmp_path / "far")
    far.join("ann")
    env = {"ONECONTEXT_TEAM": "crew", "ONECONTEXT_ROOT": str(tmp_path / "far"), "ONECONTEXT_AGENT": "ann"}

    data_of(tmp_path / "work", "mail", "send", "team-lead", "hello", env=env)
    data_of(tmp_path / "work", "task", "create", "t", env=env)

    assert [event.agent for event in far.journal.read() if event.type in ("message.sent", "task.created")] == [
        "ann"
    ] * 2
    assert data_of(tmp_path / "work", "board", env=env)["root"] == str(tmp_path / "far")
    assert data_of(tmp_path / "work", "team", "show", env=env)["team"] == "crew"
    # What is said on the command line counts more.
    assert data_of(tmp_path / "work", "board", "--team", "newest", env=env)["team"] == "newest"
    assert data_of(tmp_path, "board", "--root", ".claude", env=env)["root"] == str(tmp_path / ".claude")


def test_a_folder_without_teams_hides_none_further_away(team: Team, tmp_path: Path) -> None:
    (tmp_path / "project" / ".onecontext" / "teams").mkdir(parents=True)

    assert data_of(tmp_path / "project", "board")["root"] == str(tmp_path / ".claude")


def test_a_folder_further_up_that_may_not_be_read_hides_no_team(as_nobody: Path) -> None:
    project = as_nobody / "project"
    Team.create("crew", root=project / ".claude")
    (as_nobody / ".claude").mkdir(mode=0)

    assert data_of(project, "board")["team"] == "crew"
    assert data_of(project, "board", "--team", "crew")["team"] == "crew"
    assert [row["team"] for row in data_of(project, "team", "list")["teams"]] == ["crew"]
    code, _, err = call(as_nobody, "board")
    assert code == 6
    assert "Permission denied" in err
