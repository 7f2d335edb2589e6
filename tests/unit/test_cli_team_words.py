"""``onecontext team``: new, list, show, leave, and what join refuses before it joins."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from teams.protocol.team import Team
from tests.support.foreign_lead import ForeignLead


def call(cwd: Path, *argv: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(("team", *argv), env=env or {}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def data_of(cwd: Path, *argv: str, env: dict[str, str] | None = None) -> Any:
    code, out, err = call(cwd, *argv, "--json", env=env)
    assert code == 0, err
    return json.loads(out)["data"]


def test_a_team_is_made_in_the_projects_folder_and_making_it_again_says_that_it_is_there(tmp_path: Path) -> None:
    first, second = data_of(tmp_path, "new", "crew"), data_of(tmp_path, "new", "crew")

    assert (first["root"], first["made"], second["made"]) == (str(tmp_path / ".claude"), True, False)
    assert Team.open("crew", root=tmp_path / ".claude").members[0].name == "team-lead"


def test_a_team_is_made_elsewhere(tmp_path: Path) -> None:
    assert data_of(tmp_path, "new", "crew", "--root", "elsewhere")["root"] == str(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "tasks" / "crew").is_dir()


def test_teams_of_the_project_and_of_the_client_are_listed(tmp_path: Path) -> None:
    config, project = tmp_path / "config", tmp_path / "project"
    project.mkdir()
    ForeignLead(config)
    data_of(project, "new", "ours")

    listed = data_of(project, "list", env={"CLAUDE_CONFIG_DIR": str(config)})["teams"]

    assert listed == [
        {"team": "ours", "root": str(project / ".claude")},
        {"team": "crew", "root": str(config)},
    ]


def test_a_team_in_the_home_of_the_client_is_found_by_its_name(tmp_path: Path) -> None:
    ForeignLead(tmp_path / "home" / ".claude")
    (tmp_path / "project").mkdir()

    shown = data_of(tmp_path / "project", "show", "crew", env={"HOME": str(tmp_path / "home")})

    assert shown["root"] == str(tmp_path / "home" / ".claude")


def test_where_there_are_no_teams_it_is_said(tmp_path: Path) -> None:
    code, out, err = call(tmp_path, "list")

    assert (code, out) == (0, "")
    assert "there are no teams here" in err


def test_who_is_in_a_team_is_shown_with_what_is_known_of_each(tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / ".claude")
    lead.team.join("ann", role="baker", model="scripted:x")
    lead.team.join("bob")
    lead.team.beat("ann")
    lead.send("ann", "one")
    lead.send("ann", "two")
    lead.team.send("team-lead", "three", sender="bob")

    rows = {row["name"]: row for row in data_of(tmp_path, "show")["members"]}
    _, out, _ = call(tmp_path, "show")

    assert {name: (row["ours"], row["waiting"], row["life"]) for name, row in rows.items()} == {
        "team-lead": (False, 1, None),
        "ann": (True, 2, "alive"),
        "bob": (True, 0, "unknown"),
    }
    assert 0 <= rows["ann"]["heartbeat_age_s"] < 30
    assert rows["bob"]["heartbeat_age_s"] is None
    assert "team-lead      another program's · team-lead · 1 waiting" in out
    assert "ann            ours · baker · scripted:x · alive, heartbeat " in out
    assert "bob            ours · worker · no heartbeat" in out


def test_a_member_that_was_killed_is_taken_out(tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / ".claude")
    lead.team.join("ann")

    assert call(tmp_path, "leave", "crew", "--name", "ann", "--reason", "gone")[0] == 0
    assert lead.names() == ["team-lead"]


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (("leave", "crew", "--name", "eve"), 2, "eve is not a member that joined through us"),
        (("leave", "crew", "--name", "zed"), 2, "no member 'zed'"),
        (("leave", "nobody", "--name", "zed"), 3, "no team 'nobody'"),
        (("join", "crew", "--name", "ann"), 2, "--model, --agent, --command or --python"),
        (("join", "crew", "--name", "ann", "--command", "x", "--python", "a:b"), 2, "not allowed with"),
        (("join", "crew", "--name", "team-lead", "--command", "x"), 2, "choose another name"),
        (("join", "crew", "--name", "ann", "--agent", "nobody"), 2, "no agent 'nobody' is defined; there are baker"),
        (("join", "crew", "--name", "ann", "--agent", "baker"), 2, "names no model of its own"),
        (("join", "crew", "--name", "ann", "--agent", "baker", "--command", "x"), 2, "goes with --model alone"),
        (("join", "crew", "--name", "A B", "--command", "x"), 2, "A B"),
        (("join", "crew", "--name", "ann", "--command", "x", "--timeout", "0"), 2, "0 s is no time"),
        (("join", "crew", "--name", "ann", "--command", "x", "--timeout", "nan"), 2, "no number of seconds"),
        (("join", "crew", "--name", "ann", "--command", "x", "--lease", "0.5"), 2, "at least 1 second"),
        (("join", "crew", "--name", "ann", "--command", "x", "--work", "."), 2, "belong to --model"),
        (("join", "crew", "--name", "ann", "--model", "scripted:nowhere"), 3, "there is no script"),
        (("join", "crew", "--name", "ann", "--model", "anthropic/claude-sonnet-4-5"), 3, "ANTHROPIC_API_KEY"),
        (("join", "crew", "--name", "ann", "--python", "nowhere_at_all:f"), 2, "no module 'nowhere_at_all'"),
        (
            ("join", "crew", "--name", "ann", "--model", "scripted:s.yaml", "--instructions", "@nothing"),
            2,
            "no text file",
        ),
    ],
)
def test_what_cannot_be_is_said_and_nobody_joins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], code: int, told: str
) -> None:
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    lead = ForeignLead(tmp_path / ".claude")
    lead.member("eve")
    (tmp_path / ".claude" / "agents").mkdir()
    (tmp_path / ".claude" / "agents" / "baker.md").write_text("---\nname: baker\ndescription: bakes\n---\nYou bake.\n")
    (tmp_path / "s.yaml").write_text("version: 1\nconversations: [{turns: [{say: x}]}]\n")

    got, _, err = call(tmp_path, *argv)

    assert got == code, err
    assert told in err
    assert "Traceback" not in err
    assert lead.names() == ["team-lead", "eve"]
