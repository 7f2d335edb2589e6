"""``[skills] paths`` of a project's ``onecontext.toml``, read without the rest of that file's model.

Rule 1: only this table is looked at: whatever else is wrong in the file is told by the commands that need it.
"""

from pathlib import Path

from onecontext.errors import Damaged, InvalidDocument
from onecontext.store.files import read_bytes

FILE_NAME = "onecontext.toml"
_MAX_BYTES = 1024 * 1024


def configured_paths(project: Path) -> tuple[str, ...]:
    """Return the folders that the configuration names, as they are written; none where it says nothing.

    Raises:
        InvalidDocument: it is no TOML, or ``paths`` is no list of texts.
        OSError: it cannot be read.
    """
    import tomllib  # most projects have no such file, and every command would pay for it

    try:
        values = tomllib.loads(read_bytes(project / FILE_NAME, limit_bytes=_MAX_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"{FILE_NAME} is no TOML: {error}") from error
    except Damaged as error:
        raise InvalidDocument(error.message) from error
    table = values.get("skills", {})
    paths = table.get("paths", []) if isinstance(table, dict) else None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise InvalidDocument(f"{FILE_NAME}: [skills] paths is a list of folders, as in paths = ['tools/skills']")
    return tuple(paths)
