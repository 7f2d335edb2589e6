"""A witness inside pytest: what was collected, what ran and how it went, and whether what was compared told the truth.

The host lays this package into the copy that is measured, under a name nobody knows before, and loads it with ``-p``.
It is not part of our program: it runs in the project's own Python (3.8 and later) and pytest (7 and later), and imports
nothing else.

Rule 1: each line it writes carries a keyed digest. The key is taken away, file and all, before anything of the project
        is imported, and put back, another one, when this pytest has ended.
Rule 2: no key, no word: a pytest that a test starts is no business of the host.
Rule 3: a test that proves nothing fails here, where it can be read; the host looks at the rest.
"""

from __future__ import annotations

import os
from typing import Any

from .reaching import Reaching
from .seeing import Probe, Witness
from .truth import watch_comparisons

_FOLDER = os.environ.pop("ONECONTEXT_WITNESS", "")
_COLLECTS = os.environ.pop("ONECONTEXT_COLLECT", "") == "1"


def pytest_addoption(parser: Any, pluginmanager: Any) -> None:
    """Begin, before any conftest was read.

    PYTHONPATH and PYTEST_ADDOPTS stay as they are: the worker processes of pytest-xdist find us by them.
    """
    key = _take_key() if _FOLDER else ""
    if not key and not os.environ.get("PYTEST_XDIST_WORKER"):
        return
    watching, reaching = watch_comparisons(), Reaching(_FOLDER)
    pluginmanager.register(Probe(reaching), "onecontext-probe")
    if key:
        witness = Witness(_FOLDER, key, reaching, watching=watching, collects=_COLLECTS)
        pluginmanager.register(witness, "onecontext-witness")
    reaching.watch()


def _take_key() -> str:
    path = os.path.join(_FOLDER, "key")
    try:
        with open(path, encoding="ascii") as file:
            key = file.read()
        os.unlink(path)
    except OSError:
        return ""
    return key
