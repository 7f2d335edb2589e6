"""Prove that a sandbox works, by running a command in it and looking for what must not be there.

Rule 1: green means that it was tried: a real command wrote a file, met no network, and did not find our home.
"""

import tempfile
from pathlib import Path

from onecontext.errors import NoSandbox
from teams.guard.bubblewrap import Bubblewrap
from teams.guard.environment import users_home

_SCRIPT = r"""
echo written > /workspace/probe || echo "PROBLEM the workspace cannot be written"
echo planted 2>/dev/null > /workspace/.git/config && echo "PROBLEM .git can be written"
python -c '' || echo "PROBLEM python does not start"
while read -r name _; do
  case "$name" in lo:*|Inter*|face) ;; *) echo "PROBLEM there is a network: $name" ;; esac
done </proc/net/dev
for path; do [ -e "$path" ] && echo "PROBLEM $path can be seen"; done
[ "$(id -u)" = 0 ] && echo "PROBLEM commands run as root"
echo done
"""
_HOME_NAMES = 64


def probe(sandbox: Bubblewrap) -> list[str]:
    """Run a command in ``sandbox`` and return what was found to hold, one sentence each.

    Raises:
        NoSandbox: it does not run, or something that must not be reached was reached; the message says what.
    """
    with tempfile.TemporaryDirectory(prefix="onecontext-probe-") as scratch:
        workspace = Path(scratch)
        (workspace / ".git").mkdir()
        (workspace / ".git" / "config").touch()
        secrets = _must_not_be_seen(sandbox)
        result = sandbox.run(["bash", "-c", _SCRIPT, "probe", *secrets], workspace=workspace, timeout_s=20)
        written = (workspace / "probe").exists()
    problems = [line.removeprefix("PROBLEM ") for line in result.output.splitlines() if line.startswith("PROBLEM")]
    if problems:
        raise NoSandbox(f"the sandbox does not hold: {'; '.join(problems)}")
    if result.exit_code != 0 or not written or not result.output.rstrip().endswith("done"):
        said = result.output.strip().splitlines()
        raise NoSandbox(f"the sandbox does not run commands: {said[-1] if said else f'exit code {result.exit_code}'}")
    who = "a user id that owns nothing" if sandbox.identity.stand_in else "a user namespace"
    return [
        f"a command ran as {who} and wrote its workspace in {result.duration_s * 1000:.0f} ms",
        "no network, and .git read-only",
        f"{len(secrets)} names of your home were looked for and are out of reach",
    ]


def _must_not_be_seen(sandbox: Bubblewrap) -> list[str]:
    """Return paths of the host that no mount of this sandbox leads to: what is in our home."""
    home = users_home()
    if home is None:
        return []
    try:
        names = sorted(path.name for path in home.iterdir())[:_HOME_NAMES]
    except OSError:
        return []
    shown = [path for folder in sandbox.readable for path in (folder, *folder.parents)]
    return [str(home / name) for name in names if home / name not in shown and not _inside(home / name, sandbox)]


def _inside(path: Path, sandbox: Bubblewrap) -> bool:
    return any(folder in path.parents for folder in sandbox.readable)
