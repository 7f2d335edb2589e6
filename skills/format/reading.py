"""The body of a skill, read when it is activated, and its other files as text.

Rule 1: the body is what stands below the front matter, unchanged, however untidy that is.
"""

from pathlib import Path

from onecontext.errors import BrokenFrontMatter, InvalidDocument
from skills.format.document import Unfit, document_of, read_document
from skills.format.loading import split_document
from skills.format.skill import FILE_NAME


def read_body(folder: Path) -> str:
    """Return ``SKILL.md`` without its front matter.

    Raises:
        InvalidDocument: there is none, its front matter is never closed, or it is no text.
        OSError: it cannot be read.
    """
    document = document_of(folder)
    if document is None:
        raise InvalidDocument(f"there is no {FILE_NAME} in {folder}")
    try:
        return split_document(read_text(document))[1]
    except BrokenFrontMatter as error:
        raise InvalidDocument(f"{document}: {error.message}", hint=error.hint) from error


def read_text(path: Path) -> str:
    """Return the text of a file of a skill.

    Raises:
        InvalidDocument: not a regular file, larger than 1 MiB, empty, or no UTF-8.
        OSError: it cannot be read.
    """
    try:
        return read_document(path)
    except Unfit as error:
        raise InvalidDocument(f"{path.name}: {error.reason}", hint=error.mend) from error
