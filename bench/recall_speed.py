"""What the search index costs: making it, keeping it up to date, asking it; beside what a user would pick instead.

Rule 1: CPU time of this process (and of children, for commands), since other work on the machine does not add to it.
Rule 2: everybody gets the same texts and the same questions in the same run, in turns.
Rule 3: a peer that is not installed is left out, and said so: ripgrep (``rg``), tantivy (``pip install tantivy``).

``python bench/recall_speed.py [--steps N] [--full]``: N steps (10,000; ``--full`` takes 100,000 as well), ten to a
milestone. The words of a text are drawn as words of a language are, the n-th by 1/(n+3) out of 30,000; a question has
two to eight words, of which half are rarer than the 200 most frequent, and the rest any but the 30 most frequent: those
of a language are stop words, which nobody is asked for.
"""

import argparse
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from onecontext import Memory
from onecontext.memory.reading import settled
from onecontext.recall.search import search
from onecontext.recall.search.index import asked_of

VOCABULARY, STOPPED, FREQUENT = 30_000, 30, 200
STEPS_OF_A_MILESTONE = 10
QUESTIONS = 200
COMMANDS = 15


class Language:
    """Words as frequent as those of a language, the same for the same seed."""

    def __init__(self, seed: int = 6) -> None:
        self._random = random.Random(seed)
        letters, weights = "etaoinshrdlucmfwypvbgkjqxz", range(26, 0, -1)
        self._words = [
            "".join(self._random.choices(letters, weights, k=self._random.randint(3, 10))) for _ in range(VOCABULARY)
        ]
        self._weights = list(accumulate(1 / (n + 3) for n in range(VOCABULARY)))

    def text(self, words: int) -> str:
        """Return so many words."""
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=words))

    def step(self) -> tuple[str, str, str]:
        """Return observation, thought and action: some 300 bytes."""
        return self.text(25), self.text(15), f"edit src/module_{self._random.randrange(400)}.py"

    def question(self) -> str:
        """Return a question."""
        count = self._random.randint(1, 4)
        frequencies = [1 / (n + 3) for n in range(STOPPED, VOCABULARY)]
        words = self._random.choices(self._words[STOPPED:], frequencies, k=count)
        words += self._random.choices(self._words[FREQUENT:], k=count)
        return " ".join(words)


def cpu_s(kind: int = resource.RUSAGE_SELF) -> float:
    """Return the seconds of CPU that this process (or its children) took so far."""
    used = resource.getrusage(kind)
    return used.ru_utime + used.ru_stime


def timed(action: Callable[[], object], kind: int = resource.RUSAGE_SELF) -> float:
    """Return the seconds of CPU that ``action`` takes."""
    began = cpu_s(kind)
    action()
    return cpu_s(kind) - began


def shares(times_s: list[float]) -> str:
    """Return the median and the 95th percentile in milliseconds."""
    ordered = sorted(times_s)
    return f"p50 {1e3 * statistics.median(ordered):6.1f}   p95 {1e3 * ordered[int(len(ordered) * 0.95)]:6.1f} ms"


def filled(folder: Path, language: Language, steps: int) -> tuple[Memory, list[str]]:
    """Make a memory with so many steps, and return it with their texts."""
    memory = Memory.init(folder, agent="ann", durability="none")
    texts: list[str] = []
    for n in range(steps):
        parts = language.step()
        memory.step(*parts)
        texts.append("\n".join(parts))
        if n % STEPS_OF_A_MILESTONE == STEPS_OF_A_MILESTONE - 1:
            memory.commit(language.text(20))
    memory.flush()
    return memory, texts


def size(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def plain_fts5(path: Path, texts: list[str]) -> sqlite3.Connection:
    """Put texts into FTS5 as it comes, stemmed and without their content."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='porter unicode61')")
    db.execute("BEGIN")
    db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", enumerate(texts, 1))
    db.execute("COMMIT")
    return db


def asked_plainly(db: sqlite3.Connection, question: str) -> None:
    """Ask plain FTS5 for any of the words."""
    match = " OR ".join(f'"{word}"' for word in question.split())
    db.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10", (match,)).fetchall()


def ours(memory: Memory, language: Language, texts: list[str], questions: list[str]) -> None:
    """Measure making, updating and asking our index, and what plain FTS5 makes of the same."""
    raw, folder = sum(len(text.encode()) for text in texts), memory.layout.search_folder()
    plain = Path(tempfile.mkdtemp(prefix="onecontext-plain-")) / "plain.db"
    made_s, plain_s = [], []
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        made_s.append(timed(lambda: asked_of(memory.layout, lambda db: None)))
        plain.unlink(missing_ok=True)
        plain_s.append(timed(lambda: plain_fts5(plain, texts).close()))
    made, one = len(texts) / min(made_s), len(texts) / min(plain_s)
    print(f"  index        {made:9,.0f} steps/s, {size(folder) / raw:.2f} x the raw text")
    print(f"  plain FTS5   {one:9,.0f} steps/s, {size(plain.parent) / raw:.2f} x the raw text")
    print(f"  update       {shares(list(updates(memory, language)))} a milestone with a step, over looking alone")
    print(f"  query        {shares([timed(lambda q=q: search(memory.layout, q)) for q in questions])}")
    db = sqlite3.connect(plain)
    print(f"  plain FTS5   {shares([timed(lambda q=q: asked_plainly(db, q)) for q in questions])}")
    shutil.rmtree(plain.parent)


def updates(memory: Memory, language: Language) -> Iterator[float]:
    """Yield what the first look after a milestone takes more than the one after it."""
    for _ in range(30):
        memory.step(*language.step())
        memory.commit(language.text(20))
        memory.flush()
        time.sleep(0.03)  # so that the log's time of change proves something
        first = timed(lambda: asked_of(settled(memory.layout), lambda db: None))
        yield first - timed(lambda: asked_of(settled(memory.layout), lambda db: None))


def commands(memory: Memory, questions: list[str]) -> None:
    """Measure whole commands: ours, and ripgrep over the same history."""

    def run(*words: str) -> None:
        subprocess.run(words, cwd=memory.path.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    children = resource.RUSAGE_CHILDREN
    command = (sys.executable, "-m", "onecontext", "search")
    print(f"  command      {shares([timed(lambda q=q: run(*command, q), children) for q in questions])}")
    if shutil.which("rg") is None:
        print("  ripgrep      not installed")
        return
    rg = ("rg", "-i", "-j1", "--no-ignore", "-m", "10")
    any_of = [[part for word in question.split() for part in ("-e", word)] for question in questions]
    branches = str(memory.path / "branches")
    print(f"  ripgrep      {shares([timed(lambda w=w: run(*rg, *w, branches), children) for w in any_of])}, unranked")


def tantivy(texts: list[str], questions: list[str]) -> None:
    """Measure tantivy, with its English stemmer, in a folder of its own."""
    try:
        import tantivy as peer
    except ImportError:
        print("  tantivy      not installed")
        return
    folder = Path(tempfile.mkdtemp(prefix="onecontext-tantivy-"))
    builder = peer.SchemaBuilder()
    builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
    index = peer.Index(builder.build(), path=str(folder))

    def fill() -> None:
        writer = index.writer(64_000_000, 1)
        for text in texts:
            writer.add_document(peer.Document(text=text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()

    took = timed(fill)
    searcher = index.searcher()
    times = [timed(lambda q=q: searcher.search(index.parse_query(q, ["text"]), 10)) for q in questions]
    raw = sum(len(text.encode()) for text in texts)
    print(f"  tantivy      {len(texts) / took:9,.0f} steps/s, {size(folder) / raw:.2f} x the raw text; {shares(times)}")
    shutil.rmtree(folder)


def measure(steps: int) -> None:
    """Print all figures for so many steps."""
    language = Language()
    with tempfile.TemporaryDirectory(prefix="onecontext-recall-") as name:
        memory, texts = filled(Path(name), language, steps)
        questions = [language.question() for _ in range(QUESTIONS)]
        print(f"{steps:,} steps, {sum(map(len, texts)) / 1e6:.1f} MB of text; CPU time, load {os.getloadavg()[0]:.1f}")
        ours(memory, language, texts, questions)
        commands(memory, questions[:COMMANDS])
        tantivy(texts, questions)


def main() -> None:
    """Measure, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--full", action="store_true", help="100,000 steps as well")
    args = parser.parse_args()
    for steps in (args.steps, *((100_000,) if args.full else ())):
        measure(steps)


if __name__ == "__main__":
    main()
