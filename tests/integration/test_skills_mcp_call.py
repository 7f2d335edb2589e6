"""Calling tools from the command line: values, results, and what is said when it does not work."""

import json
from pathlib import Path

import pytest

from tests.support.mcp import Person, person, schema_of, tool

__all__ = ["person"]

BUY = schema_of(
    {
        "what": {"type": "string"},
        "number": {"type": "integer"},
        "gift": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "to": {"type": "object", "properties": {"zip": {"type": "string"}}},
    },
    ["what"],
)


def test_values_arrive_as_the_schema_says(person: Person) -> None:
    person.imports("shop", [tool("buy", BUY)])

    words = ["what=000123", "number=3", "gift=true", "tags=a", "tags=b", "to.zip=00420"]
    ran = person.says("call", "shop", "buy", *words)

    assert json.loads(ran.out) == {
        "what": "000123",
        "number": 3,
        "gift": True,
        "tags": ["a", "b"],
        "to": {"zip": "00420"},
    }


def test_arguments_come_from_stdin_and_the_whole_result_goes_out_as_json(person: Person) -> None:
    person.imports("shop", [tool("buy", BUY)])

    piped = person.says("call", "shop", "buy", "--json", "-", stdin='{"what": "true"}')
    given = person.says("call", "shop", "buy", "--json", '{"what": "1e5"}', "--json")
    mixed = person.says("call", "shop", "buy", "--json", "what=1e5")

    assert json.loads(piped.out) == {"what": "true"}
    assert json.loads(json.loads(given.out)["data"]["content"][0]["text"]) == {"what": "1e5"}
    assert json.loads(mixed.out)["data"]["isError"] is False


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["wat=x"], "the tool has no parameter 'wat'\n  did you mean 'what'?"),
        (["number=3"], "the tool needs 'what'"),
        (["what=x", "number=three"], "number must be an integer, and 'three' is not"),
        (["what"], "'what' is not key=value"),
        (["what=@nowhere.txt"], "'nowhere.txt' in 'what=@nowhere.txt' cannot be read: No such file"),
        (["what=x", "--json", "{}"], "given twice"),
        (["--json", "[1]"], None),
    ],
)
def test_what_does_not_fit_is_named(person: Person, words: list[str], sentence: str | None) -> None:
    person.imports("shop", [tool("buy", BUY)])

    ran = person.says("call", "shop", "buy", *words)

    assert ran.code == 2
    assert sentence is None or sentence in ran.err


def test_a_tool_or_a_server_that_is_not_there_is_named_with_the_nearest(person: Person) -> None:
    person.imports("shop", [tool("buy", BUY)])

    no_tool = person.says("call", "shop", "bui")
    far = person.says("call", "shop", "zzzzzz")
    no_server = person.says("call", "shap", "buy")

    assert no_tool.code == far.code == no_server.code == 2
    assert "did you mean buy?" in no_tool.err
    assert "has no tool zzzzzz" in far.err
    assert "no MCP server 'shap'; there are shop" in no_server.err


def test_a_tool_that_says_it_failed_ends_with_1_and_its_words_on_stderr(person: Person) -> None:
    person.imports("shop", [tool("fail")])

    ran = person.says("call", "shop", "fail", "why:=1")

    assert (ran.code, ran.out) == (1, "")
    assert '{"why": 1}' in ran.err


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("refuse", "the MCP server shop refused to call refuse: not today"),
        ("nonsense", "the MCP server shop answered with something else than the protocol says: content"),
        ("die", "the connection to the MCP server shop ended; whether the call was carried out is not known"),
    ],
)
def test_a_server_that_does_not_do_it_is_one_sentence(person: Person, name: str, sentence: str) -> None:
    person.imports("shop", [tool(name)])

    ran = person.says("call", "shop", name)

    assert ran.code == 1
    assert sentence in ran.err


def test_a_call_that_takes_too_long_is_given_up(person: Person, tmp_path: Path) -> None:
    person.imports("shop", [tool("slow"), tool("pid")])

    ran = person.says("call", "shop", "slow", f"mark={tmp_path / 'mark'}", "seconds:=3", "--timeout", "0.5")

    assert ran.code == 1
    assert "did not call slow within 0.5 s; whether the call was carried out is not known" in ran.err


def test_a_picture_is_described_or_saved_and_nothing_is_written_over(person: Person) -> None:
    person.imports("shop", [tool("picture")])

    described = person.says("call", "shop", "picture")
    first = person.says("call", "shop", "picture", "--save", "pictures")
    second = person.says("call", "shop", "picture", "--save", "pictures")

    assert "[image image/png, 8 bytes; --save FOLDER keeps it]" in described.out
    assert str(person.project / "pictures/picture-1.png") in first.out
    assert str(person.project / "pictures/picture-1-1.png") in second.out
    assert (person.project / "pictures/picture-1.png").read_bytes() == b"\x89PNG\r\n\x1a\n"


def test_a_large_result_comes_whole(person: Person) -> None:
    person.imports("shop", [tool("large", schema_of({"lines": {"type": "integer"}}))])

    ran = person.says("call", "shop", "large", "lines=400000")

    assert len(ran.out) == 2_000_000


def test_without_a_tool_the_tools_are_listed_and_a_schema_is_given_on_request(person: Person) -> None:
    person.imports("shop", [tool("buy", BUY, "Buy it. At once.")])

    listed = person.says("call", "shop")
    schema = person.says("call", "shop", "buy", "--schema")

    assert listed.out.startswith("buy(what, number?: int, gift?: bool, tags?: [str], to?: {zip?}) — Buy it\n")
    assert schema.out.strip() == BUY
    assert "Buy it. At once." in schema.err


def test_what_a_clone_brings_starts_nothing(person: Person, tmp_path: Path) -> None:
    person.imports("shop", [tool("pid")])
    own = person.home / ".config" / "onecontext" / "mcp-servers.json"
    own.unlink()

    ran = person.says("call", "shop", "pid")

    assert ran.code == 3
    assert "the MCP server shop was not trusted here; it would start: " in ran.err
    assert "skill trust shop" in ran.err
    assert not own.exists()

    shown = person.says("skill", "trust", "shop")
    assert "it starts: " in shown.out
    assert "mcp_stdio.py" in shown.out
    assert person.says("call", "shop", "pid").code == 0
    assert person.says("skill", "trust", "shop", "--revoke").code == 0
    assert person.says("call", "shop", "pid").code == 3


def test_a_start_that_was_changed_is_not_trusted_any_more(person: Person) -> None:
    server = person.imports("shop", [tool("pid")])
    path = server.folder / "server.json"
    path.write_text(path.read_text().replace("mcp_stdio.py", "mcp_stdio.py.evil"))

    ran = person.says("call", "shop", "pid")
    refreshed = person.says("skill", "import-mcp", "shop", "--refresh")

    assert ran.code == refreshed.code == 3
    assert "mcp_stdio.py.evil" in ran.err


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"start": {}}', '{"start": {"command": [1]}}', '{"schema_version": 9}']
)
def test_a_broken_server_json_is_one_sentence(person: Person, content: str) -> None:
    server = person.imports("shop", [tool("pid")])
    (server.folder / "server.json").write_text(content)

    ran = person.says("call", "shop", "pid")

    assert ran.code in (2, 5)
    assert "server.json" in ran.err
