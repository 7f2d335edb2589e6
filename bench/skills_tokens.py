"""The tables of ``bench/skills_cost.py`` about tokens; what is counted is said in ``skills_servers.py``.

Rule 1: a share is of what the same servers' schemas cost in every request, OpenAI's form unless another is named.
Rule 2: what is dearer as skills is printed as such, and so is how often that was so.
"""

import random
from collections.abc import Sequence
from itertools import combinations

from memory import title
from skills_servers import CALL_TOKENS, COUNTER, FRAME, Missions, Server, as_skills

LINE_GOAL, ALL_GOAL, ACTIVE_GOAL = 30, 0.99, 0.85
ASKED = (1, 5, 10, 20)
MIXES = 20_000
SEED = 7
Mix = tuple[Server, ...]


def print_tokens(servers: Sequence[Server], missions: Missions) -> bool:
    """Print all tables; say whether no mix of servers costs more as skills than as schemas.

    Args:
        missions: what agents of missions pay; others call by their shell.
    """
    title(f"Tokens ({COUNTER.name}) of {len(servers)} MCP servers, {sum(len(one.tools) for one in servers)} tools")
    _each(servers)
    _opened(servers)
    _asked(servers)
    _alone(servers)
    fine = _mixes(servers)
    return _in_missions(servers, missions) and fine


def _each(servers: Sequence[Server]) -> None:
    print(f"{'':<21}{'tools':>6}{'OpenAI':>9}{'Anthropic':>11}{'line':>6}{'body':>7}{'opened':>9}")
    for one in servers:
        print(
            f"{one.name:<21}{len(one.tools):>6}{one.openai:>9,}{one.anthropic:>11,}{one.line:>6}{one.body:>7,}"
            f"{_share(as_skills([one], [one]), one.openai):>9}"
        )
    lines, longest = [one.line for one in servers], max(servers, key=lambda one: one.line)
    tools, bodies = sum(len(one.tools) for one in servers), sum(one.body for one in servers)
    print(f"{'all':<21}{tools:>6}{_openai(servers):>9,}{_anthropic(servers):>11,}{sum(lines):>6}{bodies:>7,}")
    print(
        f"once, for the catalogue's frame and the tool that opens a skill: {FRAME}; it is in every 'opened' and below"
    )
    print(f"a line: {sum(lines) / len(lines):.1f} on average, {longest.line} the longest ({longest.name}); ", end="")
    print(f"goal: {LINE_GOAL}, {_reached(longest.line <= LINE_GOAL)}")


def _opened(servers: Sequence[Server]) -> None:
    print("\nall installed, the largest of them opened")
    print(f"{'opened':<8}{'tokens':>8}{'below OpenAI':>15}{'below Anthropic':>18}{'below these alone':>20}{'goal':>8}")
    for count in range(4):
        active = servers[:count]
        cost, goal = as_skills(servers, active), ALL_GOAL if count == 0 else ACTIVE_GOAL
        alone = _below(as_skills(active, active), _openai(active)) if active else ""
        below = 1 - cost / _openai(servers)
        print(
            f"{count:<8}{cost:>8,}{_below(cost, _openai(servers)):>15}{_below(cost, _anthropic(servers)):>18}"
            f"{alone:>20}{f'{goal:.0%}':>8}  {_reached(below >= goal)}"
        )


def _asked(servers: Sequence[Server]) -> None:
    print("\nthe three largest opened, and the full schemas of their n dearest tools asked for")
    active = servers[:3]
    dearest = sorted((size for one in active for size in one.schemas), reverse=True)
    for count in ASKED:
        cost = as_skills(servers, active, dearest[:count])
        usual = as_skills(servers, active, [sum(dearest) / len(dearest)] * count)
        print(
            f"n = {count:<4}{cost:>8,}  {_below(cost, _openai(servers))} below; schemas of average size: "
            f"{usual:>8,.0f}  {_below(usual, _openai(servers))}"
        )


def _alone(servers: Sequence[Server]) -> None:
    print("\na server that is alone, opened: how many full schemas, the dearest first, until it is dearer than MCP")
    dearer = []
    for one in servers:
        costs = [as_skills([one], [one], one.schemas[:n]) / one.openai for n in range(len(one.tools) + 1)]
        if (least := next((n for n, cost in enumerate(costs) if cost > 1), None)) is not None:
            dearer.append(f"{one.name} {least} of {len(one.tools)} (all of them: {costs[-1]:.1%})")
    print("; ".join(dearer) or "none of them, ever")


def _mixes(servers: Sequence[Server]) -> bool:
    print("\nevery mix, all of it opened; the schemas of the same servers, in the cheaper of the two forms, are 100 %")
    kinds: dict[str, list[Mix]] = {name: list(combinations(servers, n)) for n, name in enumerate(("1", "2", "3"), 1)}
    kinds["any number"] = _random(servers)
    fine = True
    for name, mixes in kinds.items():
        above = _told(name, {mix: as_skills(mix, mix) / _least(mix) for mix in mixes})
        fine = fine and not above
    print("the same, and of each server the dearest schema asked for: what is above 100 % here is dearer as skills")
    for name, mixes in kinds.items():
        _told(name, {mix: as_skills(mix, mix, [one.schemas[0] for one in mix]) / _least(mix) for mix in mixes})
    return fine


def _in_missions(servers: Sequence[Server], missions: Missions) -> bool:
    print(
        f"\nagents of missions: a small server's tools as they are, else the tool 'call', {CALL_TOKENS} tokens once;\n"
        "all of a mix opened, and of each skill the dearest schema asked for, it is (without the frame)"
    )
    above = 0
    for name, count in (("1", 1), ("2", 2), ("3", 3)):
        mixes = combinations(servers, count)
        above += _told(name, {mix: missions.cost(mix, mix, asked=True) / _openai(mix) for mix in mixes})
    above += _told("any number", {mix: missions.cost(mix, mix, asked=True) / _openai(mix) for mix in _random(servers)})
    cost = missions.cost(servers, servers[:3])
    print(f"all installed, the three largest opened: {cost:,}, {_below(cost, _openai(servers))} below OpenAI")
    return not above


def _told(name: str, shares: dict[Mix, float]) -> int:
    worst, above = max(shares, key=lambda mix: shares[mix]), sum(share > 1 for share in shares.values())
    named = ", ".join(one.name for one in worst[:4]) + (", …" if len(worst) > 4 else "")
    print(f"{name:<12}{len(shares):>7,} mixes, {shares[worst]:>6.1%} at the most ({named}); above 100 %: {above}")
    return above


def _random(servers: Sequence[Server]) -> list[Mix]:
    draw = random.Random(SEED)
    drawn = (draw.sample(range(len(servers)), draw.randint(1, len(servers))) for _ in range(MIXES))
    return [tuple(servers[n] for n in mix) for mix in sorted({tuple(sorted(mix)) for mix in drawn})]


def _least(servers: Sequence[Server]) -> int:
    """Return what the schemas cost in whichever of the two forms is the cheaper."""
    return min(_openai(servers), _anthropic(servers))


def _openai(servers: Sequence[Server]) -> int:
    return sum(one.openai for one in servers)


def _anthropic(servers: Sequence[Server]) -> int:
    return sum(one.anthropic for one in servers)


def _share(cost: float, of: float) -> str:
    return f"{cost / of:.1%}"


def _below(cost: float, of: float) -> str:
    return f"{1 - cost / of:.1%}"


def _reached(is_so: bool) -> str:
    return "reached" if is_so else "missed"
