"""Redaction: known shapes go, look-alikes stay, twice is once, and no text makes it slow.

No secret stands here in one piece, so that scanners of repositories have nothing to find.
"""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.text.redact import Found, find_secrets, redact, redact_all

MIXED = "aB3dE6gH9"
JWT = "ey" + "JhbGciOiJI.ey" + "JzdWIiOiIxMjM.c2lnbmF0dXJl"
BEGIN, END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"

SHAPES = {
    "anthropic-key": "sk-" + "ant-api03-" + MIXED * 8 + "-AA",
    "openai-key": "sk-" + "proj-" + MIXED * 5 + "_x-1",
    "openrouter-key": "sk-" + "or-v1-" + "0123456789abcdef" * 4,
    "github-token": "gh" + "p_" + MIXED * 4,
    "gitlab-token": "gl" + "pat-" + MIXED * 3,
    "aws-key": "AK" + "IA" + "Q2W3E4R5T6Y7U8I9",
    "google-key": "AI" + "za" + MIXED * 4,
    "slack-token": "xo" + "xb-" + "1234567890-" + MIXED,
    "stripe-key": "sk" + "_live_" + MIXED * 3,
    "npm-token": "np" + "m_" + MIXED * 4,
    "pypi-token": "py" + "pi-" + "AgEIcHlwaS5vcmc" + MIXED * 6,
    "huggingface-token": "h" + "f_" + MIXED * 4,
    "sendgrid-key": "S" + "G." + MIXED * 2 + "abcd." + MIXED * 5,
    "jwt": JWT,
    "private-key": f"{BEGIN}\nMIIEpAIBAAKCAQEA\nabc=\n{END}",
}

ANNOUNCED = [
    ("password=", "hunter2", ""),
    ('PASSWORD="', "Tr0ub4dor&3", '"'),
    ('{"password": "', "abc123!x", '"}'),
    ('{\\"api_key\\": \\"', "abc123def456", '\\"}'),
    ("password: str = '", "hunter22", "'"),
    ("connect(password=", "abc123", ")"),
    ("DB_PASSWORD_PROD=", "ab$12(x", " and more"),
    ("aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz", "\n"),
    ("SECRET_KEY_BASE=", "0123456789abcdef0123", ""),
    ("x-api-key: ", "0a1b2c3d4e5f", "\n"),
    ("deploy --token ", "abc123def456", " --verbose"),
    ("?api_key=", "abc123def456", "&page=2"),
    ("postgres://app:", "s3cr3t", "@db/shop"),
    ("Authorization: Bearer ", "abcdef0123456789abcdef", "\n"),
    ("curl -H 'Authorization: Basic ", "dXNlcjpwYXNz", "'"),
    ('{"Authorization": "token ', "0123456789abcdef", '"}'),
]

INNOCENT = [
    "commit 7259826e0f0e0c1c5b5f6a7c8d9e0f1a2b3c4d5e",
    "id: 123e4567-e89b-12d3-a456-426614174000",
    '"integrity": "sha512-z0aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0aA=="',
    'hash = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"',
    "aGVsbG8gd29ybGQ=",
    "token = tokens[0]",
    "a token: it has 3 parts",
    "max_tokens: 4096, token_count=123456789",
    "tokenizer = o200k_base_2",
    "password = getpass()",
    "password = make_password2(user)",
    "password=self.password2",
    "password: required",
    "password=os.environ['PASSWORD_2']",
    "PWD=/home/user1/project",
    "PWD=/workspace",
    "OLDPWD=/srv/app-2",
    "secret: my-app-secret",
    "secret: my-app-secret-2",
    "token=${TOKEN_1} password=$PASSWORD_1",
    'api_key = "YOUR_API_KEY_1"',
    "Authorization: Bearer $TOKEN",
    "Authorization: Bearer <token>",
    "sk-learn-is-not-a-key-however-long-its-name-may-become",
    "http://localhost:8080/@scope/package",
    "git@github.com:owner/name.git",
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "AKIA in capitals, and npm_config_registry",
]


@pytest.mark.parametrize("kind", SHAPES)
def test_a_known_shape_is_found_wherever_it_stands(kind: str) -> None:
    secret = SHAPES[kind]

    for before, after in (("", ""), ("see ", " there"), ("汉", "。"), ("\n", "\n"), ('"', '",')):
        assert redact(before + secret + after) == f"{before}[redacted:{kind}]{after}"


@pytest.mark.parametrize(("before", "secret", "after"), ANNOUNCED)
def test_a_value_announced_by_its_name_is_found_exactly(before: str, secret: str, after: str) -> None:
    (found,) = find_secrets(before + secret + after)

    assert (found.start, found.end) == (len(before), len(before + secret))


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_known_shape_keeps_its_kind_behind_a_name_and_neighbours_do_not_merge() -> None:
    github, aws = SHAPES["github-token"], SHAPES["aws-key"]

    found = find_secrets(f"token={github} {aws}")

    assert found == [Found("github-token", 6, 6 + len(github)), Found("aws-key", 7 + len(github), 27 + len(github))]


@pytest.mark.parametrize("kind", SHAPES)
def test_a_json_value_is_redacted_in_all_its_strings_and_nowhere_else(kind: str) -> None:
    secret = SHAPES[kind]
    value = {"a": [secret, 1, None, {"b": ("short", f"see {secret}")}], "n": 2.5, "yes": True}

    told = redact_all(value)

    assert told == {"a": [redact(secret), 1, None, {"b": ["short", f"see {redact(secret)}"]}], "n": 2.5, "yes": True}
    assert secret not in str(told)


@pytest.mark.parametrize("secret", ["ghp_", "AKIA", "sk-ant-", "npm_"])
def test_no_shape_of_a_secret_is_short_enough_to_be_passed_over(secret: str) -> None:
    assert not [size for size in range(9) if find_secrets((secret + MIXED)[:size])]


def test_a_secret_that_shows_only_when_its_neighbour_is_gone_goes_too() -> None:
    text = SHAPES["anthropic-key"] + "password=example:password=hunter22"

    assert redact(text) == "[redacted:anthropic-key]=example:password=[redacted:credential]"


def test_a_private_key_that_was_cut_off_takes_no_prose_with_it() -> None:
    text = f"{BEGIN}\n{'MIIE' * 16}\n{'abcd' * 16}\nThat was the key."

    assert redact(text) == "[redacted:private-key]\nThat was the key."


def test_no_group_is_repeated_possessively_which_python_before_3_11_5_gets_wrong(root: Path) -> None:
    source = (root / "onecontext" / "text" / "redact.py").read_text(encoding="utf-8")

    assert re.findall(r"\)[*+?]\+", source) == []


FRAGMENTS = st.sampled_from(
    [
        *SHAPES.values(),
        *(before + secret + after for before, secret, after in ANNOUNCED),
        *INNOCENT,
        BEGIN,
        END,
        *["password", "token=", "://", ":", "@", '"', "'", "\\", " ", "\n", "-", "_", ".", "=", "a1", "Bearer ", "汉"],
    ]
)


@given(st.lists(FRAGMENTS, max_size=8).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(st.lists(FRAGMENTS, max_size=8).map("".join))
def test_findings_are_in_order_and_apart_and_each_is_taken_out(text: str) -> None:
    found = find_secrets(text)

    edges = [0, *(edge for one in found for edge in (one.start, one.end)), len(text)]
    assert edges == sorted(edges)
    assert all(one.start < one.end for one in found)
    assert bool(found) == (redact(text) != text)


@pytest.mark.parametrize(
    "unit",
    [
        "sk-",
        "eyJ",
        "eyJabcdefgh.",
        BEGIN,
        BEGIN + "\n" + "a" * 30,
        "://a:",
        "://" + "a" * 90,
        "-",
        "--a-",
        "--token ",
        "password=",
        'password="',
        "password    ",
        "token:str=",
        "token=a.",
        "password=\\\\",
        "authorization: bearer ",
        "SG." + "a" * 22 + ".",
        "key",
        "a",
    ],
)
def test_time_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    small, large = unit * (60_000 // len(unit)), unit * (960_000 // len(unit))

    # Sixteen times the text: linear is 16 times the work, quadratic 256 times.
    assert _cpu_s(large) < 64 * _cpu_s(small) + 0.05


def _cpu_s(text: str) -> float:
    began = time.process_time()
    redact(text)
    return time.process_time() - began
