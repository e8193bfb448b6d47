"""What may be said of a file and its forecast, once for all commands that take a file."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

if TYPE_CHECKING:
    from models.demand.config import ForecastConfig
    from models.demand.history.table import TableRules
    from pipelines.forecasting.table_file import Asked

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, Parquet or Excel: a row a series and time.")
]
Horizon = Annotated[int, typer.Option(min=1, max=10_000, help="Steps ahead.")]
Seasons = Annotated[
    list[int] | None,
    typer.Option("--season", min=1, help="Season length in steps; found out where not said."),
]
Budget = Annotated[
    float | None,
    typer.Option(
        min=1,
        help="Processor-seconds that may be spent, all workers together; by the table's size if not said.",
    ),
]
Workers = Annotated[int, typer.Option(min=1, max=256, help="Processes at work.")]
TimeColumn = Annotated[str | None, typer.Option("--time", help="Column of the time.")]
ValueColumn = Annotated[str | None, typer.Option("--value", help="Column of the value.")]
SeriesColumns = Annotated[
    list[str] | None, typer.Option("--series", help="Column that names series; may be repeated.")
]
Measure = Annotated[
    Literal["auto", "owa", "wape", "rmsse"],
    typer.Option(help="What counts: each series alike, volume, or totals of demand with zeros."),
]
Gaps = Annotated[
    Literal["auto", "zero", "interpolate", "refuse"],
    typer.Option(help="What steps that are missing become."),
]
Duplicates = Annotated[
    Literal["refuse", "sum", "mean", "last"],
    typer.Option(help="What a series and time that is there twice becomes."),
]
Negatives = Annotated[
    Literal["refuse", "zero", "keep"], typer.Option(help="What a value under 0 becomes.")
]
TimeZone = Annotated[
    str | None, typer.Option("--time-zone", help="Of times without one, as Europe/Berlin.")
]
DayFirst = Annotated[
    bool | None, typer.Option("--day-first/--month-first", help="How to read 3/7/2023.")
]
Wide = Annotated[bool, typer.Option("--wide", help="Each column of numbers is a series.")]
Every = Annotated[
    Literal["hour", "day", "week", "month"] | None,
    typer.Option(help="Add up the rows of each, as of order lines; a step without any is 0."),
]
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook; the first where not said.")]
Encoding = Annotated[
    str | None, typer.Option(help="Of a CSV file, as cp949; found out where not said.")
]
Known = Annotated[
    list[str] | None,
    typer.Option(
        "--known", help="Column known ahead, as a price; rows without a value tell what it will be."
    ),
]
Future = Annotated[
    Path | None, typer.Option(help="File with the known columns of the steps to come.")
]
Country = Annotated[
    str | None, typer.Option(help="Whose public holidays count, as KR, BD or DE-BY.")
]
Seed = Annotated[int, typer.Option(min=0, help="Of everything that samples.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="File to write: .parquet, .csv or .xlsx.")
]
Cluster = Annotated[
    Literal["ray", "spark"] | None,
    typer.Option(help="Fit there: RAY_ADDRESS or SPARK_MASTER, or a local one."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """The options that every command with a file has; a field is an option of its name."""

    season: Seasons = None
    out: Out = None
    budget: Budget | None = None
    workers: Workers = 1
    cluster: Cluster = None
    measure: Measure = "auto"
    time: TimeColumn = None
    value: ValueColumn = None
    series: SeriesColumns = None
    known: Known = None
    future: Future = None
    country: Country = None
    gaps: Gaps = "auto"
    duplicates: Duplicates = "refuse"
    negatives: Negatives = "refuse"
    time_zone: TimeZone = None
    day_first: DayFirst = None
    wide: Wide = False
    every: Every = None
    sheet: Sheet = None
    encoding: Encoding = None
    seed: Seed = 1

    @property
    def asked(self) -> Asked:
        """What is said of the file."""
        from pipelines.forecasting.table_file import Asked

        return Asked(
            self.time,
            self.value,
            self.series,
            self.day_first,
            self.sheet,
            self.encoding,
            tuple(self.known or ()),
            self.wide,
            self.every,
            self.time_zone,
        )

    def config(self, horizon: int, workers: int) -> ForecastConfig:
        """Return what is asked of the forecast."""
        from models.demand.config import ForecastConfig

        return ForecastConfig(
            horizon=horizon,
            seasons=tuple(self.season or ()),
            measure=self.measure,
            seconds=self.budget,
            workers=workers,
            seed=self.seed,
            country=self.country,
            rules=self._rules(),
        )

    def _rules(self) -> TableRules:
        """What is done with a table that is not as it should be.

        Rows that are added up leave out days on which nothing was sold, and have no time zone left.
        """
        from models.demand.history.table import TableRules

        gaps: Literal["auto", "zero", "interpolate", "refuse"] = self.gaps
        if self.every and gaps == "auto":
            gaps = "zero"
        zone = None if self.every else self.time_zone
        return TableRules(gaps, self.duplicates, self.negatives, zone, tuple(self.known or ()))


def with_file_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command for Typer that has the fields of `FileOptions` in place of its `options`."""
    own = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    types = get_type_hints(FileOptions, include_extras=True)
    parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in own.parameters.items()
        if name != "options"
    ]
    parameters += [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
            annotation=types[one.name],
        )
        for one in fields(FileOptions)
    ]

    def called(**given: Any) -> None:
        said = {one.name: given.pop(one.name) for one in fields(FileOptions)}
        command(**given, options=FileOptions(**said))

    called.__name__, called.__doc__ = command.__name__, command.__doc__
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    )
    return called
