"""The table of acts: what fits what, what is typed and confirmed, and which command line does it. No screen."""

import io
import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from onecontext.api import Memory
from onecontext.cli.commands import COMMANDS
from onecontext.cli.main import main
from teams.mission.control import halt
from tests.tui.screen import shown
from tests.tui.shop import shop
from tests.tui.story import START, Story
from tests.tui.till import middle, opening, whole
from tui.acting.control import PERSON, Control
from tui.acting.doing import Done, attempt, do
from tui.acting.line import read_roadmap, write_roadmap
from tui.acting.subject import Subject, subject_of
from tui.acting.table import ACTS, BY_NAME, refusal_of
from tui.rows.approvals import request_row, told
from tui.rows.spans import plain
from tui.snapshot import Moment, Request, Snapshot, Task
from tui.views.asking import AskYes
from tui.views.registry import VIEWS

CONTROL = Control(person="ada", live=True)


def asked(**more: object) -> Story:
    story = opening()
    text = (
        '{"type":"permission_request","request_id":"perm-1","agent_id":"worker-1","tool_name":"Bash",'
        '"tool_use_id":"t","description":"to see","input":{"command":"ls"}}'
    )
    story.tell(
        "message.sent",
        "worker-1",
        msg_id="m-9",
        **{"from": "worker-1"},
        to="team-lead",
        text=text,
        form="permission_request",
        **more,
    )
    return story


def task(picture: Snapshot, number: str, **more: object) -> Task:
    found = next(one for one in picture.tasks if one.id == number)
    return replace(found, **more)  # type: ignore[arg-type]


def can(item: object, picture: Snapshot, control: Control = CONTROL) -> set[str]:
    """Return the names of what can be done with ``item``."""
    return {act.name for act in ACTS if not refusal_of(act, subject_of(item, picture), control)}


def test_a_running_mission_can_be_paused_redirected_and_stopped_and_all_can_be_written_to() -> None:
    picture = shown(middle().events)

    assert can(None, picture) == {"broadcast", "redirect", "pause", "resume", "stop"}
    assert can(picture.agents[1], picture) == can(None, picture) | {"message"}


def test_nobody_writes_to_the_lead_in_the_leads_own_name() -> None:
    picture = shown(middle().events)
    lead = replace(picture.agents[1], name="team-lead")
    words = refusal_of(BY_NAME["message"], subject_of(lead, picture), CONTROL)
    member = replace(picture, agents=(*picture.agents, replace(lead, name="ada")))

    assert words == "team-lead is whom you speak through; R says to the mission what is wanted otherwise"
    assert "message" in can(lead, member), "a member has a name of its own to write in"
    assert "message" in can(lead, replace(picture, mission=None))


def test_a_paused_mission_goes_on_and_a_done_one_is_over() -> None:
    story = middle()
    story.tell("mission.halted", word="pause", by="ada", reason="lunch")

    assert {"resume", "stop", "redirect"} <= can(None, shown(story.events))
    assert "pause" not in can(None, shown(story.events))
    assert can(None, shown(whole().events)) == {"broadcast"}


def test_a_blocked_task_is_retried_and_one_that_asks_is_answered() -> None:
    picture = shown(middle().events)
    blocked = replace(picture, tasks=(task(picture, "1", state="blocked"), task(picture, "2", state="needs_input")))

    assert "retry" in can(blocked.tasks[0], blocked)
    assert "answer" in can(blocked.tasks[1], blocked)
    assert {"retry", "answer"} & can(picture.tasks[0], picture) == set()


def test_a_task_of_a_mission_at_work_is_not_given_away_and_one_of_nobodys_mission_is() -> None:
    picture = shown(middle().events)
    free = replace(picture, mission=None)

    assert "assign" not in can(picture.tasks[1], picture)
    assert "assign" in can(free.tasks[1], free)
    assert "take #2 from worker-2" in BY_NAME["assign"].sure(subject_of(free.tasks[1], free), "")


def test_what_is_under_the_cursor_is_acted_upon_as_it_is_now() -> None:
    before, story = shown(asked().events), asked()
    story.tell("request.decided", "bob", request="perm-1", msg_id="m-9", approved=True, by="bob", reason="", to="x")

    (request,) = before.requests
    assert {"approve", "deny"} <= can(request, before)
    assert refusal_of(BY_NAME["approve"], Subject(before, request=shown(story.events).requests[0]), CONTROL) == (
        "it was approved by bob"
    )


@pytest.mark.parametrize(
    ("type_", "why"), [("member.left", "worker-1 has left: killed"), ("member.gone", "worker-1 has left")]
)
def test_what_somebody_asked_who_has_left_is_void_and_wants_nobody_any_more(type_: str, why: str) -> None:
    before, story = shown(asked().events), asked()
    story.tell(type_, "worker-1", name="worker-1", **({"reason": "killed"} if type_ == "member.left" else {}))
    after = shown(story.events)

    (request,) = after.requests
    assert (request.void, request.approved, request.reason) == (True, False, why)
    assert after.totals.attention_open == before.totals.attention_open - 1
    assert refusal_of(BY_NAME["approve"], Subject(after, request=request), CONTROL) == f"it is void: {why}"
    row = plain(request_row(request, 120, now=START, zone=None))
    assert re.search(rf"^  – void +[\d:]+ {why}  worker-1 tool", row)
    decided, *_ = told(request, zone=None)
    assert re.fullmatch(rf"– void at [\d:]+: {why}", decided.text)


def test_who_else_leaves_and_a_tasks_own_question_void_nothing() -> None:
    story = asked()
    story.tell("member.left", "worker-2", name="worker-2", reason="over")
    assert not shown(story.events).requests[0].void
    questions = shop()
    questions.tell("member.left", "carol", name="carol", reason="over")
    assert [(one.kind, one.approved) for one in shown(questions.events).requests] == [("question", None)]


def test_a_request_to_another_programs_member_is_not_decided_here() -> None:
    story = asked()
    story.tell("member.found", name="team-lead", role="lead")
    picture = shown(story.events)

    words = refusal_of(BY_NAME["approve"], subject_of(picture.requests[0], picture), CONTROL)

    assert "belongs to another program" in words


def test_a_team_that_another_program_keeps_can_only_be_written_to() -> None:
    picture = replace(shown(middle().events), kept="files")

    assert can(picture.agents[1], picture) == {"message", "broadcast"}


def test_a_recording_refuses_everything_and_says_why() -> None:
    picture = shown(middle().events)

    assert can(picture.agents[1], picture, Control()) == set()
    assert {refusal_of(act, subject_of(None, picture), Control()) for act in ACTS} == {
        "this is a recording: what happened is over, and is only looked at"
    }


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_words_that_look_like_options_are_words_and_each_line_is_a_command_that_there_is(act: object) -> None:
    picture = shown(asked().events)
    subject = Subject(picture, picture.tasks[0], picture.agents[1], picture.requests[0])
    typed = "--help"

    line = act.line(subject, CONTROL, typed)  # type: ignore[attr-defined]

    assert line.argv[0] in COMMANDS
    options = line.argv[: line.argv.index("--")]
    # What is typed before a mission goes on are options: :mod:`tui.acting.again`.
    assert typed not in options or act is BY_NAME["resume"]
    assert any("ada" in option for option in options), "it is recorded as this person's"


@pytest.mark.parametrize(
    ("name", "where"),
    [("message", "stdin"), ("broadcast", "stdin"), ("answer", "stdin"), ("redirect", "--mission=till-1")],
)
def test_the_command_gets_what_was_typed_to_the_letter(name: str, where: str, tmp_path: Path) -> None:
    picture = shown(middle().events)
    subject = Subject(picture, picture.tasks[0], picture.agents[1])
    text = '-- it\'s "so"\\ $(ls) —'

    line = BY_NAME[name].line(subject, CONTROL, text)

    assert line.stdin == text if where == "stdin" else (where in line.argv and line.argv[-1] == text)


def test_what_ends_or_takes_away_is_confirmed_and_enter_is_no_yes() -> None:
    subject = subject_of(None, shown(middle().events))

    assert "end till-1" in BY_NAME["stop"].sure(subject, "")
    keys = {key for binding in AskYes.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
    assert keys == {"y", "n", "escape"}


def test_direct_keys_are_nobody_elses() -> None:
    keys = [act.key for act in ACTS if act.key]

    assert sorted(keys) == sorted("+-MBRPPS")
    assert not {entry.key for entry in VIEWS} & {*keys}


def test_the_person_is_the_command_lines_own_where_nobody_says_otherwise() -> None:
    assert PERSON == halt.PERSON
    assert (Control(person="Ada L.").author, Control(person="ada").author) == (PERSON, "ada")


def test_an_error_of_the_command_is_its_own_sentence(tmp_path: Path) -> None:
    control = Control(person="ada", live=True)

    root = str(tmp_path / ".claude")
    done = do(BY_NAME["broadcast"].line(Subject(Snapshot(team="crew", root=root)), control, "hello"), control)

    assert not done.ok
    assert "no team 'crew'" in done.said
    assert "Traceback" not in done.said


def test_words_of_an_approval_are_promised_to_who_asked_only_where_the_answer_has_a_place_for_them() -> None:
    def asked(kind: str) -> str:
        request = Request("m-1", "r-1", kind, "bob", "team-lead", START, tool="", action="x", why="")
        return BY_NAME["approve"].asks(Subject(Snapshot(), request=request))

    assert asked("plan").startswith("words for bob ")
    assert {asked(kind).split(" (")[0] for kind in ("permission", "shutdown")} == {"why, for the journal"}


def test_main_md_is_read_and_written_over_what_was_read(tmp_path: Path) -> None:
    control = Control(person="ada", live=True)
    subject = Subject(Snapshot(team="crew", root=str(tmp_path / ".onecontext")))
    memory = Memory.init(tmp_path)
    read = do(read_roadmap(subject), control)
    over = json.loads(read.out)["data"]["revision"]

    assert do(write_roadmap(subject, control, "# Plan\n", over=over), control).ok
    late = do(write_roadmap(subject, control, "# Other\n", over=over), control)

    assert (late.code, "somebody changed it meanwhile" in late.said) == (4, True)
    assert memory.read_main() == "# Plan\n"
    assert [one.agent for one in memory.milestones()] == ["ada"]


def test_lines_that_both_added_to_main_md_are_all_kept_and_a_line_that_both_changed_is_refused(tmp_path: Path) -> None:
    control = Control(person="ada", live=True)
    subject = Subject(Snapshot(team="crew", root=str(tmp_path / ".onecontext")))
    memory = Memory.init(tmp_path)
    base = "## Milestones\n\n- one\n"
    memory.write_main(base)
    over = json.loads(do(read_roadmap(subject), control).out)["data"]["revision"]
    memory.write_main(base + "- theirs\n")

    def write(text: str) -> Done:
        line = write_roadmap(subject, control, text, over=over, base=base)
        return attempt(line, control, apart=False, leaving=threading.Event())

    assert write(base + "- mine\n").ok
    assert memory.read_main() == base + "- mine\n- theirs\n"
    refused = write("## Milestones\n\n- uno\n")
    assert (refused.code, "where you did (## Milestones)" in refused.said) == (4, True)
    assert memory.read_main() == base + "- mine\n- theirs\n"


def test_a_command_runs_in_the_folder_of_the_team_that_was_looked_at_when_the_key_was_pressed() -> None:
    picture = replace(shown(middle().events), root="/projects/other/.onecontext")

    line = BY_NAME["pause"].line(subject_of(None, picture), CONTROL, "")

    assert (str(line.folder), line.argv[-1]) == ("/projects/other", "till-1")
    assert "--root=/projects/other/.onecontext" in line.argv


def test_the_past_of_a_run_is_not_acted_upon() -> None:
    picture = shown(middle().events)
    past = replace(picture, moment=Moment(3, 43, START, 2.0, 1.0, playing=False))

    assert can(past.agents[1], past) == set()


@pytest.mark.parametrize("other", ["--replay=journal.jsonl", "--once", "--plain", "--json"])
def test_control_goes_with_the_live_screen_alone(other: str, tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()

    code = main(["monitor", "--control", other], env={}, cwd=tmp_path, stdin=io.StringIO(), stdout=out, stderr=err)

    assert code == 2
    assert ("never acted upon" in err.getvalue()) is other.startswith("--replay")
