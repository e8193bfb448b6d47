"""Drift verdicts: what each check found, when, and of which version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.storage.tables import DriftVerdictRow


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """One verdict: its kind (inputs, forecast, schedule, ...), the statistic and its threshold."""

    at: datetime
    kind: str
    verdict: str
    statistic: float | None
    threshold: float | None
    details: Mapping[str, Any]
    version: int | None = None
    mlflow_run_id: str | None = None


def add_drift_verdict(session: Session, verdict: DriftVerdict) -> int:
    """The id of the stored verdict."""
    row = DriftVerdictRow(
        at=verdict.at,
        kind=verdict.kind,
        verdict=verdict.verdict,
        statistic=verdict.statistic,
        threshold=verdict.threshold,
        details=dict(verdict.details),
        version=verdict.version,
        mlflow_run_id=verdict.mlflow_run_id,
    )
    session.add(row)
    session.flush()
    return row.id


def list_drift_verdicts(session: Session, kind: str | None = None) -> list[DriftVerdict]:
    """The verdicts, newest first; of one kind where it is named."""
    query = select(DriftVerdictRow).order_by(DriftVerdictRow.at.desc(), DriftVerdictRow.id.desc())
    if kind is not None:
        query = query.where(DriftVerdictRow.kind == kind)
    return [
        DriftVerdict(
            row.at,
            row.kind,
            row.verdict,
            row.statistic,
            row.threshold,
            row.details,
            row.version,
            row.mlflow_run_id,
        )
        for row in session.scalars(query)
    ]
