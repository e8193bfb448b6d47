"""The stream step: events from Kafka, or from the landing folder, into the database, each once.

    source ─▶ Spark: read, judge, text ─▶ one transaction: ledger, ids, events, sums, quarantine
                 └─ unsure ─▶ parse, check ─┘            └─▶ listeners, dead letters

Spark keeps no state but how far it has read. What decides whether an event counts is the database,
inside the transaction that counts it; see docs/stream.md for why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.context import Context
from pipelines.events import Listener
from pipelines.metrics import record_lag
from pipelines.plan_base import PLANT_NAME
from pipelines.platform.kafka import KafkaError, connector_jars, is_reachable, make_topics
from pipelines.platform.spark import JVM_OF_STREAMS, SparkLostError, spark_session
from pipelines.platform.spark_workers import DAEMON
from pipelines.storage import StorageError, open_database
from pipelines.streaming.checkpoint import open_checkpoint, query_id, rewind, set_aside
from pipelines.streaming.sink import Sink
from pipelines.streaming.source import Source

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming.query import StreamingQuery
    from sqlalchemy import Engine

Result = TypeVar("Result")

LOOK_EVERY = 0.2  # seconds between looks at whether to stop
LAG_EVERY = 10  # looks between those at the lag, of which each takes some milliseconds
WAIT_FOR_BROKER = 2.0  # seconds between attempts to reach a broker that is away
START_ATTEMPTS, WAIT_AT_START = 30, 2.0  # of Kafka and the database; seconds between them
ATTEMPTS = 3  # failures in a row, none of them the broker's or the database's, that end the stream
SPARK = {
    "spark.driver.memory": "2g",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
    "spark.sql.streaming.minBatchesToRetain": "20",
    "spark.sql.codegen.cache.maxEntries": "200",
    "spark.sql.adaptive.enabled": "false",
    "spark.python.daemon.module": DAEMON,
}


class StreamError(RuntimeError):
    """The stream cannot go on; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How the stream runs.

    once: end when all that was there at the start is stored. fresh: begin a new checkpoint. most:
    messages a micro-batch takes at most, which bounds memory and how long one takes (back-pressure).
    retention: how long events are kept. trigger: least time between micro-batches, 0 for none.
    """

    once: bool = False
    fresh: bool = False
    most: int = 100_000
    retention: timedelta = timedelta(days=90)
    trigger: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What the stream did until it ended."""

    source: str
    batches: int
    number: int
    stopped: bool


def stream(
    context: Context,
    options: StreamOptions | None = None,
    listening: Callable[[Engine], Sequence[Listener]] = lambda _engine: (),
    stop: threading.Event | None = None,
) -> StreamResult:
    """What was done until `stop` was set, or, once, until the source had no more.

    listening: those to be told after each commit, given the database.

    Raises
    ------
    StreamError
        Where no plant is stored to know lines and items by, or the stream fails again and again.
    pipelines.streaming.checkpoint.CheckpointError
        Where the checkpoint belongs to another source or format.
    pipelines.storage.StorageError, pipelines.platform.spark.SparkUnavailableError,
    pipelines.platform.kafka.KafkaError
        Where the database, Spark or Kafka cannot be used at the start.
    """
    options = options or StreamOptions()
    stop = stop or threading.Event()
    settings = context.settings
    source = Source(settings.kafka, settings.landing, most=options.most)
    checkpoint = settings.stream / "checkpoint"
    if options.fresh and (aside := set_aside(checkpoint, context.clock())):
        context.report(f"the old checkpoint lies in {aside}")
    open_checkpoint(checkpoint, source.name)
    spark_options = dict(SPARK)
    if source.brokers is not None:
        brokers = source.brokers
        _patiently(lambda: make_topics(brokers, source.topic), stop, context)
        spark_options["spark.jars"] = ",".join(str(jar) for jar in connector_jars(settings.jars))
    engine = _patiently(lambda: open_database(settings.database_url), stop, context)
    try:
        _prepare(engine)
        letters = _dead_letters(engine, context, source)
        sink = Sink(
            engine=engine,
            query_id=lambda: query_id(checkpoint),
            clock=context.clock,
            report=context.report,
            retention=options.retention,
            listeners=listening(engine),
            after=letters,
            upkeep=lambda: _keep_up(engine, context.clock(), options.retention),
            ahead=source.is_seekable,
            stop=stop,
        )
        letters()
        try:
            with spark_session(settings, spark_options, JVM_OF_STREAMS) as spark:
                context.report(f"stream: reading {source.name}")
                _keep_running(spark, source, sink, context, options, str(checkpoint))
        except SparkLostError as error:
            sink.finish()
            if not stop.is_set():
                raise StreamError(f"{error}; start the stream again, nothing is lost") from error
        return StreamResult(source.name, sink.batches, _last(engine), stop.is_set())
    finally:
        engine.dispose()


def _patiently(act: Callable[[], Result], stop: threading.Event, context: Context) -> Result:
    """What the act returns; tried for a minute, as what starts beside us may not be there yet."""
    for attempt in range(START_ATTEMPTS):
        try:
            return act()
        except (KafkaError, StorageError) as error:
            if attempt + 1 == START_ATTEMPTS or stop.is_set():
                raise
            context.report(f"waiting: {_first(error)}")
            stop.wait(WAIT_AT_START)
    raise AssertionError


def _prepare(engine: Engine) -> None:
    """Sees to it that there is a plant, and that its stocks are open."""
    from pipelines.storage import writing
    from pipelines.storage.repositories import find_snapshot, live, load_plant

    with writing(engine) as session:
        if find_snapshot(session, PLANT_NAME) is None:
            raise StreamError(
                "no plant is stored, so that no line or item is known: publish a plan (takt run), "
                "or name one by takt stream run --plant plant.json"
            )
        if not live.stocks_are_open(session):
            live.open_stocks(session, load_plant(session, PLANT_NAME))


def _keep_up(engine: Engine, now: datetime, retention: timedelta) -> None:
    """Makes the partitions of the days to come, and forgets what is older than the retention."""
    from pipelines.storage import writing
    from pipelines.storage.repositories.event_retention import forget_before, make_partitions_ahead

    with writing(engine) as session:
        forget_before(session, now - retention)
        make_partitions_ahead(session, now)


def _dead_letters(engine: Engine, context: Context, source: Source) -> Any:
    if source.brokers is None:
        return lambda: None
    from pipelines.streaming.dead_letters import DeadLetters

    return DeadLetters(engine, source.brokers, context.clock, context.report)


def _last(engine: Engine) -> int:
    from pipelines.storage import reading
    from pipelines.storage.repositories import live

    with reading(engine) as session:
        return live.last_commit(session)


def _keep_running(
    spark: SparkSession,
    source: Source,
    sink: Sink,
    context: Context,
    options: StreamOptions,
    checkpoint: str,
) -> None:
    """Runs the query, again after a failure that may pass, until told to stop."""
    failed, done = 0, -1
    while not sink.stop.is_set():
        if source.is_seekable:
            _go_back(source, sink, Path(checkpoint), context)
        query = _start(spark, source, sink, options, checkpoint)
        error = _watch(query, sink)
        if error is None:
            return
        failed = failed + 1 if sink.batches == done else 1
        done = sink.batches
        if source.brokers is not None and not is_reachable(source.brokers):
            _await_broker(source.brokers, sink.stop, context)
            failed = 0
        elif failed >= ATTEMPTS:
            raise StreamError(explained(error, checkpoint))
        else:
            context.report(f"stream: the query failed, starting it again: {_first(error)}")


def _go_back(source: Source, sink: Sink, checkpoint: Path, context: Context) -> None:
    """Sees to it that the query goes on after the last micro-batch that the database holds."""
    if not (checkpoint / "metadata").exists():
        return  # there was no query yet
    again = rewind(checkpoint, sink.last_batch())
    if again is None:
        aside = set_aside(checkpoint, context.clock())
        open_checkpoint(checkpoint, source.name)
        context.report(
            f"stream: checkpoint {checkpoint} is older than the database; it lies in {aside}, the source "
            "is read from its beginning, nothing is stored twice"
        )
    elif again > 2:  # one that is stored and one that is judged may always have been under way
        context.report(
            f"stream: the database lacks the last {again} micro-batches, reading them again"
        )


def _start(
    spark: SparkSession, source: Source, sink: Sink, options: StreamOptions, checkpoint: str
) -> StreamingQuery:
    writer = (
        source.read(spark)
        .writeStream.foreachBatch(sink)
        .option("checkpointLocation", checkpoint)
        .queryName("takt")
    )
    if options.once:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{options.trigger.total_seconds()} seconds").start()


def _watch(query: StreamingQuery, sink: Sink) -> Exception | None:
    """How the query failed; None where it ended because it was told to, or had read all."""
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]

    try:
        error = _until_it_ends(query, sink)
    except (Py4JError, OSError):
        if not sink.stop.is_set():
            raise
        error = None  # the signal to stop came to Spark, too, which was quicker
    try:
        sink.finish()
    except Exception as unstored:  # what a micro-batch can end with is for the caller to judge
        error = error or unstored
    return None if sink.stop.is_set() else error


def _until_it_ends(query: StreamingQuery, sink: Sink) -> Exception | None:
    looks = 0
    while query.isActive and not sink.stop.wait(LOOK_EVERY):
        looks += 1
        if looks % LAG_EVERY == 0 and (progress := query.lastProgress):
            for read in progress.sources:
                record_lag(read.endOffset, read.latestOffset)
    if sink.stop.is_set() and query.isActive:
        with sink.busy:  # the micro-batch under way is finished first
            query.stop()
        return None
    return query.exception()


def _await_broker(brokers: str, stop: threading.Event, context: Context) -> None:
    context.report(f"Kafka at {brokers} does not answer, waiting for it")
    while not is_reachable(brokers) and not stop.wait(WAIT_FOR_BROKER):
        continue


def explained(error: Exception, checkpoint: str) -> str:
    """Why the query failed, and what to do, in the user's words."""
    words = str(error)
    if "data may have been lost" in words.lower() or "KAFKA_DATA_LOSS" in words:
        return (
            f"Kafka no longer has messages that checkpoint {checkpoint} has not read: the topic was "
            "made anew, or kept them for too short; takt stream run --fresh reads on from the "
            "oldest that there are, and stores none twice"
        )
    if "checkpoint" in words.lower() or "StateStore" in words or "metadata" in words:
        return (
            f"checkpoint {checkpoint} cannot be gone on from ({_first(error)}); takt stream run "
            "--fresh begins a new one: the source is read from its beginning, none is stored twice"
        )
    return f"the stream failed {ATTEMPTS} times in a row: {_first(error)}"


def _first(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("at ")]
    named = [line for line in told if "Error" in line or "Exception" in line]
    return (named or told or [type(error).__name__])[-1][:400]
