"""What is shown of a file's forecast or backtest: tables, and the JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.commands.output import print_table, say

if TYPE_CHECKING:
    from pipelines.forecasting.accuracy import Accuracy
    from pipelines.forecasting.ahead import About, Ahead, TrialOfFile
    from pipelines.forecasting.outlook import Outlook

SHOWN_MEMBERS = 6
SHOWN_STEPS = 14
DAYS = {
    "MON": "Monday", "TUE": "Tuesday", "WED": "Wednesday", "THU": "Thursday", "FRI": "Friday",
    "SAT": "Saturday", "SUN": "Sunday",
}  # fmt: skip
MEASURES = {
    "owa": "each series alike, its median (owa)",
    "wape": "volume, its median (wape)",
    "rmsse": "the mean, for totals (rmsse)",
}
STEPS = {
    "s": "seconds", "min": "minutes", "h": "hours", "D": "days", "B": "working days", "W": "weeks",
    "MS": "months", "ME": "months, by their last day", "3MS": "quarters",
    "3ME": "quarters, by their last day", "12MS": "years", "12ME": "years, by their last day",
}  # fmt: skip
FIGURES = ("WAPE", "seasonal naive", "bias", "scaled error", "within q10..q90")


def show_forecast(found: Ahead) -> None:
    """Print what the file was found to be, what is to come, how good that is, and of which members."""
    _show_about(found.about)
    _show_outlook(found.outlook)
    told = (
        f"{found.origins} past origins, weights of each chosen on the others"
        if found.origins > 1
        else "one past origin, on which weights were chosen too"
    )
    if found.accuracy:
        _show_accuracy(f"accuracy on {told}", found.accuracy)
    else:
        say("accuracy: not known, the series are too short to be forecast from an earlier time")
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
    if found.left_out:
        named = [f"{name} ({seconds:,.0f} s)" for name, seconds in found.left_out.items()]
        say(f"left out for want of time: {', '.join(named)}; --budget gives more")


def show_backtest(found: TrialOfFile) -> None:
    """Print what the file was found to be and how good forecasts of it would have been."""
    _show_about(found.about)
    _show_accuracy(f"accuracy on {len(found.by_origin)} origins", found.accuracy)
    rows = [(cut, *_figures(one)) for cut, one in found.by_origin.items()]
    print_table("by origin", ["steps before the end", *FIGURES], rows)


def _show_outlook(outlook: tuple[Outlook, ...]) -> None:
    """One series step by step; of several the largest, a step on average, and the next step."""
    if not outlook:
        return
    if len(outlook) == 1:
        rows = [
            (one.time, _figure(one.mean), _figure(one.low), _figure(one.high))
            for one in outlook[0].steps[:SHOWN_STEPS]
        ]
        more = len(outlook[0].steps) - len(rows)
        title = f"forecast, the first {len(rows)} steps" if more else "forecast"
        print_table(title, ["time", "mean", "q10", "q90"], rows)
        return
    told = []
    for one in outlook:
        step = one.steps[0] if one.steps else None
        change = "" if one.change is None else f"{one.change:+.1%}"
        first = f"{_figure(step.low)} to {_figure(step.high)}" if step else ""
        told.append((one.series, _figure(one.before), _figure(one.ahead), change, first))
    columns = ["series", "last steps", "next steps", "change", "next step, q10 to q90"]
    print_table("forecast of the largest series, a step on average", columns, told)


def _figure(value: float) -> str:
    """A value with the figures that it needs: three at least."""
    size = abs(value)
    places = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 4
    return f"{value:,.{places}f}"


def step_words(frequency: str) -> str:
    """A frequency in words, as pandas writes it behind."""
    count = frequency[: len(frequency) - len(frequency.lstrip("0123456789"))]
    code, _, day = frequency.partition("-")
    words = STEPS.get(code) or STEPS.get(code.removeprefix(count))
    if words is None:
        return frequency
    many = f"{count} " if count and code not in STEPS else ""
    named = f", named by their {DAYS.get(day, day)}" if day else ""
    return f"{many}{words}{named} ({frequency})"


def _show_about(about: About) -> None:
    classes = ", ".join(f"{count:,} {name}" for name, count in about.classes.items())
    seasons = ", ".join(map(str, about.seasons)) if about.seasons != (1,) else "none"
    rows = [
        ("columns", about.columns[0]),
        ("series", f"{about.series:,} ({classes})"),
        ("values", f"{about.values:,}"),
        ("steps", step_words(about.frequency)),
        ("seasons", seasons),
        ("what counts", MEASURES.get(about.measure, about.measure)),
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
        "outlook": found.outlook,
    }
    if with_table:
        plain = found.table.assign(ds=found.table["ds"].astype(str))
        document["forecast"] = plain.to_dict("records")
    return document
