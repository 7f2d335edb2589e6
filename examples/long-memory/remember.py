"""An agent with 520 milestones behind it is asked why it did something at the beginning.

What it did is made up here and written into a real memory; the model's words come from a script, which goes on only if
the memory has found what was asked for. What each request takes is counted, system prompt, memory, tools and all.
"""

import sys
from itertools import count, cycle, islice, product

from onecontext import Memory
from teams import Agent
from teams.agent.limits import Limits
from teams.models.port import Reply

MILESTONES = 520
WITHIN_TOKENS = 1500
QUESTION = "Why does the sync wait so long before it tries again?"
ASKED_ABOUT = (
    "The sync tries again by itself",
    "the first try after a timeout always failed",
    "The gateway believes the old connection to be alive and drops whoever comes back within 30 seconds; 37 is safe.",
)
PARTS = ("the export", "the import", "the search", "the list of notes", "the archive", "the reminder", "the sync")
DONE = (
    ("waits for {n} files at once", "it took them one by one", "a pool of {n} was the fastest on the slow disk"),
    ("has a test for an empty folder", "number {n} of the reports was about that", "an empty folder is no error"),
    ("says what it could not read", "a user had to guess", "the name of the file comes first, then the reason"),
    ("gives up after {n} seconds", "it hung when the disk was away", "nobody waits longer than {n} seconds"),
    ("keeps the order of the notes", "two runs gave two orders", "sorted by time, then by name"),
    ("needs {n} megabytes less", "it held every note twice", "the second copy was for a test that is gone"),
)


class Told:
    """Hears what each request took."""

    def __init__(self) -> None:
        self.tokens: list[int] = []

    def model_called(self, reply: Reply, latency_s: float) -> None:
        self.tokens.append(reply.usage.tokens_in)

    def state(self, *_: object) -> None: ...

    def tool_intended(self, *_: object) -> None: ...

    def tool_returned(self, call: object, *, ok: bool, output: str, duration_s: float) -> None:
        print(f"\n{output}\n")


def work(memory: Memory) -> None:
    """Record what the agent has done until today."""
    jobs = islice(cycle(product(PARTS, DONE)), MILESTONES)
    for number, (part, words) in enumerate(jobs, start=1):
        what, saw, why = (text.format(n=3 + number % 29) for text in words)
        milestone = f"{part.capitalize()} {what}"
        if number == 6:
            milestone, saw, why = ASKED_ABOUT
        memory.step(observation=saw, thought=why, action=f"edit notes/part_{number % 40}.py")
        memory.commit(milestone)


def main(script: str) -> int:
    # So that the script can say which record it reads.
    ids = (f"{number:08x}" for number in count(1))
    with Memory.init(agent="ann", purpose="look after the notes", durability="none", new_id=ids.__next__) as memory:
        work(memory)
        asked_about = memory.milestones()[-6]
        print(f"{len(memory.milestones())} milestones; the one asked about is number 6: {asked_about.contribution}")
        print(f"\n> {QUESTION}")
        told = Told()
        agent = Agent(
            "ann", model=f"scripted:{script}", memory=memory, observer=told, limits=Limits(context_tokens=250)
        )
        answer = agent.run(QUESTION).text
    print(answer)
    print(f"\ntokens of each request: {', '.join(f'{count:,}' for count in told.tokens)} (at most {WITHIN_TOKENS:,})")
    return 0 if max(told.tokens) <= WITHIN_TOKENS else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
