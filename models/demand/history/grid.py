"""The grid of time: which even steps a table's times lie on.

Seconds to weeks are equal steps; months, quarters and years are counted by the calendar. Days with
no weekend in the whole table are business days. Counted time (integers) is its own grid, and each
series has its own clock then: nothing says that step 80 of one is step 80 of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.demand.errors import TableError
from models.demand.history.histories import Ints
from models.demand.history.repairs import Repair, refuse

OFFSET = r":\d\d(?:\.\d+)?(Z|[+-]\d\d:?\d\d)$"
TRAILING = r"(?:Z|[+-]\d\d:?\d\d)$"
DAY = 86_400_000_000_000
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
NAMES = {3_600_000_000_000: "h", DAY: "D", 60_000_000_000: "min", 1_000_000_000: "s"}


@dataclass(frozen=True, slots=True)
class Grid:
    """Every row's place on the grid, and what a place is in time.

    `frequency` is as pandas writes it, None where time is counted. `places` has the shape (rows,);
    place 0 is `origin`.
    """

    places: Ints
    frequency: str | None
    origin: Any
    repairs: tuple[Repair, ...] = ()

    def time_of(self, places: Ints) -> NDArray[np.generic]:
        """Return the times of places, shape as given: datetime64[ns], or int where counted."""
        if self.frequency is None:
            return np.asarray(self.origin + places)
        low = int(places.min())
        offset = pd.tseries.frequencies.to_offset(self.frequency)
        begin = self.origin + low * offset
        times = pd.date_range(begin, periods=int(places.max()) - low + 1, freq=self.frequency)
        return np.asarray(times.to_numpy().astype("datetime64[ns]")[places - low])


def read_times(
    given: pd.Series, timezone: str | None
) -> tuple[Ints | pd.Series, tuple[Repair, ...]]:
    """Return integers where time is counted, else times without a zone, and what was done to zones.

    Raises
    ------
    TableError
        Where a time is none, or the time zone is not known.
    """
    if pd.api.types.is_integer_dtype(given):
        return given.to_numpy(np.int64), ()
    if (
        pd.api.types.is_float_dtype(given)
        and (given.dropna() % 1 == 0).all()
        and given.notna().all()
    ):
        return given.to_numpy(np.int64), ()
    frame = pd.DataFrame({"series": "?", "time": given})
    offsets = _offsets(given)
    held = offsets.notna()
    if held.any():
        refuse(
            frame,
            (~held & _is_time(given)).to_numpy(),
            "an offset or Z, as other times have",
            "time without one",
            "time",
        )
    if offsets.nunique() > 1 and timezone is None:
        return _of_mixed_offsets(given, frame)
    times = _parsed(given, frame, utc=offsets.nunique() > 1)
    if times.dt.tz is None and timezone is None:
        return times.astype("datetime64[ns]"), ()
    return _without_zone(times, timezone)


def _parsed(given: pd.Series, frame: pd.DataFrame, *, utc: bool) -> pd.Series:
    times = pd.to_datetime(given, format="ISO8601", errors="coerce", utc=utc or None)
    refuse(
        frame, times.isna().to_numpy(), "a time as ISO 8601 writes it, or a count", "time", "time"
    )
    return times


def _is_time(given: pd.Series) -> pd.Series:
    return pd.to_datetime(given, format="ISO8601", errors="coerce", utc=True).notna()


def _offsets(given: pd.Series) -> pd.Series:
    if not pd.api.types.is_object_dtype(given) and not pd.api.types.is_string_dtype(given):
        return pd.Series(dtype=object)
    return given.astype(str).str.extract(OFFSET, expand=False)


def _of_mixed_offsets(
    given: pd.Series, frame: pd.DataFrame
) -> tuple[pd.Series, tuple[Repair, ...]]:
    """Days by the clock's own date, hours in UTC: offsets that differ are one clock's over the year."""
    clock = _parsed(given.astype(str).str.replace(TRAILING, "", regex=True), frame, utc=False)
    if (clock == clock.dt.normalize()).all():
        found, done = clock, "days taken by the local date"
    else:
        found = _parsed(given, frame, utc=True).dt.tz_localize(None)
        done = "hours counted in UTC, so that daylight saving neither skips nor repeats one"
    told = Repair("time zone", len(given), 0, "times with several offsets", done)
    return found.astype("datetime64[ns]"), (told,)


def _without_zone(times: pd.Series, timezone: str | None) -> tuple[pd.Series, tuple[Repair, ...]]:
    try:
        if times.dt.tz is None:
            local = times.dt.tz_localize(timezone, ambiguous="infer", nonexistent="shift_forward")
        else:
            local = times.dt.tz_convert(timezone) if timezone else times
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise TableError(
            f"history: times cannot be read in time zone {timezone}: {reason}; name the zone the "
            "times were taken in, or give them with their offsets"
        ) from None
    whole = local.dt.tz_localize(None)
    zone, count = str(local.dt.tz), len(times)
    if (whole == whole.dt.normalize()).all():
        done = "days taken by the local date"
        found = whole
    else:
        done = "hours counted in UTC, so that daylight saving neither skips nor repeats one"
        found = local.dt.tz_convert("UTC").dt.tz_localize(None)
    told = Repair("time zone", count, 0, f"times in {zone}", done)
    return found.astype("datetime64[ns]"), (told,)


def grid_of(times: Ints | pd.Series, codes: Ints, names: pd.Index) -> Grid:
    """Return the grid that all the rows' times lie on.

    Raises
    ------
    TableError
        Where series have different steps, or a time lies off the grid.
    """
    if isinstance(times, np.ndarray):
        first = int(times.min())
        return Grid(times - first, None, first)
    stamps = times.to_numpy().astype("datetime64[ns]").astype(np.int64)
    order = np.lexsort((stamps, codes))
    steps = np.diff(stamps[order])
    same = (np.diff(codes[order]) == 0) & (steps > 0)
    if not same.any():
        return _fixed(times, stamps, DAY, codes, names)
    usual = _usual_steps(steps[same], codes[order][1:][same], names)
    days = usual / DAY
    if days < 27:
        return _fixed(times, stamps, usual, codes, names)
    return _calendar(times, codes, names, days)


def _usual_steps(steps: Ints, codes: Ints, names: pd.Index) -> int:
    """Return the table's most common step; raise where a series keeps another all the time."""
    distinct, counts = np.unique(steps, return_counts=True)
    usual = int(distinct[counts.argmax()])
    low, high = (0.9 * usual, 1.15 * usual) if usual > 27 * DAY else (usual, usual)
    least = pd.Series(steps).groupby(codes).min()
    longer = least[least > high * 1.0]
    kept = pd.Series((steps >= low) & (steps <= high)).groupby(codes).sum()
    counted = pd.Series(steps).groupby(codes).size()
    odd = counted[(kept == 0) & (counted >= 3)].index.union(
        longer[counted[longer.index] >= 3].index
    )
    if len(odd):
        one = odd[0]
        found = pd.Timedelta(int(np.median(steps[codes == one])))
        raise TableError(
            f"history: expected one step in all series, {pd.Timedelta(usual)}, found {found} in series "
            f"{names[one]} ({len(odd)} series like it); forecast them as a table of their own"
        )
    return usual


def _fixed(times: pd.Series, stamps: Ints, step: int, codes: Ints, names: pd.Index) -> Grid:
    origin = int(stamps.min())
    if step == DAY and _is_business(times, codes):
        days = times.to_numpy().astype("datetime64[D]")
        first = days.min()
        return Grid(np.busday_count(first, days).astype(np.int64), "B", pd.Timestamp(first))
    off = (stamps - origin) % step != 0
    if off.any():
        frame = pd.DataFrame({"series": names[codes], "time": times})
        refuse(
            frame,
            off,
            f"times {pd.Timedelta(step)} apart from {times.min()}",
            "time off that grid",
            "time",
        )
    frequency = _fixed_name(step, pd.Timestamp(origin))
    return Grid((stamps - origin) // step, frequency, pd.Timestamp(origin))


def _is_business(times: pd.Series, codes: Ints) -> bool:
    weekday = times.dt.dayofweek
    return bool(
        len(times) >= 15
        and (weekday < 5).all()
        and (times.dt.normalize() == times).all()
        and weekday.nunique() == 5
    )


def _fixed_name(step: int, origin: pd.Timestamp) -> str:
    if step == 7 * DAY:
        return f"W-{WEEKDAYS[origin.dayofweek]}" if origin == origin.normalize() else "7D"
    for unit, name in sorted(NAMES.items(), reverse=True):
        if step % unit == 0:
            return name if step == unit else f"{step // unit}{name}"
    return f"{step}ns"


def _calendar(times: pd.Series, codes: Ints, names: pd.Index, days: float) -> Grid:
    months = 1 if days < 45 else 3 if days < 120 else 6 if days < 250 else 12
    ordinal = (times.dt.year * 12 + times.dt.month - 1).to_numpy(np.int64)
    first = int(ordinal.min())
    off = (ordinal - first) % months != 0
    if off.any():
        frame = pd.DataFrame({"series": names[codes], "time": times})
        refuse(
            frame,
            off,
            f"times {months} months apart from {times.min():%Y-%m}",
            "time off that grid",
            "time",
        )
    ends = bool(times.dt.is_month_end.all())
    told: tuple[Repair, ...] = ()
    origin = pd.Timestamp(year=first // 12, month=first % 12 + 1, day=1)
    if ends:
        origin = origin + pd.offsets.MonthEnd(0)
    elif not times.dt.is_month_start.all():
        done = "counted by their month, written as its first day"
        told = (Repair("day of month", len(times), 0, str(times.iloc[0])[:10], done),)
    name = "ME" if ends else "MS"
    return Grid(
        (ordinal - first) // months, name if months == 1 else f"{months}{name}", origin, told
    )
