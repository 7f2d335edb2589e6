"""What all structured messages share (docs/formats.md, part 2).

Rule 1: names on the wire are the client's (some ``requestId``, some ``request_id``); ours are Python's.
Rule 2: ``make`` of a form gives what the client writes, to the byte: its fields in its order, an id in its shape, no
    field that it leaves out. ``at`` is an aware time, None means now.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from teams.engine.journal import utc_now
from teams.protocol.wire import escape_surrogates, iso_ms


class Form(BaseModel):
    """What all forms share. Optional fields are left out when None; fields we do not know are kept."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", populate_by_name=True)

    @classmethod
    def _of(cls, **fields: Any) -> Self:
        """Return the form with these fields, in their order; None leaves a field out."""
        return cls.model_validate({name: value for name, value in fields.items() if value is not None})

    def to_text(self) -> str:
        """Return the text of the message, as the client writes it: no spaces, ``type`` first."""
        document = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return escape_surrogates(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def stamp(at: datetime | None) -> str:
    """Return the time as forms have it; None is now."""
    return iso_ms(at or utc_now())


def milliseconds(at: datetime) -> int:
    """Return milliseconds since 1970, cut like those of :func:`iso_ms`."""
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
