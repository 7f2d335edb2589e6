"""JSON Schema of the front matter of ``WORKFLOW.md``, for editors and other programs.

``python -m teams.serving.schemas docs/schemas`` writes it anew; a test sees to it that it is current.
"""

import json
import sys
from pathlib import Path

from teams.serving.workflow import Settings

NAME = "workflow"


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of the front matter, as it lies in docs/schemas."""
    schema = Settings.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / f"{NAME}.json").write_text(schema_text(), encoding="utf-8")
