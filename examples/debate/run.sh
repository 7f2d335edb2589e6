#!/usr/bin/env bash
# A debate: three propose, two of them the same in other words; they criticise and revise; a judge who took no part
# decides without seeing names. Who was not followed is kept, in the answer and in the memory.
source "$(dirname "$0")/../start.sh"

try onecontext play debate question="Should notes be kept in SQLite?" "${script[@]}"
ended=$code
try onecontext log -n 1
exit "$ended"
