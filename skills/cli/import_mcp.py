"""``onecontext skill import-mcp``: make a skill of an MCP server, or make it again.

Rule 1: what is started is what the person wrote, or, from a configuration, what is shown on stderr before it starts.
"""

import argparse
import re
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onecontext.cli.output import printable
from onecontext.errors import UsageError
from skills.cli.words import words_anywhere

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from skills.mcp.start import Start

AFTER_DASHES = "command"
"""Where the words after ``--`` go."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.usage = (
        "%(prog)s NAME [--env NAME[=TEXT]] -- COMMAND …\n"
        "       %(prog)s NAME --url URL [--header 'NAME: TEXT']\n"
        "       %(prog)s [NAME] --from FILE\n"
        "       %(prog)s NAME --refresh"
    )
    parser.add_argument(
        "name", nargs="?", help="what the skill is to be called; with --from also a server's name there"
    )
    parser.add_argument("--url", help="the address of a server that speaks streamable HTTP")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="a .mcp.json, .claude.json, config.toml"
    )
    parser.add_argument("--refresh", action="store_true", help="ask an imported server again, and show what changed")
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME[=TEXT]", help="a variable for the server; ${X} is yours"
    )
    parser.add_argument(
        "--header", action="append", default=[], metavar="'NAME: TEXT'", help="a header for the server; ${X} is yours"
    )
    parser.add_argument(
        "--not-secret", action="append", default=[], metavar="NAME", help="its value may be written into the skill"
    )
    parser.add_argument("--user", action="store_true", help="into your home folder instead of the project")
    words_anywhere(parser, _named)
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for it (60)")


def _named(args: argparse.Namespace, words: list[str]) -> None:
    if words and args.name is None:
        args.name = words.pop(0)
    if words:
        raise UsageError(f"{words[0][:60]!r} stands alone", hint="the server's command comes after --")


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Import a server, all those that can be chosen from where there is no name, or refresh one."""
    from onecontext.text.tokens import default_counter
    from skills.mcp.importing import import_server, refresh

    project, home = _folders(invocation)
    shared: dict[str, Any] = {"env": invocation.env, "counter": default_counter(), "timeout_s": args.timeout}
    shared["show"] = lambda address: _show(address, invocation)
    if args.refresh:
        from skills.mcp.start import find_server

        return _told(refresh(find_server(_name(args), project, home), **shared), "refreshed", invocation)
    if args.source and not args.name:
        return _offer(args, invocation)
    name, start = _start(args, invocation)
    root = home if args.user else project
    if root is None:
        raise UsageError("there is no home folder: HOME is not set", hint="leave out --user")
    place = root / ".agents" / "skills"
    done = import_server(name, start, place=place, root=root, harmless=args.not_secret, **shared)
    return _told(done, "imported", invocation)


def _start(args: argparse.Namespace, invocation: "Invocation") -> "tuple[str, Start]":
    from skills.mcp.expanding import escaped
    from skills.mcp.start import Start

    name = _name(args)
    if (given := bool(args.command) + bool(args.url) + bool(args.source)) != 1:
        raise UsageError(
            f"{'several ways' if given else 'no way'} to reach the server {'were' if given else 'was'} given",
            hint="say one: -- COMMAND …, --url URL, or --from FILE",
        )
    if args.source:
        found = _configured(args, invocation)
        about = found.get(name, found.get(_same(name, found)))
        if about is None:
            raise UsageError(f"{args.source} has no server {name!r}; it has {', '.join(found) or 'none'}")
        from skills.mcp.configs import start_of

        project, home = _folders(invocation)
        start = start_of(name, about, args.source, project=project, home=home)
        start = Start(start.command, start.url, {**start.env, **_variables(args)}, {**start.headers, **_headers(args)})
        invocation.out.say(f"{printable(str(args.source))} starts {name} with: {printable(start.shown())}")
        return _slug(name), start
    return name, Start(tuple(map(escaped, args.command)), args.url or "", _variables(args), _headers(args))


def _offer(args: argparse.Namespace, invocation: "Invocation") -> int:
    found = _configured(args, invocation)
    names = [{"name": name, "skill": _slug(name)} for name in found]
    lines = [f"onecontext skill import-mcp {printable(one['skill'])} --from {args.source}" for one in names]
    invocation.out.answer({"servers": names}, "\n".join(lines))
    if not names:
        invocation.out.say(f"{args.source} names no servers")
    return 0


def _configured(args: argparse.Namespace, invocation: "Invocation") -> dict[str, Any]:
    from skills.mcp.configs import servers_in

    project, home = _folders(invocation)
    return dict(servers_in(invocation.cwd / args.source.expanduser(), project=project, home=home))


def _variables(args: argparse.Namespace) -> dict[str, str]:
    pairs = (one.partition("=") for one in args.env)
    return {name: text if sign else f"${{{name}}}" for name, sign, text in pairs}


def _headers(args: argparse.Namespace) -> dict[str, str]:
    found = {}
    for one in args.header:
        name, sign, text = one.partition(":")
        if not sign or not name.strip():
            raise UsageError(f"{one[:60]!r} is no header", hint="write it as 'NAME: TEXT'")
        found[name.strip()] = text.strip()
    return found


def _told(done: Any, what: str, invocation: "Invocation") -> int:
    server = done.server
    data = {
        "name": server.name,
        "folder": server.folder,
        "tools": list(server.tools),
        "form": server.form,
        "notes": done.notes,
        "changes": done.changes,
    }
    lines = [f"{what} {server.name}: {len(server.tools)} tools, in {printable(str(server.folder))}"]
    lines += [f"  {printable(change)}" for change in done.changes]
    if what == "refreshed" and not done.changes:
        lines.append("  nothing had changed")
    invocation.out.answer(data, "\n".join(lines))
    for note in done.notes:
        invocation.out.say(printable(note))
    return 0


def _show(address: str, invocation: "Invocation") -> None:
    """Let the person log in: show the address, and open it where there is a browser."""
    invocation.out.say(f"log in at: {printable(address)}")
    if invocation.env.get("DISPLAY") or invocation.env.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)


def _folders(invocation: "Invocation") -> tuple[Path, Path | None]:
    from skills.cli.found import project_of

    home = invocation.env.get("HOME")
    return project_of(invocation.cwd), Path(home) if home else None


def _name(args: argparse.Namespace) -> str:
    if not args.name:
        raise UsageError("which server? give the name that its skill is to have")
    return str(args.name)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "server"


def _same(name: str, found: dict[str, Any]) -> str:
    return next((one for one in found if _slug(one) == name), "")
