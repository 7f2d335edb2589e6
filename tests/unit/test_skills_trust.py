"""Trust in a skill: by the digest of all its files, kept by the person, gone with any change."""

import io
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from onecontext.cli.main import main
from onecontext.errors import InvalidDocument, NewerFormat, SetupError
from skills.activation.trust import MAX_FILES, Trust, digest_of
from skills.activation.trusted import TrustStore, trust_file
from skills.finding.places import BUNDLED
from skills.format.skill import Skill
from tests.support.skills import Write, skill_writer

Change = Callable[[Path], object]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


@pytest.fixture
def skill(write: Write) -> Skill:
    folder = write("project/.agents/skills", "a", **{"more.md": "more", ".hidden": "h"})
    (folder / "scripts").mkdir()
    (folder / "scripts" / "go.sh").write_text("echo\n")
    (folder / "link").symlink_to("more.md")
    return Skill("a", "d", folder)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "own" / "onecontext" / "trusted-skills.json"


CHANGES: dict[str, Change] = {
    "its text": lambda folder: (folder / "SKILL.md").write_text("---\nname: a\ndescription: d\n---\nEvil.\n"),
    "a file": lambda folder: (folder / "more.md").write_text("less"),
    "a hidden file": lambda folder: (folder / ".hidden").write_text("g"),
    "a script in a folder": lambda folder: (folder / "scripts" / "go.sh").write_text("rm\n"),
    "a file more": lambda folder: (folder / "scripts" / "new.sh").write_text(""),
    "a file less": lambda folder: (folder / "more.md").unlink(),
    "a name": lambda folder: (folder / "more.md").rename(folder / "less.md"),
    "what can be run": lambda folder: (folder / "scripts" / "go.sh").chmod(0o755),
    "where a symlink leads": lambda folder: ((folder / "link").unlink(), (folder / "link").symlink_to("SKILL.md")),
    "a symlink to a file that was one": lambda folder: (
        (folder / "more.md").rename(folder.parent / "more.md"),
        (folder / "more.md").symlink_to("../more.md"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_skill_of_which_anything_changed_is_not_trusted_any_more(skill: Skill, store: Path, what: str) -> None:
    trust = Trust(store)
    assert trust.state(skill) == "untrusted"
    trust.add(skill)
    assert trust.state(skill) == "trusted"

    CHANGES[what](skill.folder)

    assert trust.state(skill) == "changed"
    assert trust.why_not(skill, "") == "the skill has changed since it was trusted"
    trust.add(skill)
    assert trust.state(skill) == "trusted"
    assert len(trust.all()) == 1


def test_what_is_run_is_what_was_digested(skill: Skill, store: Path) -> None:
    trust = Trust(store)
    trust.add(skill)

    assert trust.why_not(skill, "Do it.\n") == ""
    assert trust.why_not(skill, "Do something else.\n") == "the skill has changed since it was trusted"


def test_the_same_files_elsewhere_are_the_same_skill_and_bundled_ones_are_trusted(
    skill: Skill, store: Path, tmp_path: Path
) -> None:
    Trust(store).add(skill)
    moved = skill.folder.rename(tmp_path / "elsewhere")

    assert Trust(store).state(Skill("a", "d", moved)) == "trusted"
    assert Trust(None).state(Skill("onecontext-memory", "d", BUNDLED / "onecontext-memory")) == "bundled"
    with pytest.raises(SetupError, match="no folder of your own"):
        Trust(None).add(skill)


def test_what_is_no_file_or_too_much_cannot_be_trusted(
    skill: Skill, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(skill.folder / "pipe")
    with pytest.raises(InvalidDocument, match="neither a file, a folder nor a symlink"):
        Trust(store).add(skill)
    (skill.folder / "pipe").unlink()

    monkeypatch.setattr("skills.activation.trust.MAX_BYTES", 10)
    with pytest.raises(InvalidDocument, match=r"cannot be trusted|too many to be trusted"):
        Trust(store).add(skill)
    monkeypatch.undo()
    for number in range(MAX_FILES):
        (skill.folder / f"f{number}").touch()
    with pytest.raises(InvalidDocument, match="more than 5,000 files"):
        digest_of(skill.folder)


def test_the_file_is_the_persons_own(skill: Skill, store: Path) -> None:
    Trust(store).add(skill)

    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    assert json.loads(store.read_text())["skills"][0]["sha256"] == digest_of(skill.folder).sha256


@pytest.mark.parametrize("content", ["", "[]", '{"skills": 3}', '{"trusted": []}', "\xff"])
def test_a_broken_file_trusts_nobody_and_is_not_written_anew(skill: Skill, store: Path, content: str) -> None:
    store.parent.mkdir(parents=True)
    store.write_text(content, encoding="latin-1")
    store.chmod(0o600)

    for ask in (Trust(store).state, Trust(store).add):
        with pytest.raises(InvalidDocument, match=r"trusted-skills\.json"):
            ask(skill)
    assert store.read_text(encoding="latin-1") == content


def test_a_file_of_others_and_of_newer_versions_is_refused(skill: Skill, store: Path, tmp_path: Path) -> None:
    Trust(store).add(skill)
    store.chmod(0o666)
    with pytest.raises(InvalidDocument, match="can be written by others"):
        Trust(store).state(skill)

    store.chmod(0o600)
    store.write_text(json.dumps({"schema_version": 2, "skills": []}))
    with pytest.raises(NewerFormat):
        Trust(store).state(skill)

    kept = store.rename(tmp_path / "kept.json")
    store.symlink_to(kept)
    with pytest.raises(InvalidDocument):
        Trust(store).state(skill)


def test_all_who_trust_at_once_land(store: Path) -> None:
    failed: list[BaseException] = []

    def put(number: int) -> None:
        try:
            TrustStore(store).put(f"skill-{number}", f"/x/{number}", "0" * 64)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(TrustStore(store).read()) == 12


def test_where_it_is_kept_is_said_by_the_environment_alone() -> None:
    assert trust_file({"HOME": "/h"}) == Path("/h/.config/onecontext/trusted-skills.json")
    assert trust_file({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == Path("/c/onecontext/trusted-skills.json")
    assert trust_file({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}) == trust_file({"HOME": "/h"})
    assert trust_file({}) is None


# --- the command ------------------------------------------------------------------------------------------------------


def _run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    env = {"HOME": str(tmp_path / "home")}
    code = main(["skill", *words], env=env, cwd=tmp_path / "project", stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_a_person_trusts_a_skill_sees_what_that_is_and_takes_it_back(skill: Skill, tmp_path: Path) -> None:
    (skill.folder / "SKILL.md").write_text("---\nname: a\ndescription: d\n---\n!`git status`\n")

    code, out, err = _run(tmp_path, "trust", "a")
    assert code == 0
    assert "a is trusted as it is now" in out
    assert "  it runs: git status" in out
    assert "  it has: scripts/go.sh" in out
    assert "when any of its files changes" in err
    assert _run(tmp_path, "trust", "--list")[1].startswith("a  trusted  ")

    (skill.folder / "more.md").write_text("less")
    assert json.loads(_run(tmp_path, "trust", "--list", "--json")[1])["data"]["trusted"][0]["state"] == "changed"
    _, out, err = _run(tmp_path, "use", "a")
    assert "did not run: the skill has changed since it was trusted" in out
    assert "'onecontext skill trust a' lets its commands run" in err

    assert _run(tmp_path, "trust", "a", "--revoke")[:2] == (0, "a is not trusted any more\n")
    assert _run(tmp_path, "trust", "--list")[1] == ""
    assert _run(tmp_path, "trust", "a", "--revoke")[0] == 2
    assert _run(tmp_path, "trust")[0] == 2
    assert "bundled" in _run(tmp_path, "trust", "onecontext-memory")[1]


def test_nothing_in_a_project_can_trust(skill: Skill, tmp_path: Path) -> None:
    (skill.folder / "SKILL.md").write_text("---\nname: a\ndescription: d\ntrusted: true\n---\n!`git status`\n")
    kept = tmp_path / "project" / ".config" / "onecontext"
    kept.mkdir(parents=True)
    TrustStore(kept / "trusted-skills.json").put("a", str(skill.folder), digest_of(skill.folder).sha256)
    (tmp_path / "project" / "onecontext.toml").write_text('[skills]\ntrusted = ["a"]\n')

    assert "did not run: nobody here has trusted this skill" in _run(tmp_path, "use", "a")[1]


def test_arguments_come_after_two_dashes_whatever_they_look_like(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "b", body="$0|$1|$2\n", **{"more.md": "$0"})

    assert _run(tmp_path, "use", "b", "--", "--json", "x y", "--")[1].startswith("--json|x y|--\n")
    assert _run(tmp_path, "use", "b", "more.md", "--", "x")[1] == "$0\n"
    data = json.loads(_run(tmp_path, "use", "b", "--json", "--", "1", "2")[1])["data"]
    assert data["text"].startswith("1|2|$2\n")
