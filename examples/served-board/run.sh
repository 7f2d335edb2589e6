#!/usr/bin/env bash
# A board that is served: one task comes by command, one from another program that only writes a file. Each has a worker
# in a copy of its own; the checks of WORKFLOW.md are run on the merged work, and the first try of one is sent back.
source "$(dirname "$0")/../start.sh"

try onecontext init
try onecontext team new board --root .onecontext
try onecontext task create "Let the search pass its tests" "find() takes any word, and minds capitals." --key mend-search
cat > .onecontext/tasks/board/2.json <<'TASK'
{"id": "2", "subject": "Say in the README how to search", "description": "One line with an example.",
 "status": "pending", "blocks": [], "blockedBy": ["1"]}
TASK
try onecontext serve --board "${script[@]}" --until-empty
ended=$code
try git log --oneline --graph --all
exit "$ended"
