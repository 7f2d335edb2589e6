import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from teams.engine import watch as module
from teams.engine.watch import Watch, watch
from tests.support.watching import Calls, until

ON_A_SERVER = "36 35 0:50 / / rw,relatime shared:1 - nfs4 server:/home rw,vers=4.2\n"


@pytest.fixture
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the kernel would list if everything were on a file server."""
    path = tmp_path_factory.mktemp("proc") / "mountinfo"
    path.write_text(ON_A_SERVER)
    return path


Start = Callable[..., Watch]


@pytest.fixture(params=["inotify", "polling"])
def start(request: pytest.FixtureRequest, network: Path) -> Iterator[Start]:
    begun: list[Watch] = []

    def begin(folders: list[Path], calls: Calls) -> Watch:
        more = {"mountinfo": network} if request.param == "polling" else {}
        begun.append(watch(folders, calls, poll_s=0.05, **more))
        assert begun[-1].kind == request.param
        return begun[-1]

    yield begin
    for watching in begun:
        watching.close()


def test_a_change_in_a_folder_is_noticed(tmp_path: Path, start: Start) -> None:
    calls = Calls()
    start([tmp_path], calls)

    assert calls.after(lambda: (tmp_path / "a").write_text("x"))
    assert calls.after(lambda: (tmp_path / "a").write_text("longer"))
    assert calls.after(lambda: (tmp_path / "a").rename(tmp_path / "b"))
    assert calls.after((tmp_path / "b").unlink)


def test_a_file_that_is_moved_out_is_told_at_once_and_not_held_back(tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    calls, took_s = Calls(), []
    for name in "abcde":
        (folder / name).write_text("x")
    watching = watch([folder], calls)

    for name in "abcde":
        began = time.monotonic()
        assert calls.after(lambda name=name: (folder / name).rename(tmp_path / name))
        took_s.append(time.monotonic() - began)
        time.sleep(0.2)
    watching.close()

    # watchdog's observer waits 0.5 s for the other half of the move; on a busy machine one of five is still sooner.
    assert min(took_s) < 0.4


def test_a_folder_that_is_not_there_yet_is_waited_for_and_not_made(tmp_path: Path, start: Start) -> None:
    calls, folder = Calls(), tmp_path / "a" / "b"
    start([folder], calls)

    assert not (tmp_path / "a").exists()
    assert calls.after(lambda: folder.mkdir(parents=True))
    time.sleep(0.3)
    assert calls.after(lambda: (folder / "f").write_text("x"))
    assert calls.after(lambda: shutil.rmtree(tmp_path / "a"))
    time.sleep(0.3)
    assert calls.after(lambda: folder.mkdir(parents=True))
    time.sleep(0.3)
    assert calls.after(lambda: (folder / "f").write_text("x"))


def test_a_folder_replaced_by_another_of_its_name_is_watched_anew(tmp_path: Path, start: Start) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / "other").mkdir()
    calls = Calls()
    start([tmp_path / "team"], calls)

    def replace() -> None:
        (tmp_path / "team").rename(tmp_path / "old")
        (tmp_path / "other").rename(tmp_path / "team")

    assert calls.after(replace)
    time.sleep(0.3)
    assert calls.after(lambda: (tmp_path / "team" / "a").write_text("x"))


def test_a_folder_made_again_at_once_is_heard_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 3600.0)  # so that nothing is found by looking
    team, calls = tmp_path / "team", Calls()
    team.mkdir()
    watching = watch([team], calls)

    for _ in range(5):
        # The new one often gets the inode of the old one.
        assert calls.after(lambda: (team.rmdir(), team.mkdir()))
        time.sleep(0.3)
        assert calls.after(lambda: (team / "a").write_text("x"))
        assert calls.after((team / "a").unlink)
        time.sleep(0.3)
    watching.close()


def test_a_folder_whose_parent_was_replaced_is_found_by_looking(tmp_path: Path, start: Start) -> None:
    (tmp_path / "root" / "team").mkdir(parents=True)
    (tmp_path / "new" / "team").mkdir(parents=True)
    calls = Calls()
    start([tmp_path / "root" / "team"], calls)

    def replace() -> None:
        (tmp_path / "root").rename(tmp_path / "old")
        (tmp_path / "new").rename(tmp_path / "root")

    # Nothing happened in the watched folder itself, nor in its parent.
    assert calls.after(replace)
    assert calls.after(lambda: (tmp_path / "root" / "team" / "a").write_text("x"))


def test_what_nobody_told_of_is_found_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from teams.engine import watch_inotify

    monkeypatch.setattr(watch_inotify._Ear, "on_event", _only_probes)
    calls = Calls()
    watching = watch([tmp_path], calls)

    assert watching.kind == "inotify"
    assert calls.after(lambda: (tmp_path / "a").write_text("x"), within_s=watching.look_s + 5)
    assert not calls.after(lambda: None, within_s=watching.look_s + 0.5)
    watching.close()


def _only_probes(ear: Any, event: Any) -> None:
    if event.is_attrib and not event.name:
        ear.heard.set()


def test_a_burst_of_changes_is_gathered(tmp_path: Path) -> None:
    calls = Calls()
    watching = watch([tmp_path], calls)

    began = time.monotonic()
    for number in range(300):
        (tmp_path / "a").write_text(str(number))
        time.sleep(0.001)
    time.sleep(0.2)
    took_s = time.monotonic() - began
    watching.close()

    assert 1 <= calls.count <= took_s * 16 + 2


def test_the_first_change_is_told_at_once_and_the_next_when_its_time_has_come(tmp_path: Path) -> None:
    calls = Calls()
    watching = watch([tmp_path], calls, calls_per_s=0.1)

    assert calls.after(lambda: (tmp_path / "a").write_text("x"), within_s=5)
    assert not calls.after(lambda: (tmp_path / "a").write_text("y"), within_s=1)
    watching.close()


def test_the_caller_says_how_many_calls_there_may_be(tmp_path: Path) -> None:
    few, many = Calls(), Calls()
    watches = [watch([tmp_path], few, calls_per_s=4), watch([tmp_path], many, calls_per_s=200)]

    for number in range(500):
        (tmp_path / "a").write_text(str(number))
        time.sleep(0.001)
    for watching in watches:
        watching.close()

    assert few.count * 4 < many.count


def test_reading_wakes_nobody_and_a_closed_watch_is_silent(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    calls = Calls()
    watching = watch([tmp_path], calls)

    assert not calls.after(lambda: [(tmp_path / "a").read_text(), *tmp_path.iterdir()], within_s=0.3)
    assert not calls.after(lambda: watch([tmp_path], Calls()).close(), within_s=0.3)  # its probe
    watching.close()
    assert not calls.after(lambda: (tmp_path / "a").write_text("y"), within_s=0.2)


def test_closing_gives_back_threads_and_descriptors(tmp_path: Path) -> None:
    watch([tmp_path], Calls()).close()
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    for _ in range(30):
        watch([tmp_path], Calls()).close()

    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208


def test_on_a_file_server_we_look_and_say_why(tmp_path: Path, network: Path) -> None:
    watching = watch([tmp_path], Calls(), mountinfo=network)
    watching.close()

    assert (watching.kind, watching.look_s) == ("polling", 1.0)
    assert watching.why == f"{tmp_path} is on nfs4, where inotify does not tell what others write"


# --- limits, in a process of its own ----------------------------------------------------------------------------------


class Watcher:
    """``tests.support.watching`` as a process; ``line`` returns the next thing it says."""

    def __init__(self, *folders: Path, before: str = "") -> None:
        inner = f"{before} exec {sys.executable} -m tests.support.watching " + " ".join(map(str, folders))
        # A namespace of its own: its limits are nobody else's.
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inner] if before else inner
        self.process = subprocess.Popen(
            command,
            shell=not before,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=20)[1]
        return dict(json.loads(line))

    def end(self) -> str:
        """End it and return what it wrote to stderr, which should be nothing."""
        return self.process.communicate("\n", timeout=20)[1]


needs_namespaces = pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], capture_output=True).returncode != 0,
    reason="this machine lets nobody make namespaces",
)


@needs_namespaces
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("echo 0 > /proc/sys/user/max_inotify_instances;", "all inotify instances or descriptors are in use"),
        ("echo 1 > /proc/sys/user/max_inotify_watches;", "all inotify watches of this user are in use"),
    ],
)
def test_without_instances_or_watches_we_look_and_say_why(tmp_path: Path, limit: str, said: str) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    watcher = Watcher(tmp_path / "a", tmp_path / "b", before=limit)

    first = watcher.line()
    (tmp_path / "b" / "f").write_text("x")
    second = watcher.line()

    assert (first["kind"], second["kind"], second["calls"]) == ("polling", "polling", 1)
    assert said in first["why"]
    assert watcher.end() == ""


def test_without_descriptors_we_look_and_say_why(tmp_path: Path) -> None:
    program = (
        "import os, resource, sys, tests.support.watching as w\n"
        "import teams.engine.watch_inotify\n"
        "lowest = os.dup(0); os.close(lowest)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 2, lowest + 2))\n"
        "w.main(*sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None

    first = json.loads(process.stdout.readline())
    (tmp_path / "a").write_text("x")
    second = json.loads(process.stdout.readline())
    _, err = process.communicate("\n", timeout=20)

    assert (first["kind"], second["calls"], err) == ("polling", 1, "")
    assert "all inotify instances or descriptors are in use" in first["why"]


def test_when_more_changes_than_inotify_keeps_nothing_is_missed(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path)
    assert watcher.line()["kind"] == "inotify"
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 200_000:
        pytest.skip(f"a queue of {limit:,} events takes too long to fill")

    os.kill(watcher.process.pid, signal.SIGSTOP)
    assert until(lambda: all(") T " in text for text in _states(watcher.process.pid)))
    descriptors = [os.open(tmp_path / name, os.O_WRONLY | os.O_CREAT) for name in "ab"]
    for number in range(limit + 5000):
        os.write(descriptors[number % 2], b"x")  # in turn: equal events that follow each other become one
    for descriptor in descriptors:
        os.close(descriptor)
    os.kill(watcher.process.pid, signal.SIGCONT)

    lines = [watcher.line()]
    while lines[-1]["kind"] == "inotify":
        lines.append(watcher.line())
    assert lines[-1]["why"] == "more changed at once than inotify keeps"
    # Changes are found by looking, and later by inotify again.
    (tmp_path / "c").write_text("x")
    while lines[-1]["kind"] == "polling":
        lines.append(watcher.line())
        (tmp_path / "c").write_text(str(len(lines)))
    assert watcher.end() == ""


def _states(pid: int) -> list[str]:
    """Return what the kernel says of each thread."""
    return [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]


@needs_namespaces
def test_a_folder_mounted_over_and_unmounted_is_watched_anew(tmp_path: Path) -> None:
    for name in ("team", "other"):
        (tmp_path / name).mkdir()
    script = (
        f"exec 3<&0; ( {sys.executable} -m tests.support.watching {tmp_path}/team <&3 ) & "
        f"sleep 1; mount -t tmpfs none {tmp_path}/team; sleep 3; touch {tmp_path}/team/on_tmpfs; sleep 1; "
        f"umount {tmp_path}/team; sleep 3; mount --bind {tmp_path}/other {tmp_path}/team; sleep 3; "
        f"touch {tmp_path}/other/behind; wait"
    )
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None

    # Mounted, written to, unmounted, mounted again, written to: each of the five is told.
    lines = [json.loads(process.stdout.readline()) for _ in range(6)]
    _, err = process.communicate("\n", timeout=30)

    assert [line["kind"] for line in lines] == ["inotify"] * 6
    assert err == ""


def test_looking_at_many_files_takes_little_of_a_core(tmp_path: Path) -> None:
    for number in range(5000):
        (tmp_path / f"{number}.json").touch()
    watching = watch([tmp_path], Calls())
    time.sleep(1)
    before = time.process_time()
    time.sleep(6)
    used = (time.process_time() - before) / 6
    watching.close()

    # 2 % is what it keeps to; a machine with other work on it measures coarsely.
    assert used < 0.04


def test_polling_is_given_up_when_inotify_can_be_had_again(
    tmp_path: Path, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from teams.engine import watch_source

    monkeypatch.setattr(watch_source, "RETRY_S", 0.2)
    calls = Calls()
    watching = watch([tmp_path], calls, poll_s=0.05, mountinfo=network)
    network.write_text(ON_A_SERVER.replace("nfs4", "ext4"))

    assert until(lambda: watching.kind == "inotify")
    assert calls.after(lambda: (tmp_path / "a").write_text("x"))
    watching.close()
