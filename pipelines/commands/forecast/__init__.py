"""Forecasting demand: of the loop's history, or of any file: forecast, forecast FILE, forecast backtest."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from pipelines.commands.forecast.files import backtest_any_file, forecast_any_file
from pipelines.commands.forecast.options import with_file_options
from pipelines.commands.options import epilog
from pipelines.commands.steps import CODES as STEP_CODES
from pipelines.commands.steps import STEPS, step_command

CODES = "0 done, 2 the file cannot be forecast from, 3 the cluster does not answer"
OF_FILE, OF_LOOP = "file", "step"


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
        help="Forecast demand: of the loop's history (alone), or of any file. Each takes --json.",
        epilog=epilog(
            "takt forecast",
            "takt forecast sales.csv --horizon 28",
            "takt forecast backtest sales.csv --horizon 28 --origins 4",
            codes=CODES,
        ),
    )
    step = step_command("forecast", STEPS["forecast"])
    group.command(OF_LOOP, epilog=epilog("takt forecast", codes=STEP_CODES))(step)
    example = epilog(
        "takt forecast sales.csv --horizon 28 --out forecast.parquet",
        "takt forecast sales.xlsx --horizon 13 --season 52 --series shop --series item",
        "takt forecast sales.csv --horizon 14 --known price --known promo --country KR",
        codes=CODES,
    )
    group.command(OF_FILE, epilog=example)(with_file_options(forecast_any_file))
    example = epilog("takt forecast backtest sales.csv --horizon 28 --origins 4", codes=CODES)
    group.command("backtest", epilog=example)(with_file_options(backtest_any_file))
    app.add_typer(group, name="forecast")
