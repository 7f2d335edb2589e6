"""Who acts, and whether this screen may.

Rule 1: a screen only reads until a person says otherwise, by ``--control`` or once for each team on the screen itself.
Rule 2: a recording is never acted upon.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from onecontext.names import is_name

PERSON = "human"
"""Who speaks where nobody says otherwise: the command line's own word (a test holds them together)."""


@dataclass
class Control:
    """What acting needs of the world.

    Args:
        person: who does it, as the command line's ``--as``.
        live: what is shown goes on; False: it is a recording.
        env: the environment of the commands.
        said: ``--control`` was given: nobody is asked first.
        reads_only: it is a screen that is never asked, and only ``--control`` makes it act.
    """

    person: str = PERSON
    live: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    said: bool = False
    reads_only: bool = False
    agreed: set[tuple[str, str]] = field(default_factory=set)
    """The teams, by root and name, on which the person said that they act."""

    @property
    def refusal(self) -> str:
        """Why nothing can be done here at all, "" when it can."""
        if self.reads_only and not self.said:
            return "this screen only reads; 'onecontext monitor --serve --control' serves one that acts"
        return "" if self.live else "this is a recording: what happened is over, and is only looked at"

    def may(self, root: str, team: str) -> bool:
        """Say whether the person has agreed to act on that team."""
        return not self.refusal and (self.said or (root, team) in self.agreed)

    @property
    def author(self) -> str:
        """The person as the author of a milestone: only some names can be one."""
        return self.person if is_name(self.person) else PERSON
