#!/usr/bin/env bash
# A debate: three propose, two of them the same; they criticise each other's, and a judge who took no part ranks them.
source "$(dirname "$0")/../start.sh"

try onecontext play debate question="What names a note, once notes can be deleted?" "${script[@]}"
ended=$code
try onecontext log --limit 1
exit "$ended"
