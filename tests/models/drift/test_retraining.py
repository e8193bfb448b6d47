"""From verdicts to what is fitted anew."""

from __future__ import annotations

from models.drift import Judgement, Kind, Verdict, decide_retraining


def _judged(kind: Kind, verdict: Verdict) -> Judgement:
    return Judgement(kind, verdict, "measure", 1.0, 0.5, "it moved", ())


def _due(*judgements: Judgement, age: float | None = 8.0) -> dict[str, str]:
    ages = {"demand": age, "rates": age, "late-risk": age}
    found = decide_retraining(judgements, ages, least_days=7, most_days=30)
    return {one.model: one.reason for one in found if one.is_due}


def test_a_model_is_fitted_anew_where_what_it_answers_from_drifted() -> None:
    assert _due(_judged("inputs", "drift")) == dict.fromkeys(
        ("demand", "rates", "late-risk"), "inputs drifted: it moved"
    )
    assert set(_due(_judged("forecast", "drift"))) == {"demand"}
    assert set(_due(_judged("predictions", "drift"))) == {"demand"}
    assert set(_due(_judged("schedule", "drift"))) == {"rates", "late-risk"}
    both = _due(_judged("inputs", "drift"), _judged("forecast", "drift"))
    assert both["demand"] == "inputs drifted: it moved; forecast drifted: it moved"


def test_a_warning_fits_nothing_and_is_told() -> None:
    assert _due(_judged("inputs", "warn"), _judged("forecast", "ok")) == {}
    (decision, *_) = decide_retraining([_judged("inputs", "warn")], {"demand": 3.0}, 7, 30)
    assert decision.reason == "nothing that concerns it drifted, inputs doubtful"


def test_an_old_model_is_fitted_anew_whatever_drifts() -> None:
    assert set(_due(age=30.0)) == {"demand", "rates", "late-risk"}
    assert _due(age=29.0) == {}


def test_a_model_that_was_never_fitted_is_not_retrained() -> None:
    assert _due(_judged("inputs", "drift"), age=None) == {}


def test_a_model_that_has_seen_the_drifted_days_is_left() -> None:
    assert _due(_judged("inputs", "drift"), age=6.0) == {}
    (decision,) = decide_retraining([_judged("inputs", "drift")], {"demand": 0.0}, 7, 30)
    assert decision.reason.endswith("it has seen all but 0 days, fewer than 7")
