# Sourced by the examples: a small package as a git repository of its own, in a new folder; the checkout stays as it is.
# FOLDER names the folder, SANDBOX=none runs agents with your rights.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${FOLDER:-$(mktemp -d -t onecontext-example-XXXXXX)}
[ -x "$examples/../.venv/bin/onecontext" ] && PATH="$examples/../.venv/bin:$PATH"
command -v onecontext >/dev/null || { echo "onecontext is not installed: run 'make demo' once" >&2; exit 3; }

mkdir -p "$folder/notes"
cd "$folder/notes"
cp -R "$examples/notes/." .
[ ! -d "$here/also" ] || cp -R "$here/also/." .
find . -name __pycache__ -prune -exec rm -r {} +
git init --quiet --initial-branch=main
git add .
git -c user.name=Notes -c user.email=notes@example.org commit --quiet --message="Notes"
echo "a small package as a git repository: $PWD"

# Say what is typed, then do it; how it ended is in $code.
try() {
  printf '\n$ %s\n' "$*"
  code=0
  "$@" || code=$?
}

script=(--model "scripted:$here/script.yaml" --sandbox "${SANDBOX:-bubblewrap}")
