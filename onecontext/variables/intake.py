"""A value on its way in: redacted, hashed and written as it comes, and there under its name only when it is whole.

Rule 1: a value is never whole in memory, however large.
Rule 2: a kill leaves a hidden file of which nothing speaks. Who writes one holds a lock on it (flock), so that a
        collection knows what is left over.
Rule 3: what was there under the same name is replaced: it is the same, or it was tampered with.
Rule 4: the values of a memory have a quota together. It is looked at under the lock under which a value gets its name,
        so however many are put at once, those that are there never have more.
"""

import codecs
import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256

from onecontext.errors import UsageError
from onecontext.store.files import open_new, sync_folder
from onecontext.variables.model import Variable
from onecontext.variables.place import Place, handle_of
from onecontext.variables.redacting import Redacting

LIMIT_BYTES = 4 * 1024**3
_GIB = 1024**3
QUOTA_BYTES = 16 * _GIB
"""Of all values of a memory together; one that is being written counts when it is whole."""
_LOST = "\ufffd"
_LOST_BYTES = _LOST.encode()


class Draft:
    """One value that is being written; a ``with`` block that ends without :meth:`finish` leaves nothing behind."""

    def __init__(self, place: Place) -> None:
        place.make()
        self._place = place
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._redacting = Redacting()
        self._digest = sha256()
        self._size = self._characters = self._feeds = self._replaced = 0
        self._last = ""
        self._before = b""
        descriptor, self._path = open_new(place.folder, ".", ".tmp")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._file = os.fdopen(descriptor, "wb")

    def __enter__(self) -> "Draft":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up what is not finished."""
        with suppress(OSError):  # a full disk; what was written of it is thrown away all the same
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def feed(self, content: bytes) -> None:
        """Take in the next bytes.

        Raises:
            UsageError: it has become larger than a value may be.
            OSError: the disk refused.
        """
        text = self._decoder.decode(content)
        joined = self._before + content
        self._replaced += text.count(_LOST) - joined.count(_LOST_BYTES)
        self._before = joined[-(len(_LOST_BYTES) - 1) :]
        self._write(self._redacting.feed(text))

    def feed_text(self, text: str) -> None:
        """Take in the next characters, for a value that comes as text; half a character becomes U+FFFD."""
        whole = text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
        self._write(self._redacting.feed(whole))

    def finish(self) -> Variable:
        """Put the value in place and return it; it is durable when this returns, as the memory's steps are.

        Raises:
            UsageError: all values together would have more than they may; there is no such value.
            OSError: the disk refused; there is no such value.
        """
        rest = self._decoder.decode(b"", final=True)
        self._replaced += rest.count(_LOST)
        self._write(self._redacting.feed(rest) + self._redacting.end())
        self._file.flush()
        if self._place.is_durable:
            os.fsync(self._file.fileno())
        id_ = self._digest.hexdigest()
        with self._place.locked():
            self._check_quota(id_)
            self._path.replace(self._place.path(id_))
        if self._place.is_durable:
            sync_folder(self._place.folder)
        lines = self._feeds + (1 if self._last not in ("", "\n") else 0)
        counts = self._size, self._characters, lines
        return Variable(handle_of(id_), id_, *counts, self._redacting.count, self._replaced)

    def _check_quota(self, id_: str) -> None:
        others = self._place.size_bytes(but=id_)
        if others + self._size > QUOTA_BYTES:
            raise UsageError(
                f"the values of this memory have {others:,} bytes, and with these {self._size:,} they would have more "
                f"than the {QUOTA_BYTES:,} that they may have together",
                hint="put a part of it, or see with 'onecontext ctx collect --dry-run' what nothing names any more",
            )

    def _write(self, text: str) -> None:
        if not text:
            return
        content = text.encode("utf-8")
        self._size += len(content)
        if self._size > LIMIT_BYTES:
            raise UsageError(f"a value may have {LIMIT_BYTES // _GIB} GiB, and this has more", hint="put a part of it")
        self._characters += len(text)
        self._feeds += text.count("\n")
        self._last = text[-1]
        self._digest.update(content)
        self._file.write(content)


def put(place: Place, pieces: Iterable[bytes]) -> Variable:
    """Keep a value that comes in pieces of bytes; see :class:`Draft` for what it raises."""
    with Draft(place) as draft:
        for piece in pieces:
            draft.feed(piece)
        return draft.finish()
