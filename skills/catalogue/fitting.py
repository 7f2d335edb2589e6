"""The line that each skill costs: its name and when to use it, for a model to choose from, within a budget.

Rule 1: the tokens are counted on the finished text and never above the budget.
Rule 2: descriptions are shortened before skills are left out; both are told, skill by skill, and never silent.
Rule 3: where not all fit, those come in first that are required, then those that fit the task, then the others in
        their order. What is written stands in the order that was given, so that the text changes as little as can be.
Rule 4: a required skill that does not fit is an error: an agent that was to have it does not go without.
Rule 5: each line is counted once, and only as many lines are as could fit.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from onecontext.errors import UnknownSkill, UsageError
from onecontext.text.tokens import Counter
from skills.catalogue.forms import FORMS, Form, Writer, one_line
from skills.format.skill import Skill
from skills.search.index import SkillIndex

Fate = Literal["kept", "shortened", "left out"]
DEFAULT_BUDGET = 600  # tokens
WIDTHS = (240, 120, 60)  # characters of a description, tried in turn
_CHOSEN = 40  # skills that are looked for by the task
_LEAST = 5  # tokens: no line has fewer
_MISSES = 12  # lines that did not fit, after which no other is tried


@dataclass(frozen=True)
class Entry:
    """What became of one skill: ``width`` of its description in characters (None: whole), and why, in a sentence."""

    skill: Skill
    fate: Fate
    width: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The text for the model, its tokens, what became of each skill, in the order that was given.

    ``text`` is "" where nothing fits, or there are no skills.
    """

    text: str
    tokens: int
    entries: tuple[Entry, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """A sentence for each skill that is shortened or not in it."""
        return tuple(f"{entry.skill.name}: {entry.why}" for entry in self.entries if entry.fate != "kept")


def catalogue(
    skills: Sequence[Skill],
    *,
    budget: int | None,
    counter: Counter,
    form: Form = "xml",
    required: Collection[str] = (),
    task: str = "",
    index: SkillIndex | None = None,
) -> Catalogue:
    """Return the catalogue of ``skills``, in their order.

    Args:
        budget: tokens; None: no limit; 0 or less: nothing.
        required: names of skills that must be in it.
        task: what is to be done; where not all fit, the skills that its words find come first.
        index: of ``skills``, where the caller has one; None: it is made when it is needed.

    Raises:
        UnknownSkill: a required one is not among ``skills``. UsageError: the required ones do not fit.
    """
    missing = sorted(set(required) - {skill.name for skill in skills})
    if missing:
        raise UnknownSkill(f"skill {missing[0]} is required and is not there")
    write = FORMS[form]
    for width in (None, *WIDTHS):
        if budget is not None and len(skills) * _LEAST > budget + _LEAST:
            break
        text = write.text(write.item(one_line(skill.name), shortened(skill, width)) for skill in skills)
        tokens = counter.count(text) if budget is None else counter.count_within(text, max(budget, 0))
        if tokens is not None:
            return Catalogue(text, tokens, tuple(_entry(skill, width) for skill in skills))
    return _Choice(skills, budget or 0, counter, write).made(_ranked(skills, required, task, index), set(required))


def shortened(skill: Skill, width: int | None) -> str:
    """Return the description on one line of at most ``width`` characters (None: all of it), cut between words."""
    line = one_line(skill.description)
    if width is None or len(line) <= width:
        return line
    cut = line[: width - 1]
    space = cut.rfind(" ")
    return cut[: space if space > width // 2 else None].rstrip() + "…"


def _entry(skill: Skill, width: int | None) -> Entry:
    if width is None or len(one_line(skill.description)) <= width:
        return Entry(skill, "kept")
    return Entry(skill, "shortened", width, f"description shortened to {width} characters")


def _ranked(
    skills: Sequence[Skill], required: Collection[str], task: str, index: SkillIndex | None
) -> Iterator[tuple[int, int]]:
    """Yield places in ``skills`` with the width that each may have, the most wanted first, each once."""
    places = {skill.name: place for place, skill in enumerate(skills)}
    done = {places[name] for name in required}
    yield from ((place, WIDTHS[0]) for place in sorted(done))
    if task.strip():
        for hit in (index or SkillIndex(skills)).search(task, _CHOSEN):
            place = places.get(hit.skill.name)
            if place is not None and place not in done:
                done.add(place)
                yield place, WIDTHS[1]
    yield from ((place, WIDTHS[-1]) for place in range(len(skills)) if place not in done)


class _Choice:
    """The skills that are taken in, one by one, until the budget is used up."""

    def __init__(self, skills: Sequence[Skill], budget: int, counter: Counter, write: Writer) -> None:
        self._skills, self._budget, self._counter, self._write = skills, budget, counter, write
        self._taken: dict[int, int] = {}  # place to width, in the order of taking

    def made(self, ranked: Iterator[tuple[int, int]], required: set[str]) -> Catalogue:
        used, misses = self._counter.count(self._write.text((), others=len(self._skills))), 0
        for place, width in ranked:
            cost = self._counter.count(self._line(place, width) + self._write.between)
            if self._skills[place].name not in required and used + cost > self._budget:
                misses += 1
                if misses >= _MISSES:
                    break
                continue
            self._taken[place] = width
            used += cost
        return self._verified(required)

    def _verified(self, required: set[str]) -> Catalogue:
        # Lines may cost a token more together than one by one: the whole text decides.
        while (tokens := self._counter.count_within(text := self._text(), max(self._budget, 0))) is None:
            last = next((place for place in reversed(self._taken) if self._skills[place].name not in required), None)
            if last is not None:
                del self._taken[last]
            elif self._taken:
                self._narrow(required)
            else:
                text, tokens = "", 0  # not even a word about the others fits
                break
        return Catalogue(text, tokens, tuple(map(self._told, range(len(self._skills)))))

    def _narrow(self, required: set[str]) -> None:
        """Shorten the required ones, which are all that is left, to the next width.

        Raises:
            UsageError: they are as short as they get.
        """
        width = next(iter(self._taken.values()))
        if width == WIDTHS[-1]:
            raise UsageError(
                f"the required skills {', '.join(sorted(required))} do not fit into {self._budget} tokens",
                hint="require fewer, or give the catalogue more tokens",
            )
        self._taken = dict.fromkeys(self._taken, WIDTHS[WIDTHS.index(width) + 1])

    def _text(self) -> str:
        lines = [self._line(place, self._taken[place]) for place in sorted(self._taken)]
        return self._write.text(lines, others=len(self._skills) - len(lines))

    def _line(self, place: int, width: int) -> str:
        skill = self._skills[place]
        return self._write.item(one_line(skill.name), shortened(skill, width))

    def _told(self, place: int) -> Entry:
        skill = self._skills[place]
        if place in self._taken:
            return _entry(skill, self._taken[place])
        return Entry(skill, "left out", None, "not listed: the budget is used up ('onecontext skill list' shows it)")
