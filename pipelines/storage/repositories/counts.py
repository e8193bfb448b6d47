"""What lines counted, summed by day of the plant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipelines.storage.stream_tables import LineDayRow, LineMinuteRow


@dataclass(frozen=True, slots=True)
class LineDay:
    """What a line counted on a day: good units and scrap."""

    line: str
    day: date
    good: float
    scrap: float


def counts_since(session: Session, start: datetime, until: date) -> list[LineDay]:
    """What each line counted from an instant on, to the end of a day; days are of the instant's zone.

    The first day is summed from its minutes, as a plan may start in the middle of it.
    """
    first = start.date()
    midnight = datetime.combine(first + timedelta(days=1), datetime.min.time(), start.tzinfo)
    minute, whole = LineMinuteRow, LineDayRow
    begun = (
        select(minute.line, func.sum(minute.good), func.sum(minute.scrap))
        .where(minute.minute >= start, minute.minute < midnight)
        .group_by(minute.line)
    )
    later = select(whole.line, whole.day, whole.good, whole.scrap).where(
        whole.day > first, whole.day <= until
    )
    return [
        *(LineDay(line, first, good, scrap) for line, good, scrap in session.execute(begun)),
        *(LineDay(*row) for row in session.execute(later)),
    ]
