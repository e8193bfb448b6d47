"""The tables of the models' lives: what drift decided about fitting them anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base
from pipelines.storage.fact_tables import SERIAL


class RetrainingRow(Base):
    """A decision whether a model is fitted anew, why, and what came of it."""

    __tablename__ = "retrainings"
    __table_args__ = (Index(None, "model", "at"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    at: Mapped[datetime]
    model: Mapped[str]
    is_due: Mapped[bool]
    reason: Mapped[str]
    inputs: Mapped[str]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
