"""How many files git keeps open for us."""

import subprocess
import sys
from pathlib import Path

from tests.support.memory import new_memory

READ_ALL = """
import sys
from pathlib import Path
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects

layout = Layout(Path(sys.argv[1]))
objects = Objects(layout)
for branch in layout.branches():
    tree, folder = objects.tree_of(layout.tip(branch)), f"branches/{branch}"
    for name in objects.entries(tree, folder):
        objects.read(tree, f"{folder}/{name}")
print(len(list(Path("/proc/self/fd").iterdir())))
"""


def test_a_memory_of_many_packs_does_not_hold_all_of_them_open(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    for number in range(90):
        memory.create_branch(f"b{number}").commit(f"did {number}")
        memory.on(f"b{number}").milestones()
    packs = len(list((memory.path / ".git" / "objects" / "pack").glob("*.pack")))
    assert packs > 150

    command = [sys.executable, "-c", READ_ALL, str(memory.path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert int(ran.stdout) < 64 + 40
