"""What the built-in agents cost before they read anything."""

import pytest

from teams.mission.prompt_size import PromptSize, prompt_sizes

LIMIT_TOKENS = 1500


@pytest.mark.parametrize("size", prompt_sizes(), ids=lambda size: size.role)
def test_prompt_and_tools_of_a_role_stay_within_the_budget(size: PromptSize) -> None:
    assert size.prompt > 0
    assert size.tools > 0
    assert size.prompt + size.tools <= LIMIT_TOKENS, size
