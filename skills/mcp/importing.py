"""Make a skill of an MCP server, and make it again when the server changed.

Rule 1: what a person writes on the command line is trusted with it; what a configuration says is shown first.
Rule 2: a refresh starts the server the way that was trusted, and tells what is another now before and after.
Rule 3: a skill that a person edited is not written over.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import InvalidDocument, UsageError
from onecontext.text.tokens import Counter
from skills.mcp.calling import Listed, listed
from skills.mcp.folder import contents, file_names, schema_text, was_edited, write_again, write_new
from skills.mcp.literals import settled, store
from skills.mcp.plain_name import plain_name
from skills.mcp.signature import first_sentence, parameters
from skills.mcp.start import Server, Start, read_server
from skills.mcp.tools import Tool, ascii_digest, parsed_schema
from skills.mcp.trusting import check_trusted, trust
from skills.mcp.vault import open_vault

Show = Callable[[str], None] | None
TIMEOUT_S = 60.0
_MAX_NAME = 64


@dataclass(frozen=True)
class Imported:
    """What was written, and what there is to say: oddities of the server, and what changed since the last time."""

    server: Server
    notes: tuple[str, ...]
    changes: tuple[str, ...] = ()


def check_name(name: str) -> None:
    """Refuse a name that no skill may have.

    Raises:
        UsageError: it has other characters than the format allows.
    """
    parts = name.split("-")
    if len(name) > _MAX_NAME or not all(
        part.isascii() and part.isalnum() and part.islower() | part.isdigit() for part in parts
    ):
        raise UsageError(
            f"{name[:80]!r} cannot name a skill", hint="use a-z and 0-9 with single hyphens inside, at most 64"
        )


def import_server(
    name: str,
    start: Start,
    *,
    place: Path,
    root: Path,
    env: Mapping[str, str],
    counter: Counter,
    timeout_s: float = TIMEOUT_S,
    show: Show = None,
    harmless: Collection[str] = (),
) -> Imported:
    """Connect to a server, write its skill into ``place``, and trust how it is started.

    Args:
        place: the folder of skills, ``.agents/skills`` of ``root``.
        start: with values as they were given; what becomes of them :mod:`skills.mcp.literals` says.
        harmless: names of variables and headers whose value is no secret.

    Raises:
        UsageError: there is a skill of that name. NoServer, NeedsLogin, ServerFailed: the server does not say.
    """
    check_name(name)
    _check_place(place, root)
    if (place / name).exists() or (place / name).is_symlink():
        raise UsageError(f"there is {place / name} already", hint="--refresh imports it again, or choose another name")
    vault = open_vault()
    start, secrets = settled(start, harmless=harmless, vault=vault)
    server = Server(name, place / name, root, start)
    store(vault, dict(server.launch(env)["stored"]), secrets)
    said = listed(server, env, timeout_s=timeout_s, show=show)
    write_new(place / name, contents(name, start, said.about, said.tools, counter))
    written = read_server(place / name, root)
    trust(written, env)
    return Imported(written, _notes(said))


def refresh(
    server: Server, *, env: Mapping[str, str], counter: Counter, timeout_s: float = TIMEOUT_S, show: Show = None
) -> Imported:
    """Ask a server for its tools again and bring its skill up to date.

    Raises:
        NotTrusted: how it is started is not trusted. UsageError: a person edited ``SKILL.md``; nothing was changed.
    """
    check_trusted(server, env)
    if was_edited(server):
        raise UsageError(
            f"{server.folder / 'SKILL.md'} was edited since it was imported, and would be written over",
            hint="keep your text in a skill of its own that names this one, and move SKILL.md away first",
        )
    said = listed(server, env, timeout_s=timeout_s, show=show)
    changes = differences(server, said.tools)
    write_again(server, contents(server.name, server.start, said.about, said.tools, counter))
    return Imported(read_server(server.folder, server.root), _notes(said), tuple(changes))


def differences(server: Server, tools: Sequence[Tool]) -> list[str]:
    """Return a sentence for each tool that came, went, or is another than it was imported as."""
    new = {tool.name: tool for tool in tools}
    found = [f"gone: {plain_name(name)}" for name in server.tools if name not in new]
    for name, tool in new.items():
        was = server.tools.get(name)
        if was is None:
            found.append(f"new: {plain_name(name)}({parameters(tool.parsed)})")
            continue
        if was.get("schema") != tool.schema_digest:
            found.append(
                f"takes something else: {plain_name(name)}({_was(server, name)}) → ({parameters(tool.parsed)})"
            )
        if was.get("description") != ascii_digest(tool.description)[:16]:
            found.append(f"says something else: {plain_name(name)}: {first_sentence(tool.description)}")
    return found


def _was(server: Server, name: str) -> str:
    try:
        return parameters(parsed_schema(schema_text(server, name)))
    except InvalidDocument:
        return "?"


def _notes(said: Listed) -> tuple[str, ...]:
    notes = list(said.notes)
    inexact = sum(not tool.exact for tool in said.tools)
    if inexact:
        notes.append(f"{inexact} schemas were written again: their bytes were compressed on the way and not to be had")
    names = file_names(tool.name for tool in said.tools)
    renamed = [plain_name(name) for name, file in names.items() if name != file]
    if renamed:
        notes.append(
            f"no file can be called as these tools are, server.json says where they are: {', '.join(renamed[:8])}"
        )
    if not said.tools:
        notes.append("the server has no tools")
    return tuple(notes)


def _check_place(place: Path, root: Path) -> None:
    if not place.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{place} leads out of {root} through a symlink, which is not followed")
