"""Plugins of the client: which bring skills, and which are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from skills.finding.discover import Found, find_skills
from tests.support.skills import Write, skill_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


CACHE = "home/.claude/plugins/cache/market/review/1.2.0"


def _find(tmp_path: Path, plugins: Any, enabled: Any = None, project: str = "project") -> Found:
    client = tmp_path / "home/.claude"
    (client / "plugins").mkdir(parents=True, exist_ok=True)
    listed = {"version": 2, "plugins": plugins}
    (client / "plugins/installed_plugins.json").write_text(json.dumps(listed), encoding="utf-8")
    if enabled is not None:
        (client / "settings.json").write_text(json.dumps({"enabledPlugins": enabled}), encoding="utf-8")
    return find_skills(tmp_path / project, tmp_path / "home", bundled=tmp_path / "none")


def _entry(tmp_path: Path, scope: str = "user", path: str = CACHE, **more: str) -> dict[str, str]:
    return {"scope": scope, "installPath": str(tmp_path / path), "version": "1.2.0", **more}


def test_skills_of_a_plugin_have_its_name_before_theirs_and_shadow_none(write: Write, tmp_path: Path) -> None:
    write(f"{CACHE}/skills", "check")
    write("project/.claude/skills", "check")

    found = _find(tmp_path, {"review@market": [_entry(tmp_path)]}, {"review@market": True})

    assert [(skill.name, skill.scope, skill.source) for skill in found.skills] == [
        ("check", "project", ".claude/skills of the project"),
        ("review:check", "plugin", "plugin review"),
    ]
    assert (found.problems, found.shadowed) == ((), ())


@pytest.mark.parametrize(
    ("entries", "enabled", "there"),
    [
        ([{}], {}, True),
        ({}, {}, True),  # version 1 of the file
        ([{}], {"review@market": False}, False),
        ([{"scope": "project", "projectPath": "project"}], {}, True),
        ([{"scope": "project", "projectPath": "other"}], {}, False),
        ([], {}, False),
        (["text", None, {"installPath": 3}], {}, False),
    ],
)
def test_a_plugin_counts_where_it_is_installed_and_switched_on(
    write: Write, tmp_path: Path, entries: Any, enabled: Any, there: bool
) -> None:
    write(f"{CACHE}/skills", "check")

    def full(entry: Any) -> Any:
        if not isinstance(entry, dict) or "installPath" in entry:
            return entry
        of = {"projectPath": str(tmp_path / entry["projectPath"])} if "projectPath" in entry else {}
        return {**_entry(tmp_path), **entry, **of}

    listed = [full(entry) for entry in entries] if isinstance(entries, list) else full(entries)
    found = _find(tmp_path, {"review@market": listed}, enabled)

    assert [skill.name for skill in found.skills] == (["review:check"] if there else [])


def test_what_is_installed_for_the_project_goes_before_what_is_for_all(write: Write, tmp_path: Path) -> None:
    newer = CACHE.replace("1.2.0", "2.0.0")
    write(f"{CACHE}/skills", "old")
    write(f"{newer}/skills", "new")
    ours = _entry(tmp_path, "local", newer, projectPath=str(tmp_path / "project"))

    found = _find(tmp_path, {"review@market": [_entry(tmp_path), ours]})

    assert [skill.name for skill in found.skills] == ["review:new"]


def test_a_manifest_may_name_more_folders_in_the_plugin_and_none_outside(write: Write, tmp_path: Path) -> None:
    write(f"{CACHE}/skills", "usual")
    write(f"{CACHE}/extra", "more")
    write("outside", "evil")
    manifest = tmp_path / CACHE / ".claude-plugin/plugin.json"
    manifest.parent.mkdir()
    manifest.write_text(json.dumps({"name": "review", "skills": ["./extra", "../../../../../../../outside", 3]}))

    found = _find(tmp_path, {"review@market": [_entry(tmp_path)]})

    assert [skill.name for skill in found.skills] == ["review:more", "review:usual"]
    assert ["outside the plugin" in problem.reason for problem in found.problems] == [True]


@pytest.mark.parametrize(
    ("key", "path", "reason"),
    [
        ("review@market", "outside", "lies outside"),
        ("review@market", "home/.claude/plugins/link", "lies outside"),
        ("../evil@market", CACHE, "no skill can begin with"),
        ("Re view@market", CACHE, "no skill can begin with"),
    ],
)
def test_a_plugin_elsewhere_or_with_a_name_of_no_kind_is_refused(
    write: Write, tmp_path: Path, key: str, path: str, reason: str
) -> None:
    write("outside/skills", "evil")
    write(f"{CACHE}/skills", "check")
    (tmp_path / "home/.claude/plugins/link").symlink_to(tmp_path / "outside")

    found = _find(tmp_path, {key: [_entry(tmp_path, path=path)]})

    assert found.skills == ()
    assert reason in found.problems[0].reason
    assert found.problems[0].mend


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plugins": []}', '{"plugins": {"a@b": 3}}', "[" * 50_000, "\ud800"])
def test_a_list_of_another_form_takes_nothing_else_down(write: Write, tmp_path: Path, text: str) -> None:
    write("project/.claude/skills", "a")
    _find(tmp_path, {})
    (tmp_path / "home/.claude/plugins/installed_plugins.json").write_text(text, errors="surrogatepass")

    found = find_skills(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "none")

    assert [skill.name for skill in found.skills] == ["a"]
    assert all(problem.mend for problem in found.problems)
