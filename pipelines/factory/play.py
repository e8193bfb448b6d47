"""The factory step: a simulated plant played as a stream of events, in real or accelerated time.

It follows the published version where there is one, and takes up a newer one as soon as it is published;
otherwise a plan dispatched by rule, moved by whole weeks to now. Instants are those of the plan: minute 0
is the plan's start.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from envs.factory import Factory
from envs.rules import RULES, dispatch
from pipelines.context import Context
from pipelines.events.wire import TOLERANCE
from pipelines.factory.events import Message, event_ids, messages
from pipelines.factory.sinks import FolderSink, KafkaSink, Sink
from pipelines.factory.trouble import Trouble, disturb
from pipelines.metrics import FACTORY_SENT
from pipelines.plan_base import PLANT_NAME
from plant import Plant, Schedule, evaluate

if TYPE_CHECKING:
    from sqlalchemy import Engine

NO_TROUBLE = Trouble()
KEPT = timedelta(days=85)  # what a stream keeps by default, less some days to play
FLUSH_EVERY = 0.25  # seconds of real time
LOOK_EVERY = 5.0  # seconds between looks for a newer published version


class PlayError(ValueError):
    """The play that was asked for cannot be; the text says why and what can."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the factory follows: a plant, its schedule, and the version that they are of, if any."""

    plant: Plant
    schedule: Schedule
    version: int | None


@dataclass(frozen=True, slots=True)
class Play:
    """How the factory is played.

    speed: simulated over real time, 0 for as fast as it goes. start: minute of the plan at which the
    play begins; None for when the first line is manned. publish: make a dispatched plan the published
    one, so that the stream knows its lines and the reaction repairs it.
    """

    hours: float = 8.0
    speed: float = 60.0
    seed: int = 1
    start: int | None = None
    trouble: Trouble = NO_TROUBLE
    publish: bool = False

    def __post_init__(self) -> None:
        for name, holds, expected in (
            ("hours", self.hours > 0, "a number above 0"),
            ("speed", self.speed >= 0, "a number of at least 0; 0 is as fast as it goes"),
            ("seed", self.seed >= 0, "a whole number of at least 0"),
            ("start", self.start is None or self.start >= 0, "a whole minute of at least 0"),
        ):
            if not holds:
                raise PlayError(f"{name}: expected {expected}, found {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Played:
    """What was played: the version followed at the end, the plan's instants, messages by kind."""

    version: int | None
    starts_at: datetime
    ends_at: datetime
    messages: Mapping[str, int] = field(default_factory=dict)


def play_factory(
    context: Context,
    play: Play,
    sink: Sink | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Played:
    """What was played into the sink (by default Kafka, or the landing folder where it is not set).

    Raises
    ------
    PlayError
        Where events would tell of the future, which every reader refuses.
    pipelines.factory.sinks.NotDeliveredError, pipelines.storage.StorageError
        Where Kafka or the database cannot be used.
    """
    from pipelines.storage import open_database

    engine = open_database(context.settings.database_url)
    try:
        plan = _published(engine) or dispatched_plan(context, play)
        if play.start is None:
            play = replace(play, start=_first_manned(plan.plant))
        minutes = _checked(plan, play, context.clock())
        if play.publish and plan.version is None:
            plan = _publish(context, engine, plan)
        where = sink or open_sink(context)
        _report(context, plan, play)
        return _play(context, engine, plan, play, minutes, where, clock, sleep)
    finally:
        engine.dispose()


def open_sink(context: Context) -> Sink:
    """Kafka where it is set, the landing folder otherwise."""
    brokers = context.settings.kafka
    if brokers is not None:
        return KafkaSink(brokers)
    return FolderSink(context.settings.landing, context.clock())


def dispatched_plan(context: Context, play: Play) -> Plan:
    """A dispatched plan of the planned plant, or of the shipped one, in the last week that was over."""
    from envs.fifty_lines import PLANT_FILE
    from plant.io import load_plant

    file = context.settings.plant_file
    plant = load_plant(file if file.is_file() else PLANT_FILE)
    start = _first_manned(plant) if play.start is None else play.start
    ends = plant.starts_at + timedelta(minutes=start, hours=play.hours)
    weeks = (context.clock() - ends) // timedelta(weeks=1)
    plant = replace(plant, starts_at=plant.starts_at + weeks * timedelta(weeks=1))
    return Plan(plant, dispatch(plant, RULES["atcs"]), None)


def _publish(context: Context, engine: Engine, plan: Plan) -> Plan:
    """The plan as the published version."""
    from pipelines.storage import writing
    from pipelines.storage.repositories import Publication, publish_version

    weights, zones = context.params.weights.for_plant(), context.params.zones.for_plant()
    publication = Publication(
        plant=plan.plant,
        schedule=plan.schedule,
        evaluation=evaluate(plan.plant, plan.schedule, None, weights, zones),
        method="rule",
        plant_name=PLANT_NAME,
        weights=weights,
        zones=zones,
        author=context.params.publish.author,
        note="Dispatched by rule for the simulated factory.",
    )
    with writing(engine) as session:
        number = publish_version(session, publication, context.clock())
    return replace(plan, version=number)


def _first_manned(plant: Plant) -> int:
    return min((line.shifts[0].start for line in plant.lines if line.shifts), default=0)


def _published(engine: Engine, but: int | None = None) -> Plan | None:
    """The published version, or None where there is none or it is the one known."""
    from pipelines.storage import reading
    from pipelines.storage.repositories import latest_published, load_version

    with reading(engine) as session:
        meta = latest_published(session, PLANT_NAME)
        if meta is None or meta.number == but:
            return None
        stored = load_version(session, meta.number)
    return Plan(stored.plant, stored.schedule, meta.number)


def _checked(plan: Plan, play: Play, now: datetime) -> int:
    """The minutes to play; PlayError where they reach past the horizon or, at the end, into the future."""
    minutes, start = round(play.hours * 60), play.start or 0
    end = start + minutes
    if end > plan.plant.horizon:
        raise PlayError(
            f"hours: expected at most {(plan.plant.horizon - start) / 60:g}, which is when the "
            f"plan's horizon ends, found {play.hours:g}"
        )
    lasts = minutes * 60 / play.speed if play.speed else 0.0
    for minute, told_at in ((start, now), (end, now + timedelta(seconds=lasts))):
        happens = plan.plant.starts_at + timedelta(minutes=minute)
        if happens > told_at + TOLERANCE:
            raise PlayError(
                f"minute {minute} of the plan is {happens.isoformat(timespec='minutes')} and would be "
                f"told at {told_at.isoformat(timespec='minutes')}; readers refuse events of the future: "
                "play fewer hours, slower, or from an earlier minute"
            )
    return minutes


def _report(context: Context, plan: Plan, play: Play) -> None:
    what = f"version {plan.version}" if plan.version else "a dispatched plan (none is published)"
    age = context.clock() - plan.plant.starts_at
    if age > KEPT:
        context.report(
            f"simulated factory: the plan begins {age.days} days ago, and readers refuse events older than "
            f"they keep: stream with --retention-days {age.days + 30}"
        )
    where = context.settings.kafka or context.settings.landing
    speed = f"{play.speed:g} times real time" if play.speed else "as fast as it goes"
    context.report(
        f"simulated factory: {len(plan.plant.lines)} lines follow {what}, {play.hours:g} h "
        f"{speed}, seed {play.seed}, to {where}"
    )


def _play(
    context: Context,
    engine: Engine,
    plan: Plan,
    play: Play,
    minutes: int,
    sink: Sink,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Played:
    start = play.start or 0
    factory = Factory(plan.plant, plan.schedule, play.seed, start=start)
    version, starts_at = plan.version, plan.plant.starts_at
    looked = clock()

    def stream() -> Iterator[Message]:
        nonlocal version, looked
        new_id = event_ids(play.seed)
        for _ in range(minutes):
            if clock() - looked >= LOOK_EVERY:
                looked = clock()
                newer = _published(engine, but=version)
                if newer is not None and newer.plant.starts_at == starts_at:
                    factory.follow(newer.schedule)
                    version = newer.version
                    context.report(f"simulated factory: follows version {version} from now on")
            yield from messages(iter(factory.tick()), starts_at, new_id)

    told = stream()
    if play.trouble:
        told = disturb(told, play.trouble, np.random.default_rng([play.seed, 3]))
    sent = _send(told, play, sink, clock, sleep)
    ends_at = starts_at + timedelta(minutes=start + minutes)
    return Played(version, starts_at, ends_at, dict(sent))


def _send(
    told: Iterator[Message],
    play: Play,
    sink: Sink,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Counter[str]:
    """How many messages of each kind were sent, each when its minute has come."""
    sent: Counter[str] = Counter()
    began = flushed = clock()
    try:
        for message in told:
            due = (
                began + (message.minute - (play.start or 0)) * 60 / play.speed
                if play.speed
                else began
            )
            while (wait := due - clock()) > 0:
                sink.flush()
                sleep(min(wait, FLUSH_EVERY))
                flushed = clock()
            sink.send(message)
            sent[message.kind] += 1
            FACTORY_SENT.labels(message.kind).inc()
            if clock() - flushed >= FLUSH_EVERY:
                sink.flush()
                flushed = clock()
    finally:
        sink.flush()  # Ctrl-C: what was sent is there
    return sent
