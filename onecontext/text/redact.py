"""Secrets out of text, once, on its way in.

Rule 1: a shape that a vendor gave its keys is a secret wherever it stands; anything else only where a name says so
        (``password=``, ``"token":``, ``Authorization:``, ``user:…@``) and the value looks like one.
Rule 2: every pattern takes time linear in the text: repetitions of one character are possessive or bounded, those of a
        group cannot end anywhere else, and a match that is turned down is passed over, not searched again from the
        inside. A group is never repeated possessively: Python before 3.11.5 then loses its place (gh-106052).
Rule 3: what is written in its place holds no secret shape, so redacting twice is redacting once.

Not recognised, and said so in the docs: a password without digit or sign (``password=correcthorse``), one split over
lines or strings, and keys of vendors that gave them no shape unless a name announces them.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MARK = "[redacted:"
"""How that begins which is written in the place of a secret."""
# No shape of a secret is so short, and most of what a document holds is.
_TOO_SHORT = 8


@dataclass(frozen=True)
class Found:
    """A secret: what kind, and the characters ``start`` to ``end`` (exclusive) of the text it stands in."""

    kind: str
    start: int
    end: int


def redact(text: str) -> str:
    """Return ``text`` with each secret replaced by ``[redacted:<kind>]``; the rest is unchanged to the character."""
    # Once more after each finding: what stood beside a secret may be a name or a value only now that it is gone.
    # This ends, because every round leaves fewer characters outside the marks.
    while found := find_secrets(text):
        parts, position = [], 0
        for secret in found:
            parts += [text[position : secret.start], f"{MARK}{secret.kind}]"]
            position = secret.end
        text = "".join([*parts, text[position:]])
    return text


def redact_all(value: Any) -> Any:
    """Return a JSON value with every string in it redacted; names of members are left, tuples become lists."""
    if isinstance(value, str):
        return redact(value) if len(value) > _TOO_SHORT else value
    # What is neither text nor a container first: to ask whether it is a Mapping takes longer than all the rest.
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): redact_all(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(part) for part in value]
    return value


def find_secrets(text: str) -> list[Found]:
    """Return the secrets in ``text`` in order; they do not overlap, and where two do the earlier kind covers both."""
    lowered = text.lower()
    hinted = {order: None for hint, order in _HINTS if hint in lowered}
    candidates = [
        (*match.span("secret"), order)
        for order in hinted
        for match in _RULES[order].pattern.finditer(text)
        if _RULES[order].accepts(match)
    ]
    found: list[Found] = []
    for start, end, order in sorted(candidates, key=lambda candidate: (candidate[0], -candidate[1], candidate[2])):
        if found and start < found[-1].end:
            found[-1] = Found(found[-1].kind, found[-1].start, max(found[-1].end, end))
        else:
            found.append(Found(_RULES[order].kind, start, end))
    return found


# --- what a value must look like where only its name speaks for it ----------------------------------------------------

_PLACEHOLDER = re.compile(
    r"\[redacted:|^\$[A-Za-z_]|\$[({]|^[<{%]|\*{3}|\.{3}|x{4}"
    r"|(?i:your|example|changeme|placeholder|dummy|redacted|getenv|environ)"
)
_CODE = re.compile(r"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)*(?:\(|$)")
_PATH_OR_HASH = re.compile(r"(?:~|\.{0,2})/[^/]*/|[a-z+]+://|(?i:sha\d|md5)")
_WORDS = re.compile(r"[A-Za-z]++(?:[_.-][A-Za-z]++)*[_.-]?\d{0,3}")
_DIGIT_OR_SIGN = re.compile(r"[0-9!@#$%^*+/=~?]")
_CASES = re.compile(r"[a-z][A-Z][a-z]*+[A-Z]")
_MIN_PASSWORD_LENGTH, _MIN_TOKEN_LENGTH = 6, 8  # characters
_MIN_BITS = 14.0  # of Shannon entropy in the whole value


def _always(match: re.Match[str]) -> bool:
    return True


def _assigned(match: re.Match[str]) -> bool:
    value, quoted = match["secret"], bool(match["quote"])
    if not quoted and _CODE.match(value) and ("." in value or "(" in value):
        return False
    if match["name"].lower() == "pwd" and value.startswith("/"):
        return False  # a shell's working folder: PWD=/workspace
    if match["name"].lower().startswith(("pass", "pwd")):
        return _is_password(value)
    return _is_token(value)


def _is_password(value: str) -> bool:
    return len(value) >= _MIN_PASSWORD_LENGTH and bool(_DIGIT_OR_SIGN.search(value)) and _is_rich(value)


def _is_token(value: str) -> bool:
    if len(value) < _MIN_TOKEN_LENGTH or value.isdigit() or _WORDS.fullmatch(value):
        return False
    return bool(_DIGIT_OR_SIGN.search(value)) and _is_rich(value)


def _is_rich(value: str) -> bool:
    if _PLACEHOLDER.search(value) or _PATH_OR_HASH.match(value) or " " in value:
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) * len(value) >= _MIN_BITS


def _credential(match: re.Match[str]) -> bool:
    # Behind "Basic" stands base64, which may be letters only.
    return _is_token(match["secret"]) or bool(_CASES.search(match["secret"]) and _is_rich(match["secret"]))


def _url_password(match: re.Match[str]) -> bool:
    return not _PLACEHOLDER.search(match["secret"])


# --- the rules -----------------------------------------------------------------------------------------------------


class _Rule(NamedTuple):
    kind: str
    hints: tuple[str, ...]  # lower case; a text with none of them is not searched
    pattern: re.Pattern[str]
    accepts: Callable[[re.Match[str]], bool] = _always


def _shape(kind: str, prefix: str, rest: str) -> _Rule:
    # The look-behind comes after the prefix, which lets `re` find the prefix as a plain string.
    pattern = rf"(?P<secret>{re.escape(prefix)}(?<![A-Za-z0-9]{re.escape(prefix)}){rest})"
    return _Rule(kind, (prefix.lower(),), re.compile(pattern))


def _shapes(kind: str, prefixes: str, rest: str) -> Iterator[_Rule]:
    for prefix in prefixes.split():
        yield _shape(kind, prefix, rest)


_NAME = (
    r"(?P<name>pass(?:word|wd|phrase)|pwd|secret|token|credentials?|(?:api|access|auth|private|signing|encryption)[_-]?key)"
    r"(?:[_-]?(?:key|value|base64|b64|base|prod|dev|test|live)){0,2}"
)
_QUOTE = r"(?:\\{0,3}[\"'`])"  # also as it stands inside a JSON string
_SEPARATOR = r"[ \t]{0,4}(?::[ \t]{0,3}(?:str|bytes|string|SecretStr|str \| None)[ \t]{0,3}=|:=|=>|={1,3}|:)\s{0,4}"
_QUOTED = r"(?P<quote>[bBrRuU]?\\{0,3}[\"'`])?"
# Inside quotes everything up to the closing one; without them up to white space or a sign that ends a value.
_IN_QUOTES, _BARE = r"[^\"'`\\\n]", r"[^\s\"'`\\,;&|\[\]{}<>)]"
_NO_CLOSING, _NO_END = r"\\(?!\\{0,2}[\"'`])", r"\)(?=[\w$!#@-])"
_VALUE = (
    rf"(?P<secret>(?(quote)(?={_IN_QUOTES}|{_NO_CLOSING}){_IN_QUOTES}*+(?:{_NO_CLOSING}{_IN_QUOTES}*+)*"
    rf"|(?={_BARE}|{_NO_END}){_BARE}*+(?:{_NO_END}{_BARE}*+)*))"
)
_BASE64URL = "[A-Za-z0-9_-]"
_KEY_BLOCK = (
    r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]*+(?:-(?!----)[^-]*+)*-----END [A-Z0-9 ]{0,60}-----"
    # Cut off before its end: only what looks like its lines.
    r"|(?:\s*+(?:\\[nr]\s*+)*[A-Za-z0-9+/=]{20,}+)*))"
)

_RULES: tuple[_Rule, ...] = (
    _Rule("private-key", ("private key",), re.compile(_KEY_BLOCK)),
    *_shapes("anthropic-key", "sk-ant-", _BASE64URL + "{16,}+"),
    *_shapes("openrouter-key", "sk-or-", _BASE64URL + "{32,}+"),
    *_shapes("openai-key", "sk-proj- sk-svcacct- sk-admin-", _BASE64URL + "{20,}+"),
    *_shapes("openai-key", "sk-", "[A-Za-z0-9]{32,}+"),
    *_shapes("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", "[A-Za-z0-9]{36,}+"),
    *_shapes("github-token", "github_pat_", "[A-Za-z0-9_]{22,}+"),
    *_shapes("gitlab-token", "glpat-", _BASE64URL + "{20,}+"),
    *_shapes("aws-key", "AKIA ASIA ABIA ACCA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    *_shapes("google-key", "AIza", _BASE64URL + "{35,}+"),
    *_shapes("google-key", "ya29. GOCSPX-", _BASE64URL + "{20,}+"),
    *_shapes("slack-token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", "[A-Za-z0-9-]{10,}+"),
    *_shapes("slack-token", "https://hooks.slack.com/services/", "[A-Za-z0-9/]{20,}+"),
    *_shapes("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", "[A-Za-z0-9]{16,}+"),
    *_shapes("npm-token", "npm_", "[A-Za-z0-9]{36,}+"),
    *_shapes("pypi-token", "pypi-", _BASE64URL + "{50,}+"),
    *_shapes("huggingface-token", "hf_", "[A-Za-z0-9]{34,}+"),
    *_shapes("groq-key", "gsk_", "[A-Za-z0-9]{40,}+"),
    *_shapes("xai-key", "xai-", "[A-Za-z0-9]{60,}+"),
    *_shapes("sendgrid-key", "SG.", _BASE64URL + r"{20,24}+\." + _BASE64URL + "{40,}+"),
    _Rule(
        "jwt",
        ("eyj",),
        re.compile(rf"(?P<secret>eyJ(?<!{_BASE64URL}eyJ){_BASE64URL}{{8,}}+\.eyJ{_BASE64URL}{{8,}}+\.{_BASE64URL}*+)"),
    ),
    _Rule(
        "url-password",
        ("://",),
        re.compile(r"://[^\s/:@?#\"'<>]{0,100}+:(?P<secret>[^\s/@?#\"'<>]{1,300}+)@"),
        _url_password,
    ),
    _Rule(
        "authorization",
        ("authorization",),
        re.compile(
            rf"(?i:authorization){_QUOTE}?[ \t]{{0,4}}[:=]\s{{0,4}}{_QUOTE}?"
            r"(?:(?i:bearer|basic|token|digest|apikey|negotiate)[ \t]{1,4})?(?P<secret>[A-Za-z0-9._~+/=:-]{8,}+)"
        ),
        _credential,
    ),
    _Rule(
        "bearer-token",
        ("bearer ",),
        re.compile(r"(?i:bearer)[ \t]{1,4}(?P<secret>[A-Za-z0-9._~+/=-]{20,}+)"),
        _credential,
    ),
    _Rule(
        "credential",
        ("pass", "pwd", "secret", "token", "credential", "key"),
        re.compile(rf"(?i:{_NAME}){_QUOTE}?{_SEPARATOR}{_QUOTED}{_VALUE}"),
        _assigned,
    ),
    _Rule(
        "credential",
        ("--",),
        re.compile(
            r"(?<![-\w])--(?:[a-z]{1,20}-){0,3}?(?P<name>password|passphrase|token|secret|api-key|access-key)[ \t]{1,4}"
            rf"{_QUOTED}{_VALUE}"
        ),
        _assigned,
    ),
)
_HINTS = [(hint, order) for order, rule in enumerate(_RULES) for hint in rule.hints]
