"""Garbage is looked for seldom while there is a screen, and never in what was there before it."""

import subprocess
import sys

from tui.garbage import OBJECTS

BEGIN = "import gc; from tui.garbage import looked_for_later; "


def said(code: str) -> str:
    """Return what ``code`` prints in a process of its own: how it looks for garbage is a thing of the whole process."""
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_is_there_by_then_is_not_looked_through_and_the_rest_is_seldom() -> None:
    code = """
with looked_for_later():
    print(gc.isenabled())
print(gc.isenabled(), gc.get_freeze_count() > 1_000, gc.get_threshold()[0])
"""
    assert said(code).split() == ["False", "True", "True", str(OBJECTS)]


def test_an_error_meanwhile_leaves_it_as_it_was() -> None:
    code = """
before = gc.get_threshold()
try:
    with looked_for_later():
        raise ValueError
except ValueError:
    print(gc.isenabled(), gc.get_freeze_count(), gc.get_threshold() == before)
"""
    assert said(code).split() == ["True", "0", "True"]
