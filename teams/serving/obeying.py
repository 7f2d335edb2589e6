"""What a person says to a running server from outside its process: hold, go on, stop.

Rule 1: it is the same file and the same words as for a mission (:mod:`teams.mission.halt`).
"""

from teams.mission.halt import Halt, Heed, Order
from teams.mission.site import Site


class Obeying:
    """Sets ``site.pause`` and ``site.stop`` as the file beside the journal says. ``ordered`` is who said stop."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._halt = Halt(site.journal)
        self._heed = Heed(self._halt, mission=site.mission)
        self.ordered: Order | None = None

    def lift(self, *, by: str) -> None:
        """Take back, for ``by``, a word that was given to the server before."""
        self._halt.lift(mission=self._site.mission, by=by)

    def look(self) -> None:
        """Do what the file says now."""
        order = self._heed.look()
        if order is None:
            self._site.pause.clear()
        elif order.word == "pause":
            self._site.pause.set()
        else:
            self.ordered = order
            self._site.stop.set()

    def look_or_end(self) -> None:
        """The same from a thread; what fails there ends the serving, for nobody would be left to let go who is held."""
        try:
            self.look()
        except BaseException:
            self._site.stop.set()
            raise

    def is_done(self) -> None:
        """Take the word to stop away: what it asked for is on record."""
        if self.ordered is not None:
            self._halt.path.unlink(missing_ok=True)
