"""The live client: the published program, where the test run has installed it (``.ci/bootstrap live``)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.claude_client import Client, live_client

LIVE = Path(sys.prefix, "live")


@pytest.fixture(scope="session")
def client_program() -> Path:
    """The client's program; where it cannot be had the test is skipped, and says why."""
    # The program of the machine's platform, of which npm installs one; no script of a package is run for it.
    programs = list((LIVE / "node_modules" / "@anthropic-ai").glob("claude-code-*/claude"))
    if not programs:
        why = LIVE / "missing"
        told = why.read_text().strip() if why.is_file() else "it was not installed; 'make live' does that"
        pytest.skip(f"no live client: {told}")
    return programs[0]


@pytest.fixture(scope="module")
def client(client_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client that leads a team, with one teammate of its own, ``bob``, as long as the tests of a module last.

    The lead of 2.1.330 reads its inbox from when it has made a teammate itself.
    """
    with live_client(client_program, tmp_path_factory.mktemp("live")) as running:
        asked = {"description": "a colleague", "prompt": "you are bob", "subagent_type": "general-purpose"}
        running.do(("Agent", {**asked, "name": "bob"}))
        running.saw('"from":"bob"')
        yield running
