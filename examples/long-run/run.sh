#!/usr/bin/env bash
# A mission to watch: 22 tasks, three workers, about ten minutes. The words come from a server on this machine that
# takes its time and has the prices of a real model; everything else is real. PACE=0.2 is five times faster.
source "$(dirname "$0")/../start.sh"

coproc SERVER { exec python "$here/model_server.py"; }
read -r address <&"${SERVER[0]}"
export OPENAI_API_KEY=none                       # the server asks for no key
printf 'watch it in another terminal:\n\n  cd %q && onecontext monitor\n' "$PWD"

try onecontext run "Let notes have tags, dates, reports and files" --api-base "$address" --sandbox "${SANDBOX:-bubblewrap}"
ended=$code
try onecontext cost --by task
exit "$ended"
