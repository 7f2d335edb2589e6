"""The key that edits main.md, for the application: in the person's own editor, else on the screen.

Rule 1: it is written over the text that was read: what somebody else wrote in between stands, or is merged.
Rule 2: what was typed is never lost: a refusal says where it is.
"""

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from tui.acting.line import read_roadmap, write_roadmap
from tui.acting.subject import Subject
from tui.views.acting import ActingApp

if TYPE_CHECKING:
    from tui.acting.editor import Edited
    from tui.views.roadmap import RoadmapSheet


class EditingApp(ActingApp):
    """An application that acts, and edits main.md."""

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
