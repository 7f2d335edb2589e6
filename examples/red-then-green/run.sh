#!/usr/bin/env bash
# A bundled skill: a reviewer opens 'review-to-tests' and shows a fault by a test that fails; somebody else mends it.
source "$(dirname "$0")/../start.sh"
test=tests/test_a_note_is_one_note.py

try onecontext skill list --tokens
try onecontext skill search "look for bugs, as tests that fail" --k 1
try onecontext run "Review how notes are kept; mend what a test can show" "${script[@]}"
ended=$code
branch=$(git for-each-ref --format='%(refname)' refs/heads/onecontext | head -n 1)
try git log --first-parent --format='%h %an: %s' "main..$branch"

# Both colours, from git alone: the test fails at the first commit of the branch and passes at its last.
for commit in $(git rev-list --first-parent --reverse "main..$branch"); do
  at=$(mktemp -d)
  git archive "$commit" | tar -x -C "$at"
  printf '\n$ python -m pytest -q %s    # at %s\n' "$test" "$(git rev-parse --short "$commit")"
  (cd "$at" && python -m pytest -q -p no:cacheprovider "$test" | tail -n 1) || true
  rm -r "$at"
done
exit "$ended"
