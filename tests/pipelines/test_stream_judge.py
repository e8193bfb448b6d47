"""Spark is sure of a message only where `parse` and `check` say the same of it, value for value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import pytest

from benchmarks.stream_events import random_events, spoil, stream_plant
from pipelines.events import Known, check, parse
from pipelines.platform.spark import spark_session
from pipelines.settings import Settings
from pipelines.storage.repositories.event_staging import _row, line_of
from pipelines.stream_judge import Bounds, judge

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
NOW = datetime(2026, 1, 5, 8, 1, tzinfo=UTC)
PLANT = stream_plant()
KNOWN = Known(frozenset(line.id for line in PLANT.lines), frozenset(i.id for i in PLANT.items))
TOLERANCE, RETENTION = timedelta(minutes=5), timedelta(days=90)
MESSAGES = "topic string, partition int, offset bigint, received timestamp, value binary"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with spark_session(Settings(data=tmp_path_factory.mktemp("spark"))) as session:
        yield session


def judged(spark: SparkSession, values: list[bytes]) -> list[str | None]:
    rows = [("t", 0, place, NOW, bytearray(value)) for place, value in enumerate(values)]
    bounds = Bounds.at(NOW, KNOWN, RETENTION, TOLERANCE)
    found = judge(spark.createDataFrame(rows, MESSAGES).coalesce(1), bounds).toArrow()
    return list(found.column("row").to_pylist())


def test_spark_is_sure_of_every_event_in_its_usual_form(spark: SparkSession) -> None:
    events = list(random_events(np.random.default_rng(1), 3_000, NOW))
    assert all(judged(spark, events))


def test_what_spark_is_sure_of_is_an_event_with_the_same_values(spark: SparkSession) -> None:
    random = np.random.default_rng(2)
    values = [spoil(random, event) for event in random_events(random, 12_000, NOW)]
    sure = 0
    for place, (value, row) in enumerate(zip(values, judged(spark, values), strict=True)):
        if row is None:
            continue
        sure += 1
        event = parse(value)
        check(event, KNOWN, NOW, TOLERANCE, RETENTION)
        expected = line_of(event, crc32(value), "t", 0, place).decode().rstrip("\n")
        assert _row(row.rstrip("\n")) == _row(expected), value
    assert sure > 1_000  # else this shows nothing


@pytest.mark.parametrize("shift", [-TOLERANCE, timedelta(0), TOLERANCE])
def test_bounds_of_time_are_never_wider_than_those_of_check(shift: timedelta) -> None:
    bounds = Bounds.at(NOW + shift, KNOWN, RETENTION, TOLERANCE)
    assert bounds.newest <= NOW + shift + TOLERANCE
    assert bounds.oldest >= NOW + shift - RETENTION
    assert bounds.newest > NOW + shift
