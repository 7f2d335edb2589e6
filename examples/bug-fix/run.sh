#!/usr/bin/env bash
# A bug fix: a worker finds why two tests fail and mends it; a validator who is not the author runs them on the result.
source "$(dirname "$0")/../start.sh"

try onecontext run "Make the tests of the search pass" "${script[@]}"
ended=$code
try git log --oneline --all
exit "$ended"
