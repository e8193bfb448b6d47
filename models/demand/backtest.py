"""The backtest: what every member would have said at past origins, beside what came."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np

from models.demand.closures import Closed, apply_closed, fill_closed, kept_when_closed
from models.demand.config import DemandConfig
from models.demand.errors import TableError
from models.demand.members import member_forecasts
from models.demand.panel import Days, Floats, Panel

MemberForecasts = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of every member at every origin.

    Parameters
    ----------
    series, members
        Names.
    origins : array of datetime64[D], shape (windows,)
        The first day forecast of each window, oldest first.
    forecasts : array, shape (windows, members, horizon, series)
        Units; each made from the days before its origin only.
    actual : array, shape (windows, horizon, series)
        Units that came.
    scale : array, shape (series,)
        Root mean square of the daily seasonal differences before the first origin, 1 where there
        were none: what the errors of one series are divided by to compare it with another.
    """

    series: tuple[str, ...]
    members: tuple[str, ...]
    origins: Days
    forecasts: Floats
    actual: Floats
    scale: Floats


def origins_of(panel: Panel, config: DemandConfig) -> Days:
    """Return the windows' first days; the last window ends with the panel.

    Raises
    ------
    TableError
        Where the history is too short for the windows and four seasons before them.
    """
    if len(panel.days) < config.days_needed:
        raise TableError(
            f"history: expected at least {config.days_needed} days for {config.windows} windows of "
            f"{config.horizon} days, found {len(panel.days)}; ask for fewer windows"
        )
    last = panel.days[-1] + np.timedelta64(1 - config.horizon, "D")
    origins: Days = last - config.step * np.arange(config.windows)[::-1]
    return origins


def run_backtest(
    panel: Panel,
    config: DemandConfig,
    closed: Closed = (),
    report: Callable[[str], None] = lambda line: None,
    done: Backtest | None = None,
) -> Backtest:
    """Return what each member forecast at each origin, `report` being told after each.

    Members that `done`, a backtest of the same panel and windows, has are taken from it.
    """
    origins = origins_of(panel, config)
    ready = done.members if done else ()
    asked = [name for name in config.members if name not in ready]
    found = []
    for number, origin in enumerate(origins, 1):
        window = forecasts_at(panel.before(origin), config, closed, asked) if asked else {}
        if done:
            window |= dict(zip(ready, done.forecasts[number - 1], strict=True))
        found.append(window)
        report(f"backtest window {number} of {len(origins)}, from {origin}")
    forecasts = np.array([[window[name] for name in config.members] for window in found])
    return Backtest(
        panel.series,
        config.members,
        origins,
        forecasts,
        np.array(list(_actual(panel, origins, config.horizon))),
        _scale(panel.before(origins[0]), config.season_length),
    )


def forecasts_at(
    known: Panel,
    config: DemandConfig,
    closed: Closed,
    names: Collection[str],
    booster: str | None = None,
    horizon: int | None = None,
) -> MemberForecasts:
    """Return the named members' forecasts, shape (horizon, series), of the days after `known`."""
    horizon = horizon or config.horizon
    filled = fill_closed(known, closed)
    kept = kept_when_closed(known, filled, closed)
    found = member_forecasts(filled, horizon, config, names, booster)
    days = known.ahead(horizon)
    return {name: apply_closed(forecast, days, closed, kept) for name, forecast in found.items()}


def _actual(panel: Panel, origins: Days, horizon: int) -> Iterable[Floats]:
    for origin in origins:
        first = int(np.searchsorted(panel.days, origin))
        yield panel.values[first : first + horizon]


def _scale(panel: Panel, season_length: int) -> Floats:
    difference = panel.values[season_length:] - panel.values[:-season_length]
    scale: Floats = np.sqrt((difference**2).mean(axis=0))
    return np.where(scale > 0, scale, 1.0)
