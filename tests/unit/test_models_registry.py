"""What is known of a model before it is first asked."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import ModelRefused, NoCredentials, SetupError, UnknownModel, UsageError
from teams.models import registry
from teams.models.litellm_model import LitellmModel
from teams.models.port import Conversation, Message
from teams.models.providers import key_variables, provider_of
from teams.models.registry import forbid_real_requests, open_models

KEY = "sk-not-to-be-seen"


def opened(name: str, **more: Any) -> Any:
    return open_models(name, **{"env": {}, **more})(Conversation("ann", "agent"))


def test_a_script_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("version: 1\nconversations: [{turns: [{say: hello}]}]")

    model = opened(f"scripted:{path}")

    assert model.scripted
    assert model.reply([Message("user", "hi")], []).text == "hello"


@pytest.mark.parametrize("name", ["gpt-4o", "openai/gpt-4o", "openai/one-that-is-new"])
def test_a_name_with_its_key_is_opened(name: str) -> None:
    model = opened(name, env={"OPENAI_API_KEY": KEY})

    assert isinstance(model, LitellmModel)
    assert (model.name, model.scripted) == (name, False)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("gpt-4o", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-pro", "GEMINI_API_KEY"),
        ("together_ai/some/model", "TOGETHERAI_API_KEY"),
        ("xai/grok-4", "XAI_API_KEY"),
        ("publicai/some", "PUBLICAI_API_KEY"),
    ],
)
def test_a_missing_key_is_named_by_its_variable(name: str, variable: str) -> None:
    with pytest.raises(NoCredentials) as caught:
        opened(name, env={"UNRELATED_API_KEY": KEY})

    assert f"{variable} is not set" in str(caught.value)
    assert variable in caught.value.hint


def test_an_empty_key_is_no_key() -> None:
    with pytest.raises(NoCredentials):
        opened("gpt-4o", env={"OPENAI_API_KEY": ""})


def test_any_of_a_providers_variables_will_do() -> None:
    assert opened("gemini/gemini-2.5-pro", env={"GOOGLE_API_KEY": KEY})


@pytest.mark.parametrize("name", ["ollama/llama3", "lm_studio/x", "bedrock/x", "vertex_ai/x", "gemini-2.5-pro"])
def test_providers_without_a_key_need_none(name: str) -> None:
    assert opened(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("antropic/claude-sonnet-4-5", "no provider is called 'antropic'; did you mean anthropic"),
        ("gpt-4oo", "no model is called 'gpt-4oo'; did you mean gpt-4o"),
        ("zzzzzz", "no model is called 'zzzzzz'"),
        ("text-embedding-3-small", "not one to talk to"),
        ("", "no model is named"),
    ],
)
def test_a_name_nobody_answers_to_is_refused_with_near_ones(name: str, says: str) -> None:
    with pytest.raises(UnknownModel, match=says):
        opened(name)


@pytest.mark.parametrize("name", ["my-own", "meta-llama/Llama-3-8B", "openai/my-own"])
def test_with_an_address_any_name_and_no_key_will_do(name: str) -> None:
    assert opened(name, api_base="http://127.0.0.1:8000/v1")


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://x/y", "http://", "/etc/passwd"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a server"):
        opened("gpt-4o", api_base=address)


def test_the_key_is_in_no_representation() -> None:
    model = opened("gpt-4o", env={"OPENAI_API_KEY": KEY})

    assert KEY not in f"{model!r} {model}"


@pytest.mark.parametrize("bad", ["1.82.7", "1.82.8"])
def test_versions_that_were_malware_are_refused_without_being_imported(
    monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setattr(registry, "version", lambda _: bad)

    with pytest.raises(SetupError, match="known malware"):
        opened("gpt-4o", env={"OPENAI_API_KEY": KEY})


def test_the_environment_that_counts_is_the_one_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", KEY)

    with pytest.raises(NoCredentials):
        opened("gpt-4o")


def test_real_requests_can_be_forbidden_and_are_then_not_even_prepared() -> None:
    loaded = "litellm" in sys.modules
    model = opened("my-own", api_base="http://127.0.0.1:9/v1")

    with forbid_real_requests(), pytest.raises(ModelRefused, match="forbidden here, and my-own is one"):
        model.reply([Message("user", "hi")], [])

    assert ("litellm" in sys.modules) == loaded


def test_without_litellms_files_no_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teams.models.providers._data", lambda path: {})

    assert provider_of("anything/at-all") == "anything"
    assert provider_of("bare") is None
    assert key_variables("some-provider") == ("SOME_PROVIDER_API_KEY",)
