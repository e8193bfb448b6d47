"""What the plan follows: the published version whose horizon reaches into the plant's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.context import Context
from plant import Plant, Run, Schedule

PLANT_NAME = "fmcg"  # what versions of the planned plant are filed under
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Base:
    """A published schedule in the plant's own minutes, and the number of its version."""

    version: int
    schedule: Schedule


def published_base(context: Context, plant: Plant) -> Base | None:
    """The published version, its runs in the plant's minutes, or None where there is none to follow.

    Raises
    ------
    pipelines.storage.StorageError
        Where the database cannot be used.
    """
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories import latest_published, load_version

    engine = open_database(context.settings.database_url)
    try:
        with reading(engine) as session:
            meta = latest_published(session, PLANT_NAME)
            if meta is None:
                return None
            stored = load_version(session, meta.number)
    finally:
        engine.dispose()
    later = (plant.starts_at - stored.plant.starts_at).total_seconds() / SECONDS_PER_MINUTE
    if not 0 <= later < stored.plant.horizon or later != int(later):
        return None
    return Base(meta.number, rebased(stored.schedule, int(later), plant))


def rebased(schedule: Schedule, later: int, plant: Plant) -> Schedule:
    """The runs that start at or after an instant so many minutes later, in minutes from there on.

    A run that goes on at that instant is in the plant already, as what its line is doing; one of a line
    or item that the plant has no longer cannot be kept.
    """
    lines, items = {line.id for line in plant.lines}, {item.id for item in plant.items}

    def moved(run: Run) -> Run:
        return replace(run, start=run.start - later, end=run.end - later)

    return Schedule(
        tuple(
            moved(run)
            for run in schedule.runs
            if run.start >= later and run.line in lines and run.item in items
        )
    )
