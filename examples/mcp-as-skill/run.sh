#!/usr/bin/env bash
# An MCP server becomes a skill: a line until it is opened, a line for each tool then, and calls from the shell.
source "$(dirname "$0")/../start.sh"
# What you trust and the process that holds sessions are yours; the example has its own, beside its repository.
export XDG_CONFIG_HOME="$folder/config" XDG_RUNTIME_DIR
XDG_RUNTIME_DIR=$(mktemp -d)
trap 'onecontext call --stop >/dev/null 2>&1 || true; rm -r "$XDG_RUNTIME_DIR"' EXIT

try onecontext skill import-mcp shelf -- python shelf/server.py
[ "$code" = 0 ] || exit "$code"
try onecontext skill search "borrow a book" --k 1
try onecontext skill use shelf
try onecontext call shelf lend_book isbn=000123 to=Ann days=7    # isbn is text by its schema, and stays 000123
try onecontext call shelf who_has_book isbn=000123               # the same session: the server remembers
ended=$code
try onecontext call shelf lend_book isbn=000123 too=Bob          # a slip of the pen is named before anything is lent
[ "$code" = 2 ] || ended=1
try onecontext call shelf who_has_book --schema
exit "$ended"
