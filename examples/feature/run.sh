#!/usr/bin/env bash
# A feature across modules: tags. One task changes how notes are kept; when it is accepted, two workers teach search and
# command line what tags are, side by side.
source "$(dirname "$0")/../start.sh"

try onecontext run "Let notes have tags: #word in a text" --workers 2 "${script[@]}"
ended=$code
try onecontext board
exit "$ended"
