"""Does ``context --for`` hold what matters more often than the bare context? ``python bench/recall_for.py``

A project of a year is written into a memory: facts that matter one day (``NEEDS``: what somebody is about to do, and
the sentences that they must know) among milestones and steps that do not. Both contexts are then asked within the same
budgets, and the share of the needed sentences that stand in them is printed. The set is small and of our own making:
it shows an order, not a third digit.
"""

import argparse
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from recall_for_data import ACTIONS, DECISIONS, MILESTONES, NEEDS, PARTS, PINS, QUESTIONS, STEPS

from onecontext import Memory

BUDGETS = (500, 1000, 2000)


def make(folder: Path, *, milestones: int, seed: int = 7) -> Memory:
    """Write the project's memory: ``milestones`` of them with about three steps each, the facts spread evenly."""
    chance = random.Random(seed)
    times, numbers = count(), count(1)
    start = datetime(2026, 1, 2, 9, tzinfo=UTC)
    memory = Memory.init(
        folder,
        agent="ann",
        purpose="a point of sale for small shops",
        durability="none",
        clock=lambda: start + timedelta(hours=2 * next(times)),
        new_id=lambda: f"{next(numbers):08x}",
    )
    facts: list[Callable[[], object]] = [
        *(lambda text=text: memory.step(observation=text) for text in STEPS),
        *(lambda text=text: memory.commit(text) for text in MILESTONES),
        *(
            lambda text=text: memory.commit(f"Decided: see the roadmap. {filler(chance)}", decision=text)
            for text in DECISIONS
        ),
        *(lambda text=text: memory.commit(f"Asked around. {filler(chance)}", question=text) for text in QUESTIONS),
        *(lambda text=text: memory.pin(text) for text in PINS),
    ]
    chance.shuffle(facts)
    # Nothing that matters is among the newest: those any context has.
    places = set(chance.sample(range(milestones - 12), len(facts)))
    for number in range(milestones):
        for _ in range(chance.randint(1, 5)):
            memory.step(observation=filler(chance), action=filler(chance))
        if number in places:
            facts.pop()()
        memory.commit(" ".join(filler(chance) for _ in range(chance.randint(1, 3))))
    memory.flush()
    return memory


def filler(chance: random.Random) -> str:
    """Return a sentence about the work, as there are thousands."""
    return f"{chance.choice(ACTIONS)} {chance.choice(PARTS)} {chance.choice(ACTIONS).lower()} {chance.choice(PARTS)}."


def share(memory: Memory, budget: int, *, purpose: bool) -> float:
    """Return the share of needed sentences that stand in the context, the mean over all needs."""
    shares = []
    for about, needed in NEEDS:
        text = memory.context(budget=budget, for_=about if purpose else None).text
        flat = " ".join(text.split())
        shares.append(sum(sentence in flat for sentence in needed) / len(needed))
    return sum(shares) / len(shares)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--milestones", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory = make(Path(folder), milestones=args.milestones)
        print(f"{args.milestones} milestones, {len(memory.steps())} steps, {len(NEEDS)} needs")
        print("| budget | bare context | --for |\n|---|---|---|")
        for budget in BUDGETS:
            bare, chosen = (share(memory, budget, purpose=purpose) for purpose in (False, True))
            print(f"| {budget} | {bare:.2f} | {chosen:.2f} |")


if __name__ == "__main__":
    main()
