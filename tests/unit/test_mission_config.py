"""``onecontext.toml``: defaults, and bad input named in one sentence."""

from pathlib import Path

import pytest

from onecontext.errors import InvalidDocument
from teams.mission.config import Config, load_config


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()


def test_what_the_file_says_is_taken(tmp_path: Path) -> None:
    (tmp_path / "onecontext.toml").write_text('[model]\nname = "openai/gpt-5"\nstall_s = 5\n[run]\nworkers = 4\n')

    config = load_config(tmp_path)

    assert (config.model.name, config.model.stall_s, config.run.workers) == ("openai/gpt-5", 5, 4)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[run]\nworkers = 0\n", "run.workers"),
        ("[run]\nwrokers = 2\n", "run.wrokers"),
        ("[sandbox]\ntier = 'jail'\n", "sandbox.tier"),
        ("[run\n", "line 1"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "onecontext.toml").write_text(text)

    with pytest.raises(InvalidDocument, match=named):
        load_config(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "onecontext.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(InvalidDocument, match="UTF-8"):
        load_config(tmp_path)
