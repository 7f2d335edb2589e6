"""An MCP server on stdin and stdout that does what a scenario says, byte for byte: for tests, also of bad servers.

    python mcp_stdio.py SCENARIO.json

``pages``: lists of tools, each the very text that is sent. ``before``: lines printed before anything else.
``start``: ``silent`` answers nothing, ``die`` ends at once, ``refuse`` refuses to begin, ``crash`` ends when asked.
What a tool does goes by its name; see ``_call``.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

PATH = Path(sys.argv[1])
scenario: dict[str, Any] = json.loads(PATH.read_text())


def main() -> None:
    for line in scenario.get("before", []):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    if scenario.get("start") == "die":
        sys.stderr.write("no database at db:5432\n")
        sys.exit(7)
    for line in sys.stdin:
        message = json.loads(line)
        if scenario.get("start") == "silent" or "id" not in message:
            continue
        if scenario.get("start") == "crash":
            os.kill(os.getpid(), 9)
        _answer(message)


def _answer(message: dict[str, Any]) -> None:
    method, params = message["method"], message.get("params", {})
    if scenario.get("start") == "refuse":
        _say(message, '"error":{"code":-32000,"message":"licence\\nexpired"}')
    elif method == "initialize":
        about = {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {"listChanged": True}},
            "serverInfo": {"name": "scenario", "version": "1"},
        }
        _say(message, f'"result":{json.dumps(about)}')
    elif method == "tools/list":
        number = int(params.get("cursor") or 0)
        pages = scenario.get("pages", [[]])
        more = f',"nextCursor":"{number + 1}"' if number + 1 < len(pages) else ""
        _say(message, f'"result": {{"tools" : [ {" , ".join(pages[number])} ]{more}}}')
    elif method == "tools/call":
        _call(message, params["name"], params.get("arguments", {}))
    else:
        _say(message, '"error":{"code":-32601,"message":"no such method"}')


def _call(message: dict[str, Any], name: str, arguments: dict[str, Any]) -> None:
    global scenario
    if name == "die":
        sys.exit(9)
    if name == "refuse":
        return _say(message, '"error":{"code":-32602,"message":"not today"}')
    if name == "nonsense":
        return _say(message, '"result":{"content":"?"}')
    if name == "slow":
        Path(arguments["mark"]).write_text("begun")
        time.sleep(arguments["seconds"])
        Path(arguments["mark"]).write_text("done")
    if name == "reload":
        scenario = json.loads(PATH.read_text())
        sys.stdout.write('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n')
    content: list[dict[str, Any]] = [{"type": "text", "text": _text(name, arguments)}]
    if name == "picture":
        content = [{"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"}, *content]
    return _say(message, f'"result":{json.dumps({"content": content, "isError": name == "fail"})}')


def _text(name: str, arguments: dict[str, Any]) -> str:
    if name == "pid":
        return str(os.getpid())
    if name == "environment":
        return json.dumps(dict(os.environ))
    if name == "large":
        return "line\n" * int(arguments["lines"])
    return json.dumps(arguments)


def _say(message: dict[str, Any], rest: str) -> None:
    sys.stdout.write(f'{{"jsonrpc":"2.0","id":{json.dumps(message["id"])},{rest}}}\n')
    sys.stdout.flush()


if __name__ == "__main__":
    main()
