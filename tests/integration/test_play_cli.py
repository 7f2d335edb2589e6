"""The words of ``onecontext play``: what is listed, shown and checked, what is refused, and what a clone cannot do."""

import os
from pathlib import Path

import pytest

from tests.support.missions import events_of, make_repository, onecontext, write_script
from tests.support.plays import QUIET, play, playbook, says


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "yes\n"})


def own(repository: Path, name: str, text: str) -> Path:
    path = repository / ".claude" / "playbooks" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


GOOD = (
    "version: 1\nname: mine\ndescription: d\ninputs: {n: {type: int, default: 2}}\nsteps: {a: {command: {run: ls}}}\n"
)


def test_the_list_has_shipped_ones_and_the_projects_own(repository: Path) -> None:
    own(repository, "mine", GOOD)
    own(repository, "debate", GOOD.replace("name: mine", "name: debate"))
    own(repository, "bad", "version: 1\nsteps: {}\n")

    ran = onecontext(repository, "play", "--list", "--json")

    listed = {(one["name"], one["source"] == "shipped", one["shadowed"]) for one in ran.data["playbooks"]}
    assert {("debate", True, False), ("debate", False, True), ("mine", False, False)} <= listed
    assert "bad.yaml:2: steps" in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_a_project_cannot_put_a_link_in_the_place_of_a_playbook(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("the secret")
    path = own(repository, "x", "")
    path.unlink()
    path.symlink_to(tmp_path / "secret.yaml")

    ran = onecontext(repository, "play", "--list")

    assert ran.code == 0
    assert "secret" not in ran.stdout + ran.stderr.replace("secret.yaml", "")
    assert "x.yaml cannot be read as a playbook" in ran.stderr


def test_a_pipe_in_the_place_of_a_playbook_is_not_waited_for(repository: Path) -> None:
    path = own(repository, "x", "")
    path.unlink()
    os.mkfifo(path)

    ran = onecontext(repository, "play", "--list")

    assert ran.code == 0
    assert "x.yaml cannot be read as a playbook" in ran.stderr


def test_showing_one_tells_inputs_and_steps(repository: Path) -> None:
    own(repository, "mine", GOOD)

    shown = onecontext(repository, "play", "--show", "mine")
    shipped = onecontext(repository, "play", "--show", "debate")

    assert "n: int, default 2" in shown.stdout
    assert "rank  (agent; after final, propose, rounds)" in shipped.stdout
    assert "  argue  (agent)" in shipped.stdout


def test_checking_says_all_that_is_wrong_with_file_and_line_and_runs_nothing(repository: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace("{a: {command: {run: ls}}}", "{a: {needs: [b], set: {}}, b: {needs: [a], set: {}}}"))
    good = playbook(tmp_path, {"a": {"command": {"run": f"touch {tmp_path}/ran"}}})

    refused = onecontext(repository, "play", "--check", str(bad))
    fine = onecontext(repository, "play", "--check", good)

    assert refused.code == 2
    assert f"{bad}:5: steps.a: these steps wait for each other: a → b → a" in refused.stderr
    assert fine.code == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say one playbook, or one of"),
        (("--list", "--check", "x.yaml"), "say one playbook, or one of"),
        (("debate", "--list"), "say one playbook, or one of"),
        (("nobody",), "there is no playbook 'nobody'; there are debate, "),
        (("./nobody.yaml",), "cannot be read as a playbook"),
        (("debate",), "debate needs question=…"),
        (("debate", "question=x", "rounds=two"), "rounds: "),
        (("migrate", "files=x", "change=y"), "migrate needs check=…"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(repository: Path, words: tuple[str, ...], said: str) -> None:
    ran = onecontext(repository, "play", *words, "--model", "scripted:nowhere")

    assert ran.code == 2
    assert said in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_outside_of_a_repository_there_is_nothing_to_play_in(tmp_path: Path) -> None:
    ran = onecontext(tmp_path, "play", "debate", "question=x", "--model", "scripted:x")

    assert ran.code == 3
    assert "not in a git repository" in ran.stderr


def test_a_playbook_gets_no_network_and_sees_no_home(repository: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    steps = {"look": {"command": {"run": f"cat {secret}; exit 0", "env": {"PATH": "/usr/bin"}}}}
    file = playbook(tmp_path, steps, outputs={"said": "{{ steps.look.outputs.output }}"})

    ran = play(repository, file)

    assert ran.code == 0, ran.stderr
    assert "the secret" not in ran.data["outputs"]["said"]


def test_a_play_is_resumed_by_its_name_and_cannot_be_redirected(repository: Path, tmp_path: Path) -> None:
    file = playbook(tmp_path, {"a": {"command": {"run": "false"}}})
    name = play(repository, file).data["play"]

    again = onecontext(repository, "play", "--resume", name, "--json")
    redirected = onecontext(repository, "redirect", "do something else")

    assert (again.code, again.data["play"]) == (10, name)
    assert redirected.code == 2
    assert "follows a playbook" in redirected.stderr


def test_an_agent_definition_says_how_a_role_is_played(repository: Path, tmp_path: Path) -> None:
    agents = repository / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "critic.md").write_text("---\nname: critic\ndescription: d\ntools: Read\n---\nBe strict.\n")
    steps = {"look": {"agent": {"name": "ann", "role": "critic", "prompt": "look"}}}
    script = write_script(tmp_path, [says("ann", {"summary": "x"}, before=(("run", {"command": "ls"}),))])

    ran = play(repository, playbook(tmp_path, steps), script=script)

    assert ran.code == 0, ran.stderr
    assert "there is no tool 'run'" in events_of(repository, "tool.result")[0].data["output"]


def test_a_journal_whose_playbook_was_changed_is_damage(repository: Path, tmp_path: Path) -> None:
    file = playbook(tmp_path, {"a": {"command": {"run": "false"}}})
    ran = play(repository, file)
    (path,) = (repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl")
    path.write_text(path.read_text().replace('"run":"false"', '"run":"true "'))

    again = onecontext(repository, "resume", "--model", write_script(tmp_path, QUIET))

    assert ran.code == 10
    assert again.code == 5
