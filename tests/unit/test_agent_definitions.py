import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main
from onecontext.errors import UnknownSkill
from skills.format.skill import Problem, Skill
from teams.agent.client_tools import COUNTERPARTS, OURS, WITHOUT, grant, split_list
from teams.agent.definition import Definition
from teams.agent.definitions import build_agent, find_definitions, model_name
from teams.agent.prompt import fenced
from teams.agent.tools import tool_from
from teams.agent.worktools import work_tools
from tests.support.agents import Says, text
from tests.support.skills import skill_writer

WHOLE = """---
name: code-reviewer
description: Reviews code. Use proactively after changes.
tools: Read, Grep, Glob, Bash
disallowedTools: Bash
model: opus
skills: [house-style, security]
role: validator
color: purple
maxTurns: 7
---

You review code.

---
Quote lines.
"""


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / ".claude" / "agents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def one(folder: Path, content: str | bytes, name: str = "helper.md") -> tuple[Definition, list[Problem]]:
    found = find_definitions(write(folder, {name: content}), None)
    (definition,) = found.agents
    return definition, list(found.problems)


def test_a_tidy_file_is_taken_as_it_is(tmp_path: Path) -> None:
    definition, problems = one(tmp_path, WHOLE)

    assert problems == []
    assert definition == Definition(
        name="code-reviewer",
        description="Reviews code. Use proactively after changes.",
        instructions="You review code.\n\n---\nQuote lines.",
        path=tmp_path / ".claude/agents/helper.md",
        source="the project",
        tools=("Read", "Grep", "Glob", "Bash"),
        forbidden=("Bash",),
        model="opus",
        skills=("house-style", "security"),
        role="validator",
        more={"color": "purple", "maxTurns": 7},
    )


# --- untidy files -----------------------------------------------------------------------------------------------------


def test_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    definition, problems = one(tmp_path, ("\ufeff" + WHOLE.replace("\n", "\r\n")).encode())

    assert problems == []
    assert (definition.name, definition.tools) == ("code-reviewer", ("Read", "Grep", "Glob", "Bash"))
    assert definition.instructions == "You review code.\n\n---\nQuote lines."


def test_colons_in_a_description_without_quotes_are_read_and_told(tmp_path: Path) -> None:
    description = 'Use this when: tests fail. Examples:\\n<example>\\nuser: "fix it"\\n</example>'
    definition, problems = one(
        tmp_path,
        f"---\nname: fixer\ndescription: {description}\ntools:\n  - Read\n  - 'Bash'\nmaxTurns: 3\n---\nFix.\n",
    )

    assert (definition.name, definition.description) == ("fixer", description)
    assert definition.tools == ("Read", "Bash")
    assert definition.max_turns == 3
    (problem,) = problems
    assert (problem.used, problem.line, problem.path.name) == (True, 3, "helper.md")
    assert "in quotes" in problem.mend


def test_a_description_over_several_lines_is_read_whole(tmp_path: Path) -> None:
    definition, _ = one(
        tmp_path,
        "---\nname: x\ndescription: Use it: now\n\nExamples:\n- Context: a\n  user: b\nmodel: haiku\n"
        "color: |\n  a: b\n   c\n---\nBody\n",
    )

    assert definition.description == "Use it: now\n\nExamples:\n- Context: a\n  user: b"
    assert definition.model == "haiku"
    assert definition.more["color"] == "a: b\nc"


@pytest.mark.parametrize(
    ("written", "tools"),
    [
        ("tools: Read, Grep", ("Read", "Grep")),
        ("tools: Read Grep", ("Read", "Grep")),
        ("tools: [Read, 'Grep']", ("Read", "Grep")),
        ("tools:\n  - Read\n  - Bash(git log:*)", ("Read", "Bash(git log:*)")),
        ("tools: Read, Bash(git log:*, git diff:*), Edit", ("Read", "Bash(git log:*, git diff:*)", "Edit")),
        ("tools: []", ()),
        ("tools:", None),
        ("color: red", None),
        ("tools: '*'", ("*",)),
    ],
)
def test_tools_are_written_in_many_ways(tmp_path: Path, written: str, tools: tuple[str, ...] | None) -> None:
    definition, problems = one(tmp_path, f"---\nname: helper\ndescription: d\n{written}\n---\nBody\n")

    assert (definition.tools, problems) == (tools, [])


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("Just be helpful.\n", "helper", "no front matter"),
        ("---\ndescription: d\n---\nBody\n", "helper", "it has no name"),
        ("---\nname: Code Reviewer\ndescription: d\n---\nBody\n", "code-reviewer", "'Code Reviewer' is no name"),
        ("---\nname: Prüfer\ndescription: d\n---\nBody\n", "prufer", "is no name"),
        ("---\nname: 測試\ndescription: d\n---\nBody\n", "helper", "is no name"),
        ("---\nname: [a]\ndescription: d\n---\nBody\n", "helper", "it has no name"),
        ("---\nname: helper\n---\nBody\n", "helper", "no description"),
        ("---\nname: helper\ndescription: d\n---\n", "helper", "no instructions"),
    ],
)
def test_what_is_odd_is_used_and_told(tmp_path: Path, content: str, name: str, said: str) -> None:
    definition, problems = one(tmp_path, content)

    assert definition.name == name
    (problem,) = problems
    assert (problem.used, said in problem.reason, bool(problem.mend)) == (True, True, True)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 1, "empty"),
        (b" \n\n", 1, "empty"),
        (b"---\nname: x\ndescription: never closed\n", 1, "never closed"),
        ("---\nname: x\n---\n".encode("utf-16"), 1, "no UTF-8"),
        (b"---\nname: " + b"\xff\xfe" + b"\n---\nBody\n", 1, "no UTF-8"),
        (b"x" * (1024 * 1024 + 1), 1, "more than"),
        (b"---\ndescription: " + b"y" * 70_000 + b"\n---\nBody\n", 2, "longer than"),
    ],
)
def test_a_file_that_is_no_agent_is_told_about_and_takes_no_other_down(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    found = find_definitions(write(tmp_path, {"bad.md": content, "good.md": WHOLE}), None)

    assert [definition.name for definition in found.agents] == ["code-reviewer"]
    (problem,) = found.problems
    assert (problem.path.name, problem.line, problem.used) == ("bad.md", line, False)
    assert said in problem.reason
    assert problem.mend


def test_yaml_that_would_grow_is_not_followed(tmp_path: Path) -> None:
    definition, problems = one(tmp_path, "---\nname: x\ndescription: &a [1]\nmodel: *a\n---\nBody\n")

    assert (definition.description, definition.model) == ("&a [1]", "*a")
    assert problems[0].used


def test_a_name_that_leads_elsewhere_names_nothing_but_an_agent(tmp_path: Path) -> None:
    definition, _ = one(tmp_path, "---\nname: ../../etc/passwd\ndescription: d\n---\nBody\n")

    assert definition.name == "etc-passwd"


# --- where they lie ---------------------------------------------------------------------------------------------------


def agent(name: str, body: str) -> str:
    return f"---\nname: {name}\ndescription: d\n---\n{body}\n"


def test_nearer_files_win_and_the_others_are_listed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    write(project, {"a.md": agent("same", "project"), "sub/deep/b.md": agent("deep", "nested")})
    write(project / "part", {"a.md": agent("same", "part")})
    write(tmp_path, {"a.md": agent("outside", "above the repository")})
    config = write(tmp_path / "home", {"c.md": agent("same", "home"), "d.md": agent("mine", "home")}) / ".claude"

    found = find_definitions(project / "part", config)

    told = [(one.name, one.instructions, one.source) for one in found.agents]
    assert told == [
        ("deep", "nested", "the project"),
        ("mine", "home", "the client's folder"),
        ("same", "part", "the project"),
    ]
    assert [(s.definition.instructions, s.by.instructions) for s in found.shadowed] == [
        ("project", "part"),
        ("home", "part"),
    ]


def test_symlinks_count_where_they_end_inside_and_are_told_where_not(tmp_path: Path) -> None:
    project = write(tmp_path / "project", {"real/a.md": agent("a", "A")})
    agents = project / ".claude" / "agents"
    (tmp_path / "secret.md").write_text(agent("secret", "S"))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.md").write_text(agent("b", "B"))
    (agents / "out.md").symlink_to(tmp_path / "secret.md")
    (agents / "in.md").symlink_to("real/a.md")
    (agents / "folder").symlink_to(tmp_path / "more")
    (agents / "loop.md").symlink_to("loop.md")
    (agents / "gone.md").symlink_to("nothing.md")
    os.mkfifo(agents / "pipe.md")
    (agents / "folder.md").mkdir()

    found = find_definitions(project, None)

    assert [definition.name for definition in found.agents] == ["a"]
    assert {problem.path.name for problem in found.problems} == {"out.md", "loop.md", "gone.md", "pipe.md"}
    assert not any(problem.used for problem in found.problems)


# --- tools and models -------------------------------------------------------------------------------------------------

OFFERED = ("run", "read_file", "list_files", "search", "write_file", "edit_file")


def test_the_tables_name_tools_that_there_are(tmp_path: Path) -> None:
    from teams.guard.unconfined import Unconfined
    from teams.guard.workspace import Workspace

    kit = work_tools(Workspace(tmp_path), Unconfined())

    assert {tool_from(function).spec.name for function in kit.functions} == set(OFFERED)
    assert set(OURS) == {*OFFERED, "message", "skill"}
    assert not COUNTERPARTS.keys() & WITHOUT.keys()


def test_nothing_written_is_everything_and_what_is_forbidden_goes() -> None:
    assert grant(None, (), OFFERED) == (OFFERED, ())
    assert grant(("*",), ("Write", "Edit"), OFFERED).names == ("run", "read_file", "list_files", "search")
    assert grant((), (), OFFERED) == ((), ())
    assert grant(("Read", "Edit"), ("Edit",), OFFERED).names == ("read_file",)
    assert grant(None, ("*",), OFFERED).names == ()


def test_what_cannot_be_had_is_told_one_by_one() -> None:
    granted = grant(("Read", "read_file", "WebFetch", "mcp__github__get", "SendMessage", "Nonsense"), (), OFFERED)

    assert granted.names == ("read_file",)
    assert granted.notes == (
        "WebFetch is not given: there is no network",
        "mcp__github__get is not given: it belongs to an MCP server, and there is none here",
        "SendMessage is not given: message is not offered here",
        "Nonsense is not given: there is no such tool here",
    )


def test_a_limit_we_cannot_hold_gives_less_and_never_more() -> None:
    allowed, forbidden = grant(("Bash(git log:*)", "Read"), (), OFFERED), grant(None, ("Bash(rm:*)",), OFFERED)

    assert allowed.names == ("read_file",)
    assert "cannot be held to that" in allowed.notes[0]
    assert "run" not in forbidden.names
    assert "run is not given at all" in forbidden.notes[0]


def test_lists_are_split_outside_of_brackets() -> None:
    assert split_list(" Read,, Bash(a, b)  Edit ,Task(x)") == ("Read", "Bash(a, b)", "Edit", "Task(x)")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("inherit", None),
        ("Sonnet", "anthropic/claude-sonnet-4-5"),
        ("opus", "anthropic/claude-opus-4-5"),
        ("haiku", "anthropic/claude-haiku-4-5"),
        ("claude-opus-4-6", "anthropic/claude-opus-4-6"),
        ("openai/gpt-5", "openai/gpt-5"),
    ],
)
def test_aliases_are_the_clients_and_other_names_stay(written: str, name: str | None) -> None:
    assert model_name(Definition("x", "", "", Path("x"), model=written)) == name


def test_an_agent_is_built_with_what_its_definition_chose(tmp_path: Path) -> None:
    write = skill_writer(tmp_path)
    had = [
        Skill("house-style", "d", write("skills", "house-style", body="Tabs only.\n"), "here"),
        Skill("security", "d", write("skills", "security", body="No eval.\n"), "here"),
    ]
    definition, _ = one(tmp_path, WHOLE.replace("model: opus", "model: inherit"))
    model = Says(text("done"))

    def read_file(path: str) -> str:
        """Read."""
        return path

    def run(command: str) -> str:
        """Run."""
        return command

    built = build_agent(definition, model=model, tools=[read_file, run], skills=had)
    result = built.agent.run("Look.")

    assert (result.text, built.agent.name, built.agent.limits.turns) == ("done", "code-reviewer", 7)
    assert [spec.name for spec in model.tools] == ["read_file"]
    prompt = model.sent[0][0].content
    assert "You review code." in prompt
    assert fenced("skill", "Tabs only.") in prompt
    assert built.notes == (
        "Grep is not given: search is not offered here",
        "Glob is not given: list_files is not offered here",
    )
    with pytest.raises(UnknownSkill, match="agent code-reviewer requires the skill security, which is not there"):
        build_agent(definition, model=model, skills=had[:1])


# --- the command ------------------------------------------------------------------------------------------------------


def call(cwd: Path, *argv: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(["agent", *argv], env=env or {}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def data_of(*words: Any, **more: Any) -> Any:
    return json.loads(call(*words, "--json", **more)[1])["data"]


def test_agents_are_listed_with_what_is_wrong_beside_them(tmp_path: Path) -> None:
    write(
        tmp_path, {"a.md": WHOLE, "bad.md": "---\nname: x\n", "esc.md": agent("esc", "x").replace("d\n", '"\\e[31m"\n')}
    )
    home = write(tmp_path / "home", {"z.md": agent("code-reviewer", "other"), "m.md": agent("mine", "M")})

    code, out, err = call(tmp_path, "list", "--why", env={"HOME": str(home)})

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == (
        ["code-reviewer", "from", "shadows", "esc", "from", "mine", "from"]
    )
    assert "\x1b" not in out
    assert f"{tmp_path}/.claude/agents/bad.md:1: not an agent: " in err
    elsewhere = data_of(tmp_path, "list", env={"HOME": str(home), "CLAUDE_CONFIG_DIR": str(tmp_path / "none")})
    assert [row["name"] for row in elsewhere["agents"]] == ["code-reviewer", "esc"]


def test_an_agent_is_shown_with_what_it_gets(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": WHOLE.replace("Glob, Bash", "WebFetch").replace("purple", "2026-01-01\nodd: .nan")})

    code, out, err = call(tmp_path, "show", "code-reviewer")

    assert code == 0
    assert "tools  read_file, search\n" in out
    assert "You review code." in out
    assert err == "WebFetch is not given: there is no network\n"
    data = data_of(tmp_path, "show", "code-reviewer")
    assert (data["gets"], data["more"]["color"], data["more"]["odd"]) == (["read_file", "search"], "2026-01-01", "nan")
    assert data["model_name"] == "anthropic/claude-opus-4-5"


def test_an_agent_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    code, out, err = call(write(tmp_path, {"a.md": WHOLE}), "show", "nobody")

    assert (code, out) == (2, "")
    assert "no agent 'nobody' is defined; there are code-reviewer" in err
