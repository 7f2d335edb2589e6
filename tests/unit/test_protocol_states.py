import pytest

from onecontext.errors import InvalidTransition
from teams.protocol.board.states import CLIENT_STATUS, EVENTS, HELD, TABLE, Action, State, after, derived


def test_every_state_has_a_status_that_the_client_sees() -> None:
    assert CLIENT_STATUS.keys() == set(State)
    assert set(CLIENT_STATUS.values()) == {"pending", "in_progress", "completed"}


def test_every_action_has_a_row_and_an_event() -> None:
    assert TABLE.keys() == EVENTS.keys() == set(Action)


def test_only_what_is_under_review_is_judged_and_only_what_is_held_is_handed_over() -> None:
    allowed = {action: set(TABLE[action]) for action in Action}

    assert allowed[Action.COMPLETE] == allowed[Action.REJECT] == {State.REVIEW}
    assert allowed[Action.SUBMIT] == {State.RUNNING}
    assert allowed[Action.RELEASE] == allowed[Action.RENEW] == HELD
    assert allowed[Action.CLAIM] == {State.READY, *HELD}
    assert allowed[Action.REOPEN] == {State.DONE}
    assert not allowed[Action.DELETE] & {*HELD, State.REVIEW}


def test_every_state_but_done_leads_to_done() -> None:
    steps = {state: {row[state] for row in TABLE.values() if state in row} for state in State}
    # An open task becomes ready by itself when what it comes after is done.
    steps[State.WAITING].add(State.READY)

    for state in State:
        reached, grown = {state}, {state}
        while grown:
            grown = {target for name in grown for target in steps[name]} - reached
            reached |= grown
        assert State.DONE in reached


def test_a_change_that_is_not_in_the_table_says_what_would_be() -> None:
    with pytest.raises(InvalidTransition, match="task 7 is ready; submit needs it to be running"):
        after(Action.SUBMIT, State.READY, task_id="7")


@pytest.mark.parametrize(
    ("blockers", "state"),
    [
        ([], State.READY),
        ([State.DONE, State.DONE], State.READY),
        ([State.DONE, State.REVIEW], State.WAITING),
    ],
)
def test_an_open_task_waits_while_something_it_comes_after_is_not_done(blockers: list[State], state: State) -> None:
    assert derived(State.READY, blockers) == derived(State.WAITING, blockers) == state
    assert derived(State.RUNNING, blockers) == State.RUNNING
