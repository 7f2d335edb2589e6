"""The published schema of playbooks is the model's, and every shipped playbook fits it."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from teams.playbook.schema import schema_text
from teams.playbook.shelf import playbooks


def test_the_published_schema_is_what_the_model_says(root: Path) -> None:
    assert (root / "docs" / "schemas" / "playbook.json").read_text() == schema_text()


def test_every_shipped_playbook_fits_the_schema(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))

    for entry in playbooks(tmp_path):
        document = yaml.safe_load(entry.path.read_text())
        validator.validate(document)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**document, "unknown": 1})


def test_what_the_page_shows_can_be_run(root: Path) -> None:
    page = (root / "docs" / "playbooks.md").read_text()
    (example,) = [block.split("```")[0] for block in page.split("```yaml\n")[1:]]

    from teams.playbook.reading import parse_playbook

    assert parse_playbook(example, source="docs/playbooks.md").name == "tidy"
