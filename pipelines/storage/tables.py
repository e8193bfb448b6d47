"""All tables in one place: importing this fills `Base.metadata`."""

from pipelines.storage.base import Base
from pipelines.storage.fact_tables import (
    MEASURES,
    BatchRow,
    DailyFactRow,
    ProductPlantRow,
    ProductRow,
    QuarantineRow,
)
from pipelines.storage.plant_tables import (
    ArrivalRow,
    BomLineRow,
    CapabilityRow,
    ChangeoverRow,
    ItemRow,
    LineRow,
    OrderRow,
    PlantRow,
    ShiftRow,
)
from pipelines.storage.version_tables import (
    DriftVerdictRow,
    ForecastRow,
    VersionKpiRow,
    VersionPeggingRow,
    VersionRow,
    VersionRunRow,
)

__all__ = [
    "MEASURES",
    "ArrivalRow",
    "Base",
    "BatchRow",
    "BomLineRow",
    "CapabilityRow",
    "ChangeoverRow",
    "DailyFactRow",
    "DriftVerdictRow",
    "ForecastRow",
    "ItemRow",
    "LineRow",
    "OrderRow",
    "PlantRow",
    "ProductPlantRow",
    "ProductRow",
    "QuarantineRow",
    "ShiftRow",
    "VersionKpiRow",
    "VersionPeggingRow",
    "VersionRow",
    "VersionRunRow",
]
