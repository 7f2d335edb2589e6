"""A value with some fields changed is what dataclasses.replace makes of it, for every value of the monitor."""

import dataclasses
import inspect

import pytest

import tui.snapshot
from tui.projection.replacing import replace
from tui.snapshot import Task, Usage

VALUES = [kind for _, kind in inspect.getmembers(tui.snapshot, inspect.isclass) if dataclasses.is_dataclass(kind)]


@pytest.mark.parametrize("kind", VALUES)
def test_each_field_of_each_value_can_be_changed(kind: type) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    value = kind(**{name: f"old {name}" for name in names})

    for name in names:
        assert replace(value, **{name: "new"}) == dataclasses.replace(value, **{name: "new"})
    assert getattr(value, names[0]) == f"old {names[0]}"


def test_no_value_of_the_monitor_does_more_than_hold_its_fields() -> None:
    for kind in VALUES:
        assert not hasattr(kind, "__post_init__"), kind
        assert all(field.init and not field.kw_only for field in dataclasses.fields(kind)), kind


def test_a_field_that_a_value_does_not_have_is_refused() -> None:
    assert VALUES.index(Task) >= 0
    with pytest.raises(KeyError):
        replace(Usage(), tokens=3)
