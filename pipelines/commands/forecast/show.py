"""What is shown of a file's forecast or backtest: tables, and the JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.commands.output import print_table, say

if TYPE_CHECKING:
    from pipelines.forecasting.accuracy import Accuracy
    from pipelines.forecasting.ahead import About, Ahead, TrialOfFile

SHOWN_MEMBERS = 6
FIGURES = ("WAPE", "seasonal naive", "bias", "scaled error", "within q10..q90")


def show_forecast(found: Ahead) -> None:
    """Print what the file was found to be, how good its forecast is, and of which members."""
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


def show_backtest(found: TrialOfFile) -> None:
    """Print what the file was found to be and how good forecasts of it would have been."""
    _show_about(found.about)
    _show_accuracy(f"accuracy on {len(found.by_origin)} origins", found.accuracy)
    rows = [(cut, *_figures(one)) for cut, one in found.by_origin.items()]
    print_table("by origin", ["steps before the end", *FIGURES], rows)


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
        *(("note", one) for one in about.notes),
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


def document_of(found: Ahead, *, with_table: bool) -> dict[str, Any]:
    """Return all of it as one document."""
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
