"""A team that keeps no journal, of another program: what its files say now, and what changed since the last look.

Rule 1: changes become events of the kinds a journal has, so every view shows them as it shows a journal; nobody wrote
        them down, and they are gone when the screen is left.
Rule 2: when something happened is what the file says, else when the file was written; who did it is in no file, so no
        event names anybody but the sender of a message.
Rule 3: a file that cannot be read changes nothing but that it is told: what it said before stands.
Rule 4: what no file says (what members do, what models took) is unknown, and called so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.forms import IDLE_FORM, gist_of
from tui.projection.tasks import STATE_OF_STATUS
from tui.snapshot import Agent, Snapshot, Task, Usage

UNKNOWN_USAGE = Usage(known=False)
GARBLED = "garbled"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the roster. ``active`` None: the client does not say."""

    name: str
    role: str
    model: str
    joined_at: datetime
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """An entry of the inbox of ``to``. ``form`` is the type of a structured one; ``read`` its reader has marked."""

    id: str
    to: str
    sender: str
    text: str
    summary: str
    form: str
    at: datetime
    read: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """All files of a team at one moment. None in place of a part: it cannot be read just now.

    ``problems`` maps paths below the root to what is wrong there; ``written_at`` is when something was written last.
    """

    people: tuple[Person, ...] | None
    tasks: Mapping[str, tuple[Document, datetime]] | None
    letters: Mapping[str, tuple[Letter, ...]]
    problems: Mapping[str, str]
    written_at: datetime


@dataclass
class Seen:
    """What was seen until now; :meth:`take` returns what a new look adds."""

    team: str
    people: dict[str, Person] = field(default_factory=dict)
    _idle: dict[str, str] = field(default_factory=dict)
    _tasks: dict[str, tuple[Document, str]] = field(default_factory=dict)
    _letters: dict[str, dict[str, bool]] = field(default_factory=dict)
    _problems: dict[str, str] = field(default_factory=dict)
    _made: int = 0
    _told: int = 0

    def take(self, look: Look) -> list[Event]:
        """Return what changed since the last look as events, in the order of their times."""
        found = [*self._take_people(look), *self._take_tasks(look), *self._take_letters(look), *self._broken(look)]
        found.sort(key=lambda event: event.at)
        self._told += len(found)
        return [replace(event, seq=number) for number, event in enumerate(found, self._told - len(found) + 1)]

    def _take_people(self, look: Look) -> Iterator[Event]:
        if look.people is None:
            return
        now = {person.name: person for person in look.people}
        for person in now.values():
            if person.name not in self.people:
                data = {"name": person.name, "role": person.role, "model": person.model}
                yield self._event("member.found", person.joined_at, data)
        for name in self.people.keys() - now.keys():
            self._idle.pop(name, None)
            yield self._event("member.gone", look.written_at, {"name": name})
        self.people = now

    def _take_tasks(self, look: Look) -> Iterator[Event]:
        if look.tasks is None:
            return
        done = {name for name, (document, _) in look.tasks.items() if document.get("status") == "completed"}
        broken = {path.rpartition("/")[2].removesuffix(".json") for path in look.problems if path.startswith("tasks/")}
        before, self._tasks = self._tasks, {name: self._tasks[name] for name in broken & self._tasks.keys()}
        for name, (document, at) in look.tasks.items():
            state = _state(document, done)
            self._tasks[name] = document, state
            if change := _change(before.get(name), document, state):
                type_, what = change
                yield self._event(type_, at, {"task": document, "to": state, "what": what}, task=name)
        for name in before.keys() - self._tasks.keys():
            yield self._event("task.deleted", look.written_at, {}, task=name)

    def _take_letters(self, look: Look) -> Iterator[Event]:
        new: list[Letter] = []
        for to, letters in look.letters.items():
            known, there = self._letters.get(to, {}), {letter.id: letter.read for letter in letters}
            new += [letter for letter in letters if letter.id not in known]
            if f"teams/{self.team}/inboxes/{to}.json" in look.problems:
                there = {**known, **there}  # what is missing may be behind the damage
            # A late client takes out what it read, an old one marks it.
            read = [name for name in {**known, **there} if there.get(name, True) and not known.get(name)]
            self._letters[to] = there
            for name in read:
                data = {"msg_id": f"{to}/{name}", "to": to}
                yield self._event("message.delivered", look.written_at, data, agent=self._known(to))
        for letter in sorted(new, key=lambda letter: letter.at):
            yield self._sent(letter)

    def _sent(self, letter: Letter) -> Event:
        self._settle(letter)
        data = {"msg_id": f"{letter.to}/{letter.id}", "from": letter.sender, "to": letter.to, "text": letter.text}
        more = {"summary": letter.summary, "form": letter.form}
        return self._event("message.sent", letter.at, {**data, **more}, agent=self._known(letter.sender))

    def _settle(self, letter: Letter) -> None:
        """Note what the letter says about who is idle: who says so, until they are written to or write again."""
        self._idle.pop(letter.to, None)
        if letter.form == IDLE_FORM:
            self._idle[letter.sender] = gist_of(letter.form, letter.summary, letter.text)
        else:
            self._idle.pop(letter.sender, None)

    def _broken(self, look: Look) -> Iterator[Event]:
        for path, what in look.problems.items():
            if path not in self._problems:
                data = {"path": path, "rule": GARBLED, "what": what, "lasting": True}
                event = self._event("violation", look.written_at, data)
                self._problems[path] = event.id
                yield event
        for path in self._problems.keys() - look.problems.keys():
            cause = self._problems.pop(path)
            data = {"path": path, "rule": GARBLED, "what": "it can be read again"}
            yield replace(self._event("violation.ended", look.written_at, data), cause=cause)

    def _known(self, name: str) -> str | None:
        return name if name in self.people else None

    def _event(
        self, type_: str, at: datetime, data: Document, *, task: str | None = None, agent: str | None = None
    ) -> Event:
        self._made += 1
        return Event(0, f"seen-{self._made}", at, type_, self.team, data, task=task, agent=agent)

    def state_of(self, name: str) -> tuple[str, str]:
        """Return the state of a member and a word about it, as far as files say anything."""
        person = self.people.get(name)
        if person is None:
            return "left", "not in the team's config.json"
        if name in self._idle:
            return "idle", self._idle[name]
        return ("idle", "") if person.active is False else ("unknown", "")


def as_told(snapshot: Snapshot, seen: Seen) -> Snapshot:
    """Return the picture with what files cannot say called unknown, and tasks in the order of their ids."""
    held = {task.owner: task.id for task in snapshot.tasks if task.state == "running" and task.owner}
    agents = tuple(agent_as_told(agent, seen, held.get(agent.name)) for agent in snapshot.agents)
    return replace(
        snapshot,
        kept="files",
        agents=agents,
        tasks=in_order(snapshot.tasks),
        totals=replace(snapshot.totals, usage=UNKNOWN_USAGE),
    )


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Return tasks in the order in which a client gave them their ids."""
    return tuple(sorted(tasks, key=lambda task: _place(task.id)))


def agent_as_told(agent: Agent, seen: Seen, task: str | None) -> Agent:
    """Return a member of another program with what no file says of it called unknown; ``task`` is what it holds."""
    state, detail = seen.state_of(agent.name)
    return replace(agent, state=state, detail=detail, task=task, usage=UNKNOWN_USAGE)


def _place(task_id: str) -> tuple[int, int, str]:
    """Return what puts ids in the order in which a client gives them: numbers first."""
    return (0, int(task_id), "") if task_id.isdecimal() else (1, 0, task_id)


def _state(document: Document, done: set[str]) -> str:
    """Return the state of a task: ours where it has one, else what its status and what it comes after say."""
    ours = fields.text(fields.mapping(fields.mapping(document, "metadata"), "onecontext"), "state")
    state = ours or STATE_OF_STATUS.get(fields.text(document, "status"), "ready")
    waits = any(name not in done for name in fields.texts(document, "blockedBy"))
    return "waiting" if state == "ready" and waits else state


def _change(before: tuple[Document, str] | None, document: Document, state: str) -> tuple[str, str] | None:
    """Return the type of the event that tells of a change, and what changed; None where nothing did."""
    if before is None:
        return "task.imported", ""
    old, old_state = before
    if old != document:
        names = (name for name in {**old, **document} if old.get(name) != document.get(name))
        return "task.edited", ", ".join(names)
    if old_state == state:
        return None
    return ("task.unblocked", "") if state == "ready" else ("task.edited", "waits again")
