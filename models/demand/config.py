"""The configuration of a forecast: how far, of what measure, within how much time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.demand.errors import ModelError
from models.demand.history.table import TableRules
from models.demand.trials.weights import USUAL_RULES, WeightRules

AskedMeasure = Literal["auto", "owa", "wape", "rmsse"]


@dataclass(frozen=True, slots=True)
class ForecastConfig:
    """What is asked; everything else is found on the history.

    Parameters
    ----------
    horizon
        Steps ahead.
    seasons
        Season lengths in steps; found where none is given, longer ones beside those given.
    measure
        What counts: "owa" (sMAPE and MASE: each series alike, the median), "wape" (absolute errors
        by volume), "rmsse" (squared errors and totals: the mean); "auto" takes "rmsse" for demand
        with zeros and "owa" for the rest.
    origins
        Past origins of the trial; found by the table's size where 0.
    seconds
        Processor-seconds for everything, all workers together; members that do not fit are left out.
        None goes by the table's size (`budget.usual_seconds`): a minute, and more where there is
        more to learn from, some minutes at most.
    workers
        Processes.
    seed
        Of everything that samples.
    members
        Names out of the catalogue; chosen where empty.
    country
        ISO 3166 code whose public holidays count; None: no calendar is known.
    step
        Steps from one past origin to the next; the horizon where 0.
    weighing
        By what members are weighed.
    families
        Family of a series, by name: what a new series starts from.
    rules
        What is done with a table that is not as it should be.
    """

    horizon: int
    seasons: tuple[int, ...] = ()
    measure: AskedMeasure = "auto"
    origins: int = 0
    seconds: float | None = None
    workers: int = 1
    seed: int = 1
    members: tuple[str, ...] = ()
    country: str | None = None
    step: int = 0
    weighing: WeightRules = USUAL_RULES
    families: Mapping[str, str] = field(default_factory=dict)
    rules: TableRules = field(default_factory=TableRules)

    def __post_init__(self) -> None:
        for name in ("horizon", "workers"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name}: expected at least 1, found {getattr(self, name)}")
        if self.origins < 0 or self.step < 0:
            raise ModelError(
                f"origins and step: expected at least 0, found {self.origins} and {self.step}"
            )
        if any(season < 1 for season in self.seasons):
            raise ModelError(f"seasons: expected lengths of at least 1, found {self.seasons}")
        if self.seconds is not None and not self.seconds > 0:
            raise ModelError(f"seconds: expected more than 0, found {self.seconds}")
