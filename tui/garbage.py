"""When Python looks for garbage while there is a screen.

Rule 1: what is made until the screen runs (modules, classes, views) stays until it ends: it is never looked through.
Rule 2: events and pictures have no cycles and go when nobody holds them, so later a look is seldom worth it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 20_000
"""Containers made and not let go, from one look to the next; Python's own 700 are for programs that make cycles."""


@contextmanager
def looked_for_later() -> Iterator[None]:
    """Look for no garbage meanwhile, nor afterwards in what is there by then."""
    gc.disable()
    try:
        yield
        gc.freeze()
        gc.set_threshold(OBJECTS)
    finally:
        gc.enable()
