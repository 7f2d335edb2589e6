"""Who came into a team and who left it through another program, taken into the journal.

Rule 1: each is recorded once, as ``member.found`` or ``member.gone``, whoever looks; what is in ``config.json`` is only
    read. A member that joined through us and was taken out by another program is gone, and ours all the same.
Rule 2: what stands among the members and is none is a violation, and left as it is.
"""

from onecontext.errors import Conflict, Damaged, LockTimeout
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.engine.locks import mkdir_lock
from teams.protocol.config import Config, Member
from teams.protocol.roster import Roster
from teams.protocol.violations import GARBLED, Violation, Violations

FOUND = "member.found"
GONE = "member.gone"
WAIT_S = 1.0


class Membership:
    """The members of one team as the journal has them. Safe for threads and for processes."""

    def __init__(self, roster: Roster, journal: Journal, violations: Violations) -> None:
        self._roster = roster
        self._journal = journal
        self._violations = violations
        self._known: set[str] = set()
        journal.follow(self._apply, ("team.created", "member."))
        self._path = f"teams/{roster.path.parent.name}/{roster.path.name}"

    def take_in(self) -> list[Event]:
        """Record who came and went; twice in a row, the second time records nothing.

        Raises:
            NoTeam: there is no such file.
        """
        try:
            config = self._roster.read()
        except Damaged as error:
            return self._violations.settle([Violation(self._path, GARBLED, error.message)], looked_at=self._is_here)
        self.catch_up()
        events: list[Event] = []
        if {member.name for member in config.members} != self._known:
            try:
                # Our own join and leave tell the journal first and write the file then, both under this lock.
                with mkdir_lock(self._roster.path, wait_s=WAIT_S):
                    events += self._compare(self._roster.read())
            except (LockTimeout, Damaged):
                # Somebody is at it just now: next time.
                return events
        found = [Violation(self._path, "member", problem) for problem in config.problems]
        return [*events, *self._violations.settle(found, looked_at=self._is_here)]

    def catch_up(self) -> None:
        """Read what was appended since the last time."""
        self._journal.catch_up()

    def _compare(self, config: Config) -> list[Event]:
        self.catch_up()
        members = {member.name: member for member in config.members}
        came = [self._found(member) for name, member in members.items() if name not in self._known]
        went = [self._gone(name) for name in sorted(self._known - {*members})]
        return [event for event in [*came, *went] if event]

    def _found(self, member: Member) -> Event | None:
        data = {"name": member.name, "role": member.role, **({"model": member.model} if member.model else {})}
        try:
            return self._journal.append(FOUND, data, guard=lambda: self._expect(member.name, is_known=False))
        except _Settled:
            return None

    def _gone(self, name: str) -> Event | None:
        try:
            return self._journal.append(GONE, {"name": name}, guard=lambda: self._expect(name, is_known=True))
        except _Settled:
            return None

    def _expect(self, name: str, *, is_known: bool) -> None:
        self.catch_up()
        if (name in self._known) is not is_known:
            raise _Settled(f"{name}: somebody else told of it at the same moment")

    def _apply(self, event: Event) -> None:
        if event.type == "team.created":
            config = Config.parse(event.data["config"], source=f"event {event.seq}")
            self._known |= {member.name for member in config.members}
        elif event.type in ("member.joined", FOUND):
            self._known.add(event.data["name"])
        elif event.type in ("member.left", GONE):
            self._known.discard(event.data["name"])

    def _is_here(self, path: str) -> bool:
        return path == self._path


class _Settled(Conflict):
    """Another process was first; nothing was written."""
