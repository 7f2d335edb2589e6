"""How well and how fast skills are found by words: BM25 alone, character n-grams alone, and the two fused.

What is searched are the 482 tools of ``bench/data/mcp-tools`` (real lists of 24 servers), each as a skill: the server
and the tool as its name, its description. The queries:

- *name words*: the parts of a tool's name in any order;
- *name joined*: them in one word, as ``mergepullrequest`` or ``mergePullRequest``;
- *name typos*: them with a letter lost, doubled, swapped or changed in each word of five letters or more;
- *described*: three words of the first sentence of the description that are not in the name;
- *described typos*: those, mistyped in the same way;
- *by hand*: ``bench/data/skill-queries.txt``, written from what tools are for, in other words than theirs.

The first five are made from the tools by a seeded generator, so their labels are right by construction (tools of the
same name on another server count, too). What was chosen by looking (weights, limits) was chosen on the queries whose
checksum is even; **what is printed is of the others**.

    python -m bench.skills_search [--speed-only] [--chosen-on]
"""

import argparse
import json
import math
import random
import re
import statistics
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from skills.search.bm25 import Weights
from skills.search.grams import grams_of
from skills.search.index import TextIndex
from skills.search.words import is_stop_word, words

DATA = Path(__file__).parent / "data"
SEED = 7
Ranker = Callable[[str, int], list[int]]


class Query(NamedTuple):
    """What is asked, and the numbers of all tools that would do."""

    text: str
    wanted: frozenset[int]


def tools() -> dict[str, str]:
    """Return server/tool to description, of all servers."""
    found = {}
    for path in sorted((DATA / "mcp-tools").glob("*.json")):
        server = json.loads(path.read_text(encoding="utf-8"))
        for tool in server["tools"]:
            found[f"{server['server']}/{tool['name']}"] = tool.get("description") or tool["name"]
    return found


def queries(of: dict[str, str]) -> dict[str, list[Query]]:
    """Return the queries by kind."""
    chance, names = random.Random(SEED), list(of)
    same: defaultdict[str, set[int]] = defaultdict(set)
    for number, name in enumerate(names):
        same[name.split("/")[1]].add(number)
    made: dict[str, list[Query]] = {
        kind: [] for kind in ("name words", "name joined", "name typos", "described", "described typos")
    }
    for number, name in enumerate(names):
        parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name.split("/")[1])]
        wanted = frozenset(same[name.split("/")[1]])
        camel = "".join([parts[0], *(part.title() for part in parts[1:])])
        made["name words"].append(Query(" ".join(chance.sample(parts, len(parts))), wanted))
        made["name joined"].append(Query(camel if number % 2 else camel.lower(), wanted))
        made["name typos"].append(Query(" ".join(_mistyped(part, chance) for part in parts), wanted))
        told = _telling(of[name], parts)
        if len(told) >= 3:
            picked = chance.sample(told, 3)
            made["described"].append(Query(" ".join(picked), frozenset({number})))
            mistyped = " ".join(_mistyped(word.lower(), chance) for word in picked)
            made["described typos"].append(Query(mistyped, frozenset({number})))
    made["by hand"] = list(_by_hand({name: number for number, name in enumerate(names)}))
    return made


def _by_hand(numbers: dict[str, int]) -> Iterator[Query]:
    for line in (DATA / "skill-queries.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            text, _, wanted = line.partition(" | ")
            yield Query(text, frozenset(numbers[name.strip()] for name in wanted.split(",")))


def _telling(description: str, parts: list[str]) -> list[str]:
    first = re.split(r"(?<=[.!?])\s", description)[0]
    return [w for w in re.findall(r"[A-Za-z]{4,}", first) if w.lower() not in parts and not is_stop_word(w.lower())]


def _mistyped(word: str, chance: random.Random) -> str:
    if len(word) < 5:
        return word
    at, kind = chance.randrange(1, len(word) - 1), chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]


class Bm25Alone:
    """The words as they are."""

    def __init__(self, texts: list[tuple[str, str]]) -> None:
        self._weights = Weights(texts).of

    def __call__(self, query: str, k: int) -> list[int]:
        scores: defaultdict[int, float] = defaultdict(float)
        for word in _asked(query):
            for number, weight in self._weights.get(word, {}).items():
                scores[number] += weight
        return _best(scores, k)


class GramsAlone:
    """Cosine of character 3-, 4- and 5-grams, weighted by TF-IDF: what scikit-learn's ``char_wb`` does."""

    def __init__(self, texts: list[tuple[str, str]]) -> None:
        counted = []
        for name, text in texts:
            counts: Counter[str] = Counter()
            for word in [*words(name) * 3, *(word for word in words(text) if not is_stop_word(word))]:
                counts.update(grams_of(word))
            counted.append(counts)
        there = Counter(gram for counts in counted for gram in counts)
        self._rarity = {gram: math.log((1 + len(texts)) / (1 + n)) + 1 for gram, n in there.items()}
        self._having: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, counts in enumerate(counted):
            weights = {gram: (1 + math.log(times)) * self._rarity[gram] for gram, times in counts.items()}
            length = math.sqrt(sum(weight**2 for weight in weights.values()))
            for gram, weight in weights.items():
                self._having[gram].append((number, weight / length))

    def __call__(self, query: str, k: int) -> list[int]:
        scores: defaultdict[int, float] = defaultdict(float)
        for gram, times in Counter(gram for word in _asked(query) for gram in grams_of(word)).items():
            for number, weight in self._having.get(gram, ()):
                scores[number] += times * self._rarity[gram] * weight
        return _best(scores, k)


class Fused:
    """What ``onecontext skill search`` does."""

    def __init__(self, texts: list[tuple[str, str]]) -> None:
        self._index = TextIndex(texts)

    def __call__(self, query: str, k: int) -> list[int]:
        return [number for number, _ in self._index.search(query, k)]


RANKERS: dict[str, Callable[[list[tuple[str, str]]], Ranker]] = {
    "BM25 alone": Bm25Alone,
    "n-grams alone": GramsAlone,
    "fused": Fused,
}


def _asked(query: str) -> list[str]:
    given = list(dict.fromkeys(words(query)))
    return [word for word in given if not is_stop_word(word)] or given


def _best(scores: dict[int, float], k: int) -> list[int]:
    return sorted(scores, key=lambda number: (-scores[number], number))[:k]


def quality(rank: Ranker, asked: list[Query]) -> tuple[float, float, float]:
    """Return how often a right tool is first, how often among the first five, and the mean reciprocal rank."""
    first, five, reciprocal = 0, 0, 0.0
    for query in asked:
        place = next((n for n, number in enumerate(rank(query.text, 10)) if number in query.wanted), None)
        if place is not None:
            first, five, reciprocal = first + (place < 1), five + (place < 5), reciprocal + 1 / (place + 1)
    return first / len(asked), five / len(asked), reciprocal / len(asked)


def print_quality(*, chosen_on: bool) -> None:
    """Print the table; ``chosen_on``: of the queries that choices were made on."""
    of = tools()
    asked = {
        kind: [query for query in those if zlib.crc32(query.text.encode()) % 2 == (0 if chosen_on else 1)]
        for kind, those in queries(of).items()
    }
    texts = [(name.replace("/", " "), text[:1024]) for name, text in of.items()]
    print(f"{sum(map(len, asked.values()))} queries; first / among the first five / mean reciprocal rank")
    print("\n| | " + " | ".join(f"{kind} ({len(those)})" for kind, those in asked.items()) + " | mean |")
    print("|---|" + "---|" * (len(asked) + 1))
    for name, ranker in RANKERS.items():
        rank = ranker(texts)
        rows = [quality(rank, those) for those in asked.values()]
        rows.append(tuple(statistics.mean(column) for column in zip(*rows, strict=True)))  # type: ignore[arg-type]
        print(f"| {name} | " + " | ".join(" / ".join(f"{one:.2f}" for one in row) for row in rows) + " |")


def print_speed(number: int = 5000) -> None:
    """Print CPU time of making an index of so many skills, and of a query."""
    chance, of = random.Random(SEED), list(tools().items())
    pool = sorted({word for _, text in of for word in re.findall(r"[A-Za-z]{3,}", text)})
    texts = []
    for n in range(number):
        name, text = of[n % len(of)]
        # Each a text of its own: a description of 160 to 400 characters with five words of others in it.
        texts.append((f"{name.replace('/', '-')}-{n}", f"{text[: chance.randrange(160, 400)]} {_some(pool, chance)}"))
    started = time.process_time()
    index = TextIndex(texts)
    made_s = time.process_time() - started
    asked = [query.text for those in queries(dict(of)).values() for query in those]
    chance.shuffle(asked)
    took = []
    for text in asked[:1000]:
        started_ns = time.process_time_ns()
        index.search(text, 5)
        took.append((time.process_time_ns() - started_ns) / 1e6)
    took.sort()
    half, most = took[len(took) // 2], took[len(took) * 95 // 100]
    print(f"\n{number:,} skills: index made in {made_s:.2f} s of CPU; a query p50 {half:.2f} ms, p95 {most:.2f} ms")


def _some(pool: list[str], chance: random.Random) -> str:
    return " ".join(chance.sample(pool, 5))


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--chosen-on", action="store_true", help="show the queries that choices were made on")
    args = parser.parse_args()
    if not args.speed_only:
        print_quality(chosen_on=args.chosen_on)
    print_speed()


if __name__ == "__main__":
    main()
