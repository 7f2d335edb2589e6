"""What the verbs of a board share."""

from collections.abc import Callable
from datetime import datetime

from teams.protocol.board.desk import Desk
from teams.protocol.board.people import People


class Verbs:
    """Actions on single tasks; each is made and recorded at ``desk``, and asks ``people`` who is who and who lives."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime], people: People) -> None:
        self._desk = desk
        self._clock = clock
        self._people = people
