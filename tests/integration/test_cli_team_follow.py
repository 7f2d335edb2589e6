import json
import signal
import subprocess
import sys
from pathlib import Path

from teams.protocol.team import Team


def test_following_gives_one_document_a_line_for_what_is_there_and_what_comes(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path / ".onecontext")
    process = subprocess.Popen(
        [sys.executable, "-m", "onecontext", "events", "--follow", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None

    first = json.loads(process.stdout.readline())["data"]
    team.board.create("t", key="t")
    second = json.loads(process.stdout.readline())["data"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert (first["seq"], first["type"]) == (1, "team.created")
    assert (second["seq"], second["type"]) == (2, "task.created")
    assert process.returncode == 130
    assert "Traceback" not in err
