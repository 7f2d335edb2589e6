"""The words of the command line, as one static table.

Rule 1: this file imports nothing of ours; a command's module is a string until the command is named.
Rule 2: each module offers ``add_arguments(parser)`` and ``run(args, invocation) -> int`` (the exit code).
"""

from typing import NamedTuple


class Command(NamedTuple):
    """One word: the module that answers it, the heading it is listed under, and its line in ``--help``."""

    module: str
    group: str
    help: str


COMMANDS: dict[str, Command] = {
    "init": Command("onecontext.cli.init", "Memory", "make a memory beside this repository"),
    "step": Command("onecontext.cli.step", "Memory", "append an observation, a thought and an action"),
    "commit": Command("onecontext.cli.commit", "Memory", "record a milestone"),
    "branch": Command("onecontext.cli.branch", "Memory", "list branches; start, delete or restore one"),
    "switch": Command("onecontext.cli.switch", "Memory", "make another branch the current one"),
    "merge": Command("onecontext.cli.merge", "Memory", "bring another branch's memory into this one"),
    "conflicts": Command("onecontext.cli.conflicts", "Memory", "what merges could not unite; resolve one"),
    "rollback": Command("onecontext.cli.rollback", "Memory", "have the memory of an earlier commit again"),
    "tag": Command("onecontext.cli.tag", "Memory", "list tags; name a commit so that the name stays on it"),
    "pin": Command("onecontext.cli.pin", "Memory", "list pinned facts; pin one that must not be forgotten"),
    "unpin": Command("onecontext.cli.unpin", "Memory", "take a fact out of the pinned ones"),
    "roadmap": Command("onecontext.cli.roadmap", "Memory", "show main.md, the plan that all see; --write replaces it"),
    "log": Command("onecontext.cli.log", "Memory", "milestones and steps; --graph draws all branches"),
    "context": Command("onecontext.cli.context", "Memory", "what matters now, inside a token budget"),
    "search": Command("onecontext.cli.search", "Memory", "find steps and milestones by a few words"),
    "show": Command("onecontext.cli.show", "Memory", "one milestone in full"),
    "blame": Command("onecontext.cli.blame", "Memory", "which task and milestone wrote a line of your code"),
    "diff": Command("onecontext.cli.diff", "Memory", "what changed between two points"),
    "ctx": Command("onecontext.cli.ctx", "Memory", "values too large to read: put, head, slice, grep, count, ask"),
    "export": Command("onecontext.cli.export", "Memory", "write all branches as another program reads them"),
    "import": Command("onecontext.cli.import_", "Memory", "take in the memory of another program, or an export"),
    "run": Command("teams.cli.run", "Teams", "reach a goal with a team of agents"),
    "play": Command("teams.cli.play", "Teams", "carry out a playbook: debate, migrate, and others; or your own"),
    "resume": Command("teams.cli.resume", "Teams", "go on with a mission that was interrupted or paused"),
    "pause": Command("teams.cli.pause", "Teams", "hold a mission until it is resumed"),
    "stop": Command("teams.cli.stop", "Teams", "end a mission; finished work stays"),
    "redirect": Command("teams.cli.redirect", "Teams", "say to a mission what is wanted otherwise"),
    "fork": Command("teams.cli.fork", "Teams", "begin another mission at a checkpoint of one"),
    "retry": Command("teams.cli.retry", "Teams", "let a blocked task be tried again"),
    "serve": Command("teams.cli.serve", "Teams", "have a worker do each task that is put on a board"),
    "team": Command("teams.cli.team", "Teams", "make a team, join one with an agent, show or leave it"),
    "board": Command("teams.cli.board", "Teams", "the tasks and who has them"),
    "task": Command("teams.cli.task", "Teams", "create, claim, submit, review and mend one task"),
    "mail": Command("teams.cli.mail", "Teams", "the messages of a team; send, reply, wait, acknowledge"),
    "approve": Command("teams.cli.approve", "Teams", "grant what an agent asks leave for; list what waits"),
    "deny": Command("teams.cli.deny", "Teams", "refuse what an agent asks leave for, and say why"),
    "events": Command("teams.cli.events", "Teams", "the journal of a team"),
    "replay": Command("teams.cli.replay", "Teams", "feed a recorded run to whatever watches a live one"),
    "cost": Command("teams.cli.cost", "Teams", "what models have cost, by agent, task, model or mission"),
    "agent": Command("teams.cli.agent", "Teams", "the agents defined in .claude/agents"),
    "monitor": Command("tui.cli", "Watch", "a live screen of agents, board, messages, memory and cost"),
    "skill": Command("skills.cli.skill", "Skills", "list, show and activate skills"),
    "call": Command("skills.cli.call", "Skills", "call a tool of an imported MCP server"),
    "disconnect": Command("onecontext.cli.disconnect", "Care", "take out of your repository what 'init' wrote in it"),
    "doctor": Command("onecontext.cli.doctor", "Care", "check all that commands rely on; --repair mends the memory"),
}
