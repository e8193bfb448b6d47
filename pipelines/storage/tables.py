"""All tables in one place: importing this fills `Base.metadata`."""

from pipelines.storage.base import Base
from pipelines.storage.draft_tables import (
    DraftEditRow,
    DraftReviewRow,
    DraftRow,
    ExceptionNoteRow,
)
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
from pipelines.storage.user_tables import (
    JobRow,
    LoginFailureRow,
    NoticeRow,
    UserRow,
    UserSessionRow,
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
    "DraftEditRow",
    "DraftReviewRow",
    "DraftRow",
    "DriftVerdictRow",
    "ExceptionNoteRow",
    "ForecastRow",
    "ItemRow",
    "JobRow",
    "LineRow",
    "LoginFailureRow",
    "NoticeRow",
    "OrderRow",
    "PlantRow",
    "ProductPlantRow",
    "ProductRow",
    "QuarantineRow",
    "ShiftRow",
    "UserRow",
    "UserSessionRow",
    "VersionKpiRow",
    "VersionPeggingRow",
    "VersionRow",
    "VersionRunRow",
]
