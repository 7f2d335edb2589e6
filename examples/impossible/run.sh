#!/usr/bin/env bash
# A goal that contradicts itself: the orchestrator shows it by a command, a validator who did not plan confirms it, and
# the mission ends as infeasible instead of as done.
source "$(dirname "$0")/../start.sh"

try onecontext run "Let notes.views.listed pass tests/test_order.py as it is" "${script[@]}"
ended=$code
try onecontext events --type mission.examined
exit "$ended"
