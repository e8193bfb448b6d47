"""The catalogue: every member by name, what it costs, and which suit a table.

A name says all there is to a member: `ces:52`, `theta:12:log`, `trees:last`, `network:65:log`,
`mstl_theta:24,168`; so a saved forecaster needs nothing but names. After the argument: `log` (works on
logarithms), `known` (on series without what columns known ahead explain), `adjusted` (without their
seasons), `yearly` (moves as all series did a year ago), `seed2` (samples differently).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members import analogues, costs, levels, pooled, prophets, simple, statistical
from models.demand.members.adjusted import adjusted
from models.demand.members.design import Anchor
from models.demand.members.explained import without_known
from models.demand.members.network import Network, fit_network
from models.demand.members.neural import NEURAL, Neural, fit_neural
from models.demand.members.recursive import Recursive, fit_recursive
from models.demand.members.trees import Trees, fit_trees
from models.demand.members.xgb import Xgb, fit_xgb
from models.demand.members.yearly import has_year, yearly_move
from models.demand.task import Task

Fitted = Trees | Xgb | Network | Neural | Recursive | None

# Members that read what is known ahead, and those that are there to compare with.
READING = ("trees", "xgboost", "seasonal_naive")
# Members that take something from other series, though nothing of them is fitted.
WITH_OTHERS = ("pooled", "analogue", "level")
# Share of zeros in the middle series from which a table is one of intermittent demand.
INTERMITTENT = 0.3
# Share of series without a zero or less from which logarithms are worth a try.
ALL_POSITIVE = 0.95
# Season lengths that ETS and MSTL are asked for at most: beyond, their time buys nothing.
LONGEST_SMOOTHED = 24
LONGEST_TAKEN_APART = 400


@dataclass(frozen=True, slots=True)
class Member:
    """A forecaster by name.

    `one_by_one` says that series do not learn from each other, so that they can be split over
    processes.
    """

    name: str
    kind: str
    argument: str
    flags: tuple[str, ...] = ()

    @property
    def logs(self) -> bool:
        """Whether it works on logarithms."""
        return "log" in self.flags

    @property
    def adjusts(self) -> bool:
        """Whether it works on series without their seasons."""
        return "adjusted" in self.flags

    @property
    def one_by_one(self) -> bool:
        """Whether each series is forecast on its own."""
        return (
            not self.is_fitted
            and self.kind not in WITH_OTHERS
            and not {*self.flags} & {"yearly", "known"}
        )

    @property
    def is_fitted(self) -> bool:
        """Whether a fit of it is kept, and can forecast from later histories too."""
        return costs.is_fitted(self.kind)

    @property
    def is_free(self) -> bool:
        """Whether it takes next to no time."""
        return costs.is_free(self.kind)

    def fit(self, histories: Histories, task: Task) -> Fitted:
        """Return what is kept of a fit, None where nothing is or there is too little to fit on."""
        if not self.is_fitted:
            return None
        seen, _ = self._seen(histories, task)
        task = self.own_task(task)
        if self.kind == "trees":
            return fit_trees(seen, task, cast("Anchor", self.argument))
        if self.kind == "xgboost":
            return fit_xgb(seen, task, cast("Anchor", self.argument))
        if self.kind == "network":
            return fit_network(seen, task, int(self.argument))
        if self.kind in NEURAL:
            return fit_neural(seen, task, self.kind, int(self.argument))
        return fit_recursive(seen, task, self.kind, int(self.argument))

    def forecast(self, histories: Histories, task: Task, fitted: Fitted = None) -> Floats:
        """Return the forecast, shape (series, horizon); NaN where it has none."""
        seen, season = self._seen(histories, task)
        if self.is_fitted:
            nothing = np.full((len(histories), task.horizon), np.nan)
            found = nothing if fitted is None else fitted.forecast(seen)
        else:
            found = self._plain(seen, self.own_task(task))
        found = _restored(found + season, histories) if self.logs else found + season
        return found * yearly_move(histories, task) if "yearly" in self.flags else found

    def _seen(self, histories: Histories, task: Task) -> tuple[Histories, Floats]:
        """Return the histories as the member works on them, and what is added to its forecast."""
        seen = pooled.logarithms(histories) if self.logs else histories
        ahead = np.zeros((len(histories), task.horizon))
        if "known" in self.flags:
            seen, ahead = without_known(seen, task, self.logs)
        if self.adjusts:
            seen, season = adjusted(seen, task.seasons, task.horizon)
            return seen, ahead + season
        return seen, ahead

    def own_task(self, task: Task) -> Task:
        """Return the task with the seed that the member's name asks for."""
        seeds = [int(flag.removeprefix("seed")) for flag in self.flags if flag.startswith("seed")]
        return replace(task, seed=task.seed + seeds[0]) if seeds else task

    def seconds(self, histories: Histories, task: Task) -> float:
        """Return about how many processor-seconds a fit takes, or a forecast where none is kept."""
        return costs.seconds_of(self.kind, self.argument, histories, task)

    def _plain(self, histories: Histories, task: Task) -> Floats:
        plain: dict[str, Callable[[], Floats]] = {
            "seasonal_naive": lambda: simple.seasonal_mean(histories, task, int(self.argument), 1),
            "seasonal_mean": lambda: simple.seasonal_mean(
                histories, task, int(self.argument), simple.SEASONS_OF_MEAN
            ),
            "pooled": lambda: pooled.pooled_forecast(histories, task, int(self.argument)),
            "level": lambda: levels.level_forecast(histories, task, int(self.argument)),
            "analogue": lambda: analogues.analogue_forecast(histories, task, int(self.argument)),
        }
        if self.kind in plain:
            return plain[self.kind]()
        seasons = tuple(int(part) for part in self.argument.split(","))
        if self.kind == "prophet":
            return prophets.prophet_forecast(histories, task, seasons)
        return statistical.statistical_forecast(histories, task, self.kind, seasons)


def member_of(name: str) -> Member:
    """Return the member of that name."""
    kind, argument, *flags = name.split(":")
    return Member(name, kind, argument, tuple(flags))


def members_for(histories: Histories, task: Task) -> tuple[Member, ...]:
    """Return the members worth trying on the histories, what buys most for its time first.

    The order is what backtests of M4 weekly and hourly and M3 monthly, all on training data, gave.
    """
    short, long = task.seasons[0], task.seasons[-1]
    # Shorter series lend filled pasts: on M3 monthly, a third of them shorter, 36 steps back are 0.4 %
    # better than 24 over three origins.
    room = int(np.median(histories.lengths)) - task.horizon
    look = max(8, min(max(long + long // 4, 2 * task.horizon), room))
    names = [f"seasonal_naive:{season}" for season in task.seasons]
    names += [f"seasonal_mean:{season}" for season in task.seasons if season > 1]
    zeros = np.array([(histories.of(n) <= 0).mean() for n in range(len(histories))])
    if (zeros == 0).mean() > ALL_POSITIVE:
        names += _positive(task, look)
    else:
        yearly = ":yearly" if has_year(histories, task) else ""
        names += [f"level:{steps}{yearly}" for steps in levels.half_lives(short)]
        names += [
            f"network:{look}{yearly}",
            "trees:zero",
            "trees:level",
            f"theta:{short}",
            f"ces:{short}",
        ]
    if np.median(zeros) > INTERMITTENT:
        names += ["croston_sba:1", "tsb:1", "adida:1", "imapa:1"]
    if len(task.seasons) > 1 and long <= LONGEST_TAKEN_APART:
        names.append("mstl_theta:" + ",".join(map(str, task.seasons)))
    names += [f"ets:{short}"] if short <= LONGEST_SMOOTHED else []
    if histories.known is not None:
        names = [_with_known(name) for name in names]
    return tuple(member_of(name) for name in names)


def _with_known(name: str) -> str:
    """Return the name of the member that uses what is known ahead: boosted ones read it themselves."""
    return name if name.partition(":")[0] in READING else f"{name}:known"


def _positive(task: Task, look: int) -> list[str]:
    """Return members of positive series: growth in per cent and seasons that multiply are the rule.

    Without their seasons, series of one season take a fifth of the time, and those of two are half
    as hard to learn: M4 hourly 6 % less error by a network.
    """
    short, is_nested = task.season, len(task.seasons) > 1
    names = ["ets_damped:1:log:adjusted", "theta:1:log:adjusted", f"network:{look}:log:adjusted"]
    names += ["trees:level:log" if is_nested else "trees:last"]
    names += [f"theta:{short}"] if short <= LONGEST_SMOOTHED and not is_nested else []
    names += ["trees:last:log:adjusted", f"network:{look}:log", f"ces:{short}"]
    return [*names, "trees:level" if is_nested else "trees:level:log", f"network:{look}"]


def _restored(found: Floats, histories: Histories) -> Floats:
    most = np.array([np.abs(histories.of(number)).max() for number in range(len(histories))])
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(np.exp(found), 10 * most[:, None]))
