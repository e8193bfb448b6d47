"""The decision: who is champion after a contest, by which test, and why, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from models.contest.losses import ContestError, Losses
from models.contest.significance import Difference, compare, holm

Outcome = Literal[
    "first", "other data", "better", "as good and better calibrated", "worse in a class", "kept"
]
PROMOTED: tuple[Outcome, ...] = ("first", "other data", "better", "as good and better calibrated")


@dataclass(frozen=True, slots=True)
class Rules:
    """What it takes to be promoted.

    Parameters
    ----------
    alpha
        Chance of error allowed, over all the challengers and classes of a contest together.
    tolerance
        Loss of accuracy, as a share of the champion's, within which a challenger counts as equal.
    calibration_gain
        How much closer to their promise, in share of cases, an equal challenger's intervals must be.
    """

    alpha: float = 0.05
    tolerance: float = 0.01
    calibration_gain: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.tolerance < 0 or self.calibration_gain < 0:
            raise ContestError(
                "rules: expected alpha between 0 and 1, tolerance and calibration_gain of at least 0, "
                f"found {self.alpha}, {self.tolerance} and {self.calibration_gain}"
            )


@dataclass(frozen=True, slots=True)
class Contender:
    """One model in the contest, tried on the same cases as the others.

    Parameters
    ----------
    name
        What it is called in the reason, as "version 3".
    miscalibration
        Mean distance between the promised and the found share of cases (of intervals, or of predicted
        probabilities); None where it promises nothing.
    """

    name: str
    losses: Losses
    miscalibration: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who is champion now, and what that rests on.

    Parameters
    ----------
    challenger
        The name of the best challenger.
    gain, low, high
        Its gain over the champion, as a share of the champion's loss, and the interval of it.
    p_better, p_equal
        Adjusted p-values of "no better", and of "worse by more than the tolerance".
    classes
        The gain in each class of series, where classes were told.
    """

    outcome: Outcome
    reason: str
    challenger: str
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    p_better: float | None = None
    p_equal: float | None = None
    classes: Mapping[str, float] = field(default_factory=dict)

    @property
    def promotes(self) -> bool:
        """Whether the challenger becomes champion."""
        return self.outcome in PROMOTED

    def document(self) -> dict[str, Any]:
        """Return the decision as plain values, for a record that is kept."""
        return {**asdict(self), "classes": dict(self.classes), "promotes": self.promotes}


def first(challenger: str, why: str = "", *, other_data: bool = False) -> Decision:
    """Return the decision where there is nobody, or nobody comparable, to meet."""
    if other_data:
        return Decision("other data", why or "the champion knows other series", challenger)
    return Decision("first", why or "there was no champion", challenger)


def decide(
    champion: Contender,
    challengers: Sequence[Contender],
    rules: Rules | None = None,
    classes: Sequence[str] = (),
    overlap: int = 1,
    attempts: int = 1,
) -> Decision:
    """Return whether the best of the challengers is promoted.

    It is where it is significantly better; or where it is significantly no worse than the tolerance
    and its intervals keep their promise better. Either way it must not be significantly worse, beyond
    the tolerance, in any class of series.

    Parameters
    ----------
    classes : shape (series,)
        The class of each series; none: they are of one class.
    overlap
        Origins that one horizon reaches over (`compare`).
    attempts
        How many contests these same data have decided so far, this one included: trying again and
        again on the same days is a comparison each.

    Raises
    ------
    ContestError
        Where there is no challenger, or one was not tried on the champion's cases.
    """
    if not challengers:
        raise ContestError("expected at least one challenger, found none")
    rules = rules or Rules()
    found = [compare(champion.losses, one.losses, overlap) for one in challengers]
    adjusted = holm([one.chance(0.0) for one in found])
    place = int(np.argmax([one.gain for one in found]))
    best, challenger = found[place], challengers[place]
    p_better = min(1.0, adjusted[place] * max(1, attempts))
    p_equal = min(1.0, best.chance(-rules.tolerance) * len(found) * max(1, attempts))
    gains = _by_class(champion, challenger, classes, overlap)
    outcome, why = _outcome(champion, challenger, rules, p_better, p_equal, gains)
    told = f"{challenger.name} against {champion.name}: {why}"
    return Decision(
        outcome,
        f"{told} (gain {best.gain:+.2%}, p = {p_better:.3f})",
        challenger.name,
        gain=_finite(best.gain),
        low=_finite(best.low),
        high=_finite(best.high),
        p_better=p_better,
        p_equal=p_equal,
        classes={name: one.gain for name, one in gains.items()},
    )


def _outcome(
    champion: Contender,
    challenger: Contender,
    rules: Rules,
    p_better: float,
    p_equal: float,
    gains: Mapping[str, Difference],
) -> tuple[Outcome, str]:
    worse = _worse_class(gains, rules)
    closer = _closer(champion, challenger)
    is_better = p_better <= rules.alpha
    is_equal = p_equal <= rules.alpha and closer is not None and closer >= rules.calibration_gain
    if not (is_better or is_equal):
        return "kept", "neither significantly better, nor as good and better calibrated"
    if worse is not None:
        return "worse in a class", f"better over all, significantly worse for {worse} series"
    if is_better:
        return "better", "significantly better"
    return (
        "as good and better calibrated",
        f"as good within {rules.tolerance:.1%}, intervals {closer:.1%} closer to their promise",
    )


def _by_class(
    champion: Contender, challenger: Contender, classes: Sequence[str], overlap: int
) -> dict[str, Difference]:
    if not len(classes):
        return {}
    labels = np.asarray(classes)
    if len(labels) != champion.losses.total.shape[1]:
        raise ContestError(
            f"classes: expected one for each of {champion.losses.total.shape[1]} series, found "
            f"{len(labels)}"
        )
    gains = {}
    for name in sorted(set(classes)):
        ours, theirs = champion.losses.only(labels == name), challenger.losses.only(labels == name)
        if ours is not None and theirs is not None:
            gains[name] = compare(ours, theirs, overlap)
    return gains


def _worse_class(gains: Mapping[str, Difference], rules: Rules) -> str | None:
    """The class in which the loss beyond the tolerance is surest, if it is sure enough."""
    judged = {name: one for name, one in gains.items() if one.freedom}
    if not judged:
        return None
    # The chance of "no worse than the tolerance": the mirror image of that of "no better".
    chances = holm([1.0 - one.chance(-rules.tolerance) for one in judged.values()])
    chance, surest = min(zip(chances, judged, strict=True))
    return surest if chance <= rules.alpha else None


def _closer(champion: Contender, challenger: Contender) -> float | None:
    if champion.miscalibration is None or challenger.miscalibration is None:
        return None
    return champion.miscalibration - challenger.miscalibration


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
