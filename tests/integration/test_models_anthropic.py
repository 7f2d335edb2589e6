"""The protocol of Anthropic through litellm, in a process of its own.

Why so: in a process that has run many other tests a call sometimes gets no answer until its time is over. What those
tests leave behind in litellm is not found yet; in a process that does nothing else it has not been seen.
"""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("anthropic_protocol.py")


@pytest.mark.timeout(240)
def test_the_protocol_of_anthropic_is_spoken(root: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)]

    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
