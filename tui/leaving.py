"""Running the screen, and leaving it in order whoever ends it.

Rule 1: SIGTERM and SIGINT give the terminal back before the process ends; one that hung up (SIGHUP) needs
    nothing, and ends the screen also under nohup: there is nothing left to show it on.
"""

import asyncio
import signal
from functools import partial
from typing import Any

from textual.app import App

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(app: App[Any]) -> int:
    """Run ``app`` and return its exit code: 128 + the signal that ended it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
        app.run(loop=loop)
    return app.return_code or 0
