"""What is fitted anew: how old the models are, what was decided about them, and who fits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from models.drift import RetrainingDecision
from pipelines.context import Context

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def model_ages(context: Context, last_day: date) -> Mapping[str, float | None]:
    """Return for each model that drift may have fitted anew how many days of history it has not seen.

    None where there is no champion.
    """
    from pipelines.registry import open_registry
    from pipelines.retraining import FITS

    registry = open_registry(context)
    seen = {model: registry.trained_until(model) for model in FITS}
    return {
        model: None if until is None else float(max((last_day - until).days, 0))
        for model, until in seen.items()
    }


def store_decisions(
    session: Session, decided: Sequence[RetrainingDecision], inputs: str, at: datetime
) -> None:
    """Keep each decision as a row; where a fit is due still, the older decision stands beside it."""
    from pipelines.storage.repositories.retrainings import Retraining, add_retraining

    for one in decided:
        add_retraining(session, Retraining(at, one.model, one.is_due, one.reason, inputs))
