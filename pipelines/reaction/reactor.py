"""The reaction: what happens on the floor becomes a recommended version of the running plan.

It follows the committed events in the database. What the plan has to answer starts a short wait, in
which more may come; then the latest published version is repaired for the plant as it is now, and stored
as a draft for the planner, in one transaction with the cursor that says which events it answers. Killed
anywhere, it reads on from the cursor: nothing is lost, nothing is answered twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from models.optimize.repair.mend import Repaired, repair
from pipelines import metrics
from pipelines.context import Context
from pipelines.plan_base import PLANT_NAME
from pipelines.reaction.as_of import AsOf, judged, minute_of, plant_as_of
from pipelines.reaction.note import note_of
from pipelines.reaction.pace import USUAL_PACE, Pace, Waiting
from pipelines.reaction.situation import Situation
from pipelines.reaction.triggers import USUAL, Sensitivity, Trigger, silent_triggers, trigger_of
from pipelines.storage import reading, writing
from pipelines.storage.repositories import Publication, latest_published, load_version, store_draft
from pipelines.storage.repositories.cursors import load_cursor, move_cursor, position_before
from pipelines.storage.repositories.live import noted_since
from pipelines.storage.repositories.notices import add_notice
from plant import Weights, Zones

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipelines.storage.repositories import StoredVersion

CURSOR = "react"
METHOD = "repair"
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came of some triggers.

    recommended: a draft version holds the answer. holds: the published plan needs no change. no plan:
    there is none for this time. position: of the last event answered. minute: of the plan, when that was.
    """

    outcome: Literal["recommended", "holds", "no plan"]
    triggers: tuple[Trigger, ...]
    position: int
    minute: int | None = None
    version: int | None = None
    seconds: float = 0.0


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
        self._silent: set[tuple[str, datetime]] = set()
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
        if self._version is not None:  # what was silent then was answered then
            silent = silent_triggers(self._situation, self._version.plant, self._sensitivity)
            self._silent = {what for what, _ in silent}

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
        self._look_for_what_nobody_says()
        metrics.REACT_WAITING.set(len(self._waiting.triggers))

    def _look_for_what_nobody_says(self) -> None:
        """What has not happened when it was expected is a trigger, once an expectation."""
        if self._version is None:
            return
        for what, trigger in silent_triggers(
            self._situation, self._version.plant, self._sensitivity
        ):
            if what not in self._silent:
                self._silent.add(what)
                self._add(trigger)

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
            return self._done(Reaction("holds", triggers, position, as_of.now))
        number = self._store(version, as_of, repaired, weights, triggers)
        return self._done(Reaction("recommended", triggers, position, as_of.now, number))

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
            add_notice(
                session, "version.recommended", str(number), _notice(number, publication), at
            )
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
        return replace(reaction, seconds=waited)


def _notice(number: int, publication: Publication) -> dict[str, Any]:
    """What browsers are told of a recommended version."""
    return {
        "number": number,
        "plant_name": publication.plant_name,
        "base": publication.base,
        "total_cost": publication.evaluation.cost.total,
        "note": publication.note,
    }
