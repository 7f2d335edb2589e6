"""Secrets out of a text that comes in pieces and is never whole in memory.

Rule 1: a text of at most a window is redacted as a whole, exactly as :func:`onecontext.text.redact.redact` does.
Rule 2: of a longer one a window is looked at, and only what stands well before its end goes out: never a part of what
        is, or may become, a secret. The last characters that went out are looked at again with what follows, for the
        name before a value (``password=``) may stand among them.
Rule 3: a secret longer than :data:`LONGEST` is none.
"""

from onecontext.text.redact import Found, find_secrets, redact

WINDOW = 1 << 20
MARGIN = 1 << 14
CONTEXT = 1 << 12
LONGEST = 1 << 22


class Redacting:
    """Redacts one text. ``count`` is how many secrets were found so far."""

    def __init__(self, window: int = WINDOW, *, margin: int = MARGIN, context: int = CONTEXT) -> None:
        self._window, self._margin, self._context = window, margin, context
        self._text = ""
        self._out = 0
        """How many characters of the text went out already; they are there for what they say of the next."""
        self._waiting: list[str] = []
        self._size = 0
        self._wanted = window
        self.count = 0

    def feed(self, text: str) -> str:
        """Take in the next piece; return what can go out."""
        self._waiting.append(text)
        self._size += len(text)
        if self._size < self._wanted:
            return ""
        self._take_in()
        found = find_secrets(self._text)
        cut = self._cut(found)
        if cut <= self._out:
            # All of it may be one secret: looked at again when there is twice as much.
            self._wanted = 2 * self._size
            return ""
        return self._go_out(found, cut)

    def end(self) -> str:
        """Return all that is left."""
        self._take_in()
        return self._go_out(find_secrets(self._text), len(self._text))

    def _take_in(self) -> None:
        self._text = "".join((self._text, *self._waiting))
        self._waiting.clear()

    def _cut(self, found: list[Found]) -> int:
        """Return up to where the text may go out: a line's end, where there is one, and not inside a secret."""
        limit = max(len(self._text) - self._margin, self._out)
        cut = self._text.rfind("\n", self._out, limit) + 1 or limit
        for secret in found:
            if secret.start < cut < secret.end:
                if secret.end < limit:
                    return secret.end
                return secret.start if len(self._text) - secret.start < LONGEST else len(self._text)
        return cut

    def _go_out(self, found: list[Found], cut: int) -> str:
        parts, position = [], self._out
        for secret in found:
            if secret.end <= position or secret.start >= cut:
                continue
            parts += [self._text[position : max(secret.start, position)], f"[redacted:{secret.kind}]"]
            position = secret.end
            self.count += 1
        parts.append(self._text[position:cut])
        position = max(position, cut)
        self._text, self._out = self._text[max(position - self._context, 0) :], min(position, self._context)
        self._size, self._wanted = len(self._text), self._out + self._window
        # What stood beside a secret may be a name or a value only now that it is gone.
        return redact("".join(parts)) if len(parts) > 1 else parts[0]
