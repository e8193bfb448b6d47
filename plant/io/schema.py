"""The JSON Schemas of the documents, kept in docs/schema."""

from __future__ import annotations

from typing import Any

from plant.io.documents import Document, PlantDocument, ScheduleDocument

DOCUMENTS: dict[str, type[Document]] = {"plant": PlantDocument, "schedule": ScheduleDocument}


def json_schema(document: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the plant or the schedule document."""
    model = DOCUMENTS[document]
    schema = model.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"Takt {document}",
    }
