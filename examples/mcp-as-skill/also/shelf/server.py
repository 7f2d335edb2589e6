"""A small MCP server on stdin and stdout: who has borrowed which book. The standard library is all it needs."""

import json
import sys
from typing import Any

ISBN = {"type": "string", "description": "the book's number, as it is printed"}
TOOLS = [
    {
        "name": "lend_book",
        "description": "Lend a book to somebody.",
        "inputSchema": {
            "type": "object",
            "properties": {"isbn": ISBN, "to": {"type": "string"}, "days": {"type": "integer", "default": 14}},
            "required": ["isbn", "to"],
        },
    },
    {
        "name": "who_has_book",
        "description": "Say who has a book.",
        "inputSchema": {"type": "object", "properties": {"isbn": ISBN}, "required": ["isbn"]},
    },
]
lent: dict[str, str] = {}


def call(name: str, given: dict[str, Any]) -> str:
    if name == "lend_book":
        lent[given["isbn"]] = f"{given['to']}, for {given.get('days', 14)} days"
    return f"{given['isbn']}: {lent.get(given['isbn'], 'on the shelf')}"


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    if method == "initialize":
        about = {"name": "shelf", "version": "1.0"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        return {"content": [{"type": "text", "text": call(params["name"], params.get("arguments", {}))}]}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = answer(message["method"], message.get("params", {}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
