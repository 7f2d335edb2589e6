"""Telling a run on stderr while it goes on."""

import io
import os
import time
from pathlib import Path

from onecontext.cli.output import Output
from teams.cli.watching import POLL_S, telling
from teams.engine.journal import Journal


def test_a_journal_that_loses_its_tail_ends_the_telling_without_a_traceback(tmp_path: Path) -> None:
    journal, stderr = Journal(tmp_path, team="t"), io.StringIO()
    journal.append("mission.interrupted", {"reason": "x"})

    with telling(journal, Output(io.StringIO(), stderr)):
        os.truncate(journal.path, journal.path.stat().st_size - 10)
        time.sleep(3 * POLL_S)

    assert "no longer told" in stderr.getvalue()
