#!/usr/bin/env bash
# A kill in the middle: the process is gone at once, and 'resume' goes on where the journal ends. The task that was
# finished is not done again.
source "$(dirname "$0")/../start.sh"
script=(--model "scripted:$examples/feature/script.yaml" --sandbox "${SANDBOX:-bubblewrap}")

onecontext run "Let notes have tags: #word in a text" "${script[@]}" &
run=$!
until onecontext events --type task.completed 2>/dev/null | grep -q completed; do
  kill -0 "$run" 2>/dev/null || { echo "it ended before it could be killed" >&2; exit 1; }
  sleep 0.1
done
kill -9 "$run"
wait "$run" 2>/dev/null || true
printf '\n$ kill -9 %s\n' "$run"

try onecontext resume
ended=$code
try onecontext events --type task.claimed
exit "$ended"
