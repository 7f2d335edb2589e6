"""Missions in which files come to say yes: the assertions, tasks, plans and calls that many tests share."""

from tests.support.missions import plan, says

A = {"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}
B = {"id": "VAL-B-001", "text": "b says yes", "command": says("yes", "b.txt")}
FIRST = {"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}
SECOND = {"key": "second", "subject": "Let b say yes", "after": ["first"], "assertions": ["VAL-B-001"]}
ONE, TWO = plan([A], [FIRST]), plan([A, B], [FIRST, SECOND])
YES_A, YES_B = (("write_file", {"path": f"{name}.txt", "text": "yes\n"}) for name in "ab")
NO_A, NO_B = (("write_file", {"path": f"{name}.txt", "text": "no\n"}) for name in "ab")
