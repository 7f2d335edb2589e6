"""JSON Schemas of what people and agents write, for editors and other programs.

``python -m teams.mission.schemas docs/schemas`` writes them anew; a test sees to it that they are current.
"""

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from skills.activation.trusted import TrustedSkills
from teams.mission.config import Config
from teams.mission.contract import Contract
from teams.mission.handoff import Handoff

MODELS: dict[str, type[BaseModel]] = {
    "contract": Contract,
    "handoff": Handoff,
    "config": Config,
    "trusted-skills": TrustedSkills,
}


def schema_text(name: str) -> str:
    """Return the JSON Schema (2020-12) of one of :data:`MODELS`, as it lies in docs/schemas."""
    schema = MODELS[name].model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def write_schemas(folder: Path) -> None:
    """Write every schema to ``folder``/<name>.json."""
    for name in MODELS:
        (folder / f"{name}.json").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
