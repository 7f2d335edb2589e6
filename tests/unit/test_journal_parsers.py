"""The two parsers of a journal's lines: one for the first lines of a process, and one that is worth its import."""

from datetime import UTC, datetime

import pytest

from onecontext.errors import Damaged
from teams.engine import line
from teams.engine.event import Event
from teams.engine.line import decode, encode

TEXTS = ("plain", "ä🙂\u2028", "\ud800 alone", "\x00\x1f", '"quoted\\"', "9" * 400)
PARSERS = {"early": iter(range(10_000)), "late": iter(())}


@pytest.mark.parametrize("which", PARSERS)
@pytest.mark.parametrize("text", TEXTS)
def test_both_read_what_was_written(which: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_early", PARSERS[which])
    data = {"text": text, "number": 10**30, "deep": [[{"a": None}]], "float": 0.1}
    event = Event(1, "e-1", datetime(2026, 3, 2, tzinfo=UTC), "message.sent", "crew", data)

    assert decode(encode(event)[:-1], place="here") == event


@pytest.mark.parametrize("which", PARSERS)
@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\x00", b"[" * 100_000, b"[]", b'{"v":1}'])
def test_both_refuse_what_is_none_in_a_sentence(which: str, raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_early", PARSERS[which])

    with pytest.raises(Damaged, match=r"^here "):
        decode(raw, place="here")
