"""The whole loop but for the stream: a factory at work, its events, recommended versions, accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from envs.factory import Factory
from envs.factory.records import Habits
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from pipelines.context import Context
from pipelines.factory.events import event_ids, to_event
from pipelines.params import load_params
from pipelines.plan_base import PLANT_NAME
from pipelines.reaction.pace import Pace
from pipelines.reaction.reactor import Reaction, Reactor
from pipelines.settings import REPOSITORY, Settings
from pipelines.storage import reading, writing
from pipelines.storage.repositories import Publication, load_version, publish_version
from plant import Plant, Schedule, Weights, Zones, evaluate
from tests.pipelines.committed_events import AT, commit

ZONES, WEIGHTS = Zones(240, 1440), Weights(instability=50.0)
AT_ONCE = Pace(quiet=0.0, most=0.0, repair=0.03)
TELL_EVERY = 20  # minutes
ROUGH = Habits(failure_hours=6.0, late_trucks=0.6, rush_orders=0.3, changed_orders=0.3)


def publish(engine: Engine, plant: Plant, schedule: Schedule, base: int | None = None) -> int:
    found = evaluate(plant, schedule, None, WEIGHTS, ZONES)
    publication = Publication(
        plant=plant, schedule=schedule, evaluation=found, method="test", plant_name=PLANT_NAME,
        weights=WEIGHTS, zones=ZONES, base=base,
    )  # fmt: skip
    with writing(engine) as session:
        return publish_version(session, publication, AT)


@pytest.mark.integration
@pytest.mark.parametrize(("seed", "stages"), [(1, 1), (2, 2), (3, 1)])
def test_a_rough_day_and_a_half_is_answered_and_every_answer_can_be_accepted(
    tmp_path: Path,
    address: str,
    database: Engine,
    seed: int,
    stages: int,
) -> None:
    plant = generate(8, 24, 70, 4, 0.9, seed, stages=stages)
    schedule = dispatch(plant, RULES["atcs"])
    publish(database, plant, schedule)
    params = load_params(REPOSITORY / "params.yaml")
    settings = Settings(data=tmp_path, database_url=address)
    context = Context(settings, params, lambda: AT, lambda _line: None)
    reactor = Reactor(context, database, AT_ONCE)
    factory, new_id = Factory(plant, schedule, seed, ROUGH), event_ids(seed)
    reactions: list[Reaction] = []
    for until in range(TELL_EVERY, 2160, TELL_EVERY):
        told = [to_event(one, plant.starts_at, new_id()) for one in factory.play(TELL_EVERY)]
        commit(database, told)
        reaction = reactor.step()
        if reaction is None:
            continue
        reactions.append(reaction)
        if reaction.version is None:
            continue
        with reading(database) as session:
            version = load_version(session, reaction.version)
        assert evaluate(version.plant, version.schedule).feasible
        now = reaction.minute
        assert now is not None
        assert until - TELL_EVERY <= now < until
        standing = {run.id: run for run in schedule.runs}
        for run in version.schedule.runs:
            was = standing.get(run.id)
            assert run.start >= now or (was and was.start <= run.start), (
                f"{run} was put into the past"
            )
        plant, schedule = version.plant, version.schedule
        publish(database, plant, schedule, reaction.version)
        factory.follow(schedule)
    outcomes = [one.outcome for one in reactions]
    assert outcomes.count("recommended") >= 10
    assert "no plan" not in outcomes
