"""Other clients' configurations, values on a command line, and where a JSON value stands."""

import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import InvalidDocument, UsageError
from skills.mcp.arguments import arguments_of
from skills.mcp.configs import servers_in, start_of
from skills.mcp.expanding import expanded
from skills.mcp.literals import settled
from skills.mcp.spans import elements, members
from skills.mcp.start import Start
from skills.mcp.vault import MemoryVault


class Lasting(MemoryVault):
    """A vault that says it lasts."""

    is_lasting = True


def _start(path: Path, name: str) -> Start:
    project, home = path.parent, path.parent / "home"
    found = servers_in(path, project=project, home=home)
    return start_of(name, found[name], path, project=project, home=home)


def test_a_mcp_json_and_a_claude_json_are_read(tmp_path: Path) -> None:
    git = {"command": "uvx", "args": ["mcp-server-git", "${REPO:-.}"], "env": {"TOKEN": "${TOKEN}"}}
    web = {"type": "http", "url": "${BASE}/mcp", "headers": {"Authorization": "Bearer ${KEY}"}}
    path = tmp_path / ".claude.json"
    path.write_text(json.dumps({"mcpServers": {"git": git}, "projects": {str(tmp_path): {"mcpServers": {"web": web}}}}))

    assert _start(path, "git") == Start(("uvx", "mcp-server-git", "${REPO:-.}"), env={"TOKEN": "${TOKEN}"})
    assert _start(path, "web") == Start(url="${BASE}/mcp", headers={"Authorization": "Bearer ${KEY}"})


def test_a_config_of_codex_is_read_and_expands_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[mcp_servers.git]\ncommand = "uvx"\nargs = ["x", "${NOT}"]\nenv_vars = ["TOKEN"]\n'
        '[mcp_servers.web]\nurl = "https://x.example/mcp"\nbearer_token_env_var = "KEY"\nenv_http_headers = {X = "Y"}\n'
    )

    git = _start(path, "git")
    assert git.env == {"TOKEN": "${TOKEN}"}
    assert [expanded(part, {}) for part in git.command] == ["uvx", "x", "${NOT}"]
    assert _start(path, "web").headers == {"Authorization": "Bearer ${KEY}", "X": "${Y}"}


def test_a_config_of_cursor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text('{"mcpServers": {"a": {"command": "${workspaceFolder}/run", "env": {"K": "${env:KEY}"}}}}')

    assert _start(path, "a") == Start((f"{tmp_path}/run",), env={"K": "${KEY}"})


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"type": "sse", "url": "https://x.example"}, "older transport 'sse'"),
        ({"url": "https://x.example", "headersHelper": "x"}, "'headersHelper'"),
        ({"args": []}, "another form"),
        ({"command": "x", "args": 5}, "another form"),
    ],
)
def test_what_cannot_be_carried_out_is_named(tmp_path: Path, about: dict[str, Any], sentence: str) -> None:
    path = tmp_path / ".mcp.json"
    path.write_text(json.dumps({"mcpServers": {"a": about}}))

    with pytest.raises(UsageError, match=sentence):
        _start(path, "a")


@pytest.mark.parametrize("text", ["{", "[]", "\x00", "[" * 100_000])
def test_a_broken_configuration_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".mcp.json"
    path.write_text(text)

    with pytest.raises(InvalidDocument, match=r"mcp\.json"):
        servers_in(path, project=tmp_path, home=None)


def test_a_value_goes_to_a_vault_that_lasts_and_else_nowhere() -> None:
    start = Start(("x",), env={"KEY": "hunter2", "MODE": "${MODE}"})

    kept, secrets = settled(start, harmless=(), vault=Lasting())

    assert kept == Start(("x",), env={"MODE": "${MODE}"}, stored=("KEY",))
    assert secrets == {"KEY": "hunter2"}
    with pytest.raises(UsageError, match="the value of KEY is written out"):
        settled(start, harmless=(), vault=MemoryVault())


SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "count": {"type": ["integer", "null"]},
        "ratio": {"type": "number"},
        "on": {"type": "boolean"},
        "mode": {"enum": ["fast", "slow"]},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "who": {"$ref": "#/$defs/who"},
        "a.b": {"type": "string"},
    },
    "$defs": {"who": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["text=000123"], {"text": "000123"}),
        (["text=true", "maybe=null"], {"text": "true", "maybe": "null"}),
        (["text=a=b"], {"text": "a=b"}),
        (["text="], {"text": ""}),
        (["count=007"], {"count": 7}),
        (["count=null"], {"count": None}),
        (["ratio=1e3"], {"ratio": 1000.0}),
        (["ratio=12345678901234567890"], {"ratio": 12345678901234567890}),
        (["on=TRUE"], {"on": True}),
        (["mode=fast"], {"mode": "fast"}),
        (["ids=1", "ids=2"], {"ids": [1, 2]}),
        (["ids=[3, 4]"], {"ids": [3, 4]}),
        (["who.name=007", "who.age=7"], {"who": {"name": "007", "age": 7}}),
        (["a.b=c"], {"a.b": "c"}),
        (['text:="@x"'], {"text": "@x"}),
        (["text=@file"], {"text": "of file"}),
    ],
)
def test_a_value_becomes_what_the_schema_asks_for(words: list[str], value: object) -> None:
    assert arguments_of(words, SCHEMA, lambda name: f"of {name}") == value


@pytest.mark.parametrize(
    "word",
    ["count=1.5", "on=yes", "ratio=nan", "ratio=1e999", "mode=fest", "ids=x", "who=x", "text.x=1", "txt=1", "=1"],
)
def test_a_value_that_does_not_fit_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        arguments_of([word], SCHEMA, lambda name: name)


def test_a_span_is_the_value_as_it_was_written() -> None:
    text = ' { "a" : [ 1.0e2 , "\\u00e9" ,{ } ] , "b":null , "a" : [ ] } '

    spans = members(text)

    assert text[slice(*spans["a"])] == "[ ]"
    assert [text[slice(*span)] for span in elements(text, text.index("["))] == ["1.0e2", '"\\u00e9"', "{ }"]


@pytest.mark.parametrize("text", ["", "[]", '{"a"}', '{"a":}', '{"a":1,}', '{"a":1', "{a:1}", '{"a":' + "[" * 100_000])
def test_what_is_no_object_has_no_spans(text: str) -> None:
    with pytest.raises(InvalidDocument):
        members(text)
