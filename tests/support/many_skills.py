"""Skills by the thousand, as people write them: the same ones for the same seed.

Rule 1: every one is valid by the format's own rules, so that any program can be given them.
Rule 2: what is drawn has the spread of public collections: descriptions of one to four sentences, front matter in every
        form that YAML has for a text, bodies of half a kilobyte to eight, other files beside a third of them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


def _words(text: str) -> list[str]:
    return text.split()


_VERBS = _words(
    "review check migrate deploy release test debug profile format lint generate convert extract summarize translate "
    "monitor back-up restore rotate audit plan estimate draft publish index search classify merge split validate"
)
_THINGS = _words(
    "sql-migrations api-specs changelogs invoices pdf-forms spreadsheets terraform kubernetes-manifests dockerfiles "
    "docs typescript react-components python-packages rust-crates go-modules css images videos transcripts emails "
    "contracts datasets notebooks dashboards alerts feature-flags secrets certificates licenses translations logs "
    "queries schemas pipelines workflows branches pull-requests issues incidents runbooks slides diagrams accounts"
)
_WITHS = _words(
    "aws azure gcp postgres mysql sqlite redis kafka spark airflow dbt github gitlab jira notion slack figma stripe "
    "salesforce shopify wordpress django rails spring laravel nextjs vue swift kotlin unity latex excel pandas"
)
_PLACES = _words("staging production a-monorepo the-browser a-notebook ci a-container the-terminal mobile offline")
_WHAT = (
    "{Verb} {things} with {tool} and reports what it found.",
    "Helps to {verb} {things} for {tool} projects, step by step.",
    "How this team goes about it to {verb} {things}: naming, order, what must never happen.",
    "{Verb} {things} in bulk: reads them, applies the rules of {tool}, writes a summary.",
)
_WHEN = (
    "Use when somebody asks to {verb} {things}, or mentions {tool}.",
    "Use this before a release, when {things} have changed.",
    'Use when a file of {things} is opened, or the user says "{verb} the {things}".',
    "Do not use for {other}; there is another skill for that.",
    "Triggers: {verb}, {things}, {tool}, {other}.",
)
_SENTENCES = (
    "Read the newest file first and note what differs from the one before.",
    "Never write to {tool} before the dry run has been shown to the user.",
    "Where {things} are larger than 10 MB, work on them in parts of a thousand lines.",
    "The order matters: {other} depend on the {things} that were made first.",
    "If the command fails with exit code 2, the credentials are missing: say so and stop.",
    "Ask for the target when it is not named; the default is staging.",
    "Keep the names as they are, also where they look wrong: other programs read them.",
    "A second run must change nothing; compare the output with the last one.",
)


@dataclass(frozen=True)
class Made:
    """One skill: its name, description, the whole of ``SKILL.md`` and its other files, path to text."""

    name: str
    description: str
    document: str
    files: dict[str, str]


def made_skills(count: int, *, seed: int = 7) -> Iterator[Made]:
    """Yield so many skills, each with a name of its own; the first ``n`` are the same whatever ``count`` is."""
    taken: set[str] = set()
    draw = random.Random(seed)
    for _ in range(count):
        yield _made(draw, taken)


def write_skills(folder: Path, count: int, *, seed: int = 7) -> list[Made]:
    """Write so many skills into ``folder``, each in a folder of its name, and return them."""
    skills = list(made_skills(count, seed=seed))
    for skill in skills:
        for name, text in {"SKILL.md": skill.document, **skill.files}.items():
            path = folder / skill.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    return skills


def _made(draw: random.Random, taken: set[str]) -> Made:
    said = {"verb": draw.choice(_VERBS), "things": draw.choice(_THINGS), "tool": draw.choice(_WITHS)}
    said["other"] = draw.choice(_THINGS)
    name = _name(draw, said, taken)
    spoken = {key: value.replace("-", " ") for key, value in said.items()}
    spoken["Verb"] = spoken["verb"].capitalize()
    sentences = [draw.choice(_WHAT), *draw.sample(_WHEN, draw.choice((1, 1, 2, 3)))]
    description = " ".join(sentence.format(**spoken) for sentence in sentences)
    document = _front(draw, name, description) + _body(draw, name, spoken)
    # Some are written on Windows.
    document = document.replace("\n", "\r\n") if draw.random() < 0.05 else document
    return Made(name, description, document, _files(draw, spoken) if draw.random() < 0.35 else {})


def _name(draw: random.Random, said: dict[str, str], taken: set[str]) -> str:
    name = f"{said['verb']}-{said['things']}"
    while name in taken:
        ending = draw.choice((said["tool"], draw.choice(_PLACES), draw.choice(_WITHS), str(draw.randint(2, 99))))
        longer = f"{name}-{ending}"
        name = longer if len(longer) <= 64 else f"{said['verb']}-{ending}-{draw.randint(100, 99_999)}"
    taken.add(name)
    return name


def _front(draw: random.Random, name: str, description: str) -> str:
    lines = [f"name: {name}", _value("description", description, draw)]
    if draw.random() < 0.4:
        lines.append(draw.choice(("license: MIT", "license: Apache-2.0", "license: Complete terms in LICENSE.txt")))
    if draw.random() < 0.1:
        lines.append("compatibility: Needs git, python 3.11 or newer, and access to the network")
    if draw.random() < 0.25:
        lines += ["metadata:", f'  version: "{draw.randint(0, 3)}.{draw.randint(0, 12)}"', "  author: platform-team"]
    if draw.random() < 0.2:
        lines.append("allowed-tools: Read Grep Bash(git:*)")
    return "\n".join(["---", *lines, "---", ""])


def _value(key: str, text: str, draw: random.Random) -> str:
    """Write a text as YAML: plain where that is possible, quoted in either way, or folded over lines."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    forms = [f'{key}: "{quoted}"', f"{key}: '{text.replace(chr(39), chr(39) * 2)}'"]
    words = text.split(" ")
    folded = [" ".join(words[n : n + 12]) for n in range(0, len(words), 12)]
    forms.append("\n".join([f"{key}: >-", *(f"  {line}" for line in folded)]))
    if ": " not in text and '"' not in text:
        forms += [f"{key}: {text}"] * 6
    return draw.choice(forms)


def _body(draw: random.Random, name: str, spoken: dict[str, str]) -> str:
    parts = [f"# {name.replace('-', ' ').capitalize()}"]
    for number in range(1, draw.choice((3, 4, 4, 6, 9, 14)) + 1):
        parts.append(f"## Step {number}")
        parts += [sentence.format(**spoken) for sentence in draw.choices(_SENTENCES, k=draw.randint(2, 6))]
        if draw.random() < 0.4:
            parts.append(f"```sh\n{spoken['tool']} {spoken['verb']} --input {spoken['things'].replace(' ', '_')}\n```")
    return "\n\n".join(parts) + "\n"


def _files(draw: random.Random, spoken: dict[str, str]) -> dict[str, str]:
    files = {"references/more.md": "\n".join(s.format(**spoken) for s in draw.choices(_SENTENCES, k=20))}
    if draw.random() < 0.4:
        files["scripts/check.py"] = "import sys\n\nsys.exit(0 if sys.argv[1:] else 2)\n"
    return files
