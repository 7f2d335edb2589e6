"""``onecontext …``: find the command, run it, turn errors into one sentence and an exit code.

Rule 1: the environment, the arguments and the working folder are read here and nowhere below.
Rule 2: no error of ours and no interrupt ends in a traceback. Before a command begins, ^C ends the process as it ends
    any program: nothing was done by then.
"""

import argparse
import errno
import importlib
import io
import os
import signal
import sys
import threading
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
    _let_interrupts_end_the_process()
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
        code = _report_or_not(_storage_error(error), Output(stderr, stderr))
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
    if not getattr(module, "OWN_JSON", False):
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
        _let_interrupts_raise()
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


def _report_or_not(error: OneContextError, out: Output) -> int:
    try:
        return _report(error, out)
    except OSError:
        # stderr is what cannot be written: the exit code is all that is left to say.
        return error.exit_code


def _let_interrupts_end_the_process() -> None:
    """Let ^C end the process at once while a command is loaded: libraries would make tracebacks of it.

    Only where it is Python's own handler that would raise: who ignores it (``nohup``) or has another keeps that.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _let_interrupts_raise() -> None:
    """Undo that, where it was done: from here on ^C is a KeyboardInterrupt, which commands end in order after."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


_OTHER_WORDS = {
    "status": "'onecontext board' shows the tasks, 'onecontext monitor --once' all there is",
    "logs": "'onecontext events' shows what happened, 'onecontext log' what is remembered",
    "list": "'onecontext team list' names missions and teams",
    "ps": "'onecontext team list' names missions and teams",
    "cancel": "'onecontext stop' ends a mission; finished work stays",
    "abort": "'onecontext stop' ends a mission; finished work stays",
    "kill": "'onecontext stop' ends a mission; finished work stays",
    "continue": "'onecontext resume' goes on with a mission",
    "start": "'onecontext run \"GOAL\"' begins a mission",
    "budget": "'onecontext cost' says what was spent; 'run' and 'resume' take --budget-usd N",
    "usage": "'onecontext cost' says what was spent",
}
"""What people type who know another tool, and what it is here."""


def _unknown(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    if word in _OTHER_WORDS:
        hint = _OTHER_WORDS[word]
    else:
        hint = f"did you mean '{near[0]}'?" if near else "'onecontext --help' lists the commands."
    return f"there is no command {word!r}; {hint}"


def _installed_command(word: str) -> Command | None:
    """Look for a command that another distribution offers under the entry point group ``onecontext.commands``."""
    from importlib.metadata import entry_points

    for point in entry_points(group="onecontext.commands", name=word):
        return Command(point.value, "Installed", "")
    return None
