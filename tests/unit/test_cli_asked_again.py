"""Where a resumed mission asks its models: where it asked them before, or where a person says now."""

from pathlib import Path

import pytest

from tests.support.missions import events_of, make_repository, onecontext, write_script
from tests.support.plays import QUIET

SERVER = "http://ann:word@127.0.0.1:9/v1?token=x"
SAID = "http://127.0.0.1:9/v1"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "yes\n"})


def test_a_mission_that_asked_a_server_does_not_go_on_with_the_providers_own_without_a_word(
    repository: Path, tmp_path: Path
) -> None:
    model = write_script(tmp_path, QUIET)
    assert onecontext(repository, "run", "x", "--model", model, "--api-base", SERVER).code == 7

    refused = onecontext(repository, "resume")

    (started,) = events_of(repository, "mission.started")
    assert started.data["address"] == SAID, "without the login"
    assert refused.code == 2
    assert f"was asked at {SAID}" in refused.stderr
    assert f"--api-base {SAID}" in refused.stderr
    assert events_of(repository, "mission.resumed") == []


@pytest.mark.parametrize("words", [["--api-base", SAID], ["--api-base", ""], ["--model"]])
def test_it_goes_on_where_a_person_says_so_and_keeps_to_that(
    repository: Path, tmp_path: Path, words: list[str]
) -> None:
    model = write_script(tmp_path, QUIET)
    onecontext(repository, "run", "x", "--model", model, "--api-base", SERVER)
    words = [*words, model] if words == ["--model"] else words

    ran = onecontext(repository, "resume", *words)

    (resumed,) = events_of(repository, "mission.resumed")
    assert ran.code == 7
    assert resumed.data["address"] == (SAID if SAID in words else "")
    assert onecontext(repository, "resume").code == (2 if SAID in words else 7)


def test_a_server_that_the_projects_file_names_need_not_be_said_again(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text(f'[model]\napi_base = "{SAID}"\n')
    onecontext(repository, "run", "x", "--model", write_script(tmp_path, QUIET))

    assert onecontext(repository, "resume").code == 7
