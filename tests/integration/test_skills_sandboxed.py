"""Commands and scripts of a trusted skill in a real sandbox: they see the project, write nothing, reach nobody."""

import io
import json
from pathlib import Path

import pytest

from onecontext.cli.main import main
from tests.support.guard import bubblewrap_or_skip
from tests.support.skills import skill_writer

SECRET = "a-secret-of-the-person"
BODY = """Files: !`ls`
Arguments: !`printf '<%s>' "$0" "$1"`
Home: !`cat "$HOME/.ssh/id" /home/*/.ssh/id 2>&1; env`
Writing: !`echo x > written.txt || echo refused`
Net: !`(exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 || echo no network`
Long: !`head -c 100000 /dev/zero | tr '\\0' y`
Own: !`cat ${CLAUDE_SKILL_DIR}/more.md`
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    bubblewrap_or_skip()
    # Commands run as somebody who owns nothing here: what they may read is open to all, as a checkout usually is.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    (tmp_path / "home" / ".ssh" / "id").write_text(SECRET)
    write = skill_writer(tmp_path)
    folder = write("project/.agents/skills", "a", body=BODY, **{"more.md": "more of it"})
    (folder / "scripts").mkdir()
    (folder / "scripts" / "go.py").write_text(
        "import sys, pathlib\n"
        "print(sys.argv[1:], sorted(p.name for p in pathlib.Path().iterdir()))\n"
        "try:\n    pathlib.Path('written.txt').write_text('x')\n"
        "except OSError as error:\n    print('refused', error.strerror)\n"
        "sys.exit(3)\n"
    )
    (tmp_path / "project" / "readme.txt").write_text("hello")
    return tmp_path


def _run(home: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    env = {"HOME": str(home / "home"), "OPENAI_API_KEY": SECRET}
    code = main(["skill", *words], env=env, cwd=home / "project", stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_commands_in_a_text_run_when_it_is_trusted_and_not_before(home: Path) -> None:
    assert "did not run: nobody here has trusted this skill" in _run(home, "use", "a")[1]
    assert _run(home, "trust", "a")[0] == 0

    code, out, _ = _run(home, "use", "a", "--", "it's", '"; touch /workspace/x; echo "')

    assert code == 0
    assert "$ ls\nreadme.txt\n" in out
    assert """<it's><"; touch /workspace/x; echo ">""" in out
    assert SECRET not in out
    assert "refused" in out.split("Writing: ")[1].split("Net: ")[0]
    assert "no network" in out
    assert "92,000 characters left out" in out or "left out" in out.split("Long: ")[1]
    assert "more of it" in out.split("Own: ")[1]
    assert not (home / "project" / "written.txt").exists()
    assert len(out) < 20_000


def test_a_script_runs_when_its_skill_is_trusted_with_its_own_exit_code(home: Path) -> None:
    code, _, err = _run(home, "run", "a", "scripts/go.py")
    assert code == 2
    assert "did not run: nobody here has trusted this skill" in err
    _run(home, "trust", "a")

    code, out, _ = _run(home, "run", "a", "scripts/go.py", "--", "--json", "x y")

    assert code == 3
    assert out.startswith("['--json', 'x y'] ['.agents', 'readme.txt']\n")
    assert "refused" in out
    assert json.loads(_run(home, "run", "a", "scripts/go.py", "--json")[1])["data"]["exit_code"] == 3


def test_a_script_that_takes_too_long_is_ended(home: Path) -> None:
    (home / "project/.agents/skills/a/scripts/wait.sh").write_text("echo begun\nsleep 60\n")
    _run(home, "trust", "a")

    code, out, err = _run(home, "run", "a", "scripts/wait.sh", "--timeout", "1")

    assert code == 124
    assert out == "begun\n"
    assert "it took longer than 1 s" in err
