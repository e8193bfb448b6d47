"""Alternatives to a version: plans of which none is worse than another in everything, to choose from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from models.optimize.pareto.alternatives import pareto
from models.optimize.pareto.front import Archive, Front, Plan
from pipelines.jobs.figures import ScheduleFigures, figures_of
from pipelines.jobs.mending import replacing
from pipelines.storage.repositories import StoredVersion
from plant import Schedule, Weights, Zones, evaluate
from plant.io.edits import edit_to_document

MOST_OFFERED = 16  # plans: nobody looks at more, and each holds up to all runs of the version
NEVER = 1e9  # seconds: what the clock is put forward by, so that the search ends


class FindAlternatives(BaseModel):
    """What is asked: alternatives to a version, and how long to look for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    seconds: Annotated[float, Field(ge=1, le=600)] = 30.0


@dataclass(frozen=True, slots=True)
class Alternative:
    """One plan.

    picks: its names among the others (cheapest, on_time, leanest, calmest). values: money by
    objective. changed_runs: runs of the version that are gone or stand elsewhere. edit: what makes it
    of the version, for a draft.
    """

    picks: tuple[str, ...]
    values: Mapping[str, float]
    figures: ScheduleFigures
    changed_runs: int
    found_by: str
    edit: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What was found: plans, cheapest first, and the version itself by the same objectives.

    hypervolume: what the plans dominate together, the version's own plan after a search being 1.
    tried: schedules that were priced. notes: why there are no plans.
    """

    objectives: tuple[str, ...]
    published: ScheduleFigures
    plans: tuple[Alternative, ...]
    hypervolume: float
    tried: int
    notes: tuple[str, ...]


def find_alternatives(
    stored: StoredVersion,
    asked: FindAlternatives,
    improved: Callable[[str], None],
    stop: Callable[[], bool],
) -> Alternatives:
    """Plans that trade tardiness, production cost, inventory, efficiency and calm against each other.

    Parameters
    ----------
    improved
        Told in a line of what has been found.
    stop
        Asked many times a second whether to end now with what there is.
    """
    plant, base = stored.plant, stored.schedule
    weights, zones = Weights(**stored.meta.weights), Zones(**stored.meta.zones)

    def clock() -> float:
        return time.monotonic() + (NEVER if stop() else 0.0)

    found = pareto(
        plant, base, asked.seconds, 1, weights, base, zones, clock=clock, report=improved
    )
    front = thinned(found, MOST_OFFERED)

    def figures(schedule: Schedule) -> ScheduleFigures:
        return figures_of(evaluate(plant, schedule, base, weights, zones))

    names: dict[int, list[str]] = {}
    for name, place in front.picks.items():
        names.setdefault(place, []).append(name)

    def alternative(place: int, plan: Plan) -> Alternative:
        return Alternative(
            tuple(names.get(place, ())),
            dict(zip(front.objectives, plan.values, strict=True)),
            figures(plan.schedule),
            plan.changed,
            plan.found_by,
            edit_to_document(replacing(base, plan.schedule)),
        )

    return Alternatives(
        front.objectives,
        figures(base),
        tuple(alternative(place, plan) for place, plan in enumerate(front.plans)),
        front.hypervolume,
        front.tried,
        front.notes,
    )


def thinned(front: Front, most: int) -> Front:
    """The plans of a front that add most to it, those with a name among them."""
    if front.box is None or len(front.plans) <= most:
        return front
    archive = Archive(front.box, most)
    for plan in front.plans:
        archive.offer(plan)
    return archive.front(dict.fromkeys(front.objectives, ()), front.tried)
