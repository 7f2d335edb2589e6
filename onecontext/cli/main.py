"""``onecontext …``: find the command, run it, turn errors into one sentence and an exit code.

Rule 1: the environment, the arguments and the working folder are read here and nowhere below.
Rule 2: no error of ours and no interrupt ends in a traceback.
"""

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from onecontext.cli.commands import COMMANDS, Command
from onecontext.cli.output import Output, printable
from onecontext.errors import INTERRUPTED_EXIT_CODE, OneContextError, SetupError, StorageError, UsageError
from onecontext.version import __version__


@dataclass(frozen=True)
class Invocation:
    """What a command is given of the world: nothing below reads it from anywhere else."""

    out: Output
    cwd: Path
    env: Mapping[str, str]
    stdin: TextIO


def _parser_class(stdout: TextIO, stderr: TextIO) -> type[argparse.ArgumentParser]:
    """Return argparse that complains with an error of ours and prints to the streams this run was given.

    Sub-commands are made of the same class by argparse itself, which is why the streams are bound to a class.
    """

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> Any:
            raise UsageError(message, hint=f"'{self.prog} --help' tells more")

        def _print_message(self, message: str, file: Any = None) -> None:
            print(message, end="", file=stderr if file is sys.stderr else stdout)

    return Parser


def entry() -> None:
    """The console script: run the process's own arguments and exit."""
    # A stream that was closed before we began (`>&-`) is None.
    stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115
    stdout, stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: PTH123, SIM115
    for stream in (stdout, stderr):
        # Not every terminal can show every character: what it cannot comes as an escape, not as an error.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main(sys.argv[1:], env=os.environ, cwd=_working_folder(), stdin=stdin, stdout=stdout, stderr=stderr)
        stdout.flush()
    except BrokenPipeError:
        # Whoever read us has seen enough (`| head`).
        _point_away(stdout)
        code = 141
    except OSError as error:
        # The answer itself could not be written (`> FILE` on a full disk), so it cannot be said there either.
        _point_away(stdout)
        code = _report(_storage_error(error), Output(stderr, stderr))
    except SetupError as error:
        code = _report(error, Output(stdout, stderr))
    sys.exit(code)


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise SetupError("the working folder was removed", hint="'cd' to one that is there") from error


def _point_away(stdout: TextIO) -> None:
    """Let the interpreter's own flush at exit be quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def main(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
) -> int:
    """Run one command line and return its exit code (see :mod:`onecontext.errors`)."""
    colour = stdout.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_overview(Output(stdout, stderr, colour=colour)), file=stdout)
        return 0 if argv else 2
    if argv[0] in ("-V", "--version"):
        print(f"onecontext {__version__}", file=stdout)
        return 0
    word, rest = argv[0], list(argv[1:])
    out = Output(stdout, stderr, json="--json" in rest, colour=colour)
    command = COMMANDS.get(word) or _installed_command(word)
    if command is None:
        return _report(UsageError(_unknown(word)), out)
    module = importlib.import_module(command.module)
    parser = _parser_class(stdout, stderr)(prog=f"onecontext {word}", description=command.help, allow_abbrev=False)
    module.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="answer as one JSON document on stdout")
    try:
        args = parser.parse_args(rest)
    except SystemExit as exit_:
        return int(exit_.code or 0)
    except UsageError as error:
        return _report(error, out)
    out = Output(stdout, stderr, json=args.json, colour=colour)
    return _run(module, args, Invocation(out=out, cwd=cwd, env=env, stdin=stdin))


def _run(module: Any, args: argparse.Namespace, invocation: Invocation) -> int:
    out = invocation.out
    try:
        return int(module.run(args, invocation))
    except KeyboardInterrupt:
        out.say("interrupted; nothing acknowledged is lost")
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:
        raise
    except OneContextError as error:
        return _report(error, out)
    except OSError as error:
        return _report(_storage_error(error), out)


def _report(error: OneContextError, out: Output) -> int:
    out.fail({"type": type(error).__name__, "message": error.message, "hint": error.hint, "exit_code": error.exit_code})
    out.say(f"onecontext: {printable(error.message)}")
    if error.hint:
        out.say(f"  {printable(error.hint)}")
    return error.exit_code


def _storage_error(error: OSError) -> StorageError:
    where = f" at {error.filename}" if error.filename else ""
    hint = {
        errno.ENOSPC: "free some space and run it again; what was acknowledged before is safe",
        errno.EROFS: "the file system is read-only; memory can still be read",
        errno.EACCES: "check who owns the folder",
    }.get(error.errno or 0, "")
    return StorageError(f"{error.strerror or error}{where}", hint=hint)


def _overview(out: Output) -> str:
    lines = ["usage: onecontext COMMAND …", "", "Git-like memory for AI agents, and teams of agents that share it."]
    for group in dict.fromkeys(command.group for command in COMMANDS.values()):
        lines += ["", out.paint(group, "bold")]
        lines += [f"  {word:<10} {command.help}" for word, command in COMMANDS.items() if command.group == group]
    lines += ["", "'onecontext COMMAND --help' tells more; --json answers in JSON; --version prints the version."]
    return "\n".join(lines)


def _unknown(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "'onecontext --help' lists the commands."
    return f"there is no command {word!r}; {hint}"


def _installed_command(word: str) -> Command | None:
    """Look for a command that another distribution offers under the entry point group ``onecontext.commands``."""
    from importlib.metadata import entry_points

    for point in entry_points(group="onecontext.commands", name=word):
        return Command(point.value, "Installed", "")
    return None
