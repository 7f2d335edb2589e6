"""``onecontext skill``: list, show, use and validate skills.

Rule 1: text of skills is untrusted: what reaches a terminal is made printable first.
Rule 2: ``list`` and ``show`` cost no model anything; ``use`` prints what a model would be given.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from onecontext.errors import InvalidDocument, UnknownSkill
from onecontext.text.tokens import default_counter
from skills.activate import activate, files, read_skill_file
from skills.catalogue import catalogue
from skills.discover import Found, find_skills
from skills.format import FILE_NAME, Skill, read_skill

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the four words and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="list | show | use | validate")
    listing = words.add_parser("list", help="the skills there are, a line each")
    listing.add_argument("--why", action="store_true", help="where each comes from, and which others it shadows")
    listing.add_argument("--tokens", action="store_true", help="what each costs in the catalogue and when activated")
    show = words.add_parser("show", help="what a skill says about itself, and its files")
    show.add_argument("name")
    use = words.add_parser("use", help="the body of a skill, or one of its files")
    use.add_argument("name")
    use.add_argument("file", nargs="?", default="", help="a file of the skill, as in references/flags.md")
    validate = words.add_parser("validate", help="check a skill against the format of agentskills.io")
    validate.add_argument("path", type=Path)
    for word in (listing, show, use, validate):
        # The main parser has --json too; SUPPRESS keeps this one from undoing it.
        word.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Answer one of the four words."""
    if args.word == "validate":
        return _validate(invocation.cwd / args.path, invocation)
    home = invocation.env.get("HOME")
    found = find_skills(_project(invocation.cwd), Path(home) if home else None)
    if args.word == "list":
        return _list(found, invocation, why=args.why, tokens=args.tokens)
    skill = _named(found, args.name)
    if args.word == "show":
        return _show(skill, invocation)
    text = read_skill_file(skill, args.file) if args.file else activate(skill)
    invocation.out.answer({"name": skill.name, "file": args.file or FILE_NAME, "text": text}, printable(text))
    return 0


def _list(found: Found, invocation: "Invocation", *, why: bool, tokens: bool) -> int:
    out = invocation.out
    rows, lines = [], []
    for skill in found.skills:
        row: dict[str, object] = {"name": skill.name, "description": skill.description, "source": skill.source}
        lines.append(f"{out.paint(skill.name, 'bold')}  {printable(' '.join(skill.description.split()))}")
        if why:
            row |= {"folder": skill.folder, "shadows": [s.skill.folder for s in found.shadowed if s.by == skill]}
            lines.append(f"    from {skill.source}: {printable(str(skill.folder))}")
            lines += [f"    shadows {printable(str(s.skill.folder))}" for s in found.shadowed if s.by == skill]
        if tokens:
            row |= _costs(skill)
            lines.append(f"    {row['catalogue_tokens']} tokens in the catalogue, {row['body_tokens']} when activated")
        rows.append(row)
    problems = [{"path": p.path, "reason": p.reason, "used": p.used} for p in found.problems]
    out.answer({"skills": rows, "problems": problems}, "\n".join(lines))
    for problem in found.problems:
        taken = "used, but" if problem.used else "not a skill:"
        out.say(f"{printable(str(problem.path))}: {taken} {printable(problem.reason)}")
    return 0


def _costs(skill: Skill) -> dict[str, object]:
    counter = default_counter()
    line = catalogue([skill], budget=None, counter=counter, form="markdown")
    return {"catalogue_tokens": line.tokens, "body_tokens": counter.count(activate(skill)), "counter": counter.name}


def _show(skill: Skill, invocation: "Invocation") -> int:
    data = {
        "name": skill.name,
        "description": skill.description,
        "source": skill.source,
        "folder": skill.folder,
        "license": skill.license,
        "compatibility": skill.compatibility,
        "allowed_tools": skill.allowed_tools,
        "metadata": dict(skill.metadata),
        "files": files(skill),
    }
    said = {key: ", ".join(value) if isinstance(value, list | tuple) else value for key, value in data.items()}
    lines = [
        f"{key.replace('_', ' ')}: {printable(' '.join(str(value).split()))}" for key, value in said.items() if value
    ]
    invocation.out.answer(data, "\n".join(lines))
    return 0


def _validate(path: Path, invocation: "Invocation") -> int:
    folder = (path.parent if path.name == FILE_NAME else path).resolve()
    if not (folder / FILE_NAME).exists():
        raise InvalidDocument(f"there is no {FILE_NAME} in {folder}")
    skill, faults = read_skill(folder)
    if faults:
        raise InvalidDocument("; ".join(fault.reason for fault in faults))
    invocation.out.answer({"name": skill.name, "valid": True}, f"{skill.name} is a valid skill")
    return 0


def _project(cwd: Path) -> Path:
    """Return the nearest folder from ``cwd`` upwards that is a git repository, else ``cwd``."""
    return next((folder for folder in (cwd, *cwd.parents) if (folder / ".git").exists()), cwd)


def _named(found: Found, name: str) -> Skill:
    for skill in found.skills:
        if skill.name == name:
            return skill
    known = ", ".join(skill.name for skill in found.skills) or "none"
    raise UnknownSkill(f"no skill {name!r}; there are {known}", hint="'onecontext skill list --why' shows where from")
