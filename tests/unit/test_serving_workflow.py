"""WORKFLOW.md: what it may say, what it may not, and in which line it is wrong."""

import json
from pathlib import Path

import jsonschema
import pytest

from onecontext.errors import InvalidDocument, NewerFormat
from onecontext.text.frontmatter import split
from teams.serving.schemas import schema_text
from teams.serving.template import Template
from teams.serving.workflow import DEFAULT_PROMPT, NAMES, assertions_of, parse_workflow

GOLDEN = Path(__file__).parents[1] / "data" / "golden" / "WORKFLOW.md"
VALUES = {name: f"<{name}>" for name in NAMES}


def test_the_golden_workflow_says_all_there_is_and_fits_the_published_schema(root: Path) -> None:
    text = GOLDEN.read_text()

    workflow = parse_workflow(text, source="golden")

    settings = workflow.settings
    assert settings.only.metadata == {"kind": "bug"}
    assert (settings.branch, settings.concurrency, settings.backoff.max_s) == ("task", 3, 60.0)
    assert [check.id for check in assertions_of(settings.checks)] == ["VAL-CHECK-001", "VAL-LINT-001"]
    assert workflow.prompt.render(VALUES) == "Work on <task.subject> of <team>.\n\n<task.description>"
    assert {*split(text)[0]} == {*type(settings).model_fields}
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(split(text)[0])


def test_the_published_schema_is_what_the_model_says(root: Path) -> None:
    assert (root / "docs" / "schemas" / "workflow.json").read_text() == schema_text()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(schema_text())).validate({"checks": [3]})


def test_an_empty_file_is_the_workflow_that_is_built_in() -> None:
    workflow = parse_workflow("", source="x")

    assert workflow.settings.review
    assert workflow.prompt.render(VALUES) == DEFAULT_PROMPT.replace("{{ task.description }}", "<task.description>")


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ("---\nversion: 1\nconcurrency: 0\n---\n", 3, "concurrency"),
        ("---\nchecks:\n  - true it\n  - command: ''\n---\n", 4, "checks.1.command"),
        ("---\nchecks:\n  - '# nothing'\n---\n", 2, "check 1: command: the command is blank"),
        ("---\nchecks: [a, {id: VAL-CHECK-001, command: b}]\n---\n", 2, "two checks are called VAL-CHECK-001"),
        ("---\nonly:\n  role: validator\n---\n", 3, "not for workers"),
        ("---\nteam: Übung\n---\n", 2, "cannot name a team"),
        ("---\nbackoff:\n  base_s: 0\n---\n", 3, "backoff.base_s"),
        ("---\nbackoff:\n  base_s: .nan\n---\n", 3, "backoff.base_s"),
        ("---\nreview: false\n---\n", 2, "nobody would look"),
        ("---\n# nothing of a server, of the sandbox or of folders\napi_base: http://x\n---\n", 3, "api_base"),
        ("---\nsandbox: {tier: none}\n---\n", 2, "sandbox"),
        ("---\nreadable: [/etc]\n---\n", 2, "readable"),
        ("---\nmodel: {api_base: x}\n---\n", 2, "model"),
        ("---\nversion: 1\nversion: 1\n---\n", 3, "twice"),
        ("---\npoll_s: 1\n---\n\nDo this:\n{{ task.secret }}\n", 6, "nobody knows {{ task.secret }}"),
        ("---\npoll_s: 1\n---\r\n\r\n{{ attempt }}\r\n{% if attempt %}\r\n", 6, "'{%' begins a statement"),
        ("first\nsecond {{ attempt", 2, "'{{' without '}}'"),
        ("{{ task.subject | upcase }}", 1, "nobody knows"),
        ("{{ task }}", 1, "nobody knows"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, named: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        parse_workflow(text, source="WORKFLOW.md")

    assert f"line {line}: " in refused.value.message
    assert named in refused.value.message
    assert refused.value.message.startswith("WORKFLOW.md")


def test_a_newer_one_is_refused() -> None:
    with pytest.raises(NewerFormat, match="version 2"):
        parse_workflow("---\nversion: 2\nwhatever: 1\n---\n", source="x")


def test_what_is_put_into_a_prompt_is_not_read_again() -> None:
    template = Template("{{task.subject}}: \\{{ attempt }} \\{% and {{ attempt }}", known=NAMES, source="x")

    said = template.render({**VALUES, "task.subject": "{{ task.description }} \\1 {% x"})

    assert said == "{{ task.description }} \\1 {% x: {{ attempt }} {% and <attempt>"
