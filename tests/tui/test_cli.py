"""``onecontext monitor`` as a command: one picture as text or JSON, and what it says when it cannot."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from onecontext.cli.main import main
from tests.tui.screen import assert_screen
from tests.tui.till import middle, whole
from tui.frame import frame
from tui.sources.folder import JOURNAL
from tui.sources.recording import opened


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(["monitor", *arguments], env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


def test_once_prints_the_whole_picture(project: Path) -> None:
    code, out, err = run(project, "--once")

    assert (code, err) == (0, "")
    for words in ("Make the suite pass", "RUNNING 1", "#2 fix-offers", "worker-2", "unknown", "fix-prices is ready"):
        assert words in out


def test_a_replay_printed_once_is_the_same_each_time(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")
    path = whole().write(project / "recorded.jsonl")

    from datetime import UTC

    from tui.sources.replay import Replay

    snapshot = Replay(opened(path), 0).catch_up()
    assert snapshot.last_event_at is not None
    text = frame(snapshot, 100, now=snapshot.last_event_at, zone=UTC)

    assert_screen("frame-100", text + "\n")
    code, out, _ = run(project, "--once", "--replay", "recorded.jsonl")
    assert code == 0
    assert "✓ done" in out


def test_json_is_one_document_with_unknown_costs_as_null(project: Path) -> None:
    code, out, _ = run(project, "--json")
    document = json.loads(out)

    assert code == 0
    assert document["data"]["mission"]["phase"] == "working"
    assert document["data"]["totals"]["usage"]["cost_usd"] == 0.0
    costs = {agent["name"]: agent["usage"]["cost_usd"] for agent in document["data"]["agents"]}
    assert (costs["worker-1"], costs["worker-2"]) == (0.0, None)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "--once")

    assert code == 0
    assert "No team has written a journal" in out
    assert "onecontext run" in out
    assert "waits" not in out  # it prints once and is gone
    assert list(tmp_path.iterdir()) == []


def test_a_team_that_is_not_there_is_an_error_that_names_those_that_are(project: Path) -> None:
    code, out, err = run(project, "--once", "--team", "nobody")

    assert (code, out) == (3, "")
    assert "there are till-1" in err


def test_a_recording_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert run(tmp_path, "--once", "--replay", "gone.jsonl")[0] == 2


def test_a_recording_that_is_garbage_is_damage(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"\x00\x01\n")

    assert run(tmp_path, "--once", "--replay", "bad.jsonl")[0] == 5


def test_without_a_terminal_it_says_what_works(project: Path) -> None:
    code, _, err = run(project)

    assert code == 2
    assert "--once" in err


def test_one_picture_needs_no_textual(project: Path) -> None:
    script = (
        "import sys, io\nfrom pathlib import Path\nfrom onecontext.cli.main import main\n"
        f"main(['monitor', '--once'], env={{}}, cwd=Path({str(project)!r}), stdin=sys.stdin, "
        "stdout=io.StringIO(), stderr=sys.stderr)\n"
        "print(sorted(name for name in ('textual', 'rich', 'litellm', 'watchdog', 'pygit2') if name in sys.modules))"
    )

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
