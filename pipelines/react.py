"""The reaction: what happens on the floor becomes a recommended version of the running plan.

It follows the committed events in the database. What the plan has to answer starts a short wait, in
which more may come; then the latest published version is repaired for the plant as it is now, and stored
as a draft for the planner, in one transaction with the cursor that says which events it answers. Killed
anywhere, it reads on from the cursor: nothing is lost, nothing is answered twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy.exc import DBAPIError

from models.optimize.repair.mend import Repaired, repair
from pipelines import metrics
from pipelines.context import Context
from pipelines.plan_base import PLANT_NAME
from pipelines.react_note import note_of
from pipelines.react_plant import AsOf, minute_of, plant_as_of
from pipelines.react_situation import Situation
from pipelines.react_triggers import USUAL, Sensitivity, Trigger, trigger_of
from pipelines.storage import StorageError, reading, writing
from pipelines.storage.repositories import Publication, latest_published, load_version, store_draft
from pipelines.storage.repositories.cursors import load_cursor, move_cursor, position_before
from pipelines.storage.repositories.live import noted_since
from plant import Evaluation, Schedule, Weights, Zones, evaluate

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipelines.storage.repositories import StoredVersion

CURSOR = "react"
METHOD = "repair"
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a reaction comes, in seconds.

    quiet: it begins when nothing more came for so long; most: but no later than this after the first.
    repair: for how long the search goes on. poll: between looks for events. store: between moves of the
    cursor past events that need no answer.
    """

    quiet: float = 0.25
    most: float = 0.75
    repair: float = 0.5
    poll: float = 0.05
    store: float = 5.0


USUAL_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came of some triggers.

    recommended: a draft version holds the answer. holds: the published plan needs no change. no plan:
    there is none for this time.
    """

    outcome: Literal["recommended", "holds", "no plan"]
    triggers: tuple[Trigger, ...]
    position: int
    version: int | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Waiting:
    """Triggers without an answer, and when the first and the last of them were seen."""

    triggers: list[Trigger] = field(default_factory=list)
    first: float = 0.0
    last: float = 0.0

    def add(self, trigger: Trigger, now: float) -> None:
        """Wait with one more."""
        if not self.triggers:
            self.first = now
        self.last = now
        self.triggers.append(trigger)

    def is_due(self, now: float, pace: Pace) -> bool:
        """Whether they have waited for long enough."""
        if not self.triggers:
            return False
        return now - self.last >= pace.quiet or now - self.first >= pace.most


class Reactor:
    """Follows the events of one database and answers them.

    Parameters
    ----------
    clock
        Seconds that never go back.
    """

    def __init__(
        self,
        context: Context,
        engine: Engine,
        pace: Pace = USUAL_PACE,
        sensitivity: Sensitivity = USUAL,
        clock: Callable[[], float] = time.monotonic,
        plant_name: str = PLANT_NAME,
    ) -> None:
        self._context, self._engine, self._clock = context, engine, clock
        self._pace, self._sensitivity, self._plant_name = pace, sensitivity, plant_name
        self._version: StoredVersion | None = None
        self._waiting = Waiting()
        self._restore()

    @property
    def position(self) -> int:
        """The position of the last event that was read."""
        return self._read

    def warm_up(self) -> None:
        """Repair the published plan once for nothing, so that no answer pays for loading compiled code."""
        version = self._version
        if version is None:
            return
        as_of = self._as_of(version, version.plant.starts_at)
        weights = Weights(**version.meta.weights)
        done = repair(as_of.plant, as_of.base, 0.1, 1, weights, as_of.zones)
        judged(as_of, done.schedule, weights)

    def step(self) -> Reaction | None:
        """What came of what waited long enough, or None; reads new events first.

        Raises
        ------
        StorageError
            Where the database does not answer; call again, nothing was lost.
        CursorMovedError
            Where another process answers the same events.
        """
        self._read_on()
        now = self._clock()
        if not self._waiting.is_due(now, self._pace):
            if not self._waiting.triggers and now - self._stored_at >= self._pace.store:
                self._store_cursor()
            return None
        return self._react()

    def _restore(self) -> None:
        """Read anew what was answered already, silently; what comes after the cursor is new."""
        self._situation = Situation()
        self._waiting = Waiting()
        self._still_down: set[tuple[str, datetime]] = set()
        self._stored_at = self._clock()
        with reading(self._engine) as session:
            self._cursor = load_cursor(session, CURSOR)
            self._look_for_version()
            plant = self._version.plant if self._version else None
            self._read = position_before(session, plant.starts_at) if plant else 0
            until = self._cursor
            if until is None:
                return  # never answered any: everything since the plan's start is new
            while self._read < until:
                told = [
                    one for one in noted_since(session, self._read, PAGE) if one.position <= until
                ]
                for one in told:
                    self._situation.note(one.event)
                self._read = told[-1].position if told else until
            self._read = until

    def _read_on(self) -> None:
        with reading(self._engine) as session:
            while told := noted_since(session, self._read, PAGE):
                self._look_for_version()
                for one in told:
                    is_news = self._situation.note(one.event)
                    if is_news and self._version is not None:
                        trigger = trigger_of(
                            one.event, self._situation, self._version.plant, self._sensitivity
                        )
                        self._add(trigger)
                    self._read = one.position
        self._look_for_lines_still_down()
        metrics.REACT_WAITING.set(len(self._waiting.triggers))

    def _look_for_lines_still_down(self) -> None:
        """A line that has not come up when it was expected is a trigger, once an expectation."""
        now = self._situation.latest_at
        if now is None:
            return
        for line, until in self._situation.overdue(now, self._sensitivity.patience):
            if (line, until) not in self._still_down:
                self._still_down.add((line, until))
                self._add(Trigger("still_down", f"line {line} is still down"))

    def _add(self, trigger: Trigger | None) -> None:
        if trigger is not None:
            metrics.REACT_TRIGGERS.labels(trigger.kind).inc()
            self._waiting.add(trigger, self._clock())

    def _look_for_version(self) -> None:
        with reading(self._engine) as session:
            meta = latest_published(session, self._plant_name)
            if meta is None:
                self._version = None
            elif self._version is None or self._version.meta.number != meta.number:
                self._version = load_version(session, meta.number)

    def _react(self) -> Reaction:
        self._look_for_version()
        triggers, position = tuple(self._waiting.triggers), self._read
        version, now = self._version, self._situation.latest_at
        began = self._clock()
        if (
            version is None
            or now is None
            or not 0 <= minute_of(version.plant, now) < version.plant.horizon
        ):
            self._store_cursor()
            return self._done(Reaction("no plan", triggers, position))
        as_of = self._as_of(version, now)
        weights = Weights(**version.meta.weights)
        repaired = repair(as_of.plant, as_of.base, self._pace.repair, 1, weights, as_of.zones)
        metrics.REACT_REPAIR_SECONDS.observe(self._clock() - began)
        if not repaired.runs:
            self._store_cursor()
            return self._done(Reaction("holds", triggers, position))
        number = self._store(version, as_of, repaired, weights, triggers)
        return self._done(Reaction("recommended", triggers, position, number))

    def _as_of(self, version: StoredVersion, now: datetime) -> AsOf:
        return plant_as_of(
            version.plant, version.schedule, Zones(**version.meta.zones), self._situation, now,
            self._sensitivity.patience, self._context.params.forecast.snapshot,
        )  # fmt: skip

    def _store(
        self,
        version: StoredVersion,
        as_of: AsOf,
        repaired: Repaired,
        weights: Weights,
        triggers: tuple[Trigger, ...],
    ) -> int:
        publication = Publication(
            plant=as_of.plant,
            schedule=repaired.schedule,
            evaluation=judged(as_of, repaired.schedule, weights),
            method=METHOD,
            plant_name=self._plant_name,
            weights=weights,
            zones=as_of.zones,
            base=version.meta.number,
            author=self._context.params.publish.author,
            note=note_of(triggers, version, as_of, repaired),
        )
        at = self._context.clock()
        with writing(self._engine) as session:
            number = store_draft(session, publication, at)
            move_cursor(session, CURSOR, self._cursor, self._read, at)
        self._cursor, self._stored_at = self._read, self._clock()
        return number

    def _store_cursor(self) -> None:
        self._stored_at = self._clock()
        if self._read == (self._cursor or 0):
            return
        with writing(self._engine) as session:
            move_cursor(session, CURSOR, self._cursor, self._read, self._context.clock())
        self._cursor = self._read

    def _done(self, reaction: Reaction) -> Reaction:
        waited = self._clock() - self._waiting.first
        self._waiting = Waiting()
        metrics.REACT_REPLANS.labels(reaction.outcome.replace(" ", "_")).inc()
        metrics.REACT_DELAY_SECONDS.observe(waited)
        metrics.REACT_WAITING.set(0)
        return Reaction(
            reaction.outcome, reaction.triggers, reaction.position, reaction.version, waited
        )


def judged(as_of: AsOf, schedule: Schedule, weights: Weights) -> Evaluation:
    """What the referee says of a repair, by the base less those locks that it had to give up."""
    base = as_of.base
    while True:
        found = evaluate(as_of.plant, schedule, base, weights, as_of.zones)
        given_up = {one.record for one in found.violations if one.kind == "lock"}
        left = tuple(run for run in base.runs if run.id not in given_up)
        if len(left) == len(base.runs):
            return found
        base = Schedule(left)


def follow(
    context: Context,
    reactor: Reactor,
    is_over: Callable[[], bool],
    pace: Pace = USUAL_PACE,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """How many recommended versions were made until it was over.

    A database that does not answer is waited for, and said so once.
    """
    made, is_away = 0, False
    while not is_over():
        try:
            reaction = reactor.step()
        except (StorageError, DBAPIError) as error:
            if not is_away:
                context.report(f"reaction: waits for the database: {error}")
            is_away = True
            sleep(1.0)
            continue
        is_away = False
        if reaction is None:
            sleep(pace.poll)
            continue
        made += reaction.version is not None
        context.report(_told(reaction))
    return made


def _told(reaction: Reaction) -> str:
    first = reaction.triggers[0].told
    more = f" and {len(reaction.triggers) - 1} more" if len(reaction.triggers) > 1 else ""
    answer = {
        "recommended": f"version {reaction.version} recommended",
        "holds": "the published plan holds",
        "no plan": "no plan is published for this time",
    }[reaction.outcome]
    return f"reaction: {first}{more}: {answer} after {reaction.seconds:.2f} s"
