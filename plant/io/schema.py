"""The JSON Schemas of the documents, kept in docs/schema."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from plant.io.documents import PlantDocument, ScheduleDocument
from plant.io.edits import EditDocument

DOCUMENTS: dict[str, Any] = {
    "plant": PlantDocument,
    "schedule": ScheduleDocument,
    "edit": EditDocument,
}


def json_schema(document: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the plant, the schedule or the edit document."""
    schema: dict[str, Any] = TypeAdapter(DOCUMENTS[document]).json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"Takt {document}",
    }
