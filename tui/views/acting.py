"""The keys that act, for the application: ask what must be asked, then let the command line do it in a thread.

Rule 1: what is asked and done is about what was under the cursor when the key was pressed.
Rule 2: what is being done is not begun again by a key that was pressed twice.
Rule 3: nothing is done before the person has agreed to act on this team; see :class:`tui.acting.control.Control`.
"""

import json
import threading
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from tui.acting.control import Control
from tui.acting.subject import Subject, subject_of
from tui.acting.table import ACTS, BY_NAME, Act, Line, read_roadmap, refusal_of, write_roadmap
from tui.snapshot import Snapshot
from tui.text import one_line
from tui.views.ahead import AheadApp
from tui.views.asking import AskLine, AskYes
from tui.views.commands import ACTING
from tui.views.menu import Choice, Menu

if TYPE_CHECKING:
    from tui.acting.editor import Edited
    from tui.views.roadmap import RoadmapSheet

NOTICE_S = 8.0

_AT_REST = ("paused", "interrupted", "died")
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

        self.push_screen(AskYes(f"act as {self.control.person} on {team}"), answered)

    def _ask(self, act: Act, subject: Subject) -> None:
        label = act.asks(subject)
        if not label:
            self._make_sure(act, subject, "")
            return

        def given(typed: str | None) -> None:
            if typed is not None:
                self._make_sure(act, subject, typed)

        self.push_screen(AskLine(label, optional=act.optional, text=self._unsent.get(label, "")), given)

    def _make_sure(self, act: Act, subject: Subject, typed: str) -> None:
        line = act.line(subject, self.control, typed)
        if not (question := act.sure(subject)):
            self._do(act, subject, line, typed)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(act, subject, line, typed)

        self.push_screen(AskYes(question), answered)

    # --- doing it -----------------------------------------------------------------------------------------------------

    def _do(self, act: Act, subject: Subject, line: Line, typed: str) -> None:
        if act.apart:
            self._tell(f"{act.name} …")
        label = act.asks(subject)

        def came(done: Any) -> None:
            kept = typed if typed.strip() and not done.ok else ""
            self._unsent.pop(label, None)
            if kept:
                self._unsent[label] = kept
            again = f" · {act.key or 'the same'} again has what you typed" if kept else ""
            self._tell(f"{act.name}: {done.said or 'done'}{again}", bad=not done.ok)

        self._work(line, came, apart=act.apart)

    def _work(self, line: Line, then: Callable[[Any], None], *, apart: bool = False) -> None:
        """Run a command line in a thread and hand what came of it to ``then``."""

        def work() -> None:
            # The command line's own modules are wanted from the first act on, not for the first picture.
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

    # --- main.md ------------------------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Edit main.md."""
        if not self.may_begin:
            return
        if self.control.refusal:
            self._tell(f"edit: {self.control.refusal}", bad=True)
            return
        subject = self._subject
        # An editor of the person's own would take an answer of the terminal for keys.
        edit = partial(self._edit, subject)
        self._agreed(subject, lambda: self._work(read_roadmap(subject), lambda done: self.settled(partial(edit, done))))

    def _edit(self, subject: Subject, done: Any) -> None:
        if not done.ok:
            self._tell(f"edit: {done.said}", bad=True)
            return
        found = json.loads(done.out)["data"]
        from tui.acting.editor import editor_of

        if (command := editor_of(self.control.env)) and self._edit_outside(command, subject, found):
            return
        # A text area is wanted by few, and takes its time to load.
        from tui.views.roadmap import RoadmapSheet, is_harmless

        if not is_harmless(found["text"]):
            self._tell("edit: main.md has control characters, which this screen would obey; edit the file", bad=True)
            return
        self.push_screen(RoadmapSheet(found["text"], partial(self._write, subject, found)))

    def _edit_outside(self, command: str, subject: Subject, found: dict[str, str]) -> bool:
        """Give the terminal to the person's own editor; return whether this screen has one to give."""
        from tui.acting.editor import edit, forget

        try:
            with self.suspend():
                edited = edit(command, found["text"], self.control.env)
        except SuspendNotSupported:
            return False
        except OSError as error:
            self._tell(f"edit: there is no place for a copy of main.md: {error}", bad=True)
            return True
        if edited.text == found["text"]:
            forget(edited)
            self._tell(f"edit: {edited.trouble or 'nothing was changed'}", bad=bool(edited.trouble))
        elif edited.trouble:
            self._tell(f"edit: {edited.trouble}, so nothing was written; {edited.file} has what you typed", bad=True)
        else:
            self._write_edited(subject, found, edited)
        return True

    def _write_edited(self, subject: Subject, found: dict[str, str], edited: "Edited") -> None:
        from tui.acting.editor import forget

        def written(done: Any) -> None:
            if done.ok:
                forget(edited)
                self._tell(f"edit: {done.said}")
            else:
                self._tell(f"edit: {done.said} · {edited.file} has what you typed", bad=True)

        over, base = found["revision"], found["text"]
        self._work(write_roadmap(subject, self.control, edited.text, over=over, base=base), written)

    def _write(self, subject: Subject, found: dict[str, str], text: str, sheet: "RoadmapSheet") -> None:
        def written(done: Any) -> None:
            self._tell(f"edit: {done.said}", bad=not done.ok)
            if done.ok and sheet.is_attached:
                sheet.dismiss()

        over, base = found["revision"], found["text"]
        self._work(write_roadmap(subject, self.control, text, over=over, base=base), written)
