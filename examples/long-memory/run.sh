#!/usr/bin/env bash
# An agent is asked about its own work of more than 500 milestones ago, and answers inside 1,500 tokens.
source "$(dirname "$0")/../start.sh"

try "$(dirname "$(command -v onecontext)")/python" "$here/remember.py" "$here/script.yaml"
answered=$code
try onecontext search "gateway busy connection" --k 1 --budget 300
exit "$answered"
