"""The commands that take a file: forecast it, or say how good that would have been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipelines.commands.errors import FAILED, CommandError
from pipelines.commands.forecast.options import FileArgument, FileOptions, Horizon
from pipelines.commands.forecast.show import document_of, show_backtest, show_forecast
from pipelines.commands.options import Json
from pipelines.commands.output import print_json, say

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.forecasting.table_file import TableFile


def forecast_any_file(
    path: FileArgument, horizon: Horizon, options: FileOptions, *, as_json: Json = False
) -> None:
    """Forecast every series of a file, with quantiles, and say how good that is.

    Nothing about the file needs to be known: which column is what, its frequency and seasons are
    found out, members are chosen and weighed on its own past.
    """
    from pipelines.forecasting.ahead import forecast_file

    out = options.out
    _refuse_output(out)
    file = _read(path, options)
    with _progress() as report, _bad_input(), _spread(options.cluster, options.workers) as count:
        found = forecast_file(file, options.config(horizon, count), report)
        _store(found.table, out)
    if as_json:
        print_json(document_of(found, with_table=out is None))
    else:
        show_forecast(found)
    if out is not None:
        _say_stored(found.table, out)
    elif not as_json:
        say("--out FILE writes the forecast itself")


def backtest_any_file(
    path: FileArgument,
    horizon: Horizon,
    options: FileOptions,
    *,
    origins: Annotated[int, typer.Option(min=1, max=60, help="Past times to forecast from.")] = 3,
    as_json: Json = False,
) -> None:
    """Say how good forecasts of a file would have been, everything fitted anew before each origin."""
    from pipelines.forecasting.ahead import backtest_file

    _refuse_output(options.out)
    file = _read(path, options)
    with _progress() as report, _bad_input(), _spread(options.cluster, options.workers) as count:
        found = backtest_file(file, options.config(horizon, count), origins, report)
        _store(found.table, options.out)
    if as_json:
        print_json({"about": found.about, "accuracy": found.accuracy, "origins": found.by_origin})
    else:
        show_backtest(found)
    if options.out is not None:
        _say_stored(found.table, options.out)


def _read(path: Path, options: FileOptions) -> TableFile:
    from pipelines.forecasting.table_file import read_table_file, with_future

    if options.future is not None and not options.known:
        raise CommandError("--future: expected --known beside it, which names the columns it holds")
    with _bad_input():
        file = read_table_file(path, options.asked)
        if options.future is not None:
            file = with_future(file, options.future, options.asked)
    for note in file.columns.notes:
        say(f"columns: {note}")
    return file


def _store(table: pd.DataFrame, out: Path | None) -> None:
    from pipelines.forecasting.ahead import store

    if out is not None:
        store(table, out)


def _say_stored(table: pd.DataFrame, out: Path) -> None:
    say(f"{out}: {len(table):,} rows, {', '.join(table.columns)}")


def _refuse_output(out: Path | None) -> None:
    """Before anything is worked out, not after."""
    from pipelines.forecasting.ahead import OUTPUTS

    if out is not None and out.suffix.casefold() not in OUTPUTS:
        raise CommandError(f"--out {out}: expected a name that ends in {', '.join(OUTPUTS)}")


@contextmanager
def _spread(cluster: Literal["ray", "spark"] | None, workers: int) -> Iterator[int]:
    """Pieces of work go to the cluster within the block; yields how many are done at once."""
    if cluster is None:
        yield workers
        return
    from models.demand.trials.workers import elsewhere
    from pipelines.platform.cluster import spread_over
    from pipelines.settings import load_settings

    with spread_over(load_settings(), cluster) as (spread, count):
        token = elsewhere.set(spread)
        try:
            yield max(2, count)
        finally:
            elsewhere.reset(token)


def _progress() -> Any:
    from pipelines.forecasting.progress import shown_progress

    return shown_progress()


class _bad_input:  # noqa: N801
    """What is wrong with the file, as a command says it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: Any, _trace: Any) -> None:
        from models.demand import DemandError
        from pipelines.forecasting.raw_file import FileError
        from pipelines.platform.ray import RayUnreachableError
        from pipelines.platform.spark import SparkUnavailableError

        if isinstance(error, FileError | DemandError):
            raise CommandError(str(error)) from error
        if isinstance(error, RayUnreachableError | SparkUnavailableError):
            raise CommandError(str(error), FAILED) from error
