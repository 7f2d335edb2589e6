"""Golden files of the mission's formats: read, written back, and accepted by the published JSON Schemas."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from skills.activation.trusted import TrustedSkills
from teams.mission.config import Config, load_config
from teams.mission.contract import parse_contract
from teams.mission.handoff import Handoff, RunCommand
from teams.mission.schemas import MODELS, schema_text

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


def golden(name: str) -> Any:
    text = (GOLDEN / name).read_text()
    return {".yaml": yaml.safe_load, ".json": json.loads, ".toml": tomllib.loads}[Path(name).suffix](text)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_published_schema_is_what_the_model_says(name: str, root: Path) -> None:
    assert (root / "docs" / "schemas" / f"{name}.json").read_text() == schema_text(name)


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("contract.yaml", "contract"),
        ("handoff.json", "handoff"),
        ("onecontext.toml", "config"),
        ("trusted-skills.json", "trusted-skills"),
    ],
)
def test_golden_files_fit_the_published_schemas(file: str, schema: str) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text(schema)))

    validator.validate(golden(file))

    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**golden(file), "unknown": 1})


def test_the_golden_contract_is_written_back_to_the_byte() -> None:
    contract = parse_contract(golden("contract.yaml"), source="golden")

    assert contract.to_yaml() == (GOLDEN / "contract.yaml").read_text()


def test_the_golden_handoff_is_written_back_to_the_byte() -> None:
    text = (GOLDEN / "handoff.json").read_text()

    assert Handoff.model_validate_json(text).model_dump_json(indent=2) + "\n" == text


def test_the_golden_list_of_trusted_skills_is_written_back_to_the_byte() -> None:
    text = (GOLDEN / "trusted-skills.json").read_text()

    assert TrustedSkills.model_validate_json(text).model_dump_json(indent=2) + "\n" == text


def test_the_golden_configuration_is_the_defaults_and_a_model(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "onecontext.toml", tmp_path)

    config = load_config(tmp_path)

    assert config.model.name == "anthropic/claude-sonnet-4-5"
    assert config.model_copy(update={"model": Config().model}) == Config()


@given(
    summary=st.text(),
    commands=st.lists(st.tuples(st.text(), st.none() | st.integers(0, 255))),
    claims=st.lists(st.text()),
)
def test_any_handoff_survives_its_own_json(
    summary: str, commands: list[tuple[str, int | None]], claims: list[str]
) -> None:
    handoff = Handoff(
        task="t",
        attempt=1,
        epoch=1,
        commit=None,
        summary=summary,
        commands=tuple(RunCommand(command=text, exit_code=code) for text, code in commands),
        claims=tuple(claims),
        undone=(),
        discovered=(),
        skills=(),
    )

    assert Handoff.model_validate(json.loads(json.dumps(handoff.model_dump(mode="json")))) == handoff


@pytest.mark.parametrize("change", [{"attempt": "1"}, {"claims": "VAL-A-001"}, {"commands": [{"command": "ls"}]}])
def test_a_handoff_is_strict(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Handoff.model_validate({**golden("handoff.json"), **change})


@pytest.mark.parametrize("field", ["commit", "commands", "claims", "undone", "discovered", "skills"])
def test_a_handoff_that_lacks_a_field_is_refused(field: str) -> None:
    left = {name: value for name, value in golden("handoff.json").items() if name != field}

    with pytest.raises(ValidationError):
        Handoff.model_validate(left)


def test_a_handoff_with_a_field_we_do_not_know_is_refused() -> None:
    with pytest.raises(ValidationError):
        Handoff.model_validate({**golden("handoff.json"), "extra": 1})
