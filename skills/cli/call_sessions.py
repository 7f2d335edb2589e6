"""``onecontext call --list`` and ``--stop``: the sessions that are held open."""

from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from skills.mcp.holder import Holder

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def list_sessions(invocation: "Invocation") -> int:
    """Print a line for each session; start nothing."""
    answer = Holder(invocation.env).ask_running({"op": "list"}) or {"sessions": []}
    lines = [
        f"{one['server']}  {one['tools']} tools, {one['calls']} calls, idle for {one['idle_s']:g} s"
        + ("" if one["alive"] else ", ended")
        for one in answer["sessions"]
    ]
    invocation.out.answer(answer, printable("\n".join(lines)))
    if not lines:
        invocation.out.say("no session is held open")
    return 0


def stop_sessions(server: str | None, invocation: "Invocation") -> int:
    """End the sessions with ``server``; None: all of them, and the process that holds them."""
    request = {"op": "end", "server": server} if server else {"op": "quit"}
    answer = Holder(invocation.env).ask_running(request) or {"ended": 0}
    number = answer["ended"]
    invocation.out.answer(answer, f"{number} session{'s' * (number != 1)} ended")
    return 0
