"""Every test that takes `desk` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from pipelines.drafts import Desk
from pipelines.storage import writing
from pipelines.storage.repositories import Publication, publish_version
from plant import Weights, Zones, evaluate
from plant.examples import three_lines
from tests.pipelines.storage.samples import NOW

WEIGHTS, ZONES = Weights(instability=10.0), Zones(frozen=0, slush=2880)


def ticking() -> Callable[[], datetime]:
    """A clock that goes on a second each time it is read."""
    seconds = iter(range(10**9))
    return lambda: NOW + timedelta(seconds=next(seconds))


def publish_example(engine: Engine, note: str = "") -> int:
    """The version of the jam factory's schedule."""
    plant, schedule = three_lines.plant(), three_lines.schedule()
    publication = Publication(
        plant=plant,
        schedule=schedule,
        evaluation=evaluate(plant, schedule, weights=WEIGHTS, zones=ZONES),
        method="refined",
        plant_name="jam",
        weights=WEIGHTS,
        zones=ZONES,
        note=note,
    )
    with writing(engine) as session:
        return publish_version(session, publication, NOW)


@pytest.fixture
def desk(database: Engine) -> Desk:
    publish_example(database)
    return Desk(database, ticking())
