"""What a task needs to be known: how often does it stand in an agent's first prompt? ``python bench/recall_prompts.py``

The memory is that of ``recall_for.py``; each of its needs is a task of a mission, with a description and assertions as
plans have them (``recall_prompts_data.py``), told to an agent as the mission tells it, on a fresh branch of the memory
for the task, as missions make one. The agent's model keeps what it was sent.

- *bare*: what the memory says without knowing the task. On the branch of the task, and on the mission's own.
- *for the prompt*: what an ``Agent`` asks for: what matters for all that it is told to do, commands and all.
- *for the task*: what it asks for in a mission, whose notebook asks for the task in the words of the plan.
- *anew*: the agent has worked for a while, its window was full; *state*: the share of conversations begun anew that
  hold the newest steps, besides what the task needs.

Time is CPU time of one prompt's memory in this process, the index up to date. The set is small and of our own making:
it shows an order, not a third digit.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recall_for import BUDGETS, make
from recall_for_data import NEEDS
from recall_prompts_data import DESCRIPTIONS, WORK
from recall_speed import timed

from onecontext import Memory
from teams.agent.agent import Agent
from teams.agent.limits import Limits
from teams.mission.attempt.briefing import brief
from teams.mission.contract import parse_contract
from teams.mission.notebook import Notebook
from teams.models.port import Message, OnText, Reply, ToolSpec, Usage
from teams.protocol.board.task import Task


class Keeps:
    """A model that says that it is done, and keeps what it was sent."""

    name = "keeps"
    scripted = True

    def __init__(self) -> None:
        self.sent: Sequence[Message] = ()

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, on_text: OnText | None = None) -> Reply:
        self.sent = messages
        return Reply("done", (), Usage(0, 0, 0, 0.0), self.name, "end")


class Bare:
    """A memory as an agent has it that cannot ask for a purpose."""

    def __init__(self, memory: Memory) -> None:
        self.step, self.commit = memory.step, memory.commit
        self._memory = memory

    def context(self, *, budget: int | None = None) -> object:
        return self._memory.context(budget=budget)


def task_of(number: int) -> tuple[Task, str]:
    """Return the task that has the need of this number, and its text as a worker is told it."""
    subject, checks = NEEDS[number][0], (f"VAL-TASK{chr(65 + number)}-001", f"VAL-TASK{chr(65 + number)}-002")
    assertions = [
        {
            "id": checks[0],
            "text": "the tests of the change pass",
            "command": "python -m pytest -q tests/test_change.py",
        },
        {"id": checks[1], "text": "nothing else changed", "command": "git diff --stat | grep -c till/ || true"},
    ]
    planned = {"key": f"task-{number}", "subject": subject, "assertions": list(checks)}
    contract = parse_contract({"goal": "x", "assertions": assertions, "tasks": [planned]}, source="the bench")
    task = Task.model_validate(
        {
            "id": str(number),
            "subject": subject,
            "description": DESCRIPTIONS[number],
            "status": "in_progress",
            "blocks": [],
            "blockedBy": [],
            "metadata": {"onecontext": {"v": 1, "key": f"task-{number}", "assertions": list(checks)}},
        }
    )
    return task, "\n".join(brief(task, contract))


def told(number: int) -> str:
    """Return what a worker is told."""
    return task_of(number)[1]


def notebook(memory: Memory, number: int) -> Notebook:
    """Return the memory as a mission hands it to the worker of this task."""
    site: Any = None  # a notebook that is only read tells no journal
    return Notebook(site, task_of(number)[0], memory)


def first_prompt(memory: object, text: str, budget: int) -> str:
    """Return all that an agent with this memory is sent first."""
    model = Keeps()
    Agent("worker-1", model=model, memory=memory, limits=Limits(context_tokens=budget)).run(text)  # type: ignore[arg-type]
    return " ".join(" ".join(message.content for message in model.sent).split())


def share(prompts: Callable[[int], str]) -> float:
    """Return the share of needed sentences that stand in the prompts, the mean over all tasks."""
    shares = []
    for number, (_, needed) in enumerate(NEEDS):
        prompt = prompts(number)
        shares.append(sum(sentence in prompt for sentence in needed) / len(needed))
    return sum(shares) / len(shares)


def branches(memory: Memory) -> list[Memory]:
    """Return a fresh branch for each task."""
    for number, (subject, _) in enumerate(NEEDS):
        memory.create_branch(f"task-{number}", purpose=subject)
    return [memory.on(f"task-{number}") for number in range(len(NEEDS))]


def worked(memory: Memory, number: int) -> list[str]:
    """Work on a task for a while, so that a window is full; return the newest three observations."""
    for at, words in enumerate(WORK):
        memory.step(words, action=f'read_file {{"path": "till/part_{at}.py"}}')
    memory.commit(f"The window was full after {len(WORK)} turns; went on from memory. It last said: {WORK[-1]}")
    newest = [f"{words} in copy {number}" for words in WORK[-3:]]
    for words in newest:
        memory.step(words, action='run {"command": "python -m pytest -q"}')
    memory.flush()
    return newest


def times_ms(memories: Sequence[Memory], *, purpose: bool, budget: int = 1500) -> str:
    """Return median and 95th percentile of the time that the memory's part of a prompt takes."""
    found = []
    for number, memory in enumerate(memories):
        text, asked = told(number) if purpose else None, notebook(memory, number)
        found.append(timed(lambda m=asked, t=text: m.context(budget=budget, for_=t)))
    ordered = sorted(found)
    return f"{1e3 * statistics.median(ordered):.0f} / {1e3 * ordered[int(len(ordered) * 0.95)]:.0f} ms"


def main() -> None:
    """Measure, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--milestones", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        memory = make(Path(folder), milestones=args.milestones)
        tasks = branches(memory)
        tasks[0].context(for_="x", budget=100)  # the index is made
        print(f"{args.milestones} milestones, {len(memory.steps())} steps, {len(NEEDS)} tasks")
        print("| budget | bare, mission's branch | bare, task's branch | for the prompt | for the task |")
        print("|---|---|---|---|---|")
        for budget in BUDGETS:
            own = share(lambda n, b=budget: first_prompt(Bare(memory), told(n), b))
            fresh = share(lambda n, b=budget: first_prompt(Bare(tasks[n]), told(n), b))
            alone = share(lambda n, b=budget: first_prompt(tasks[n], told(n), b))
            chosen = share(lambda n, b=budget: first_prompt(notebook(tasks[n], n), told(n), b))
            print(f"| {budget} | {own:.2f} | {fresh:.2f} | {alone:.2f} | {chosen:.2f} |")
        print(f"time of a prompt's memory, p50 / p95: bare {times_ms(tasks, purpose=False)}", end="")
        print(f", for the task {times_ms(tasks, purpose=True)}")
        anew(tasks)


def anew(tasks: Sequence[Memory]) -> None:
    """Print the same for conversations begun anew."""
    newest = [worked(memory, number) for number, memory in enumerate(tasks)]
    print("\n| anew, budget | bare: needed, state | for the task: needed, state |\n|---|---|---|")
    for budget in (500, 1000, 1500, 2000):
        cells = []
        for wrap in (lambda memory, number: Bare(memory), notebook):
            prompts = [first_prompt(wrap(memory, number), told(number), budget) for number, memory in enumerate(tasks)]
            state = [sum(one in prompts[number] for one in steps) / 3 for number, steps in enumerate(newest)]
            cells.append(f"{share(lambda n, p=prompts: p[n]):.2f}, {sum(state) / len(state):.2f}")
        print(f"| {budget} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
