"""The reaction: one recommended version for what happened, once, whatever is killed in between."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.plan_base import PLANT_NAME
from pipelines.reaction.pace import Pace
from pipelines.reaction.reactor import CURSOR, Reaction, Reactor
from pipelines.reaction.run import follow
from pipelines.settings import REPOSITORY, Settings
from pipelines.storage import reading, writing
from pipelines.storage.repositories import (
    Publication,
    list_versions,
    load_version,
    publish_version,
)
from pipelines.storage.repositories.cursors import CursorMovedError, load_cursor
from pipelines.storage.repositories.live import noted_since
from pipelines.storage.repositories.notices import list_notices
from plant import Plant, Schedule, Weights, Zones, evaluate
from tests.pipelines.committed_events import commit, line_state, material, order

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLANT = generate(6, 16, 60, 5, 0.9, 7)
S = PLANT.starts_at
SCHEDULE = dispatch(PLANT, RULES["atcs"])
BUSY = max(
    (run for run in SCHEDULE.runs if 1440 < run.start < 2880), key=lambda run: run.end - run.start
)
PACE = Pace(repair=0.05)
DAY_AND_A_HALF = 2160


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Floor:
    """A database with a published plan, and reactors on it."""

    context: Context
    engine: Engine
    clock: Clock

    def reactor(self) -> Reactor:
        return Reactor(self.context, self.engine, PACE, clock=self.clock)

    def until_answered(self, reactor: Reactor, seconds: float = 5.0) -> list[Reaction]:
        """What comes of the events in so many seconds."""
        found, until = [], self.clock() + seconds
        while self.clock() < until:
            reaction = reactor.step()
            if reaction:
                found.append(reaction)
            self.clock.sleep(0.05)
        return found

    def publish(self, plant: Plant = PLANT, schedule: Schedule = SCHEDULE) -> int:
        publication = Publication(
            plant=plant, schedule=schedule, evaluation=evaluate(plant, schedule), method="rule",
            plant_name=PLANT_NAME, weights=Weights(instability=50.0), zones=Zones(480, 1440),
        )  # fmt: skip
        with writing(self.engine) as session:
            return publish_version(session, publication, NOW)

    def drafts(self) -> list[int]:
        with reading(self.engine) as session:
            return [one.number for one in list_versions(session) if one.status == "draft"][::-1]

    def position(self) -> int:
        with reading(self.engine) as session:
            return noted_since(session, 0)[-1].position

    def cursor(self) -> int | None:
        with reading(self.engine) as session:
            return load_cursor(session, CURSOR)


@pytest.fixture
def floor(tmp_path: Path, address: str, database: Engine) -> Floor:
    settings = Settings(data=tmp_path, database_url=address)
    params = load_params(REPOSITORY / "params.yaml")
    context = Context(settings, params, lambda: NOW, lambda _line: None)
    return Floor(context, database, Clock())


@pytest.fixture
def published(floor: Floor) -> Floor:
    floor.publish()
    return floor


def breakdown(minutes: float = DAY_AND_A_HALF) -> list[object]:
    at = BUSY.start + 5
    return [line_state(S, at, BUSY.line, "down", at + minutes)]


def test_a_line_that_goes_down_gets_a_recommended_version(published: Floor) -> None:
    reactor = published.reactor()
    commit(published.engine, breakdown())
    (reaction,) = published.until_answered(reactor)
    assert reaction.outcome == "recommended"
    assert published.drafts() == [reaction.version] == [2]
    with reading(published.engine) as session:
        version = load_version(session, 2)
    assert (version.meta.method, version.meta.base, version.meta.status) == ("repair", 1, "draft")
    assert version.meta.note.startswith(f"Line {BUSY.line} is down since 2026-01-0")
    assert "Runs: " in version.meta.note
    with reading(published.engine) as session:
        notice = list_notices(session, 0, 10)[-1]
    assert (notice.kind, notice.subject, notice.data["base"]) == ("version.recommended", "2", 1)
    assert notice.data["note"] == version.meta.note
    at = BUSY.start + 5
    down = [run for run in version.schedule.runs if run.line == BUSY.line and run.id != BUSY.id]
    assert all(run.end <= at or run.start >= at + DAY_AND_A_HALF for run in down)
    before = {run for run in SCHEDULE.runs if run.end <= at}
    assert before <= set(version.schedule.runs), "what is over stays as it was"
    assert evaluate(version.plant, version.schedule).feasible


def test_late_material_and_a_rush_order_are_answered(published: Floor) -> None:
    reactor = published.reactor()
    items = {line.component: line.item for line in PLANT.bom}
    arrival = next(one for one in PLANT.arrivals if one.at > 600 and one.item in items)
    told = [
        material(S, 590, "D", arrival.item, "expected", arrival.quantity, arrival.at),
        material(S, 595, "D", arrival.item, "expected", arrival.quantity, arrival.at + 2000),
        order(S, 600, "RUSH", BUSY.item, 3 * BUSY.quantity, 2000, weight=500.0),
    ]
    commit(published.engine, told)
    (reaction,) = published.until_answered(reactor)
    assert [one.kind for one in reaction.triggers] == ["material", "rush_order"]
    assert reaction.version == 2
    with reading(published.engine) as session:
        plant = load_version(session, 2).plant
    assert "RUSH" in {one.id for one in plant.orders}
    moved = [one for one in plant.arrivals if one.item == arrival.item]
    assert {one.at for one in moved} >= {arrival.at + 2000}


def test_a_storm_of_fifty_events_gets_one_version(published: Floor) -> None:
    reactor = published.reactor()
    reactions = []
    for number in range(50):
        at = BUSY.start + number / 10
        commit(published.engine, [line_state(S, at, PLANT.lines[number % 6].id, "down", at + 600)])
        reactions.append(reactor.step())
        published.clock.sleep(0.01)
    reactions += published.until_answered(reactor)
    done = [one for one in reactions if one]
    assert [len(one.triggers) for one in done] == [50]
    assert published.drafts() == [2]


def test_a_storm_that_goes_on_is_answered_before_it_ends(published: Floor) -> None:
    reactor = published.reactor()
    done = []
    for number in range(60):
        at = BUSY.start + number / 10
        commit(published.engine, [line_state(S, at, PLANT.lines[number % 6].id, "down", at + 600)])
        reaction = reactor.step()
        done += [reaction] if reaction else []
        published.clock.sleep(0.05)
    done += published.until_answered(reactor)
    assert 2 <= len(done) <= 5
    assert sum(len(one.triggers) for one in done) == 60
    assert all(one.seconds <= PACE.most + 0.1 for one in done)


def test_events_that_the_plan_need_not_answer_make_no_version(published: Floor) -> None:
    reactor = published.reactor()
    commit(
        published.engine,
        [
            line_state(S, 500, "L01", "running"),
            material(S, 501, "X", PLANT.items[-1].id, "expected", 5.0, 2000),
            order(S, 502, "LATER", BUSY.item, 5.0, PLANT.horizon + 5),
        ],
    )
    assert published.until_answered(reactor, 7.0) == []
    assert published.drafts() == []
    assert published.cursor() == reactor.position > 0


def test_what_comes_late_and_is_over_by_then_makes_no_version(published: Floor) -> None:
    reactor = published.reactor()
    at = BUSY.start
    commit(published.engine, [line_state(S, at + 60, BUSY.line, "running")])
    commit(published.engine, [line_state(S, at, BUSY.line, "down", at + 900)])
    commit(published.engine, [order(S, at + 20, "N", BUSY.item, 5.0, at + 900, "cancelled")])
    commit(published.engine, [order(S, at + 10, "N", BUSY.item, 5.0, at + 900)])
    assert published.until_answered(reactor) == []
    assert published.drafts() == []


def test_a_short_stop_that_pushes_nothing_aside_leaves_the_plan_as_it_is(floor: Floor) -> None:
    alone = Schedule(tuple(run for run in SCHEDULE.runs if run.line == BUSY.line)[:1])
    line = PLANT.lines[[one.id for one in PLANT.lines].index(BUSY.line)]
    plant = replace(PLANT, lines=(line,), orders=(), arrivals=(), changeovers=(), capabilities=tuple(
        one for one in PLANT.capabilities if one.line == line.id))  # fmt: skip
    floor.publish(plant, alone)
    run = alone.runs[0]
    reactor = floor.reactor()
    commit(floor.engine, [line_state(S, run.start + 1, line.id, "down", run.start + 11)])
    (reaction,) = floor.until_answered(reactor)
    assert reaction.outcome == "holds"
    assert floor.drafts() == []
    assert floor.cursor() == reactor.position


def test_without_a_published_plan_there_is_nothing_to_recommend(floor: Floor) -> None:
    reactor = floor.reactor()
    commit(floor.engine, breakdown())
    assert floor.until_answered(reactor) == []
    assert floor.drafts() == []


def test_after_the_plans_horizon_there_is_nothing_to_recommend(published: Floor) -> None:
    reactor = published.reactor()
    late = PLANT.horizon + 10
    commit(published.engine, [line_state(S, late, "L01", "down", late + 60)])
    (reaction,) = published.until_answered(reactor)
    assert reaction.outcome == "no plan"


def test_a_restart_answers_what_was_not_answered_and_nothing_twice(published: Floor) -> None:
    first = published.reactor()
    commit(published.engine, breakdown())
    assert first.step() is None, "seen, and not answered yet: then it is killed"
    second = published.reactor()
    assert [one.version for one in published.until_answered(second)] == [2]
    third = published.reactor()
    assert published.until_answered(third) == []
    assert published.drafts() == [2]


def test_a_restart_remembers_what_happened_before(published: Floor) -> None:
    commit(published.engine, breakdown())
    published.until_answered(published.reactor())
    other = next(run.line for run in SCHEDULE.runs if run.line != BUSY.line)
    at = BUSY.start + 60
    commit(published.engine, [line_state(S, at, other, "down", at + 900)])
    (reaction,) = published.until_answered(published.reactor())
    with reading(published.engine) as session:
        plant = load_version(session, reaction.version or 0).plant
    for id, since, until in (
        (BUSY.line, at, BUSY.start + 5 + DAY_AND_A_HALF),
        (other, at, at + 900),
    ):
        line = next(one for one in plant.lines if one.id == id)
        assert all(one.end <= since or one.start >= until for one in line.shifts)


def test_killed_between_repair_and_commit_the_answer_comes_once(
    published: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipelines.reaction.reactor

    reactor = published.reactor()
    commit(published.engine, breakdown())

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipelines.reaction.reactor, "move_cursor", killed)
        with pytest.raises(KeyboardInterrupt):
            published.until_answered(reactor)
    assert published.drafts() == []
    assert [one.version for one in published.until_answered(published.reactor())] == [2]


def test_two_reactors_do_not_answer_the_same_events(published: Floor) -> None:
    first, second = published.reactor(), published.reactor()
    commit(published.engine, breakdown())
    assert len(published.until_answered(first)) == 1
    with pytest.raises(CursorMovedError, match="one process at a time"):
        published.until_answered(second)
    assert published.drafts() == [2]


def test_a_line_that_is_not_up_when_expected_is_answered_again_once(published: Floor) -> None:
    reactor = published.reactor()
    commit(published.engine, breakdown(120))
    published.until_answered(reactor)
    at = BUSY.start + 200
    commit(published.engine, [line_state(S, at, PLANT.lines[0].id, "idle")])
    (reaction,) = published.until_answered(reactor)
    assert [one.kind for one in reaction.triggers] == ["still_down"]
    assert published.until_answered(published.reactor()) == [], "nor again after a restart"
    commit(published.engine, [line_state(S, at + 1, PLANT.lines[0].id, "running")])
    assert published.until_answered(reactor) == []


def test_material_of_the_plan_that_has_not_come_is_answered_once_though_nobody_says_so(
    published: Floor,
) -> None:
    reactor = published.reactor()
    arrival = next(one for one in PLANT.arrivals if one.at > 600)
    told = material(S, 590, "D", arrival.item, "expected", arrival.quantity, arrival.at)
    commit(published.engine, [told, line_state(S, arrival.at + 5, "L01", "running")])
    assert published.until_answered(reactor) == []
    commit(published.engine, [line_state(S, arrival.at + 20, "L01", "idle")])
    (reaction,) = published.until_answered(reactor)
    assert [one.kind for one in reaction.triggers] == ["not_come"]
    commit(published.engine, [line_state(S, arrival.at + 25, "L01", "running")])
    assert published.until_answered(reactor) == []


def test_a_plan_that_is_published_meanwhile_is_the_one_that_is_repaired(published: Floor) -> None:
    reactor = published.reactor()
    commit(published.engine, breakdown())
    published.until_answered(reactor)
    with reading(published.engine) as session:
        recommended = load_version(session, 2)
    published.publish(recommended.plant, recommended.schedule)
    at = BUSY.start + 30
    other = next(run.line for run in SCHEDULE.runs if run.line != BUSY.line)
    commit(published.engine, [line_state(S, at, other, "down", at + 900)])
    (reaction,) = published.until_answered(reactor)
    with reading(published.engine) as session:
        assert load_version(session, reaction.version or 0).meta.base == 3


def test_a_database_that_is_away_is_waited_for(
    published: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipelines.reaction.reactor
    from pipelines.storage import StorageError

    reactor, clock = published.reactor(), published.clock
    said: list[str] = []
    context = replace(published.context, report=said.append)
    commit(published.engine, breakdown())
    real: Callable[..., object] = pipelines.reaction.reactor.noted_since
    away = iter([True, True, True])

    def noted(*arguments: object) -> object:
        if next(away, False):
            raise StorageError("database: gone")
        return real(*arguments)

    monkeypatch.setattr(pipelines.reaction.reactor, "noted_since", noted)
    until = clock() + 8
    assert follow(context, reactor, lambda: clock() > until, PACE, clock.sleep) == 1
    assert [line.removeprefix("reaction: ")[:22] for line in said] == [
        "waits for the database",
        f"line {BUSY.line} is down since"[:22],
    ]


def test_the_clock_of_the_plan_is_when_things_happened_not_when_they_were_told(
    published: Floor,
) -> None:
    reactor = published.reactor()
    commit(published.engine, breakdown())
    (reaction,) = published.until_answered(reactor)
    with reading(published.engine) as session:
        version = load_version(session, reaction.version or 0)
    assert version.meta.zones["frozen"] == max(480, BUSY.start + 5)
    assert version.plant.starts_at + timedelta(minutes=BUSY.start) < NOW


@pytest.mark.integration
@pytest.mark.slow
def test_killed_again_and_again_the_process_loses_nothing_and_stops_when_asked(
    published: Floor,
    tmp_path: Path,
    address: str,
) -> None:
    rng = np.random.default_rng(5)
    environment = os.environ | {"TAKT_DATA": str(tmp_path), "TAKT_DATABASE_URL": address}
    command = [sys.executable, "-m", "pipelines.cli", "react"]
    at = BUSY.start
    stops: list[tuple[str, float, float]] = []
    log = tmp_path / "react.log"

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output
            )

    def told(times: int) -> bool:
        return log.exists() and log.read_text().count("follows events after") >= times

    for number in range(4):
        process = start()
        try:
            wait_for(functools.partial(told, number + 1), 60)
            line = PLANT.lines[number].id
            at += 10
            stops.append((line, at, at + 900))
            commit(published.engine, [line_state(S, at, line, "down", at + 900)])
            if number < 3:
                time.sleep(float(rng.uniform(0, 1.5)))
            else:
                wait_for(lambda: published.cursor() == published.position(), 60)
        finally:
            process.send_signal(signal.SIGKILL if number < 3 else signal.SIGTERM)
            status = process.wait(60)
    assert status == 0, log.read_text()
    drafts = published.drafts()
    assert 1 <= len(drafts) <= 4
    with reading(published.engine) as session:
        plant = load_version(session, drafts[-1]).plant
    for line, since, until in stops:
        shifts = next(one for one in plant.lines if one.id == line).shifts
        assert all(one.end <= max(since, at) or one.start >= until for one in shifts), line


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    """Return once it holds; fail where it does not in time."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"expected within {seconds:g} s"
        time.sleep(0.05)
