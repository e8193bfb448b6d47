"""Plants and schedules as documents: JSON, CSV folders, Excel workbooks, calendars.

Not imported by `plant` itself, so that what only computes does not load Pydantic.
"""

from plant.io.json_files import (
    load_plant,
    load_schedule,
    plant_from_document,
    plant_from_json,
    plant_to_json,
    save_plant,
    save_schedule,
    schedule_from_document,
    schedule_from_json,
    schedule_to_json,
)
from plant.io.writing import (
    difference_to_document,
    evaluation_to_document,
    plant_to_document,
    schedule_to_document,
)

__all__ = [
    "difference_to_document",
    "evaluation_to_document",
    "load_plant",
    "load_schedule",
    "plant_from_document",
    "plant_from_json",
    "plant_to_document",
    "plant_to_json",
    "save_plant",
    "save_schedule",
    "schedule_from_document",
    "schedule_from_json",
    "schedule_to_document",
    "schedule_to_json",
]
