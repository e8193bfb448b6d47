"""Forecasting demand: of the loop's history, or of any file: forecast, forecast FILE, forecast backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipelines.commands.options import epilog
from pipelines.commands.steps import CODES as STEP_CODES
from pipelines.commands.steps import STEPS, step_command

CODES = "0 done, 2 the file cannot be forecast from, 3 a cluster or MLflow does not answer"
OF_FILE, OF_LOOP = "file", "step"

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, Parquet or Excel: a row a series and time.")
]
Horizon = Annotated[int, typer.Option(min=1, max=10_000, help="Steps ahead.")]
Seasons = Annotated[
    list[int] | None,
    typer.Option("--season", min=1, help="Season length in steps; found out where not said."),
]
Budget = Annotated[float, typer.Option(min=1, help="Seconds that may be spent.")]
TimeColumn = Annotated[str | None, typer.Option("--time", help="Column of the time.")]
ValueColumn = Annotated[str | None, typer.Option("--value", help="Column of the value.")]
SeriesColumns = Annotated[
    list[str] | None, typer.Option("--series", help="Column that names series; may be repeated.")
]
Gaps = Annotated[str, typer.Option(help="Steps that are missing: auto, zero, interpolate, refuse.")]
Duplicates = Annotated[str, typer.Option(help="A series and time twice: refuse, sum, mean, last.")]
Negatives = Annotated[str, typer.Option(help="Values under 0: refuse, zero, keep.")]
TimeZone = Annotated[
    str | None, typer.Option("--time-zone", help="Of times without one, as Europe/Berlin.")
]
DayFirst = Annotated[
    bool | None, typer.Option("--day-first/--month-first", help="How to read 3/7/2023.")
]
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook; the first where not said.")]
Cluster = Annotated[
    str | None, typer.Option(help="Fit on ray (RAY_ADDRESS) or spark (SPARK_MASTER).")
]


class ForecastGroup(TyperGroup):
    """`takt forecast FILE` is `takt forecast file FILE`; alone it is the loop's step."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name before arguments that have none."""
        if not args or set(args) == {"--json"}:
            args = [OF_LOOP, *args]
        elif args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [OF_FILE, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        cls=ForecastGroup,
        help="Forecast demand: of the loop's history, or of any file.",
        epilog=epilog(
            "takt forecast",
            "takt forecast sales.csv --horizon 28",
            "takt forecast backtest sales.csv --horizon 28 --origins 4",
            codes=CODES,
        ),
    )
    step = step_command("forecast", STEPS["forecast"])
    group.command(OF_LOOP, epilog=epilog("takt forecast", codes=STEP_CODES))(step)
    app.add_typer(group, name="forecast")
