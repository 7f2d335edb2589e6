"""The JSON Schema of playbooks, for editors: ``python -m teams.playbook.schema docs/schemas`` writes it anew."""

import json
import sys
from pathlib import Path

from teams.playbook.document import Playbook


def schema_text() -> str:
    """Return ``docs/schemas/playbook.json`` (JSON Schema 2020-12)."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Playbook.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / "playbook.json").write_text(schema_text(), encoding="utf-8")
