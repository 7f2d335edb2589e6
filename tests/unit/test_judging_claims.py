"""What shows that assertions hold, where anybody may have said what it is."""

from typing import Any

import pytest

from teams.mission.contract import Assertion
from teams.mission.judging.claims import without_evidence

RUN = Assertion(id="VAL-A-001", text="it runs", command="true")
JUDGED = Assertion(id="VAL-A-002", text="it reads well", judge="quote it")
SHOWN = {
    "checks": [{"assertion": "VAL-A-001", "command": "true", "exit_code": 0}],
    "quotes": [{"assertion": "VAL-A-002", "path": "a", "line": 1, "text": "well"}],
}


def test_an_exit_code_that_counts_and_a_quote_show_it() -> None:
    assert without_evidence([RUN, JUDGED], SHOWN) == []


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"checks": None, "quotes": 3},
        {"checks": "VAL-A-001", "quotes": {"assertion": "VAL-A-002"}},
        {"checks": [None, 1, [], {}, {"exit_code": 0}], "quotes": ["VAL-A-002", {"assertion": ["VAL-A-002"]}]},
        {"checks": [{"assertion": "VAL-A-001", "exit_code": 1}], "quotes": []},
        {"checks": [{"assertion": "VAL-A-001", "exit_code": 0, "problems": ["no test ran"]}]},
    ],
)
def test_what_is_no_evidence_shows_nothing_and_breaks_nothing(evidence: dict[str, Any]) -> None:
    assert without_evidence([RUN, JUDGED], evidence) == ["VAL-A-001", "VAL-A-002"]
