"""Plays from the command line: order, failure, skipping, groups, loops, conditions, postconditions, and going on."""

from pathlib import Path

import pytest

from tests.support.missions import events_of, git, make_repository, onecontext, write_script
from tests.support.plays import begun, outcomes, play, playbook, says


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "yes\n", "b.txt": "no\n", "lib/c.txt": "no\n"})


def run(command: str, **more: object) -> dict[str, object]:
    return {"command": {"run": command, **more}}


def test_a_step_gets_what_those_before_it_came_to(repository: Path, tmp_path: Path) -> None:
    steps = {
        "second": run("echo got {{ steps.first.outputs.output }}"),
        "first": run("cat a.txt"),
        "third": {"set": {"both": "{{ [steps.first.outputs.exit_code, steps.second.outputs.output] }}"}},
    }
    file = playbook(tmp_path, steps, outputs={"both": "{{ steps.third.outputs.both }}"})

    ran = play(repository, file)

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"] == {"both": [0, "got yes\n\n"]}
    assert begun(repository) == ["first", "second", "third"]
    assert git(repository, "status", "--short") == ""


def test_a_failing_branch_stops_no_sibling_and_what_comes_after_it_is_skipped(repository: Path, tmp_path: Path) -> None:
    steps = {
        "bad": run("echo broken; exit 3"),
        "after_bad": {"needs": ["bad"], **run("true")},
        "later": {"needs": ["after_bad"], **run("true")},
        "good": run("sleep 0.2"),
        "after_good": {"needs": ["good"], **run("true")},
        "report": {"needs": ["later"], "always": True, "set": {"why": "{{ steps.bad.reason }}"}},
    }

    ran = play(repository, playbook(tmp_path, steps, outputs={"why": "{{ steps.report.outputs.why }}"}))

    assert ran.code == 10
    assert outcomes(repository) == {
        "bad": "failed",
        "after_bad": "skipped",
        "later": "skipped",
        "good": "done",
        "after_good": "done",
        "report": "done",
    }
    reasons = {event.data["step"]: event.data.get("reason") for event in events_of(repository, "step.ended")}
    assert reasons["after_bad"] == "bad failed"
    assert reasons["later"] == "after_bad was skipped"
    assert "exits 3" in ran.data["reason"]
    assert "exits 3: broken" in ran.data["outputs"]["why"]


def test_resume_runs_only_what_failed_or_was_not_done(repository: Path, tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    steps = {
        "good": run("echo once"),
        "bad": {
            "agent": {"name": "bob", "prompt": "say", "returns": {"ok": "bool"}, "max_turns": 2},
            "ensure": [{"that": "outputs.ok"}],
        },
        "after": run("echo {{ steps.good.outputs.output }} {{ steps.bad.outputs.ok }}", writes=False),
    }
    file = playbook(tmp_path, steps, outputs={"said": "{{ steps.after.outputs.output }}"})
    script = write_script(
        tmp_path, [says("bob", {"ok": False}, {"ok": False}, attempt=1), says("bob", {"ok": True}, attempt=2)]
    )
    broken = play(repository, file, script=script)
    Path(file).write_text("not the playbook any more")
    assert not switch.exists()

    ran = onecontext(repository, "resume", "--json")

    assert (broken.code, ran.code) == (10, 0), ran.stderr
    assert begun(repository) == ["good", "bad", "bad", "after"] or begun(repository) == ["bad", "good", "bad", "after"]
    assert ran.data["outputs"] == {"said": "once\n true\n"}


def test_a_condition_skips_a_step(repository: Path, tmp_path: Path) -> None:
    inputs = {"deep": {"type": "bool", "default": False}}
    steps = {"look": {"when": "inputs.deep", **run("true")}, "after": {"needs": ["look"], **run("true")}}
    file = playbook(tmp_path, steps, inputs=inputs)

    shallow = play(repository, file)

    assert shallow.code == 0
    assert outcomes(repository) == {"look": "skipped", "after": "skipped"}


def test_for_each_over_files_goes_on_past_one_that_fails(repository: Path, tmp_path: Path) -> None:
    each = {
        "for_each": {
            "files": "**/*.txt",
            "as": "file",
            "steps": {"check": run("grep -q yes {{ file }}")},
            "collect": {"file": "{{ file }}"},
        }
    }
    outputs = {"good": "{{ steps.each.outputs.items }}", "bad": "{{ [f.item for f in steps.each.outputs.failed] }}"}

    ran = play(repository, playbook(tmp_path, {"each": each}, outputs=outputs))

    assert ran.code == 10
    assert ran.data["outputs"] == {"good": [{"file": "a.txt"}], "bad": ["b.txt", "lib/c.txt"]}
    assert outcomes(repository)["each/1/check"] == "done"


def test_a_loop_carries_values_until_its_condition_holds(repository: Path, tmp_path: Path) -> None:
    steps = {
        "count": {
            "loop": {
                "max_rounds": 10,
                "carry": {"n": {"first": "0", "then": "loop.n + steps.one.outputs.exit_code"}},
                "until": "loop.n >= 3",
                "steps": {"one": run("exit 1", any_exit=True)},
            }
        }
    }
    outputs = {"n": "{{ steps.count.outputs.n }}", "rounds": "{{ steps.count.outputs.rounds }}"}

    ran = play(repository, playbook(tmp_path, steps, outputs=outputs))

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"] == {"n": 3, "rounds": 3}


def test_a_loop_ends_at_its_bound_and_says_that_it_was_not_met(repository: Path, tmp_path: Path) -> None:
    loop = {"max_rounds": 2, "until": "1 == 2", "steps": {"one": run("true")}}
    file = playbook(tmp_path, {"again": {"loop": loop}}, outputs={"met": "{{ steps.again.outputs.met }}"})

    ran = play(repository, file)

    assert ran.data["outputs"] == {"met": False}
    assert begun(repository).count("again/2/one") == 1
    assert "again/3/one" not in begun(repository)


def test_steps_of_a_group_are_seen_under_its_name(repository: Path, tmp_path: Path) -> None:
    steps = {
        "both": {"parallel": {"steps": {"left": run("echo l"), "right": run("echo r")}}},
        "after": {"set": {"text": "{{ steps.both.outputs.left.output + steps.both.outputs.right.output }}"}},
    }

    ran = play(repository, playbook(tmp_path, steps, outputs={"text": "{{ steps.after.outputs.text }}"}))

    assert ran.data["outputs"] == {"text": "l\nr\n"}


def test_a_postcondition_that_does_not_hold_fails_the_step_in_its_own_words(repository: Path, tmp_path: Path) -> None:
    ensure = [{"that": "'no' in outputs.output", "else": "a.txt says {{ outputs.output }}"}]

    ran = play(repository, playbook(tmp_path, {"look": {**run("cat a.txt"), "ensure": ensure}}))

    assert ran.code == 10
    assert "a.txt says yes" in ran.data["reason"]


def test_a_postcondition_that_is_a_command_is_run_on_what_the_step_left(repository: Path, tmp_path: Path) -> None:
    steps = {
        "write": {**run("echo yes > new.txt", writes=True), "ensure": [{"run": "grep -q yes new.txt"}]},
        "gone": {**run("echo yes > new.txt"), "ensure": [{"run": "grep -q yes new.txt"}]},
    }

    ran = play(repository, playbook(tmp_path, steps))

    assert ran.code == 10
    assert outcomes(repository) == {"write": "done", "gone": "failed"}


def test_what_is_inserted_into_a_command_is_one_word(repository: Path, tmp_path: Path) -> None:
    inputs = {"name": {"type": "str"}}
    file = playbook(
        tmp_path,
        {"show": run("printf '%s|' {{ inputs.name }} {{ ['a b', 'c'] }}")},
        inputs=inputs,
        outputs={"said": "{{ steps.show.outputs.output }}"},
    )

    ran = play(repository, file, "name=x; echo pwned $(id)")

    assert ran.data["outputs"]["said"] == "x; echo pwned $(id)|a b|c|"


def test_a_commit_lands_only_when_every_check_holds_on_the_merge(repository: Path, tmp_path: Path) -> None:
    steps = {
        "write": run("echo yes > b.txt", writes=True),
        "good": {"land": {"commit": "{{ steps.write.outputs.commit }}", "checks": ["grep -q yes b.txt"]}},
        "other": {"needs": ["good"], **run("echo no > a.txt", writes=True)},
        "bad": {
            "land": {
                "commit": "{{ steps.other.outputs.commit }}",
                "checks": ["grep -q yes a.txt b.txt", "! grep -q no a.txt"],
            }
        },
    }

    ran = play(repository, playbook(tmp_path, steps))

    assert ran.code == 10
    branch = ran.data["branch"]
    assert git(repository, "show", f"{branch}:b.txt") == "yes"
    assert git(repository, "show", f"{branch}:a.txt") == "yes"
    assert "on the merge" in ran.data["reason"]
    git(repository, "fsck", "--strict")


def test_two_that_change_the_same_line_do_not_both_land(repository: Path, tmp_path: Path) -> None:
    def one(word: str) -> dict[str, object]:
        return run(f"echo {word} > a.txt", writes=True)

    def landed(name: str) -> dict[str, object]:
        return {"land": {"commit": f"{{{{ steps.{name}.outputs.commit }}}}", "checks": ["test -s a.txt"]}}

    steps = {"x": one("left"), "y": one("right"), "land_x": landed("x"), "land_y": landed("y")}

    ran = play(repository, playbook(tmp_path, steps))

    assert ran.code == 10
    assert sorted([outcomes(repository)["land_x"], outcomes(repository)["land_y"]]) == ["done", "failed"]
    assert "does not merge" in ran.data["reason"]


def test_an_output_of_another_type_than_it_has_blocks_the_play(repository: Path, tmp_path: Path) -> None:
    steps = {"look": run("cat a.txt")}
    value = "{{ steps.look.outputs.output }}"

    wrong = play(repository, playbook(tmp_path, steps, outputs={"n": {"type": "int", "value": value}}))
    right = play(repository, playbook(tmp_path, steps, outputs={"n": {"type": "str", "value": value}}))

    assert (wrong.code, right.code) == (10, 0), right.stderr
    assert "the output n: Input should be a valid integer" in wrong.data["reason"]
    assert right.data["outputs"] == {"n": "yes\n"}
