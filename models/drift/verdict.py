"""The verdicts: from compared columns and figures to ok, warn or drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from models.drift.samples import Floats, Kind

Verdict = Literal["ok", "warn", "drift"]
KINDS: tuple[Kind, ...] = ("inputs", "predictions", "forecast", "schedule")
SEVERITY: tuple[Verdict, ...] = ("ok", "warn", "drift")

# Two-sample Kolmogorov-Smirnov: right for a few dozen days a side, where distances between
# distributions mostly measure the smallness of the sample.
P_VALUE = 0.05
# One in twenty columns falls below P_VALUE by chance; a warning needs half the share of a drift.
WARN_OF_SHARE = 0.5
# A forecast whose error grew by a quarter is worth a look before it is worth nothing.
WARN_ERROR_GROWTH = 1.25
# Shares of planned units: produced, or backed by past output.
WARN_ADHERENCE, LEAST_ADHERENCE = 0.9, 0.75


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the test said of one column: its p-value, and the means that were compared."""

    column: str
    p_value: float
    reference_mean: float
    current_mean: float

    @property
    def has_drifted(self) -> bool:
        """Whether the two samples are unlikely to be of one distribution."""
        return self.p_value < P_VALUE

    @property
    def moved_away_from_zero(self) -> bool:
        """Whether the current mean is further from zero than the reference's."""
        return abs(self.current_mean) > abs(self.reference_mean)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict of one kind: the measure it rests on, its value, its threshold, and the columns.

    Parameters
    ----------
    statistic
        None where there was nothing to measure; the verdict then is a warning that says so.
    """

    kind: Kind
    verdict: Verdict
    measure: str
    statistic: float | None
    threshold: float
    reason: str
    columns: tuple[Comparison, ...]

    @property
    def drifted_columns(self) -> tuple[str, ...]:
        """The names of the columns that drifted."""
        return tuple(one.column for one in self.columns if one.has_drifted)


def judge_inputs(columns: Sequence[Comparison], share: float) -> Judgement:
    """Return drift where at least `share` of the columns drifted, a warning from half of it on."""
    drifted = [one.column for one in columns if one.has_drifted]
    found = len(drifted) / len(columns) if columns else None
    if found is None:
        return _unmeasured("inputs", "share of columns drifted", share)
    verdict = _graded(found >= share, found >= share * WARN_OF_SHARE)
    reason = f"{len(drifted)} of {len(columns)} columns drifted (p < {P_VALUE})"
    return Judgement(
        "inputs", verdict, "share of columns drifted", found, share, reason, tuple(columns)
    )


def judge_forecast(
    columns: Sequence[Comparison], recent: Floats, earlier: Floats, most: float
) -> Judgement:
    """Return drift where the recent error is above `most`, a warning where error or bias worsened.

    Parameters
    ----------
    recent, earlier
        WAPE by backtest window; the means of the two are compared.
    """
    measure = "mean WAPE of recent backtest windows"
    if not len(recent):
        return _unmeasured("forecast", measure, most)
    found = float(recent.mean())
    before = float(earlier.mean()) if len(earlier) else found
    worsened = any(one.has_drifted and one.moved_away_from_zero for one in columns)
    verdict = _graded(found > most, found > before * WARN_ERROR_GROWTH or worsened)
    told = f"{before:.3f} before" if len(earlier) else "none before"
    reason = f"WAPE {found:.3f}, {told}, at most {most:g}"
    return Judgement("forecast", verdict, measure, found, most, reason, tuple(columns))


def judge_predictions(columns: Sequence[Comparison], most: float) -> Judgement:
    """Return drift where forecasts moved by at least `most` of their former mean, and not by chance.

    A warning where they are unlike the former ones in any other way.
    """
    measure = "change of the mean forecast, as a share"
    if not columns:
        return _unmeasured("predictions", measure, most)
    shifts = [
        abs(one.current_mean / one.reference_mean - 1)
        if one.reference_mean
        else float(one.current_mean != 0)
        for one in columns
    ]
    found = max(shifts)
    moved = [
        one for one, shift in zip(columns, shifts, strict=True) if one.has_drifted and shift >= most
    ]
    verdict = _graded(bool(moved), any(one.has_drifted for one in columns))
    worst_one = columns[shifts.index(found)]
    reason = (
        f"{worst_one.column}: {worst_one.current_mean:,.0f} on average, "
        f"{worst_one.reference_mean:,.0f} before (p = {worst_one.p_value:.3f})"
    )
    return Judgement("predictions", verdict, measure, found, most, reason, tuple(columns))


def judge_adherence(
    columns: Sequence[Comparison], executed: float | None, demonstrated: float
) -> Judgement:
    """Return the verdict on the share of planned units that were produced.

    While nothing of a published plan has been executed, past output stands in for it: the share
    of planned units that it backs. The measure's name says which of the two it is.
    """
    found = demonstrated if executed is None else executed
    measure = (
        "planned units backed by past output" if executed is None else "planned units produced"
    )
    verdict = _graded(found < LEAST_ADHERENCE, found < WARN_ADHERENCE)
    reason = f"{found:.1%} of {measure}, at least {LEAST_ADHERENCE:.0%}"
    return Judgement("schedule", verdict, measure, found, LEAST_ADHERENCE, reason, tuple(columns))


def worst(judgements: Sequence[Judgement]) -> Verdict:
    """Return the gravest of the verdicts."""
    return max((one.verdict for one in judgements), key=SEVERITY.index, default="ok")


def _graded(has_drifted: bool, is_doubtful: bool) -> Verdict:
    if has_drifted:
        return "drift"
    return "warn" if is_doubtful else "ok"


def _unmeasured(kind: Kind, measure: str, threshold: float) -> Judgement:
    return Judgement(kind, "warn", measure, None, threshold, "nothing to compare yet", ())
