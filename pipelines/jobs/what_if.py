"""What-if: a version's plan in a plant as it would be, mended first, then optimised for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from models.optimize.repair.mend import Repaired, repair
from models.optimize.solve import solve
from pipelines.jobs.figures import ScheduleFigures, figures_of
from pipelines.jobs.mending import replacing
from pipelines.scenarios import Scenario, changed_plant
from pipelines.storage.repositories import StoredVersion
from plant import Plant, Schedule, Weights, Zones, evaluate
from plant.io.edits import edit_to_document

FIRST_SECONDS = 2.0  # of the time asked for: mending what the scenario breaks


class WhatIf(BaseModel):
    """What is asked: scenarios on a version, and how long to look for a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    scenarios: Annotated[list[Scenario], Field(min_length=1, max_length=20)]
    seconds: Annotated[float, Field(ge=1, le=600)] = 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario.

    as_it_is: the version's plan if nobody does anything; planned: the plan that was found, both judged
    in the plant of the scenario; published: the version's plan in its own plant. edit: what makes one
    plan of the other, for a draft. notes: locks that were given up, and what else did not go as usual.
    """

    feasible: bool
    published: ScheduleFigures
    as_it_is: ScheduleFigures
    planned: ScheduleFigures
    edit: Mapping[str, Any]
    notes: tuple[str, ...]


def look_ahead(
    stored: StoredVersion,
    asked: WhatIf,
    improved: Callable[[str], None],
    stop: Callable[[], bool],
    workers: int = 1,
) -> Outcome:
    """What the scenarios do to a version, and the best plan that was found for them.

    Parameters
    ----------
    improved
        Told in a line of what has been found.
    stop
        Asked many times a second whether to end now with what there is.

    Raises
    ------
    pipelines.scenarios.ScenarioError
        Where a scenario speaks of what the plant has not.
    """
    plant = changed_plant(stored.plant, asked.scenarios)
    base, weights = stored.schedule, Weights(**stored.meta.weights)
    zones = Zones(**stored.meta.zones)
    mended = repair(
        plant, base, min(FIRST_SECONDS, asked.seconds / 2), weights=weights, zones=zones
    )
    improved(f"mended: {mended.cost.total:,.0f} {plant.currency}")
    schedule, notes = mended.schedule, mended.given_up
    left = asked.seconds - FIRST_SECONDS
    if left > 0 and not stop() and not mended.given_up:
        found = solve(plant, schedule, left, workers, weights, base, zones, improved, stop=stop)
        notes = found.notes
        schedule = _better(plant, mended, found.schedule, base, weights, zones)

    def figures(of: Schedule, where: Plant = plant) -> ScheduleFigures:
        return figures_of(evaluate(where, of, base, weights, zones))

    planned = evaluate(plant, schedule, base, weights, zones)
    return Outcome(
        planned.feasible,
        figures(base, stored.plant),
        figures(base),
        figures_of(planned),
        edit_to_document(replacing(base, schedule)),
        notes,
    )


def _better(
    plant: Plant, mended: Repaired, found: Schedule, base: Schedule, weights: Weights, zones: Zones
) -> Schedule:
    """The cheaper one of the two that keep the rules."""
    verdict = evaluate(plant, found, base, weights, zones)
    is_better = verdict.feasible and verdict.cost.total < mended.cost.total
    return found if is_better else mended.schedule
