"""What waits for a person's word: leave that was asked for, and questions about tasks; and what was said."""

from datetime import datetime

from tui.snapshot.value import value


@value
class Request:
    """One thing that was asked. ``kind`` is ``permission``, ``plan``, ``shutdown`` or ``question``.

    ``id`` is the message that asked, or ``task:<id>`` of a question; ``name`` is the id that who asked has given it.
    ``action`` is what would be done, to the letter, ``why`` the words of who asks. ``expires_at`` None: it waits for
    ever. ``approved`` None: nobody has decided; a question that was answered is approved. ``ours``: it was asked of one
    who can be answered for here; else its own program does. ``verified``: who seems to ask does. ``void``: nobody has
    to decide it any more; ``reason`` says why, and ``approved`` is False.
    """

    id: str
    name: str
    kind: str
    asker: str
    to: str
    at: datetime
    tool: str
    action: str
    why: str
    task: str | None = None
    expires_at: datetime | None = None
    verified: bool = True
    ours: bool = True
    approved: bool | None = None
    void: bool = False
    by: str = ""
    reason: str = ""
    decided_at: datetime | None = None
