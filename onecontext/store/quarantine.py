"""What is set aside: torn tails and files that were changed under us. Nothing here is ever removed by us."""

from pathlib import Path

from onecontext.checksum import crc32c
from onecontext.store.durable import make_folder
from onecontext.store.files import replace_bytes, sync_folder
from onecontext.store.kinds import is_folder, kind_of
from onecontext.store.layout import Layout


def set_aside(layout: Layout, name: str, content: bytes) -> Path:
    """Keep ``content`` durably in the quarantine; the same content under the same name is kept once."""
    make_folder(layout.quarantine)
    path = layout.quarantine / f"{name.replace('/', '-')}-{crc32c(content)}-{len(content)}"
    if path.is_symlink() or not path.exists():
        replace_bytes(path, content, durable=True)
    return path


def move_aside(layout: Layout, path: Path) -> Path:
    """Move what lies at ``path`` (a file, a folder, a link, a FIFO) to the quarantine, unopened, and return where to.

    Raises:
        OSError: the disk refused; it is then where it was.
    """
    _real_folder(layout)
    name = path.relative_to(layout.path).as_posix().replace("/", "-")
    target = _free(layout.quarantine / name)
    path.rename(target)
    sync_folder(layout.quarantine)
    sync_folder(path.parent)
    return target


def _real_folder(layout: Layout) -> None:
    # What took the quarantine's own place is moved beside it, and from there like everything else.
    for folder in (layout.private, layout.quarantine):
        if kind_of(folder) is not None and not is_folder(folder):
            folder.rename(_free(folder.with_name(f"{folder.name}-aside")))
        folder.mkdir(exist_ok=True)


def _free(path: Path) -> Path:
    candidate, n = path, 1
    while kind_of(candidate) is not None:
        candidate, n = path.with_name(f"{path.name}-{n}"), n + 1
    return candidate
