"""How well a memory is searched: recall and MRR on conversations with labelled evidence, beside what else there is.

``python bench/recall.py --data FILE`` measures a set in the layout of LoCoMo (recall_data.py); without ``--data`` the
small set of our own in ``data/recall``. ``--tune`` also chooses the weights with each conversation left out in turn,
and prints each choice (some minutes). Ours is the product: every turn is a step in a real memory (recall_systems.py).
"""

import argparse
import contextlib
import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from recall_data import Conversation, load
from recall_measure import COLUMNS, MRR, RECALL_AT_10, Costs, Row, mean, measured
from recall_systems import kept, others
from recall_tune import Fold, left_out, switched_off

from onecontext.recall.search.dense import Closeness, Embed
from onecontext.text.tokens import default_counter

OWN = Path(__file__).parent / "data" / "recall" / "conversations.json"
OURS, DENSE, LEFT_OUT, BASE = "onecontext", "onecontext, dense", "onecontext, left out", "plain FTS5, porter"
ADVERSARIAL = 5  # LoCoMo's questions about the wrong speaker: their evidence is labelled like any other


def main() -> None:
    options = _options()
    conversations, dropped = load(options.data)
    turns = sum(len(one.turns) for one in conversations)
    questions = sum(len(one.questions) for one in conversations)
    print(f"{len(conversations)} conversations, {turns:,} turns, {questions:,} questions with evidence")
    print(f"left out: {dropped.questions} questions without evidence; {len(dropped.ids)} ids that name no turn")
    print(f"tokens: {default_counter().name}; pictures: their description (blip_caption) is part of the turn, for all")
    rows = _measured(conversations, options)
    _table("all questions", rows)
    if any(category == ADVERSARIAL for category, _ in rows[OURS]):
        _table("without category 5 (adversarial)", _only(rows, lambda category: category != ADVERSARIAL))
    for wanted in sorted({category for category, _ in rows[OURS]}):
        _table(f"category {wanted}", _only(rows, lambda category, wanted=wanted: category == wanted))
    if options.json:
        means = {name: dict(zip(COLUMNS, mean(found), strict=True)) for name, found in rows.items()}
        options.json.write_text(json.dumps(means, indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=OWN, help="a set in the layout of LoCoMo")
    parser.add_argument("--tune", action="store_true", help="choose the weights with each conversation left out")
    parser.add_argument("--ablate", action="store_true", help="also switch off one rule of the ranking at a time")
    parser.add_argument("--dense", metavar="MODULE:FUNCTION", help="also with the vectors of what the function returns")
    parser.add_argument("--json", type=Path, help="write the means there, too")
    return parser.parse_args()


def _measured(conversations: Sequence[Conversation], options: argparse.Namespace) -> dict[str, list[Row]]:
    tune, ablate = options.tune, options.ablate
    closeness = Closeness(_loaded(options.dense)) if options.dense else None
    systems = others()
    rows: dict[str, list[Row]] = {name: [] for name in (OURS, *systems)}
    folds = []
    for conversation in conversations:
        costs = Costs(conversation.turns, default_counter().count)
        for name, make in systems.items():
            rows[name] += measured(conversation, make(conversation.turns), costs)
        with kept(conversation) as memory:
            rows[OURS] += measured(conversation, memory.search, costs)
            if closeness:
                rows.setdefault(DENSE, []).extend(measured(conversation, memory.closer(closeness), costs))
            if tune or ablate:
                folds.append(Fold(conversation, memory, costs))
    if tune:
        print("\nweights, chosen by recall@10 + MRR:")
        rows = {LEFT_OUT: left_out(folds, print), **rows}
    if ablate:
        _table("rules switched off", {**switched_off(folds), BASE: rows[BASE]})
    return rows


def _loaded(name: str) -> Embed:
    """Return what the function ``module:function`` returns: it turns texts into vectors."""
    module, _, function = name.partition(":")
    made: Embed = getattr(import_module(module), function)()
    return made


def _table(title: str, rows: dict[str, list[Row]]) -> None:
    count = len(rows[BASE])
    print(f"\n{title}: {count:,} questions\n\n| | {' | '.join(COLUMNS)} | R@10 to FTS5 | MRR to FTS5 |")
    print(f"|---|{'---:|' * (len(COLUMNS) + 2)}")
    base = mean(rows[BASE])
    for name, found in rows.items():
        figures = mean(found)
        ratios = (figures[at] / base[at] if base[at] else float("nan") for at in (RECALL_AT_10, MRR))
        cells = [*(f"{figure:.3f}" for figure in figures), *(f"{ratio:.2f}" for ratio in ratios)]
        print(f"| {name} | {' | '.join(cells)} |")


def _only(rows: dict[str, list[Row]], keep: Callable[[int], bool]) -> dict[str, list[Row]]:
    return {name: [row for row in found if keep(row[0])] for name, found in rows.items()}


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
