"""The contract's own rules: one owner, known names, no cycle, something to check by."""

from typing import Any

import pytest
import yaml

from onecontext.errors import DependencyCycle, InvalidDocument, InvalidName, NewerFormat
from teams.mission.contract import in_order, parse_contract


def document(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "version": 1,
        "goal": "Be right",
        "assertions": [
            {"id": "VAL-A-001", "text": "a", "command": "true"},
            {"id": "VAL-B-001", "text": "b", "judge": "read it"},
        ],
        "tasks": [
            {"key": "first", "subject": "First", "assertions": ["VAL-A-001"]},
            {"key": "second", "subject": "Second", "after": ["first"], "assertions": ["VAL-B-001"]},
        ],
    }
    return whole | changes


def test_a_whole_contract_comes_back_from_its_own_yaml() -> None:
    contract = parse_contract(document(), source="test")

    assert parse_contract(yaml.safe_load(contract.to_yaml()), source="yaml") == contract
    assert [a.id for a in contract.of_task("second")] == ["VAL-B-001"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tasks": [{"key": "only", "subject": "x", "assertions": ["VAL-A-001"]}]}, "no task owns VAL-B-001"),
        (
            {
                "tasks": [
                    {"key": "one", "subject": "x", "assertions": ["VAL-A-001", "VAL-B-001"]},
                    {"key": "two", "subject": "x", "assertions": ["VAL-A-001"]},
                ]
            },
            "two times the same owner of assertion: VAL-A-001",
        ),
        (
            {"tasks": [{"key": "one", "subject": "x", "after": ["ghost"], "assertions": ["VAL-A-001", "VAL-B-001"]}]},
            "ghost",
        ),
        ({"assertions": [{"id": "VAL-A-001", "text": "a"}]}, "nobody could check it"),
        ({"assertions": [{"id": "val-a-1", "text": "a", "command": "true"}]}, "assertions.0.id"),
        ({"extra": 1}, "extra"),
        ({"tasks": []}, "tasks"),
        ({"goal": "a\0b"}, "NUL"),
        ({"assertions": [{"id": "VAL-A-001", "text": "a", "command": " \n# true\n\t"}]}, "blank"),
        ({"assertions": [{"id": "VAL-A-001", "text": "a", "command": "true \0"}]}, "NUL"),
        ({"assertions": [{"id": "VAL-A-001", "text": "a", "command": "true " + "x" * 70_000}]}, "65,536 fit"),
        ({"tasks": [{"key": f"k{n}", "subject": "x", "assertions": ["VAL-A-001"]} for n in range(501)]}, "500 at most"),
        ({"goal": "g" * 1_000_001}, "1,000,000 fit"),
    ],
)
def test_what_does_not_hold_together_is_refused_and_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidDocument, match=named):
        parse_contract(document(**changes), source="test")


def test_tasks_that_wait_for_each_other_are_refused_with_the_path() -> None:
    tasks = [
        {"key": "one", "subject": "x", "after": ["two"], "assertions": ["VAL-A-001"]},
        {"key": "two", "subject": "x", "after": ["one"], "assertions": ["VAL-B-001"]},
    ]

    with pytest.raises(DependencyCycle) as caught:
        parse_contract(document(tasks=tasks), source="test")

    assert caught.value.path == ("one", "two", "one")


def test_a_key_that_is_no_name_is_refused() -> None:
    tasks = [{"key": "../up", "subject": "x", "assertions": ["VAL-A-001", "VAL-B-001"]}]

    with pytest.raises(InvalidName):
        parse_contract(document(tasks=tasks), source="test")


def test_a_newer_contract_is_refused() -> None:
    with pytest.raises(NewerFormat):
        parse_contract(document(version=2), source="test")


def test_order_puts_every_key_behind_what_it_waits_for() -> None:
    assert in_order({"c": ("b", "a"), "b": ("a",), "a": ()}) == ["a", "b", "c"]
