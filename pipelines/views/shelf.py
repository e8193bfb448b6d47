"""Stored versions with the referee's verdict, the last few of them kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import Engine

from pipelines.storage import reading
from pipelines.storage.repositories import StoredVersion, load_version
from plant import Evaluation, Plant, Schedule, Weights, Zones, evaluate

MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A schedule of a plant with the referee's verdict, and by what it was judged."""

    plant: Plant
    schedule: Schedule
    evaluation: Evaluation
    base: Schedule | None
    weights: Weights
    zones: Zones


@dataclass(frozen=True, slots=True)
class Judged:
    """A version and what `plant.evaluate` says of it, moves against its base left out."""

    stored: StoredVersion
    evaluation: Evaluation

    @property
    def shown(self) -> Shown:
        """What is shown of its content."""
        stored = self.stored
        weights, zones = Weights(**stored.meta.weights), Zones(**stored.meta.zones)
        return Shown(stored.plant, stored.schedule, self.evaluation, None, weights, zones)


class Shelf:
    """The versions of a database, the ones used last kept: they never change.

    Safe to use from several threads; versions that two ask for at once may be loaded twice.
    """

    def __init__(self, engine: Engine, most_kept: int = MOST_KEPT) -> None:
        self._engine, self._most = engine, most_kept
        self._kept: OrderedDict[int, Judged] = OrderedDict()
        self._lock = threading.Lock()

    def version(self, number: int) -> Judged:
        """The version of that number; NotStoredError where there is none."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        with reading(self._engine) as session:
            stored = load_version(session, number)
        weights, zones = Weights(**stored.meta.weights), Zones(**stored.meta.zones)
        judged = Judged(
            stored, evaluate(stored.plant, stored.schedule, weights=weights, zones=zones)
        )
        _ = judged.evaluation.pegging  # worked out once, here, and not by whoever asks first
        with self._lock:
            self._kept[number] = judged
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return judged
