#!/usr/bin/env bash
# A run over its budget: the sixth call of a model is not made. What is finished stays, and with more allowed it goes on.
source "$(dirname "$0")/../start.sh"
script=(--model "scripted:$examples/bug-fix/script.yaml" --sandbox "${SANDBOX:-bubblewrap}")

try onecontext run "Make the tests of the search pass" --budget-calls 5 "${script[@]}"
exhausted=$code
try onecontext cost --by agent
[ "$exhausted" = 10 ] || exit 1
try onecontext resume --budget-calls 50
exit "$code"
