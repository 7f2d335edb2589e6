"""EXPORT: all branches of a memory in the layout of another program.

Rule 1: the memory is only read; whoever goes on writing it meanwhile is not waited for.
"""

from pathlib import Path

from onecontext.errors import UsageError
from onecontext.exchange.gcc_export import exported
from onecontext.exchange.gcc_place import FOLDER, check, put
from onecontext.exchange.model import Export
from onecontext.store.layout import Layout
from onecontext.store.locks import held

LAYOUTS = ("gcc",)


def export(layout: Layout, directory: Path, wanted: str) -> Export:
    """Write the memory into ``directory/.GCC``.

    Raises:
        UsageError: there is no such layout; or ``directory`` lies in the memory, holds something that is no earlier
            export, or one that was written in since. Nothing was changed.
        NewerFormat: a newer version made the export that is there; nothing was changed.
        OSError: full or read-only; an earlier export is as it was.
    """
    if wanted not in LAYOUTS:
        raise UsageError(f"{wanted[:40]!r} is no layout to export", hint=f"one of {', '.join(LAYOUTS)}")
    place = directory.resolve()
    if place.is_relative_to(layout.path.resolve()):
        raise UsageError(f"{directory} lies inside the memory", hint="name a folder outside of it")
    check(place)
    with held(layout.private / "locks" / "export.lock"):
        made = exported(layout)
        replaced = put(place, made.files)
    return Export(place / FOLDER, wanted, tuple(made.branches), replaced, tuple(made.notes))
