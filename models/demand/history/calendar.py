"""The calendar: a country's public holidays, as days and as what a step has of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from models.demand.errors import ModelError
from models.demand.history.histories import Bools, Floats

# Steps beyond which a holiday before or after says no more.
NEAR = 8.0
BRIDGE = "between two holidays"


@lru_cache(maxsize=64)
def holidays_of(country: str, first: int, last: int) -> Mapping[date, str]:
    """Return the country's public holidays of the years first to last, by day, with their names.

    A single day between two holidays is one too.

    Raises
    ------
    ModelError
        Where the country is not known.
    """
    import holidays

    years = range(first, last + 1)
    try:
        public = dict(holidays.country_holidays(country, years=years))
    except (NotImplementedError, KeyError):
        raise ModelError(
            f"country: expected an ISO 3166 code with known holidays (as BD or DE-BY), found "
            f"{country!r}"
        ) from None
    day = timedelta(days=1)
    bridges = {one + day for one in public if one + 2 * day in public and one + day not in public}
    return public | dict.fromkeys(bridges, BRIDGE)


def names_of(country: str, days: pd.DatetimeIndex) -> list[str]:
    """Return the name of the holiday that each day is, empty where it is none."""
    known = holidays_of(country, int(days[0].year), int(days[-1].year))
    return [known.get(day, "") for day in days.date]


def holiday_features(country: str, times: pd.DatetimeIndex, frequency: str) -> dict[str, Floats]:
    """Return what each time's step has of holidays, shape (times,) each.

    Of steps up to a day: whether its day is one, and the steps since the last and to the next, at
    most `NEAR`. Of longer ones: how many holidays lie in it.
    """
    if len(times) < 2:
        return {}
    if (times[1] - times[0]) > timedelta(days=1) and frequency != "B":
        return {"holidays": _counted(country, times, frequency)}
    known = holidays_of(country, int(times[0].year), int(times[-1].year) + 1)
    free = np.array([day in known for day in times.date])
    return {
        "holiday": free.astype(np.float64),
        "since_holiday": _distance(free),
        "to_holiday": _distance(free[::-1])[::-1],
    }


def _counted(country: str, times: pd.DatetimeIndex, frequency: str) -> Floats:
    if frequency.endswith("E"):
        edges = times.append(times[:1] - (times[1:2] - times[:1])).sort_values()
        edges = edges + pd.Timedelta(days=1)
    else:
        edges = times.append(times[-1:] + (times[-1:] - times[-2:-1]))
    known = holidays_of(country, int(edges[0].year), int(edges[-1].year))
    days = np.sort(np.array(list(known), dtype="datetime64[ns]"))
    places = np.searchsorted(days, edges.to_numpy().astype("datetime64[ns]"))
    return np.asarray(np.diff(places), dtype=np.float64)


def _distance(free: Bools) -> Floats:
    """Steps since the last true one, from 0, at most `NEAR`."""
    places = np.arange(len(free))
    last = np.maximum.accumulate(np.where(free, places, -int(NEAR) - 1))
    return np.asarray(np.minimum(places - last, NEAR), dtype=np.float64)
