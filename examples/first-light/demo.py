"""``make demo``: a team of agents repairs a small real package, on your screen.

The model is scripted (``script/*.yaml``), so no key is needed; everything else is real: the git repositories, the
sandbox, the commands, the tests, the rejected attempt. The checkout is left as it was: all happens in a new folder.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOAL = "Make the test suite pass and let the till print receipts"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Till",
    "GIT_AUTHOR_EMAIL": "till@example.org",
    "GIT_COMMITTER_NAME": "Till",
    "GIT_COMMITTER_EMAIL": "till@example.org",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", default="bubblewrap", help="bubblewrap, or none")
    parser.add_argument("--script", type=Path, default=HERE / "script", help="the words of the scripted model")
    parser.add_argument("--folder", type=Path, help="where to work; default: a new temporary folder")
    args = parser.parse_args()
    folder = args.folder or Path(tempfile.mkdtemp(prefix="onecontext-demo-"))
    shop = prepare(folder / "till")
    say(f"A small package with failing tests, as a git repository: {shop}")
    say(f"before:  {suite(shop)}\n")
    # Beside the package, so that what the run says of itself names no folder of this machine.
    shutil.copytree(args.script, folder / "script")
    command = [sys.executable, "-m", "onecontext", "run", GOAL, "--model", "scripted:../script"]
    code = subprocess.run([*command, "--workers", "2", "--sandbox", args.sandbox], cwd=shop, check=False).returncode
    if code not in (0, 10, 11, 12, 13):
        return code
    report(shop, folder)
    return code


def prepare(shop: Path) -> Path:
    """Copy the package to ``shop`` and make it a git repository with one commit."""
    shutil.copytree(HERE / "project", shop, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    git(shop, "init", "--quiet", "--initial-branch=main")
    git(shop, "add", ".")
    git(shop, "commit", "--quiet", "--message=A till, with bugs")
    return shop


def report(shop: Path, folder: Path) -> None:
    """Check out the result beside the user's repository, run the tests that are there, and say what to type next."""
    branch = git(shop, "for-each-ref", "--format=%(refname:short)", "refs/heads/onecontext").split()[-1]
    result = folder / "result"
    git(shop, "clone", "--quiet", "--branch", branch, str(shop), str(result))
    say(f"\nafter:   {suite(result)}")
    changed = git(shop, "status", "--short")
    say(f"yours:   {changed or f'the checkout is as it was; the work waits on the branch {branch}'}")
    onecontext = Path(sys.executable).with_name("onecontext")
    say("\nThe words came from a script; the commands, tests, commits and the rejection were real. Look around:")
    say(f"  cd {shop}")
    say(f"  {onecontext} log --graph       what the agents remember")
    say(f"  {onecontext} board             the tasks, who did them, what was judged")
    say(f"  {onecontext} monitor           all of it on one screen")
    say(f"  git diff main {branch}")
    say("The same with a real model:")
    say(f'  {onecontext} run "{GOAL}" --model anthropic/claude-sonnet-4-5')


def suite(folder: Path) -> str:
    """Run the package's tests and return pytest's last line."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return (ran.stdout.strip().splitlines() or [ran.stderr.strip()])[-1]


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` with an identity of its own, untouched by the machine's configuration."""
    environment = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
