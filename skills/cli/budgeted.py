"""What an agent would see of the skills in a budget: which are whole, shortened or left out, and why."""

from collections.abc import Sequence

from onecontext.text.tokens import default_counter
from skills.catalogue.fitting import DEFAULT_BUDGET, catalogue
from skills.format.skill import Skill


class Budgeted:
    """The catalogue in ``budget`` tokens (None: what agents have), told skill by skill."""

    def __init__(self, skills: Sequence[Skill], budget: int | None, task: str = "") -> None:
        self._counter = default_counter()
        self._budget = DEFAULT_BUDGET if budget is None else budget
        self._made = catalogue(skills, budget=self._budget, counter=self._counter, form="lines", task=task)
        self._entries = {entry.skill.name: entry for entry in self._made.entries}

    def row(self, skill: Skill) -> dict[str, object]:
        """Return the fields of JSON: ``fate`` is kept, shortened or left out."""
        entry = self._entries[skill.name]
        return {"fate": entry.fate, "why": entry.why, "width": entry.width}

    def line(self, skill: Skill) -> str:
        """Return what became of it in a sentence."""
        entry = self._entries[skill.name]
        said = {"kept": "sees all of it", "shortened": f"sees it with its {entry.why}"}
        return f"an agent {said.get(entry.fate, 'does not see it: the budget is used up; it finds it by searching')}"

    def data(self) -> dict[str, object]:
        """Return the catalogue itself for JSON."""
        return {
            "budget": self._budget,
            "tokens": self._made.tokens,
            "counter": self._counter.name,
            "text": self._made.text,
        }

    def total(self) -> str:
        """Return how much of the budget is used, and how many skills are in it."""
        fates = [entry.fate for entry in self._entries.values()]
        told = ", ".join(f"{fates.count(fate):,} {fate}" for fate in ("kept", "shortened", "left out"))
        return f"catalogue: {self._made.tokens:,} of {self._budget:,} tokens ({self._counter.name}): {told}"
