"""What the Makefile runs before anything is installed."""

import shutil
import subprocess
from pathlib import Path


def test_a_sandbox_nobody_knows_is_refused_and_not_looked_for_among_packages(root: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None

    ran = subprocess.run(
        [bash, str(root / ".ci" / "bootstrap"), "sandbox", "jail"],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 2
    assert ran.stderr == "SANDBOX is bubblewrap or none, not 'jail'\n"
