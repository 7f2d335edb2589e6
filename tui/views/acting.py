"""The keys that act, for the application: ask what must be asked, then let the command line do it in a thread.

Rule 1: what is asked and done is about what was under the cursor when the key was pressed.
Rule 2: what is being done is not begun again by a key that was pressed twice.
Rule 3: nothing is done before the person has agreed to act on this team; see :class:`tui.acting.control.Control`.
Rule 4: what asks, and the command line, are imported by the first act: the first picture does not wait for them.
"""

import threading
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from textual.binding import BindingType

from onecontext.errors import UsageError
from tui.acting.control import Control
from tui.acting.line import Line
from tui.acting.subject import Subject, subject_of
from tui.acting.table import ACTS, BY_NAME, Act, refusal_of
from tui.snapshot import Snapshot
from tui.text import one_line
from tui.views.ahead import AheadApp
from tui.views.commands import ACTING

NOTICE_S = 8.0

_AT_REST = ("paused", "pausing", "interrupted", "died")
"""Phases of a mission that goes on when it is resumed, and does not by itself."""


class ActingApp(AheadApp):
    """An application whose keys act on what is under its cursor."""

    BINDINGS: ClassVar[list[BindingType]] = ACTING
    snapshot: Snapshot
    control = Control()

    def __init__(self) -> None:
        super().__init__()
        self._unsent: dict[str, str] = {}
        """What was typed for an act that was refused, by what it was asked with: it is not typed twice."""
        self._working: set[Line] = set()
        self._left = threading.Event()

    @property
    @abstractmethod
    def under_cursor(self) -> Any:
        """What is under the cursor; None when there is nothing."""

    @property
    @abstractmethod
    def may_begin(self) -> bool:
        """Whether something is shown that can be acted upon, and nothing else is asked."""

    @property
    def _subject(self) -> Subject:
        return subject_of(self.under_cursor, self.snapshot)

    def action_acts(self) -> None:
        """Show what can be done with what is under the cursor."""
        if not self.may_begin:
            return
        from tui.views.menu import Choice, Menu

        subject = self._subject
        choices = [Choice(act, refusal_of(act, subject, self.control)) for act in ACTS]
        about = f" with {subject.name}" if subject.name else ""
        self.push_screen(Menu(one_line(f"what to do{about}"), choices, lambda act: self._begin_act(act, subject)))

    def action_act(self, name: str) -> None:
        """Do one act with what is under the cursor."""
        if not self.may_begin:
            return
        subject = self._subject
        if name == "approve" and subject.request is not None and subject.request.kind == "question":
            name = "answer"  # what a question waits for
        self._begin_act(BY_NAME[name], subject)

    def action_pause(self) -> None:
        """Hold the mission, or let it go on."""
        subject = self._subject
        mission = subject.snapshot.mission
        at_rest = mission is not None and (mission.ending is not None or mission.phase in _AT_REST)
        self.action_act("resume" if at_rest else "pause")

    # --- what is asked first ------------------------------------------------------------------------------------------

    def _begin_act(self, act: Act, subject: Subject) -> None:
        if refusal := refusal_of(act, subject, self.control):
            self._tell(f"{act.name}: {refusal}", bad=True)
            return
        self._agreed(subject, lambda: self._ask(act, subject))

    def _agreed(self, subject: Subject, then: Callable[[], None]) -> None:
        """Go on where the person acts on this team; ask once, where ``--control`` was not said."""
        root, team = subject.snapshot.root, subject.snapshot.team
        if self.control.may(root, team):
            then()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.control.agreed.add((root, team))
                then()

        self._ask_yes(f"act as {self.control.person} on {team}", answered)

    def _ask_yes(self, question: str, answered: Callable[[bool | None], None]) -> None:
        from tui.views.asking import AskYes

        self.push_screen(AskYes(question), answered)

    def _ask(self, act: Act, subject: Subject) -> None:
        from tui.views.asking import AskLine

        label = act.asks(subject)
        if not label:
            self._make_sure(act, subject, "")
            return

        def given(typed: str | None) -> None:
            if typed is not None:
                self._make_sure(act, subject, typed)

        first = self._unsent.get(label) or act.first(subject)
        self.push_screen(AskLine(label, optional=act.optional, text=first), given)

    def _make_sure(self, act: Act, subject: Subject, typed: str) -> None:
        try:
            line, question = act.line(subject, self.control, typed), act.sure(subject, typed)
        except UsageError as error:
            self._came(act, subject, typed, error.message, ok=False)
            return
        if not question:
            self._do(act, subject, line, typed)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(act, subject, line, typed)

        self._ask_yes(question, answered)

    # --- doing it -----------------------------------------------------------------------------------------------------

    def _do(self, act: Act, subject: Subject, line: Line, typed: str) -> None:
        if act.apart:
            self._tell(f"{act.name} …")
        self._work(line, lambda done: self._came(act, subject, typed, done.said, ok=done.ok), apart=act.apart)

    def _came(self, act: Act, subject: Subject, typed: str, said: str, *, ok: bool) -> None:
        """Tell what came of an act; what was typed for one that was refused is kept."""
        label = act.asks(subject)
        kept = typed if typed.strip() and not ok else ""
        self._unsent.pop(label, None)
        if kept:
            self._unsent[label] = kept
        again = f" · {act.key or 'the same'} again has what you typed" if kept else ""
        self._tell(f"{act.name}: {said or 'done'}{again}", bad=not ok)

    def _work(self, line: Line, then: Callable[[Any], None], *, apart: bool = False) -> None:
        """Run a command line in a thread and hand what came of it to ``then``."""

        def work() -> None:
            from tui.acting.doing import attempt

            done = attempt(line, self.control, apart=apart, leaving=self._left)
            if not self._left.is_set():
                self.call_from_thread(self._worked, line, then, done)

        if line in self._working:
            self._tell(f"{line.argv[0]}: that is being done just now", bad=True)
            return
        self._working.add(line)
        self.run_worker(work, thread=True, group="acts")

    def _worked(self, line: Line, then: Callable[[Any], None], done: Any) -> None:
        self._working.discard(line)
        then(done)

    def settled(self, then: Callable[[], object]) -> None:
        """Call ``then`` when the terminal may be given to another program."""
        then()

    def _on_unmount(self) -> None:
        self._left.set()

    def _tell(self, words: str, *, bad: bool = False) -> None:
        self.notify(one_line(words), severity="error" if bad else "information", timeout=NOTICE_S, markup=False)
