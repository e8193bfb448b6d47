"""The latest state: the same on Redis and in process, rebuilt when empty, whole when Redis is away."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from pipelines.events import Committed, LineNow, Now, StockNow
from pipelines.platform.processes import free_port
from pipelines.platform.redis import RedisNotStartedError, Server, find_server, running_redis
from pipelines.storage import reading
from pipelines.storage.cache import InProcess, LatestState, Reading, Store, open_latest_state
from pipelines.storage.cache_redis import KEY, InRedis, StoreGoneError
from pipelines.storage.repositories import live
from tests.pipelines.committed_events import commit, line_state, material

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def line(batch: int, good: float = 0.0, id: str = "L01") -> LineNow:
    return LineNow(id, batch, "running", "I1", AT, None, "", date(2026, 1, 5), good, 1.5, AT)


def rows(batch: int, good: float = 0.0, id: str = "L01") -> Now:
    stock = StockNow("I1", batch, good * 2, AT)
    return Now({id: line(batch, good, id)}, {"I1": stock})


def batch(number: int, good: float = 0.0) -> Committed:
    return Committed(number, AT, rows(number, good))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Database:
    """The truth that a copy is built from, and how often it was asked."""

    def __init__(self, now: Now | None = None) -> None:
        self.now, self.asked = now or Now(), 0

    def __call__(self) -> Now:
        self.asked += 1
        return self.now


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = find_server()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Redis is not installed: CI must run these tests (apt: redis-server)")
        pytest.skip("Redis is not installed (apt: redis-server)")
    with running_redis(program, tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=["in process", pytest.param("redis", marks=pytest.mark.integration)])
def new_store(request: pytest.FixtureRequest) -> Iterator[Callable[[float], Store]]:
    """A way to an empty store whose copies live for some seconds."""
    if request.param == "in process":
        yield lambda age: InProcess(max_age=age)
        return
    url = request.getfixturevalue("server").url
    redis.Redis.from_url(url).flushall()
    opened: list[InRedis] = []

    def new(age: float) -> Store:
        opened.append(InRedis(url, max_age=age))
        return opened[-1]

    yield new
    for one in opened:
        one.close()


@pytest.fixture
def store(new_store: Callable[[float], Store]) -> Store:
    return new_store(60.0)


def test_what_was_put_comes_back_equal(store: Store) -> None:
    store.put_whole(rows(3, 7.25))
    assert store.get() == rows(3, 7.25)


def test_an_empty_store_is_not_whole(store: Store) -> None:
    assert store.get() is None


def test_rows_of_a_commit_alone_are_not_taken_for_the_whole(store: Store) -> None:
    store.put(rows(1))
    assert store.get() is None


def test_the_newest_commit_wins_in_whatever_order_commits_are_told(store: Store) -> None:
    for order in permutations([1, 2, 3]):
        store.forget()
        store.put_whole(Now())
        for number in (*order, *order):
            store.put(rows(number, good=number * 10.0))
        assert store.get() == rows(3, 30.0), order


def test_numbers_are_compared_as_numbers(store: Store) -> None:
    store.put_whole(rows(9, 9.0))
    store.put(rows(10, 10.0))
    store.put(rows(9, 9.0))
    assert store.get() == rows(10, 10.0)


def test_a_rebuild_from_an_old_reading_takes_back_no_newer_row(store: Store) -> None:
    store.put(rows(5, 50.0))
    store.put_whole(Now({**rows(4, 40.0).lines, "L02": line(2, id="L02")}, {}))
    held = store.get()
    assert held is not None
    assert held.lines == {"L01": line(5, 50.0), "L02": line(2, id="L02")}


def test_a_copy_expires_as_a_whole(new_store: Callable[[float], Store]) -> None:
    store = new_store(0.03)
    store.put_whole(rows(8, 1.0))
    deadline = time.monotonic() + 5
    while store.get() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    newer = new_store(60.0)
    newer.put_whole(rows(1, 2.0))  # a database that was set up anew counts from 1 again
    assert newer.get() == rows(1, 2.0)


def test_writers_at_once_leave_the_newest(store: Store) -> None:
    store.put_whole(Now())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.put(rows(number, float(number))), range(1, 200)))
    assert store.get() == rows(199, 199.0)


def test_a_reader_builds_the_copy_once_and_then_reads_it(store: Store) -> None:
    database = Database(rows(2, 2.0))
    latest = LatestState(store, database)
    assert latest.read().source == "rebuilt"
    assert latest.read().source == "cache"
    assert database.asked == 1
    assert latest.apply(batch(3, 3.0))
    assert latest.read().now == rows(3, 3.0)


def test_a_flushed_store_is_built_again(store: Store) -> None:
    latest = LatestState(store, Database(rows(2, 2.0)))
    latest.read()
    store.forget()
    assert latest.read() == Reading(rows(2, 2.0), "rebuilt")
    assert latest.read().source == "cache"


def test_the_copy_of_a_real_database_equals_it_after_every_commit(
    store: Store, database: Engine
) -> None:
    def load() -> Now:
        with reading(database) as session:
            return live.latest_now(session)

    latest = LatestState(store, load)
    latest.read()
    for minute, state in enumerate(("running", "down", "idle")):
        told = [
            line_state(AT, minute, "L01", state, minute + 5.5),
            line_state(AT, minute - 10, "L02", "running"),
            material(AT, minute, f"D{minute}", "R1", "arrived", 12.25),
        ]
        commit(database, told)
        with reading(database) as session:
            number = live.last_commit(session)
            changed = live.latest_now(session, {"L01", "L02"}, {"R1"})
        assert latest.apply(Committed(number, AT, changed))
        read = latest.read()
        assert (read.source, read.now.lines) == ("cache", load().lines)
        assert {id: stock.quantity for id, stock in read.now.stocks.items()} == {
            "R1": 12.25 * (minute + 1)
        }


class Flaky:
    """A store that can be unplugged, around a real one."""

    def __init__(self, store: Store) -> None:
        self.store, self.away, self.calls = store, False, 0

    def _ask(self) -> Store:
        self.calls += 1
        if self.away:
            raise StoreGoneError("unplugged")
        return self.store

    def put(self, now: Now) -> None:
        self._ask().put(now)

    def put_whole(self, now: Now) -> None:
        self._ask().put_whole(now)

    def get(self) -> Now | None:
        return self._ask().get()

    def forget(self) -> None:
        self._ask().forget()


def test_a_store_that_is_away_is_left_alone_for_a_while_and_the_database_answers() -> None:
    clock, database = Clock(), Database(rows(2, 2.0))
    flaky = Flaky(InProcess(60.0, clock))
    latest = LatestState(flaky, database, clock)
    flaky.away = True
    assert latest.read().source == "database"
    asked = flaky.calls
    assert latest.read().now == rows(2, 2.0)
    assert not latest.apply(batch(3))
    assert flaky.calls == asked


def test_what_was_told_during_an_outage_is_read_from_the_database_afterwards() -> None:
    clock, before, after = Clock(), rows(2, 2.0), rows(4, 4.0)
    missed = {"L02": line(3, 3.0, "L02")}
    database = Database(before)
    flaky = Flaky(InProcess(600.0, clock))
    stream, service = (LatestState(flaky, database, clock) for _ in range(2))
    service.read()
    flaky.away = True
    database.now = Now({**before.lines, **missed}, before.stocks)
    assert not stream.apply(Committed(3, AT, Now(missed)))
    flaky.away = False
    assert service.read().now == before, "only the stream has noticed so far"
    clock.now += 2.0
    database.now = Now({**after.lines, **missed}, after.stocks)
    assert stream.apply(Committed(4, AT, after))
    assert service.read().now == database.now


@pytest.mark.integration
def test_killing_redis_breaks_no_read_and_it_heals_when_redis_is_back(
    server: Server, tmp_path: Path
) -> None:
    program, port = find_server(), free_port()
    assert program is not None
    clock, database = Clock(), Database(rows(1, 1.0))
    with running_redis(program, tmp_path, port) as first:
        latest = open_latest_state(first.url, database, clock)
        assert [latest.read().source for _ in range(2)] == ["rebuilt", "cache"]
        first.process.kill()
        first.process.wait()
        database.now = rows(2, 2.0)
        assert not latest.apply(batch(2, 2.0))
        assert latest.read().source == "database"
        assert latest.read().now == rows(2, 2.0)
    with running_redis(program, tmp_path, port):
        clock.now += 2.0
        assert latest.read().source == "rebuilt"
        assert latest.read().source == "cache"
        assert latest.read().now == rows(2, 2.0)


@pytest.mark.integration
def test_values_that_others_wrote_are_thrown_away(server: Server) -> None:
    client = redis.Redis.from_url(server.url)
    store = InRedis(server.url)
    store.put_whole(rows(1))
    client.hset(KEY, "line:L01", "7 {not what we write}")
    latest = LatestState(store, Database(rows(1, 1.0)))
    assert latest.read().now == rows(1, 1.0)
    assert latest.read().source == "cache"
    store.close()


@pytest.mark.integration
def test_a_flush_of_redis_itself_is_noticed(server: Server) -> None:
    client = redis.Redis.from_url(server.url)
    client.flushall()
    latest = open_latest_state(server.url, Database(rows(1, 1.0)))
    latest.read()
    client.flushall()
    latest.apply(batch(2, 2.0))
    assert latest.read().source == "rebuilt"
    assert latest.read().now == rows(2, 2.0)


@pytest.mark.integration
def test_a_server_that_cannot_start_says_what_it_said(server: Server, tmp_path: Path) -> None:
    program = find_server()
    assert program is not None
    taken = int(server.url.rpartition(":")[2].partition("/")[0])
    with (
        pytest.raises(RedisNotStartedError, match="already in use"),
        running_redis(program, tmp_path, taken),
    ):
        pass
