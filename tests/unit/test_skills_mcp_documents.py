"""What is written about a server fits its published schema, and what reads it agrees with the model."""

import json
from pathlib import Path

import pytest

from onecontext.text.tokens import default_counter
from skills.mcp.document import MODELS, ServerDocument, TrustedDocument, schema_text
from skills.mcp.folder import contents, write_new
from skills.mcp.start import Start, read_server
from skills.mcp.tools import Tool
from skills.mcp.trusting import check_trusted, trust

ABOUT = {"name": "shop", "version": "1", "protocol": "2025-11-25"}
TOOLS = [Tool("buy", "Buy it.", '{"type": "object"}'), Tool("../sell", "", "{}", exact=False)]


@pytest.mark.parametrize("name", list(MODELS))
def test_the_published_schema_is_current(root: Path, name: str) -> None:
    assert (root / "docs" / "schemas" / f"{name}.json").read_text() == schema_text(name)


@pytest.mark.parametrize(
    "start",
    [
        Start(command=("serve", "--port", "1"), env={"KEY": "${KEY}"}),
        Start(url="https://shop.example/mcp", headers={"X-Key": "${KEY:-none}"}, stored=("Authorization",)),
    ],
)
def test_server_json_is_as_the_model_says_and_comes_back_as_it_was(tmp_path: Path, start: Start) -> None:
    write_new(tmp_path / "shop", contents("shop", start, ABOUT, TOOLS, default_counter()))

    document = ServerDocument.model_validate_json((tmp_path / "shop" / "server.json").read_bytes())
    server = read_server(tmp_path / "shop", tmp_path)

    assert server.start == start
    assert server.listing == document.listing
    assert set(server.tools) == set(document.tools) == {"buy", "../sell"}
    assert document.tools["../sell"].bytes == "written again"


def test_the_list_of_trusted_servers_is_as_the_model_says(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}
    write_new(tmp_path / "shop", contents("shop", Start(command=("serve",)), ABOUT, TOOLS, default_counter()))
    server = read_server(tmp_path / "shop", tmp_path)

    trust(server, env)
    path = tmp_path / ".config" / "onecontext" / "mcp-servers.json"
    document = TrustedDocument.model_validate_json(path.read_bytes())

    assert list(document.starts) == [server.digest]
    assert path.stat().st_mode & 0o777 == 0o600
    check_trusted(server, env)


def test_an_import_that_was_killed_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    draft = tmp_path / ".shop.importing"
    draft.mkdir()
    (draft / "old").write_text("x")

    write_new(tmp_path / "shop", contents("shop", Start(command=("serve",)), ABOUT, TOOLS, default_counter()))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop"]
    assert json.loads((tmp_path / "shop" / "schemas" / "buy.json").read_bytes()) == {"type": "object"}
    assert not (tmp_path / "shop" / "old").exists()
