"""The sandbox against commands that mean harm. Everything here runs in real bubblewrap."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from teams.guard.bubblewrap import Bubblewrap, Identity
from teams.guard.environment import users_home
from teams.guard.limits import Limits
from teams.guard.probe import probe
from tests.support.guard import bash, bubblewrap_or_skip


@pytest.fixture(scope="module")
def sandbox() -> Bubblewrap:
    return bubblewrap_or_skip()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "copy"
    path.mkdir()
    return path


def test_the_probe_says_what_holds(sandbox: Bubblewrap) -> None:
    assert len(probe(sandbox)) == 3


def test_a_command_works_in_its_workspace(sandbox: Bubblewrap, workspace: Path) -> None:
    (workspace / "given").write_text("hello")

    result = bash(sandbox, "pwd; cat given; mkdir made; echo x > made/file; echo y >> given", workspace)

    assert (result.exit_code, result.output) == (0, "/workspace\nhello")
    assert (workspace / "made" / "file").read_text() == "x\n"
    assert (workspace / "given").read_text() == "helloy\n"


def test_exit_codes_are_those_of_the_command(sandbox: Bubblewrap, workspace: Path) -> None:
    codes = {command: bash(sandbox, command, workspace).exit_code for command in ("exit 3", "kill -9 $$", "nosuch")}

    assert codes == {"exit 3": 3, "kill -9 $$": 137, "nosuch": 127}
    assert sandbox.run(["nosuch"], workspace=workspace).exit_code == 127


def test_python_pytest_and_git_are_there(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(
        sandbox, "python -c 'import sys; print(sys.prefix)' && git --version && python -m pytest --version", workspace
    )

    assert result.succeeded, result.output


def test_a_read_only_workspace_cannot_be_written(sandbox: Bubblewrap, workspace: Path) -> None:
    (workspace / "given").write_text("hello")

    result = bash(sandbox, "cat given; echo x > given; echo y > new", workspace, writable=False)

    assert result.output.startswith("hello")
    assert result.output.count("Read-only file system") == 2
    assert [path.name for path in workspace.iterdir()] == ["given"]


def test_no_variable_of_ours_reaches_a_command(
    sandbox: Bubblewrap, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-4711")

    result = bash(sandbox, "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'", workspace, env={"GIVEN": "yes"})

    assert "GIVEN=yes" in result.output
    assert "canary" not in result.output
    assert str(workspace) not in result.output


def test_the_network_is_out_of_reach(sandbox: Bubblewrap, workspace: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        result = bash(sandbox, f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached; cat /proc/net/dev", workspace)

    assert "reached" not in result.output
    assert [line.split(":")[0].strip() for line in result.output.splitlines() if ": " in line and "|" not in line][
        -1
    ] == "lo"


def test_an_abstract_socket_of_the_host_is_out_of_reach(sandbox: Bubblewrap, workspace: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0onecontext-test-{os.getpid()}")
        listener.listen()
        script = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0onecontext-test-{os.getpid()}')"
        result = sandbox.run(["python", "-c", script], workspace=workspace)

    assert "refused" in result.output


def test_the_host_is_not_there_to_be_read(sandbox: Bubblewrap, workspace: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    (workspace / "link").symlink_to(secret)
    home = users_home() or Path("/root")

    result = bash(
        sandbox,
        f"cat {secret} link ../secret /workspace/../{secret} /etc/shadow {home}/.ssh/* {home}/.gitconfig;"
        "ls /etc/gitconfig /home /mnt /opt /srv /run /var/lib /sys; ls /proc | grep -c '^[0-9]'; ls -A /tmp /var/tmp",
        workspace,
    )

    assert "canary" not in result.output
    assert result.output.count("No such file or directory") >= 12
    assert int(next(line for line in result.output.splitlines() if line.isdigit())) < 10


def test_nothing_outside_the_workspace_can_be_written(sandbox: Bubblewrap, workspace: Path, tmp_path: Path) -> None:
    result = bash(
        sandbox,
        "for place in / /etc /usr /usr/local/bin /dev /proc/sys/kernel /workspace/..; do"
        " echo x 2>/dev/null > $place/planted && echo WROTE $place; done;"
        " echo x > ../planted; id -u; echo ok > /tmp/mine",
        workspace,
    )

    assert "WROTE" not in result.output
    assert not result.output.rstrip().endswith("\n0")
    assert not (tmp_path / "planted").exists()
    assert not Path("/tmp/mine").exists()


def test_the_copys_git_folder_is_read_only(sandbox: Bubblewrap, workspace: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=workspace, check=True)
    before = sorted(path.relative_to(workspace) for path in (workspace / ".git").rglob("*"))

    result = bash(
        sandbox,
        "echo x > .git/hooks/pre-commit; echo '[core] fsmonitor=x' >> .git/config; mv .git gone; rm -rf .git;"
        " mkdir other; git config --local core.hooksPath /x; umount .git; mount -o remount,rw .git; git status --short",
        workspace,
    )

    assert "Read-only file system" in result.output
    assert sorted(path.relative_to(workspace) for path in (workspace / ".git").rglob("*")) == before
    assert "fsmonitor" not in (workspace / ".git" / "config").read_text()


def test_a_git_folder_that_is_a_symlink_leads_nowhere(sandbox: Bubblewrap, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("canary")
    (workspace / ".git").symlink_to(tmp_path / "secrets")

    result = bash(sandbox, "cat .git/key; ls -R .git/", workspace)

    assert "canary" not in result.output
    assert not result.succeeded


def test_a_gigabyte_of_output_costs_no_memory(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(sandbox, "echo first; head -c 1000000000 /dev/zero | tr '\\0' x; echo last", workspace)

    assert result.exit_code == 0
    assert result.output.startswith("first\n")
    assert result.output.endswith("last\n")
    assert len(result.output.encode()) <= 64 * 1024
    assert result.omitted_bytes > 999_000_000


def test_output_that_is_no_text_is_kept_readable(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(sandbox, "printf 'a\\377b'; echo err >&2", workspace)

    assert result.output == "a\ufffdberr\n"


def test_a_timeout_ends_the_whole_tree(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(
        sandbox,
        "(setsid bash -c 'trap \"\" TERM HUP; while :; do echo x >> beat; sleep 0.05; done' &); echo started; sleep 60",
        workspace,
        timeout_s=1.0,
    )
    size = (workspace / "beat").stat().st_size

    assert result.exit_code is None
    assert result.output == "started\n"
    assert result.duration_s < 30
    assert not _grows(workspace / "beat", size)


def test_what_is_left_in_the_background_ends_with_the_command(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(sandbox, "(setsid bash -c 'while :; do echo x >> beat; sleep 0.05; done' &); sleep 0.3", workspace)
    size = (workspace / "beat").stat().st_size

    assert result.exit_code == 0
    assert not _grows(workspace / "beat", size)


def test_a_fork_bomb_is_bounded(workspace: Path, sandbox: Bubblewrap) -> None:
    small = Bubblewrap(sandbox_path(), identity=sandbox.identity, limits=Limits(processes=60))
    script = (
        "import os, time\nmade = 0\n"
        "try:\n for _ in range(5000):\n  if os.fork() == 0:\n   time.sleep(60)\n   os._exit(0)\n  made += 1\n"
        "except OSError as error:\n print(made, error.strerror, flush=True)"
    )

    result = small.run(["python", "-c", script], workspace=workspace, timeout_s=10)

    if sandbox.identity.stand_in or os.geteuid() != 0:
        assert "Resource temporarily unavailable" in result.output
        assert int(result.output.split()[0]) < 60
    assert bash(sandbox, "true", workspace).succeeded


def test_a_file_cannot_grow_without_end(workspace: Path, sandbox: Bubblewrap) -> None:
    small = Bubblewrap(sandbox_path(), identity=sandbox.identity, limits=Limits(file_bytes=1024 * 1024))

    result = bash(small, "head -c 50000000 /dev/zero > big", workspace)

    assert not result.succeeded
    assert (workspace / "big").stat().st_size == 1024 * 1024


def test_no_capability_and_no_descriptor_is_inherited(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(
        sandbox, "grep -E '^(Cap(Eff|Prm|Amb|Inh)|NoNewPrivs)' /proc/self/status; ls /proc/self/fd", workspace
    )
    lines = result.output.splitlines()

    assert all(line.endswith("\t0000000000000000") for line in lines if line.startswith("Cap"))
    assert "NoNewPrivs:\t1" in lines
    assert {int(line) for line in lines if line.isdigit()} <= {0, 1, 2, 3}


def test_a_folder_named_readable_is_there_and_read_only(workspace: Path, tmp_path: Path, sandbox: Bubblewrap) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "set.csv").write_text("1,2")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    wider = Bubblewrap(sandbox_path(), identity=sandbox.identity, readable=[data])

    result = bash(wider, f"cat {data}/set.csv; echo x > {data}/new; echo y > /tmp/own && echo fine", workspace)

    assert result.output.startswith("1,2")
    assert "Read-only file system" in result.output
    assert result.output.endswith("fine\n")


def test_agents_can_write_what_the_host_wrote_before(sandbox: Bubblewrap, workspace: Path) -> None:
    (workspace / "src").mkdir()
    (workspace / "src" / "a.py").write_text("1\n")

    assert bash(sandbox, "echo 2 >> src/a.py; chmod +x src/a.py; mv src lib", workspace).succeeded
    assert (workspace / "lib" / "a.py").read_text() == "1\n2\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its user id")
def test_handing_over_a_copy_changes_nothing_outside_it(workspace: Path, tmp_path: Path, sandbox: Bubblewrap) -> None:
    if not sandbox.identity.stand_in:
        pytest.skip("this root may not drop its user id")
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (workspace / "link").symlink_to(outside)
    os.link(outside, workspace / "twin")
    (workspace / ".git").mkdir()

    bash(sandbox, "true", workspace)

    assert outside.stat().st_uid == 0
    assert (workspace / ".git").stat().st_uid == 0
    assert (workspace / "link").lstat().st_uid == sandbox.identity.uid


def test_the_user_namespace_holds_as_well(workspace: Path, sandbox: Bubblewrap) -> None:
    mapped = Bubblewrap(sandbox_path(), identity=Identity(1000, stand_in=False))

    assert len(probe(mapped)) == 3
    assert bash(mapped, "id -u; unshare --user true || echo none inside", workspace).output.startswith("1000\n")


def sandbox_path() -> Path:
    found = shutil.which("bwrap")
    assert found is not None
    return Path(found)


def _grows(path: Path, size: int) -> bool:
    import time

    time.sleep(0.3)
    return path.stat().st_size > size


def test_there_is_a_python_also_where_the_system_only_has_python3(sandbox: Bubblewrap, workspace: Path) -> None:
    result = bash(sandbox, "PATH=/opt/fallback; python -c 'print(1 + 1)'", workspace)

    assert result.output == "2\n"
