"""What a picture is made of while events come in: each part knows one thing."""

from collections import Counter, deque

from tui.projection.attention import AttentionList
from tui.projection.checks import Checks
from tui.projection.course import Course
from tui.projection.log import Log
from tui.projection.mail import Mail
from tui.projection.people import People
from tui.projection.requests import Requests
from tui.projection.skills import SkillUses
from tui.projection.spending import Ledger
from tui.projection.tasks import Tasks
from tui.projection.violations import OpenViolations
from tui.snapshot import MemoryCommit, Totals, Usage


class Parts:
    """The parts, empty at first. ``kept``: how many lines of the log and milestones are held; 0 holds none.

    ``asked`` maps open requests to their numbers in ``attention``, ``letters`` senders to those of each message that a
    person has not read; ``counts`` holds fields of :class:`Totals`.
    """

    def __init__(self, kept: int) -> None:
        self.course = Course()
        self.tasks = Tasks()
        self.people = People()
        self.attention = AttentionList()
        self.checks = Checks()
        self.mail = Mail()
        self.ledger = Ledger()
        self.violations = OpenViolations()
        self.requests = Requests()
        self.skills = SkillUses()
        self.asked: dict[str, int] = {}
        self.letters: dict[str, dict[str, int]] = {}
        self.memory: deque[MemoryCommit] = deque(maxlen=kept)
        self.log = Log(kept)
        self.counts: Counter[str] = Counter()
        self.usage = Usage()

    def totals(self) -> Totals:
        """Return the counts over everything that came in."""
        return Totals(
            messages=self.mail.sent,
            idle_messages=self.mail.idle,
            attention_open=self.attention.open_count,
            usage=self.usage,
            **self.counts,
        )
