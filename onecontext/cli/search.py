"""``onecontext search``: the steps, milestones, sections and metadata that answer to a few words."""

import argparse
import re

from onecontext.cli.main import Invocation
from onecontext.cli.memory import open_memory

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help="words in any form; operators mean nothing")
    parser.add_argument("--branch", dest="within", metavar="NAME", help="only what this branch tells (default: all)")
    parser.add_argument("--agent", dest="by", metavar="NAME", help="only records of this agent")
    parser.add_argument(
        "--since", metavar="TIME", help="only from then on: ISO 8601, or a date, which is its beginning"
    )
    parser.add_argument("--kind", choices=("step", "milestone", "main", "metadata"), help="only these")
    parser.add_argument("-k", "--k", type=int, default=10, metavar="K", help="at most so many (default: 10)")
    parser.add_argument("--budget", type=int, metavar="TOKENS", help="never more than this (default: no limit)")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print what was found on stdout, and on stderr what counted it and what is missing."""
    out, since, query = invocation.out, args.since, " ".join(args.query)
    if since is not None:
        from onecontext.recall.past import parse_time

        since = parse_time(f"{since}T00:00" if _DATE.fullmatch(since) else since)
    found = open_memory(args, invocation).search(
        query, branch=args.within, agent=args.by, since=since, kind=args.kind, k=args.k, budget=args.budget
    )
    out.answer(found, out.paint(found.text))
    if not found.hits:
        out.say(f"nothing answers to {out.paint(query[:200])}" if args.k else "-k 0 asks for no hits")
        return 0
    limit = "no limit" if found.budget is None else f"of {found.budget}"
    out.say(f"{found.tokens} tokens ({limit}, counted by {found.counter})")
    for sentence in found.left_out:
        out.say(out.paint(f"left out: {sentence}"))
    return 0
