"""What pygit2 raises, as errors of ours.

Rule 1: libgit2 says in words alone what the system refused; those words are the system's own (strerror(3)).
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pygit2

from onecontext.errors import REPAIR, Damaged, StorageError

_REFUSALS = ("ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EPERM", "EMFILE", "ENFILE", "ENOMEM", "ENOLCK", "EFBIG")
_WORDS = (*(os.strerror(getattr(errno, name)) for name in _REFUSALS), "failed to write", "failed to create")


@contextmanager
def translated() -> Iterator[None]:
    """Let what libgit2 says of the disk leave as StorageError, and of what it read as Damaged.

    pygit2 makes an OSError without a number of some of it.
    """
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        if any(word in str(error) for word in _WORDS):
            raise StorageError(f"git: {error}; the memory is as it was before") from error
        raise Damaged(f"git: {error}", hint=REPAIR) from error
    except KeyError as error:
        raise Damaged(f"a git object is missing: {error}", hint=REPAIR) from error
