"""What commands find around them: a small environment, and the folders their tools live in.

Rule 1: nothing is taken from our own environment, so no key and no token is in what commands see.
Rule 2: tools are those of the running interpreter and the system's, in that order.
"""

import os
import pwd
import sys
from collections.abc import Iterable
from pathlib import Path

SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def command_env(home: str, *, tools: Iterable[Path] = (), last: str = "") -> dict[str, str]:
    """Return the environment of a command.

    Args:
        home: where its home is, as the command sees it.
        tools: folders that come first on its PATH.
        last: a folder that comes last, with a ``python`` for systems that only have ``python3``; "" is none.
    """
    folders = [*map(str, tools), str(Path(sys.prefix, "bin")), *SYSTEM_PATH, *([last] if last else [])]
    return {
        "PATH": ":".join(dict.fromkeys(folders)),
        "HOME": home,
        "TMPDIR": str(Path(home).parent) if home != "/" else "/tmp",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONDONTWRITEBYTECODE": "1",
        # The copy belongs to whoever made it, which may be another user id than the command's.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        # Its .git is read-only: `git status` need not try to refresh the index.
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def users_home() -> Path | None:
    """Return the home of whoever runs us, from the user database and not from $HOME; None when it has none."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None
    return home if home.is_dir() and home != Path("/") else None


def interpreter_folders() -> list[Path]:
    """Return the folders without which the running interpreter would not start elsewhere, outermost first."""
    folders = [Path(folder) for folder in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)]
    return _outside_system([*folders, *_behind(Path(sys.executable))])


def environment_folders(environment: Path) -> list[Path]:
    """Return the folders that commands must read to use the virtual environment at ``environment``, itself included.

    Empty when it is no virtual environment.
    """
    if not (environment / "pyvenv.cfg").is_file():
        return []
    return _outside_system([environment, *_behind(environment / "bin" / "python")])


def _behind(executable: Path) -> list[Path]:
    """Return the prefixes that an interpreter's chain of links leads through.

    A virtual environment's ``python`` is a chain of links through folders that are links themselves (pyenv, uv),
    so each folder is listed as it is named and as it really is.
    """
    folders = []
    link = executable
    for _ in range(8):
        if not link.is_symlink():
            break
        link = Path(os.path.normpath(link.parent / link.readlink()))
        if link.parent.name == "bin":
            folders.append(link.parent.parent)
    return folders


def _outside_system(folders: list[Path]) -> list[Path]:
    both = [*folders, *(folder.resolve() for folder in folders)]
    return [folder for folder in dict.fromkeys(both) if not within_system(folder) and folder.is_dir()]


def within_system(folder: Path) -> bool:
    """Say whether ``folder`` is under /usr, which every sandbox has anyway."""
    return folder == Path("/usr") or Path("/usr") in folder.parents
