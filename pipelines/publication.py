"""What is to be published: the planned schedule, judged anew against the version that it follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.params import Params
from pipelines.settings import Settings
from plant import Evaluation, Plant, Schedule, evaluate


class PublishError(RuntimeError):
    """What is to be published cannot be; nothing was."""


class PlanFigures(BaseModel):
    """What the plan step says of its schedule, beyond what `plant.evaluate` can."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    method: str = "refined"
    bound: float | None = None
    gap: float | None = None
    base: int | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plant with its planned schedule, the version that it follows, and the rule's schedule."""

    plant: Plant
    schedule: Schedule
    base: Schedule | None
    figures: PlanFigures
    evaluation: Evaluation
    settings: Settings
    params: Params

    def judged(self, schedule: Schedule) -> Evaluation:
        """Return what the referee says of another schedule of the same plant, by the same measures."""
        return _judged(self.plant, schedule, self.base, self.params)


def load_planned(settings: Settings, params: Params) -> Planned:
    """Return what the plan step stored, and what the referee says of it.

    Raises
    ------
    PublishError
        Where a file of the plan step is not there.
    """
    from plant.io import load_plant, load_schedule

    metrics = settings.metrics / "plan.json"
    for path in (settings.plant_file, settings.schedule_file, metrics):
        _expect(path)
    plant = load_plant(settings.plant_file)
    schedule = load_schedule(settings.schedule_file)
    figures = PlanFigures.model_validate_json(metrics.read_bytes())
    base = None if figures.base is None else _load_base(settings, plant, figures.base)
    evaluation = _judged(plant, schedule, base, params)
    return Planned(plant, schedule, base, figures, evaluation, settings, params)


def _expect(path: Path) -> None:
    if not path.is_file():
        raise PublishError(f"{path}: not there; run the steps forecast, train and plan first")


def _judged(plant: Plant, schedule: Schedule, base: Schedule | None, params: Params) -> Evaluation:
    return evaluate(plant, schedule, base, params.weights.for_plant(), params.zones.for_plant())


def _load_base(settings: Settings, plant: Plant, version: int) -> Schedule:
    """The schedule of a version, in the minutes of the plant that now follows it."""
    from pipelines.plan_base import SECONDS_PER_MINUTE, rebased
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories import load_version

    engine = open_database(settings.database_url)
    try:
        with reading(engine) as session:
            stored = load_version(session, version)
    finally:
        engine.dispose()
    later = (plant.starts_at - stored.plant.starts_at).total_seconds() / SECONDS_PER_MINUTE
    return rebased(stored.schedule, int(later), plant)
