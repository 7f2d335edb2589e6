"""How many tokens a text costs, without ever asking the network.

Rule 1: the encoding is read from the files that litellm ships, checked by their hash, and handed to tiktoken as data:
        tiktoken's own loader, which downloads what it misses, is never called and no environment variable is touched.
Rule 2: a count is never below the tokenizer's own. Cutting a long text costs nothing where the tokenizer would cut
        too, and one token of surcharge where it might not.
Rule 3: special tokens in a text (``<|endoftext|>``) are ordinary text, and a lone surrogate counts as U+FFFD.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

_CHUNK = 4096  # characters: a run without a break is cut here, so that one word of a megabyte stays cheap
_REACH = 32  # characters looked at beyond a cut, where a longer prefix may need no more tokens
_LONGEST = 128  # characters that one token of the encodings has, at the most (a run of blanks)
_SURROGATE = re.compile("[\ud800-\udfff]")

# Places where both encodings always end one piece and begin another, whatever stands around them.
_BREAK = re.compile(r"(?<=\n)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?= [A-Za-z0-9])|(?<=[一-鿿])(?=[，。、])")


class Counter(Protocol):
    """Counts tokens and cuts text to a number of them."""

    @property
    def name(self) -> str:
        """What counted, for the reader of a budget: the encoding, or ``estimate-utf8``."""

    def count(self, text: str) -> int:
        """Return the tokens of ``text``: 0 for the empty text, never fewer than the tokenizer's own count."""

    def count_within(self, text: str, limit_tokens: int) -> int | None:
        """Return the tokens of ``text``; None where they are above the limit, found without counting all of them."""

    def head(self, text: str, limit_tokens: int) -> str:
        """Return the longest prefix of whole characters that counts at most ``limit_tokens``; empty for 0 or less."""


class Encoding(NamedTuple):
    """One encoding of tiktoken: what it is called, and the file and pattern it is made of."""

    name: str
    file_name: str  # sha1 of the address tiktoken would download it from, the name in its cache
    sha256: str
    pattern: str


# Source of patterns and hashes: tiktoken_ext/openai_public.py of tiktoken 0.14.
_O200K = "|".join(
    [
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
_CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)

ENCODINGS = (
    Encoding(
        "o200k_base",
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        _O200K,
    ),
    Encoding(
        "cl100k_base",
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        _CL100K,
    ),
)


@dataclass(frozen=True)
class Utf8Estimate:
    """The bound of every byte-level tokenizer: a token is at least one byte. For English about four times too high."""

    name: str = "estimate-utf8"

    def count(self, text: str) -> int:
        return len(text.encode("utf-8", "surrogatepass"))

    def count_within(self, text: str, limit_tokens: int) -> int | None:
        # No character is less than a byte.
        if len(text) > limit_tokens:
            return None
        size = self.count(text)
        return size if size <= limit_tokens else None

    def head(self, text: str, limit_tokens: int) -> str:
        # No character is less than a byte, so what is beyond the limit in characters need not be encoded.
        content = text[: max(limit_tokens, 0)].encode("utf-8", "surrogatepass")
        if len(content) <= limit_tokens:
            return text[: max(limit_tokens, 0)]
        end = limit_tokens
        while end > 0 and content[end] & 0xC0 == 0x80:  # a continuation byte: the cut is inside a character
            end -= 1
        return content[: max(end, 0)].decode("utf-8", "surrogatepass")


class TiktokenCounter:
    """Counts with tiktoken, in chunks, so that time grows with the text and not with its square."""

    def __init__(self, name: str, encoder: Any) -> None:
        self.name = name
        self._encoder = encoder

    def count(self, text: str) -> int:
        """See :meth:`Counter.count`."""
        return sum(self._cost(chunk) for chunk in _chunks(text))

    def count_within(self, text: str, limit_tokens: int) -> int | None:
        """See :meth:`Counter.count_within`."""
        total = 0
        for chunk in _chunks(text):
            # What is too long whatever it says need not be counted.
            if len(chunk.text) > (limit_tokens - total) * _LONGEST:
                return None
            total += self._cost(chunk)
        return total if total <= limit_tokens else None

    def head(self, text: str, limit_tokens: int) -> str:
        """See :meth:`Counter.head`; "longest" is looked for up to 32 characters beyond the last whole token."""
        end, left = 0, limit_tokens
        for chunk in _chunks(text):
            cost = self._cost(chunk)
            if cost > left:
                end += self._fitting(chunk.text, left)
                break
            end, left = end + len(chunk.text), left - cost
        # Beyond the chunks' own arithmetic: whatever a cut does to its surroundings, the promise is checked.
        while self.count(text[:end]) > max(limit_tokens, 0):
            end -= 1
        return text[:end]

    def _cost(self, chunk: "_Chunk") -> int:
        return len(self._encode(chunk.text)) + (0 if chunk.exact else 1)

    def _encode(self, text: str) -> list[int]:
        # encode_ordinary knows no special tokens, so nothing in a text is one.
        tokens: list[int] = self._encoder.encode_ordinary(_SURROGATE.sub("\ufffd", text))
        return tokens

    def _fitting(self, text: str, limit_tokens: int) -> int:
        """Return how many characters of one chunk fit into ``limit_tokens``."""
        if limit_tokens <= 0:
            return 0
        content: bytes = self._encoder.decode_bytes(self._encode(text)[:limit_tokens])
        end = len(content.decode("utf-8", "ignore"))  # a character that the last token only begins is left out
        start = max((match.start() for match in _BREAK.finditer(text, 0, end)), default=0)
        left = limit_tokens - len(self._encode(text[:start]))
        for further in range(min(end + _REACH, len(text)), end, -1):
            if len(self._encode(text[start:further])) <= left:
                return further
        return end


class _Chunk(NamedTuple):
    text: str
    exact: bool  # the tokenizer would have ended a piece here too


def _chunks(text: str) -> Iterator[_Chunk]:
    start = 0
    while len(text) - start > _CHUNK:
        window_end = start + _CHUNK
        # One character more than the window, so that a break at its very end is seen.
        breaks = [match.start() for match in _BREAK.finditer(text, start + _CHUNK // 2, window_end + 1)]
        end = breaks[-1] if breaks else window_end
        yield _Chunk(text[start:end], exact=bool(breaks))
        start = end
    if start < len(text):
        yield _Chunk(text[start:], exact=True)


@cache
def default_counter() -> Counter:
    """Return the counter for this process: ``o200k_base`` or ``cl100k_base`` if at hand, else ``estimate-utf8``.

    The first call costs about 0.3 s of CPU; nothing is imported or read before it.
    """
    for folder in _shipped_folders():
        for encoding in ENCODINGS:
            counter = load_counter(encoding, folder)
            if counter is not None:
                return counter
    return Utf8Estimate()


def load_counter(encoding: Encoding, folder: Path) -> TiktokenCounter | None:
    """Return a counter made of the encoding's file in ``folder``; None when it, or tiktoken, is missing or altered."""
    try:
        import tiktoken

        content = (folder / encoding.file_name).read_bytes()
    except (ImportError, OSError):
        return None
    import base64
    import hashlib

    if hashlib.sha256(content).hexdigest() != encoding.sha256:
        return None
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, content.splitlines())}
    encoder = tiktoken.Encoding(encoding.name, pat_str=encoding.pattern, mergeable_ranks=ranks, special_tokens={})
    return TiktokenCounter(encoding.name, encoder)


def _shipped_folders() -> list[Path]:
    from importlib.util import find_spec

    spec = find_spec("litellm")  # finds the package without running it
    places = spec.submodule_search_locations if spec else None
    return [Path(place) / "litellm_core_utils" / "tokenizers" for place in places or ()]
