"""What is said when there is no sandbox, and what is asked for by name."""

from pathlib import Path

import pytest

from onecontext.errors import NoSandbox, UsageError
from teams.guard.advice import how_to_allow, how_to_install
from teams.guard.environment import users_home
from teams.guard.process import HeadAndTail
from teams.guard.registry import open_sandbox
from teams.guard.unconfined import Unconfined


def test_without_bubblewrap_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NoSandbox, match="not installed") as caught:
        open_sandbox("bubblewrap", search_path=[str(tmp_path)])

    assert "--sandbox none" in caught.value.hint
    assert "bubblewrap" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_bubblewrap_that_cannot_make_namespaces_is_an_error_and_nothing_runs(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: Creating new namespace failed: Operation not permitted' >&2\nexit 1\n")
    broken.chmod(0o755)

    with pytest.raises(NoSandbox, match="Operation not permitted"):
        open_sandbox("bubblewrap", search_path=[str(tmp_path)])


def test_none_must_be_asked_for_by_name() -> None:
    assert isinstance(open_sandbox("none"), Unconfined)
    with pytest.raises(UsageError, match="there are bubblewrap, none"):
        open_sandbox("docker")


@pytest.mark.parametrize(("system", "command"), [("ID=ubuntu", "apt"), ('ID=x\nID_LIKE="rhel fedora"', "dnf")])
def test_the_distribution_is_known_by_its_own_file(tmp_path: Path, system: str, command: str) -> None:
    (tmp_path / "os-release").write_text(f"NAME=x\n{system}\n")

    assert f"sudo {command} install bubblewrap" in how_to_install(tmp_path / "os-release")


@pytest.mark.parametrize(
    ("file", "value", "advice"),
    [
        ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("proc/sys/kernel/unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("proc/sys/user/max_user_namespaces", "0", "max_user_namespaces=10000"),
        (".dockerenv", "", "container"),
    ],
)
def test_what_forbids_namespaces_is_named(tmp_path: Path, file: str, value: str, advice: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(f"{value}\n")

    assert advice in how_to_allow(tmp_path)
    assert "--sandbox none" in how_to_allow(tmp_path)


def test_a_whole_home_is_never_made_readable() -> None:
    home = users_home()
    for folder in [Path("/"), *([home, home.parent] if home else [])]:
        with pytest.raises(UsageError, match="home"):
            open_sandbox("none", readable=[folder])


def test_head_and_tail_are_kept_within_the_limit() -> None:
    kept = HeadAndTail(1000)
    for number in range(1000):
        kept.feed(b"%04d\n" % number)

    text = kept.text()

    assert text.startswith("0000\n0001\n")
    assert text.endswith("0998\n0999\n")
    assert len(text.encode()) <= 1000
    assert kept.omitted_bytes == 5000 - 2 * ((1000 - 64) // 2)


def test_short_output_is_kept_whole() -> None:
    kept = HeadAndTail(1000)
    kept.feed(b"a" * 600)
    kept.feed(b"b" * 300)

    assert kept.text() == "a" * 600 + "b" * 300
    assert kept.omitted_bytes == 0
