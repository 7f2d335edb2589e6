"""What the monitor shows, as values.

Rule 1: everything here is frozen; a snapshot may cross threads and be kept for ever.
Rule 2: texts are as they came, untrusted; they are made printable where they are drawn (:mod:`tui.text`).
Rule 3: None means that nobody knows. An unknown cost is never a zero.
"""

from tui.snapshot.asked import Request
from tui.snapshot.moment import Mark, Moment
from tui.snapshot.money import Spending, SpentPoint, Usage
from tui.snapshot.people import Agent, Heart, ToolUse
from tui.snapshot.skills import SkillUse
from tui.snapshot.teams import TeamLine
from tui.snapshot.told import LEAD, Attention, GraphLine, LogLine, MemoryCommit, Message, Violation
from tui.snapshot.whole import Snapshot, Totals
from tui.snapshot.work import Assertion, Change, Mission, Task, Verdict, Verification

__all__ = [
    "LEAD",
    "Agent",
    "Assertion",
    "Attention",
    "Change",
    "GraphLine",
    "Heart",
    "LogLine",
    "Mark",
    "MemoryCommit",
    "Message",
    "Mission",
    "Moment",
    "Request",
    "SkillUse",
    "Snapshot",
    "Spending",
    "SpentPoint",
    "Task",
    "TeamLine",
    "ToolUse",
    "Totals",
    "Usage",
    "Verdict",
    "Verification",
    "Violation",
]
