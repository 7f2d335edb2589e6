"""``onecontext monitor --serve``: the monitor in a browser, from its arguments to its end."""

import argparse
import asyncio
import logging
from typing import TYPE_CHECKING

from onecontext.errors import SetupError, UsageError
from tui.serving.command import command_of, environment_of

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Serve until a signal ends it, and return 0. Prints the address, which is the only way in.

    Raises:
        SetupError: the extra is not installed, or the port is taken. UsageError: it goes with no other way out.
    """
    if args.once or args.plain or args.follow:
        raise UsageError("--serve shows a screen in a browser, and prints nothing", hint="leave one of them out")
    try:
        from tui.serving.guard import Guard
        from tui.serving.server import MonitorServer, listen, serve, terminal_files

        terminal_files()
    except ImportError as error:
        raise SetupError(
            f"a screen in a browser needs the extra serve, which is not installed ({error.name} is missing)",
            hint="pip install 'onecontext-teams[serve]'",
        ) from error
    # What a library logs of a request may hold its address.
    logging.getLogger("aiohttp").addHandler(logging.NullHandler())
    logging.getLogger("aiohttp").propagate = False
    with listen(args.port) as listening:
        guard = Guard(listening.getsockname()[1])
        out = invocation.out
        command = command_of(args, invocation.cwd)
        env = environment_of(invocation.env, whole=args.control)
        server = MonitorServer(guard, command, env, invocation.cwd, out.say)
        told = f"{guard.address}\nWhoever has this address sees what you see, until ^C ends it."
        asyncio.run(serve(server, listening, lambda: out.answer({"address": guard.address}, told), out.say))
    return 0
