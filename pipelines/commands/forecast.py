"""Forecasting demand: of the loop's history, or of any file: forecast, forecast FILE, forecast backtest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from pipelines.commands.errors import FAILED, CommandError
from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say
from pipelines.commands.steps import CODES as STEP_CODES
from pipelines.commands.steps import STEPS, step_command

if TYPE_CHECKING:
    from models.demand.general.config import ForecastConfig
    from pipelines.forecasting.accuracy import Accuracy
    from pipelines.forecasting.ahead import About, Ahead, TrialOfFile
    from pipelines.forecasting.table_file import TableFile

CODES = "0 done, 2 the file cannot be forecast from, 3 the cluster does not answer"
OF_FILE, OF_LOOP = "file", "step"
SHOWN_MEMBERS = 6

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
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook; the first where not said.")]
Encoding = Annotated[
    str | None, typer.Option(help="Of a CSV file, as cp949; found out where not said.")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="File to write: .parquet, .csv or .xlsx.")
]


Cluster = Annotated[
    Literal["ray", "spark"] | None,
    typer.Option(help="Fit there: RAY_ADDRESS or SPARK_MASTER, or a local one."),
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
        codes=CODES,
    )
    group.command(OF_FILE, epilog=example)(forecast_any_file)
    example = epilog("takt forecast backtest sales.csv --horizon 28 --origins 4", codes=CODES)
    group.command("backtest", epilog=example)(backtest_any_file)
    app.add_typer(group, name="forecast")


def forecast_any_file(
    path: FileArgument,
    horizon: Horizon,
    season: Seasons = None,
    out: Out = None,
    budget: Budget = None,
    workers: Workers = 1,
    cluster: Cluster = None,
    measure: Measure = "auto",
    time: TimeColumn = None,
    value: ValueColumn = None,
    series: SeriesColumns = None,
    gaps: Gaps = "auto",
    duplicates: Duplicates = "refuse",
    negatives: Negatives = "refuse",
    time_zone: TimeZone = None,
    day_first: DayFirst = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that samples.")] = 1,
    as_json: Json = False,
) -> None:
    """Forecast every series of a file, with quantiles, and say how good that is.

    Nothing about the file needs to be known: which column is what, its frequency and seasons are
    found out, members are chosen and weighed on its own past.
    """
    from pipelines.forecasting.ahead import forecast_file, store

    _refuse_output(out)
    file = _read(path, (time, value, series, day_first, sheet, encoding))
    rules = (gaps, duplicates, negatives, time_zone)
    with _progress() as report, _bad_input(), _spread(cluster, workers) as count:
        config = _config(horizon, season, budget, count, measure, seed, rules)
        found = forecast_file(file, config, report)
        if out is not None:
            store(found.table, out)
    if as_json:
        print_json(_document(found, with_table=out is None))
    else:
        _show(found)
    if out is not None:
        say(f"{out}: {len(found.table):,} rows, {', '.join(found.table.columns)}")
    elif not as_json:
        say("--out FILE writes the forecast itself")


def backtest_any_file(
    path: FileArgument,
    horizon: Horizon,
    origins: Annotated[int, typer.Option(min=1, max=60, help="Past times to forecast from.")] = 3,
    season: Seasons = None,
    out: Out = None,
    budget: Budget = None,
    workers: Workers = 1,
    cluster: Cluster = None,
    measure: Measure = "auto",
    time: TimeColumn = None,
    value: ValueColumn = None,
    series: SeriesColumns = None,
    gaps: Gaps = "auto",
    duplicates: Duplicates = "refuse",
    negatives: Negatives = "refuse",
    time_zone: TimeZone = None,
    day_first: DayFirst = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that samples.")] = 1,
    as_json: Json = False,
) -> None:
    """Say how good forecasts of a file would have been, everything fitted anew before each origin."""
    from pipelines.forecasting.ahead import backtest_file, store

    _refuse_output(out)
    file = _read(path, (time, value, series, day_first, sheet, encoding))
    rules = (gaps, duplicates, negatives, time_zone)
    with _progress() as report, _bad_input(), _spread(cluster, workers) as count:
        config = _config(horizon, season, budget, count, measure, seed, rules)
        found = backtest_file(file, config, origins, report)
        if out is not None:
            store(found.table, out)
    if as_json:
        print_json({"about": found.about, "accuracy": found.accuracy, "origins": found.by_origin})
    else:
        _show_backtest(found)
    if out is not None:
        say(f"{out}: {len(found.table):,} rows, {', '.join(found.table.columns)}")


def _read(
    path: Path,
    said: tuple[str | None, str | None, list[str] | None, bool | None, str | None, str | None],
) -> TableFile:
    from pipelines.forecasting.table_file import Asked, read_table_file

    with _bad_input():
        file = read_table_file(path, Asked(*said))
    for note in file.columns.notes:
        say(f"columns: {note}")
    return file


def _config(
    horizon: int,
    season: list[int] | None,
    budget: float | None,
    workers: int,
    measure: Any,
    seed: int,
    rules: tuple[Any, Any, Any, str | None],
) -> ForecastConfig:
    from models.demand.general.config import ForecastConfig
    from models.demand.general.table import TableRules

    return ForecastConfig(
        horizon=horizon,
        seasons=tuple(season or ()),
        measure=measure,
        seconds=budget,
        workers=workers,
        seed=seed,
        rules=TableRules(*rules),
    )


def _refuse_output(out: Path | None) -> None:
    """Before anything is worked out, not after."""
    from pipelines.forecasting.ahead import OUTPUTS

    if out is not None and out.suffix.casefold() not in OUTPUTS:
        raise CommandError(f"--out {out}: expected a name that ends in {', '.join(OUTPUTS)}")


def _show(found: Ahead) -> None:
    _show_about(found.about)
    told = (
        f"{found.origins} past origins, weights of each chosen on the others"
        if found.origins > 1
        else "one past origin, on which weights were chosen too"
    )
    _show_accuracy(f"accuracy on {told}", found.accuracy)
    rows = [
        (
            name,
            ", ".join(
                f"{member} {share:.0%}" for member, share in list(used.items())[:SHOWN_MEMBERS]
            ),
        )
        for name, used in found.members.items()
    ]
    print_table("members chosen", ["class", "share"], rows)
    for name, seconds in found.left_out.items():
        say(f"left out for want of time: {name}, about {seconds:,.0f} s; --budget gives more")


def _show_backtest(found: TrialOfFile) -> None:
    _show_about(found.about)
    _show_accuracy(f"accuracy on {len(found.by_origin)} origins", found.accuracy)
    rows = [(cut, *_figures(one)) for cut, one in found.by_origin.items()]
    print_table("by origin", ["steps before the end", *FIGURES], rows)


FIGURES = ("WAPE", "seasonal naive", "bias", "scaled error", "within q10..q90")


def _show_about(about: About) -> None:
    classes = ", ".join(f"{count:,} {name}" for name, count in about.classes.items())
    seasons = ", ".join(map(str, about.seasons)) if about.seasons != (1,) else "none"
    rows = [
        ("columns", about.columns[0]),
        ("series", f"{about.series:,} ({classes})"),
        ("values", f"{about.values:,}"),
        ("frequency", about.frequency),
        ("seasons", seasons),
        ("what counts", about.measure),
        *(("repaired", one) for one in about.repairs),
    ]
    print_table(about.path, ["", ""], rows)


def _show_accuracy(title: str, accuracy: tuple[Accuracy, ...]) -> None:
    rows = [(one.series_class, one.series, *_figures(one)) for one in accuracy]
    columns = ["class", "series", *FIGURES]
    if all(one.covered is None for one in accuracy):
        rows, columns = [row[:-1] for row in rows], columns[:-1]
    print_table(title, columns, rows)


def _figures(one: Accuracy) -> tuple[str, ...]:
    def share(value: float | None) -> str:
        return "" if value is None else f"{value:.1%}"

    scaled = "" if one.scaled is None else f"{one.scaled:.3f}"
    return share(one.wape), share(one.naive), share(one.bias), scaled, share(one.covered)


def _document(found: Ahead, *, with_table: bool) -> dict[str, Any]:
    document = {
        "about": found.about,
        "accuracy": found.accuracy,
        "origins": found.origins,
        "members": found.members,
        "left_out": found.left_out,
    }
    if with_table:
        plain = found.table.assign(ds=found.table["ds"].astype(str))
        document["forecast"] = plain.to_dict("records")
    return document


@contextmanager
def _spread(cluster: Literal["ray", "spark"] | None, workers: int) -> Iterator[int]:
    """Pieces of work go to the cluster within the block; yields how many are done at once."""
    if cluster is None:
        yield workers
        return
    from models.demand.general.workers import elsewhere
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
        from pipelines.forecasting.table_file import FileError
        from pipelines.platform.ray import RayUnreachableError
        from pipelines.platform.spark import SparkUnavailableError

        if isinstance(error, FileError | DemandError):
            raise CommandError(str(error)) from error
        if isinstance(error, RayUnreachableError | SparkUnavailableError):
            raise CommandError(str(error), FAILED) from error
