"""What a tool's result is in a shell: its texts as they are; images and files saved, or described in a line.

Rule 1: nothing of a result names a file: names are made of the tool's name and a number, in the folder that a person
        gave, and no file that is there is written over.
Rule 2: what is no text and is not to be saved is described in one line.

Source: Model Context Protocol, revision 2025-11-25, server/tools#tool-result.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onecontext.text.fence import one_line

_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "application/pdf": "pdf",
    "text/html": "html",
    "application/json": "json",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/gzip": "gz",
}


def text_of(result: Mapping[str, Any], *, tool: str, folder: Path | None) -> str:
    """Return a result as text.

    Args:
        folder: where images, sounds and files go, made when missing; None: they are described.

    Raises:
        OSError: a file cannot be written.
    """
    content = result.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    if not parts and result.get("structuredContent") is not None:
        return json.dumps(result["structuredContent"], ensure_ascii=False, indent=2)
    return "\n".join(_texts(parts, tool, folder))


def _texts(parts: list[dict[str, Any]], tool: str, folder: Path | None) -> Iterator[str]:
    for number, part in enumerate(parts, 1):
        kind = part.get("type")
        inner = part.get("resource")
        if kind == "text":
            yield str(part.get("text", ""))
        elif kind in ("image", "audio"):
            yield _bytes(kind, part.get("data"), part.get("mimeType"), f"{tool}-{number}", folder)
        elif kind == "resource" and isinstance(inner, dict) and isinstance(inner.get("text"), str):
            yield inner["text"]
        elif kind == "resource" and isinstance(inner, dict):
            yield _bytes("file", inner.get("blob"), inner.get("mimeType"), f"{tool}-{number}", folder)
        elif kind == "resource_link":
            yield f"[resource {_said(part.get('name'))}: {_said(part.get('uri'))}]"
        else:
            yield f"[something of the kind {_said(kind)}; --json shows it]"


def _bytes(kind: str, data: Any, media: Any, name: str, folder: Path | None) -> str:
    try:
        content = base64.b64decode(data, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return f"[{kind} that is no base64; --json shows it]"
    about = f"{kind} {_said(media)}, {len(content):,} bytes"
    if folder is None:
        return f"[{about}; --save FOLDER keeps it]"
    return f"[{about}: {_saved(folder, name, _ENDINGS.get(str(media), 'bin'), content)}]"


def _saved(folder: Path, name: str, ending: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:80].strip("-") or "result"
    for number in range(1_000):
        path = folder / f"{stem}{f'-{number}' if number else ''}.{ending}"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return path
    raise FileExistsError(17, "a thousand files of that name are there", str(folder / stem))


def _said(value: Any) -> str:
    return one_line(str(value or "?"), limit=200)
