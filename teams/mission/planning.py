"""The orchestrator's part: a goal becomes a contract and tasks on the board.

Rule 1: the contract is in the journal before the first task is on the board, so a crash between them loses nothing.
"""

from collections.abc import Sequence
from typing import Any

from onecontext.errors import OneContextError
from onecontext.store.files import replace_text
from teams.agent.agent import Agent
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from teams.mission.attempt.stalls import may_try_again
from teams.mission.contract import Assertion, Contract, PlannedTask, in_order, parse_contract
from teams.mission.roles.roles import WORKER
from teams.mission.site import LEAD, Site, prompt
from teams.mission.steering.feasibility import Proof
from teams.mission.steering.stopping import Stopping
from teams.mission.steering.tools import StopEnding, stop_tool
from teams.mission.tools import orchestrator_tools
from teams.protocol.team import Team


class NoPlan(OneContextError):
    """The orchestrator ended without a plan; what it said is in the message."""


def make_plan(site: Site, goal: str, base: str) -> Contract | None:
    """Let the orchestrator look at the repository as of ``base`` and return its contract, recorded in the journal.

    None: the mission was stopped meanwhile, or it decided to end it, which is on record (``mission.decided``).

    Raises:
        NoPlan: it ended without one. ModelError: the model gave no usable answer.
    """
    submitted: list[Contract] = []

    def submit(assertions: Sequence[Assertion], tasks: Sequence[PlannedTask]) -> None:
        document = {
            "goal": goal,
            "assertions": [assertion.model_dump(mode="json") for assertion in assertions],
            "tasks": [task.model_dump(mode="json") for task in tasks],
        }
        contract = parse_contract(document, source="the plan")
        site.roles.check(contract.tasks)
        submitted.append(contract)

    ended: list[StopEnding] = []
    stopping = Stopping(site, base, {"about": [], "answers": []})

    def stop(ending: StopEnding, reason: str, proofs: Sequence[Proof]) -> None:
        stopping.stop(ending, reason, proofs)
        ended.append(ending)

    model, role = site.model_for(LEAD, "orchestrator"), site.roles.of("orchestrator")
    who: dict[str, Any] = {"mission": site.mission, "agent": LEAD}
    site.journal.append("attempt.started", {"role": "orchestrator", "model": model.name}, **who)
    with site.time.working(LEAD), site.copy("plan", base) as folder:
        shelf = site.shelf(LEAD)
        kit = work_tools(Workspace(folder), site.sandbox, read_only=True, timeout_s=site.command_timeout_s, shelf=shelf)
        agent = Agent(
            LEAD,
            model=model,
            instructions=prompt("orchestrator") + site.roles.listed() + role.instructions,
            tools=role.narrowed([*kit.tools, *orchestrator_tools(submit), stop_tool(stop)]),
            memory=site.memory,
            limits=role.limited(site.limits_of(LEAD)),
            observer=site.recorder(LEAD, model),
            stop=site.stop,
            pause=site.pause,
            shelf=shelf,
        )
        result = agent.run(f"The goal: {goal}")
    if result.ending == "seconds" and not submitted and not ended:
        site.time.check(LEAD)
    if ended or (not submitted and result.ending == "stopped"):
        return None
    if not submitted:
        if result.ending == "stalled":
            may_try_again(site, LEAD, result.reason)
        raise NoPlan(
            f"the orchestrator ended ({result.ended}) without a plan: {result.text[:300] or 'it said nothing'}",
            hint="say the goal in other words, or try another model; nothing in the repository was changed",
        )
    site.journal.append("attempt.ended", {"outcome": "submitted"}, **who)
    contract = submitted[0]
    recorded = site.journal.append(
        "mission.planned",
        {"contract": contract.model_dump(mode="json"), "tasks": [task.key for task in contract.tasks]},
        mission=site.mission,
        agent=LEAD,
    )
    # As it was written, without secrets: what is measured now is what a resumed mission will measure, and what people
    # read in the journal.
    return parse_contract(recorded.data["contract"], source="the recorded plan")


def put_on_board(site: Site, contract: Contract) -> None:
    """Write ``contract.yaml`` and create the tasks that the board does not have yet, dependencies first."""
    on_board(site.team, contract, mission=site.mission)


def on_board(team: Team, contract: Contract, *, mission: str) -> None:
    """The same for a team whose mission nobody runs."""
    replace_text(team.journal.folder / "contract.yaml", contract.to_yaml(), durable=True)
    by_key = {task.key: task for task in contract.tasks}
    ids = {task.key: task.id for task in team.board.list() if task.mission == mission}
    for key in in_order({task.key: task.after for task in contract.tasks}):
        planned = by_key[key]
        if key in ids:
            continue
        task = team.board.create(
            planned.subject,
            planned.description,
            key=key,
            role=planned.role or WORKER,
            after=[ids[earlier] for earlier in planned.after],
            assertions=list(planned.assertions),
            mission=mission,
        )
        ids[key] = task.id
