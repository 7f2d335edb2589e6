"""What the tests of exports and imports share: texts that hurt, and the other program's view of a folder."""

from pathlib import Path

from contexa import GCCWorkspace
from contexa.models import BranchMetadata, CommitRecord, OTARecord
from hypothesis import strategies as st

from onecontext import Memory

LABELS = ["**Observation:**", "**Thought:** ", "**Action:** ", "**Timestamp:**", "**Branch Purpose:** "]
HEADINGS = ["### Step 1 — ", "### Steps", "## Commit `", "## Commits", "**This Commit's Contribution:** "]
MORE = ["**Previous Progress Summary:** ", "## Merged from `x` (2026)", "# OTA Log — branch `main`\n\n", "`"]
FRAMES = ["<!-- oc1 {}", " -->\n", '<!-- oc1 {"id":"x"} -->\n', "<!-- oc"]
ENDS = ["---", "\\---", "--", "-", "\\", "---\n", "\n---\n", "\n\n---\n", "--- ", "\n\\---\n"]
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\n\n"]
SPACES = [" ", "  ", "\t", "\xa0", "\x1f"]
WHOLE = "\n\n---\n### Step 9 — 2026-01-01\n**Observation:** f\n\n**Thought:** f\n\n**Action:** f\n\n---\n"
PIECES = st.sampled_from([*LABELS, *HEADINGS, *MORE, *FRAMES, *ENDS, *BREAKS, *SPACES, "a", "b c", "é", "🙂", WHOLE])
FREE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), FREE)


def opened(directory: Path) -> GCCWorkspace:
    """Return the folder as the other program opens it."""
    workspace = GCCWorkspace(str(directory))
    workspace.load()
    return workspace


def commits(directory: Path, branch: str) -> list[CommitRecord]:
    """Return the milestones that the other program reads."""
    found: list[CommitRecord] = opened(directory).context(branch, k=10**6).commits
    return found


def otas(directory: Path, branch: str) -> list[OTARecord]:
    """Return the steps that the other program reads."""
    found: list[OTARecord] = opened(directory).context(branch).ota_records
    return found


def about(directory: Path, branch: str) -> BranchMetadata:
    """Return the metadata that the other program reads."""
    return opened(directory).context(branch).metadata


def everything(memory: Memory) -> dict[str, object]:
    """Return all that a memory tells, so that two of them can be compared."""
    told: dict[str, object] = {}
    for branch in memory.branches():
        handle = memory.on(branch.name)
        told[branch.name] = {
            "milestones": handle.milestones(),
            "steps": handle.steps(),
            "main.md": handle.read_main(),
            "metadata": (handle.layout.place(branch.name).folder / f"branches/{branch.name}/metadata.yaml").read_text(),
            "about": (branch.purpose, branch.parent, branch.status, branch.pending),
            "pinned": handle.pinned(),
            "conflicts": handle.conflicts(resolved=True),
        }
    return told
