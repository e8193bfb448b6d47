"""docs/schema says what the code reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plant.io.schema import json_schema

FOLDER = Path(__file__).parents[3] / "docs" / "schema"


@pytest.mark.parametrize("document", ["plant", "schedule", "edit"])
def test_the_schema_in_docs_is_fresh(document: str) -> None:
    kept = json.loads((FOLDER / f"{document}.schema.json").read_text(encoding="utf-8"))
    hint = f"run: takt schema {document} -o docs/schema/{document}.schema.json"
    assert kept == json_schema(document), hint


def test_the_schema_names_fields_as_documents_do() -> None:
    capability = json_schema("plant")["$defs"]["CapabilityDocument"]
    assert "yield" in capability["properties"]
    assert capability["additionalProperties"] is False
