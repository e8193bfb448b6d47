"""The decision: which models are fitted anew because of what drifted, and which are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.drift.samples import Kind
from models.drift.verdict import Judgement

# What each model answers from, and what shows that it answers wrongly.
CONCERNS: Mapping[str, tuple[Kind, ...]] = {
    "demand": ("inputs", "predictions", "forecast"),
    "rates": ("inputs", "schedule"),
    "late-risk": ("inputs", "schedule"),
}


@dataclass(frozen=True, slots=True)
class RetrainingDecision:
    """Whether a model is fitted anew, and why or why not."""

    model: str
    is_due: bool
    reason: str


def decide_retraining(
    judgements: Sequence[Judgement],
    age_days: Mapping[str, float | None],
    least_days: float,
    most_days: float,
) -> tuple[RetrainingDecision, ...]:
    """Return for each model of `age_days` whether it is fitted anew.

    It is where anything that concerns it has drifted, and where it is `most_days` old whatever
    drifts. A warning alone fits nothing. Nor does drift before there are `least_days` that the model
    has not seen: fitted on the same days it would be the same model. A model that is not there yet
    (age None) is not retrained: the step that uses it fits it.

    Parameters
    ----------
    age_days
        Of each model, days of history that it has not seen.
    """
    return tuple(
        _decide(model, judgements, age, least_days, most_days) for model, age in age_days.items()
    )


def _decide(
    model: str,
    judgements: Sequence[Judgement],
    age: float | None,
    least_days: float,
    most_days: float,
) -> RetrainingDecision:
    if age is None:
        return RetrainingDecision(model, False, "never fitted yet")
    concerning = [one for one in judgements if one.kind in CONCERNS.get(model, ())]
    drifted = [one for one in concerning if one.verdict == "drift"]
    told = "; ".join(f"{one.kind} drifted: {one.reason}" for one in drifted)
    if drifted and age < least_days:
        seen = f"it has seen all but {age:.0f} days"
        return RetrainingDecision(model, False, f"{told}; {seen}, fewer than {least_days:g}")
    if drifted:
        return RetrainingDecision(model, True, told)
    if age >= most_days:
        return RetrainingDecision(model, True, f"fitted {age:.0f} days ago, {most_days:g} at most")
    warned = [one.kind for one in concerning if one.verdict == "warn"]
    doubt = f", {' and '.join(warned)} doubtful" if warned else ""
    return RetrainingDecision(model, False, f"nothing that concerns it drifted{doubt}")
