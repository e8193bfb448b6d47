"""Versions in a list, one version's figures, and two versions compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from pipelines.plan_base import rebased
from pipelines.storage import reading
from pipelines.storage.repositories import VersionMeta, latest_published, list_versions
from pipelines.storage.repositories.sync import NotStoredError
from pipelines.storage.repositories.versions import load_figures
from pipelines.views.shelf import Judged
from plant import Run, Schedule, Weights
from plant.diff import Change, Delta, diff
from plant.io.times import minute_at


class NotComparableError(ValueError):
    """Two versions whose minutes do not go into each other; the message says why."""


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A version with its figures: cost and kpis by the names of `plant.Cost` and `plant.Kpis`."""

    version: VersionMeta
    cost: Mapping[str, float]
    kpis: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Versions, newest first; the next page is what comes before number `next`, None at the end."""

    versions: tuple[VersionSummary, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in both versions, and by how much it changed."""

    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True)
class RunDifference:
    """A run that is not the same in both: how it was, how it is, and in what it differs."""

    id: str
    changes: tuple[Change, ...]
    before: Run | None
    after: Run | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs from one version to another, in the minutes of the later one."""

    before: int
    after: int
    runs: tuple[RunDifference, ...]
    unchanged: int
    cost: Mapping[str, Figure]
    kpis: Mapping[str, Figure]
    orders_late: tuple[str, ...]
    orders_saved: tuple[str, ...]


def page_of_versions(engine: Engine, before: int | None, limit: int) -> VersionPage:
    """The newest versions, or those before a number."""
    with reading(engine) as session:
        found = list_versions(session, before=before, limit=limit + 1)
        shown = found[:limit]
        figures = load_figures(session, [meta.number for meta in shown])
    summaries = tuple(VersionSummary(meta, *figures[meta.number]) for meta in shown)
    return VersionPage(summaries, shown[-1].number if len(found) > limit else None)


def summary_of(engine: Engine, number: int | None) -> VersionSummary:
    """One version, or without a number the published one. NotStoredError where there is none."""
    with reading(engine) as session:
        if number is None:
            meta = latest_published(session)
        else:
            meta = next(iter(list_versions(session, before=number + 1, limit=1)), None)
        if meta is None or (number is not None and meta.number != number):
            which = "published yet" if number is None else f"of number {number}"
            raise NotStoredError(f"no version is {which}")
        return VersionSummary(meta, *load_figures(session, [meta.number])[meta.number])


def compare(before: Judged, after: Judged) -> Comparison:
    """What differs from one version to another.

    Raises
    ------
    NotComparableError
        Where the first starts later than the second, or not whole minutes earlier.
    """
    old, new = before.stored, after.stored
    later = minute_at(old.plant.starts_at, new.plant.starts_at)
    if later is None or later < 0:
        raise NotComparableError(
            f"expected version {old.meta.number} to start whole minutes before version "
            f"{new.meta.number}, found {old.plant.starts_at.isoformat()} and "
            f"{new.plant.starts_at.isoformat()}; compare them the other way round"
        )
    was: Schedule = rebased(old.schedule, later, new.plant)
    found = diff(new.plant, was, new.schedule, Weights(**new.meta.weights))
    return Comparison(
        old.meta.number,
        new.meta.number,
        tuple(RunDifference(one.id, one.changes, one.before, one.after) for one in found.runs),
        found.unchanged,
        {name: _figure(delta) for name, delta in found.cost.items()},
        {name: _figure(delta) for name, delta in found.kpis.items()},
        found.orders_late,
        found.orders_saved,
    )


def _figure(delta: Delta) -> Figure:
    return Figure(delta.before, delta.after, delta.change)
