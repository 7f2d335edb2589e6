"""What is set aside: torn tails and files that were changed under us. Nothing here is ever removed by us."""

from pathlib import Path

from onecontext.checksum import crc32c
from onecontext.store.durable import make_folder
from onecontext.store.files import replace_bytes
from onecontext.store.layout import Layout


def set_aside(layout: Layout, name: str, content: bytes) -> Path:
    """Keep ``content`` durably in the quarantine; the same content under the same name is kept once."""
    make_folder(layout.quarantine)
    path = layout.quarantine / f"{name.replace('/', '-')}-{crc32c(content)}-{len(content)}"
    if path.is_symlink() or not path.exists():
        replace_bytes(path, content, durable=True)
    return path
