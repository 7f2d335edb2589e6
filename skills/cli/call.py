"""``onecontext call``: call a tool of an imported MCP server, in a session that is held open.

Rule 1: what a tool returns goes to stdout as it is, so that it pipes; to a terminal only what is printable.
Rule 2: nothing heavy is imported: a call costs what starting Python costs.
Rule 3: a tool that says it failed ends with exit code 1 and its words on stderr.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onecontext.cli.output import printable
from onecontext.errors import InvalidDocument, UsageError
from skills.cli.words import words_anywhere
from skills.mcp.plain_name import plain_name

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from skills.mcp.start import Server

OWN_JSON = True
"""The main parser adds no ``--json``: here it may have a value."""
MAX_INPUT_BYTES = 64 * 1024 * 1024


class _Json(argparse.Action):
    """``--json`` alone asks for the answer in JSON; with ``-`` or ``{…}`` it brings the arguments."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        if values is None:
            namespace.json = True
        elif values == "-" or values.lstrip().startswith("{"):
            namespace.given = values
        else:  # a word that stands behind it
            namespace.json = True
            namespace.more = [*namespace.more, values]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.usage = "%(prog)s SERVER TOOL [key=value | key:=JSON | key=@FILE …] [--json - | --json '{…}'] [--json]"
    parser.add_argument("server", nargs="?", help="the name of the skill that the server was imported as")
    parser.add_argument("tool", nargs="?", help="without it the tools are listed")
    parser.add_argument("values", nargs="*", help="the tool's parameters")
    words_anywhere(parser, _more)
    parser.add_argument(
        "--json", nargs="?", action=_Json, default=False, help="arguments from - or {…}; alone: the result as JSON"
    )
    parser.set_defaults(given=None, more=[])
    parser.add_argument("--schema", action="store_true", help="what the tool takes, as the server wrote it")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep images and files of the result there")
    parser.add_argument(
        "--timeout", type=float, default=120.0, metavar="S", help="seconds that the tool may take (120)"
    )
    parser.add_argument("--login", action="store_true", help="log in where the server asks for it")
    parser.add_argument("--list", action="store_true", help="the sessions that are held open")
    parser.add_argument("--stop", action="store_true", help="end the session with SERVER; without one, all of them")


def _more(args: argparse.Namespace, words: list[str]) -> None:
    for word in words:
        if args.server is None:
            args.server = word
        elif args.tool is None:
            args.tool = word
        else:
            args.more = [*args.more, word]


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Call the tool, or answer one of the other words."""
    if args.list or args.stop:
        from skills.cli.call_sessions import list_sessions, stop_sessions

        return stop_sessions(args.server, invocation) if args.stop else list_sessions(invocation)
    if not args.server:
        raise UsageError("which server? 'onecontext skill list' shows what was imported", hint="--help tells more")
    from skills.mcp.start import find_server

    home = invocation.env.get("HOME")
    server = find_server(args.server, _project(invocation.cwd), Path(home) if home else None)
    if args.login:
        return _log_in(server, args, invocation)
    if not args.tool:
        return _list_tools(server, invocation)
    if args.schema:
        return _schema(server, args.tool, invocation)
    return _call(server, args, invocation)


def _call(server: "Server", args: argparse.Namespace, invocation: "Invocation") -> int:
    from skills.mcp.calling import Caller
    from skills.mcp.result import text_of

    arguments = _arguments(server, args, invocation)
    with Caller(server, invocation.env) as caller:
        called = caller.call(args.tool, arguments, timeout_s=args.timeout)
    out = invocation.out
    for note in called.notes:
        out.say(printable(note))
    if out.json:
        out.answer(called.result, "")
        return int(called.is_error)
    folder = invocation.cwd / args.save if args.save else None
    text = text_of(called.result, tool=args.tool, folder=folder)
    if called.is_error:
        from onecontext.text.redact import redact

        out.say(printable(redact(text)) or f"{plain_name(args.tool)} failed and did not say why")
        return 1
    _print(text, invocation)
    return 0


def _arguments(server: "Server", args: argparse.Namespace, invocation: "Invocation") -> dict[str, Any]:
    from skills.mcp.arguments import arguments_of, check

    schema = _parsed(server, args.tool)
    words = [*args.values, *args.more]
    if args.given is None:
        return arguments_of(words, schema, _reader(invocation.cwd))
    if words:
        raise UsageError("the parameters are given twice, as words and as JSON; choose one")
    text = invocation.stdin.read(MAX_INPUT_BYTES + 1) if args.given == "-" else args.given
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"what --json was given is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise UsageError("what --json was given is no JSON object")
    check(value, schema)
    return value


def _parsed(server: "Server", tool: str) -> Mapping[str, Any]:
    """Return the schema of a tool; of one that is not known here an empty one: the server decides."""
    if tool not in server.tools:
        import difflib

        near = difflib.get_close_matches(tool, server.tools, n=1, cutoff=0.5)
        if near:
            hint = f"did you mean {plain_name(near[0])}?"
            raise UsageError(f"the MCP server {server.name} has no tool {plain_name(tool)}", hint=hint)
        return {}
    from skills.mcp.folder import schema_text
    from skills.mcp.tools import parsed_schema

    return parsed_schema(schema_text(server, tool))


def _reader(cwd: Path) -> Callable[[str], str]:
    def read(name: str) -> str:
        if name == "-":
            return sys.stdin.read(MAX_INPUT_BYTES)
        with (cwd / name).expanduser().open("rb") as file:
            content = file.read(MAX_INPUT_BYTES + 1)
        if len(content) > MAX_INPUT_BYTES:
            raise InvalidDocument(f"it is larger than {MAX_INPUT_BYTES:,} bytes")
        return content.decode("utf-8")

    return read


def _schema(server: "Server", tool: str, invocation: "Invocation") -> int:
    from skills.mcp.folder import schema_text

    if not _parsed(server, tool) and tool not in server.tools:
        raise UsageError(f"the MCP server {server.name} has no tool {plain_name(tool)}")
    schema, description = schema_text(server, tool), schema_text(server, tool, ".txt")
    if description:
        invocation.out.say(printable(description))
    invocation.out.answer({"tool": tool, "description": description, "schema": json.loads(schema)}, printable(schema))
    return 0


def _list_tools(server: "Server", invocation: "Invocation") -> int:
    from skills.mcp.folder import schema_text
    from skills.mcp.signature import signature
    from skills.mcp.tools import Tool

    tools = [Tool(name, schema_text(server, name, ".txt"), schema_text(server, name)) for name in server.tools]
    lines = [signature(tool) for tool in tools]
    invocation.out.answer({"server": server.name, "tools": [tool.name for tool in tools]}, printable("\n".join(lines)))
    return 0


def _log_in(server: "Server", args: argparse.Namespace, invocation: "Invocation") -> int:
    from skills.cli.import_mcp import _show
    from skills.mcp.calling import listed
    from skills.mcp.trusting import check_trusted

    check_trusted(server, invocation.env)
    said = listed(server, invocation.env, timeout_s=args.timeout, show=lambda address: _show(address, invocation))
    invocation.out.answer({"server": server.name, "tools": len(said.tools)}, f"logged in to {server.name}")
    return 0


def _print(text: str, invocation: "Invocation") -> None:
    out = invocation.out
    if out.is_terminal:
        text = printable(text)
    out.pass_on(text)


def _project(cwd: Path) -> Path:
    return next((folder for folder in (cwd, *cwd.parents) if os.path.lexists(folder / ".git")), cwd)
