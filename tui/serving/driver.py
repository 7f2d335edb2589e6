"""Textual's driver for a screen that is drawn in a browser, in the process that draws it.

Rule 1: it ends when nobody is there any more: a server that was killed closes our standard input, and says nothing.
Rule 2: it hands no file to the browser and opens no address there; what agents write could ask for either.
"""

import asyncio
from typing import Any

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp


class Driver(WebDriver):
    """See the module; packets are those of :class:`textual.drivers.web_driver.WebDriver`."""

    def start_application_mode(self) -> None:
        self._loop = asyncio.get_running_loop()
        super().start_application_mode()

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._loop.call_soon_threadsafe(self._app.post_message, ExitApp())

    def open_url(self, url: str, new_tab: bool = True) -> None:
        """Open nothing."""

    def deliver_binary(self, *_: Any, **__: Any) -> None:
        """Deliver nothing."""
