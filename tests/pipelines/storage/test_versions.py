from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import (
    NotFeasibleError,
    NotStoredError,
    find_snapshot,
    latest_published,
    list_versions,
    load_version,
    publish_version,
)
from plant import Run, Schedule, Weights, Zones, evaluate
from tests.pipelines.storage.samples import NOW, publication, small_plant, small_schedule


def publish(database: Engine) -> int:
    with writing(database) as session:
        return publish_version(session, publication(), NOW)


def test_a_published_version_comes_back_whole(database: Engine) -> None:
    number = publish(database)
    with reading(database) as session:
        stored = load_version(session, number)
    asked = publication()
    assert stored.plant == asked.plant
    assert stored.schedule == asked.schedule
    assert stored.pegging == asked.evaluation.pegging.pegs
    assert len(stored.pegging) > 0
    assert stored.cost["total"] == asked.evaluation.cost.total
    assert stored.kpis["units_late"] == asked.evaluation.kpis.units_late
    assert (stored.meta.status, stored.meta.published_at) == ("published", NOW)
    assert (stored.meta.bound, stored.meta.mlflow_run_id) == (1.5, "abc")


def test_what_is_loaded_evaluates_to_the_cost_that_was_published(database: Engine) -> None:
    number = publish(database)
    with reading(database) as session:
        stored = load_version(session, number)
    weights, zones = Weights(**stored.meta.weights), Zones(**stored.meta.zones)
    again = evaluate(stored.plant, stored.schedule, weights=weights, zones=zones)
    assert again.cost.total == stored.meta.total_cost


def test_publishing_again_supersedes_the_former_version(database: Engine) -> None:
    publish(database)
    later = NOW + timedelta(hours=1)
    with writing(database) as session:
        assert publish_version(session, replace(publication(), base=1), later) == 2
    with reading(database) as session:
        assert [(v.number, v.status) for v in list_versions(session)] == [
            (2, "published"),
            (1, "superseded"),
        ]
        newest = latest_published(session, "two lines")
        assert newest is not None
        assert (newest.number, newest.base, newest.plant_id) == (2, 1, 1)
        assert list_versions(session)[1].superseded_at == later


def test_a_plant_of_another_name_has_its_own_published_version(database: Engine) -> None:
    publish(database)
    with writing(database) as session:
        publish_version(session, replace(publication(), plant_name="other"), NOW)
    with reading(database) as session:
        assert {v.status for v in list_versions(session)} == {"published"}


def test_a_schedule_that_breaks_rules_is_not_published(database: Engine) -> None:
    broken = publication(schedule=small_schedule(Run("R1", "L1", "cola", 0, 10, 60.0)))
    with pytest.raises(NotFeasibleError, match="R1"), writing(database) as session:
        publish_version(session, broken, NOW)
    with reading(database) as session:
        assert list_versions(session) == []
        assert find_snapshot(session, "two lines") is None


def test_a_publication_that_fails_half_way_leaves_nothing(database: Engine) -> None:
    twice = (Run("R1", "L1", "cola", 0, 60, 60.0), Run("R2", "L1", "cola", 30, 90, 60.0))
    forged = replace(publication(), schedule=Schedule(twice))  # evaluated with another schedule
    refused = pytest.raises(DBAPIError, match=r"booked twice|ex_version_runs_line")
    with refused, writing(database) as session:
        publish_version(session, forged, NOW)
    with reading(database) as session:
        assert list_versions(session) == []
        assert find_snapshot(session, "two lines") is None


def test_runs_that_only_touch_are_no_double_booking(database: Engine) -> None:
    runs = (Run("R1", "L1", "cola", 0, 60, 30.0), Run("R2", "L1", "cola", 60, 120, 30.0))
    with writing(database) as session:
        assert publish_version(session, publication(schedule=Schedule(runs)), NOW) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE version_runs SET quantity = 1",
        "UPDATE version_runs SET version = 2",
        "DELETE FROM version_runs",
        "DELETE FROM version_pegging",
        "UPDATE version_pegging SET quantity = quantity + 1",
        "UPDATE version_kpis SET value = 0",
        "DELETE FROM version_kpis WHERE name = 'total'",
        "INSERT INTO version_kpis (version, kind, name, value) VALUES (1, 'kpi', 'more', 1)",
        "INSERT INTO version_runs SELECT 1, 'R9', 9, 'L1', 'cola', 600, 660, 1, 'none'",
        "UPDATE versions SET total_cost = 0",
        "UPDATE versions SET note = 'changed'",
        "UPDATE versions SET bound = NULL",
        "UPDATE versions SET mlflow_run_id = NULL",
        "UPDATE versions SET published_at = created_at, published_at = NULL",
        "UPDATE versions SET status = 'draft'",
        "UPDATE versions SET number = 7",
        "DELETE FROM versions",
        "UPDATE plants SET currency = 'EUR'",
        "DELETE FROM plants",
        "UPDATE orders SET quantity = 1",
        "DELETE FROM orders WHERE id = 'O1'",
        "DELETE FROM lines",
        "INSERT INTO arrivals VALUES (1, 9, 'cola', 0, 1)",
    ],
)
def test_a_published_version_refuses(database: Engine, statement: str) -> None:
    if database.dialect.name == "postgresql":
        statement = statement.replace("published_at = created_at, ", "")
    publish(database)
    with reading(database) as session:
        before = load_version(session, 1)
    refused = pytest.raises(DBAPIError, match=r"immutable|draft to published|(?i:foreign key)")
    with refused, writing(database) as session:
        session.execute(text(statement))
    with reading(database) as session:
        assert load_version(session, 1) == before


@pytest.mark.integration
def test_truncating_is_refused_as_well(new_database: str) -> None:
    database = open_database(new_database)
    publish(database)
    with pytest.raises(DBAPIError, match="immutable"), writing(database) as session:
        session.execute(text("TRUNCATE plants CASCADE"))
    database.dispose()


def test_sqlite_cannot_replace_a_published_version(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'takt.db'}")
    publish(database)
    with pytest.raises(DBAPIError, match="immutable"), writing(database) as session:
        session.execute(text("INSERT OR REPLACE INTO versions SELECT * FROM versions"))


@pytest.mark.parametrize("statement", ["UPDATE versions SET status = 'published'"])
def test_a_superseded_version_stays_superseded(database: Engine, statement: str) -> None:
    publish(database)
    publish(database)
    with pytest.raises(DBAPIError, match="draft to published"), writing(database) as session:
        session.execute(text(f"{statement} WHERE number = 1"))


def test_a_version_that_is_not_there_is_named(database: Engine) -> None:
    with reading(database) as session, pytest.raises(NotStoredError, match="none yet"):
        load_version(session, 3)
    publish(database)
    with reading(database) as session, pytest.raises(NotStoredError, match=r"version 3 .* 1 to 1"):
        load_version(session, 3)


def test_a_new_state_of_the_plant_is_a_new_snapshot(database: Engine) -> None:
    publish(database)
    changed = publication(plant=small_plant(horizon=2881))
    with writing(database) as session:
        publish_version(session, changed, NOW)
    with reading(database) as session:
        assert [v.plant_id for v in list_versions(session)] == [2, 1]
        assert load_version(session, 1).plant == small_plant()


def test_publishers_at_once_get_numbers_of_their_own(database: Engine, address: str) -> None:
    engines = [open_database(address) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        numbers = list(pool.map(publish, engines * 3))
    for engine in engines:
        engine.dispose()
    assert sorted(numbers) == list(range(1, 10))
    with reading(database) as session:
        statuses = [version.status for version in list_versions(session)]
    assert statuses == ["published"] + ["superseded"] * 8
