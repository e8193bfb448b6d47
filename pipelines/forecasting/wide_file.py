"""Tables that are not long yet: a column for each series, or many rows in a step, made into long ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pipelines.forecasting.columns import ColumnError, tell_time
from pipelines.forecasting.numbers import looks_like_numbers
from pipelines.forecasting.raw_file import FileError

if TYPE_CHECKING:
    import pandas as pd

Every = Literal["hour", "day", "week", "month"]
COLUMN, CELL = "column", "cell"
FLOORS = {"hour": "h", "day": "D", "week": "W-SUN", "month": "M"}


def melted(frame: pd.DataFrame, time: str | None) -> pd.DataFrame:
    """Return a long table of a wide one, its index the row that each cell stood in.

    Columns: the time, `column` (the name of the series) and `cell`. Columns without numbers are left
    out.

    Raises
    ------
    ColumnError
        Where no column could be the time, or none holds numbers.
    """
    when = tell_time(frame, time)
    names = [name for name in frame.columns if name != when and looks_like_numbers(frame[name])]
    if not names:
        raise ColumnError(
            f"--wide: expected columns of numbers beside {when!r}, found none. Columns: "
            f"{', '.join(frame.columns)}"
        )
    long = frame[[when, *names]].melt(
        when, names, var_name=COLUMN, value_name=CELL, ignore_index=False
    )
    return long.astype({COLUMN: str})


def summed(table: pd.DataFrame, every: Every, timezone: str | None) -> pd.DataFrame:
    """Return the long table (series, time, value, what is known ahead) with a row for each step.

    Values within a step are added up, of what is known ahead the last one counts. A step is named by
    its beginning, a week by its Monday. The index holds the first row of each step.

    Raises
    ------
    FileError
        Where time is counted, so that no day is known.
    models.demand.TableError
        Where a time or a value is none.
    """
    import numpy as np
    import pandas as pd

    from models.demand.history.grid import read_times
    from models.demand.history.repairs import refuse

    times, _ = read_times(table["time"], timezone)
    if isinstance(times, np.ndarray):
        raise FileError(f"--every {every}: expected dates to add rows up by, found counted steps")
    values = pd.to_numeric(table["value"], errors="coerce")
    refuse(
        table,
        (values.isna() & table["value"].notna()).to_numpy(),
        "a number",
        "value",
        column="value",
    )
    known = [name for name in table.columns if name not in ("series", "time", "value")]
    whole = table.assign(
        time=times.dt.to_period(FLOORS[every]).dt.start_time, value=values, row=table.index
    )
    found = whole.groupby(["series", "time"], sort=False)
    parts = {
        "value": found["value"].sum(min_count=1),
        **{name: found[name].last() for name in known},
    }
    steps = pd.DataFrame({**parts, "row": found["row"].first()}).reset_index()
    return steps.set_index("row")[["series", "time", "value", *known]].rename_axis(None)
