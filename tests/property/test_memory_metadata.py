"""Whatever people and agents write into the metadata comes back."""

import os

from hypothesis import example, given, settings
from hypothesis import strategies as st

from onecontext.memory import metadata
from tests.support.exchange import TEXTS

EXAMPLES = 5000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS, st.lists(TEXTS, max_size=3))
@example("## a\x85## b", ["a\u2028 b", "a\u2029\n b"])
def test_texts_come_back_to_the_character(purpose: str, pinned: list[str]) -> None:
    data = {"purpose": purpose, "pinned": pinned}

    assert metadata.load(metadata.dump(data), where="metadata.yaml") == data
