"""The contest of line rates: on runs of days that neither model learnt from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.contest import Decision, Rules
from models.rates import RateModel
from pipelines.output.rates.contest import (
    Champion,
    absolute_errors,
    can_judge,
    meet,
    miscalibration,
    said_of,
    unseen,
)
from pipelines.output.rates.line_runs import RateFit, fit_rates

UNTIL = date(2026, 1, 14)
SPEEDS = {f"L{number}": 0.7 + 0.04 * number for number in range(6)}


def _runs(days: int = 15) -> pd.DataFrame:
    """Two runs a day of each of six lines from 5 January on, near the line's own speed."""
    rng = np.random.default_rng(1)
    rows = [
        (line, "a", pd.Timestamp(2026, 1, 5) + pd.Timedelta(days=day, hours=hour), speed)
        for day in range(days)
        for line, speed in SPEEDS.items()
        for hour in (6, 14)
    ]
    runs = pd.DataFrame(rows, columns=["line", "item", "start", "share"])
    return runs.assign(
        share=runs["share"] + rng.normal(0, 0.03, len(runs)),
        yields=np.clip(0.97 + rng.normal(0, 0.01, len(runs)), 0, 1),
        minutes=180.0,
        since_changeover=0.0,
        shift=(runs["start"].dt.hour // 8).astype(str),
        planned=1.0,
    )


@pytest.fixture(scope="module")
def fitted() -> RateFit:
    runs = _runs()
    return fit_rates(runs[runs["start"] < pd.Timestamp(UNTIL) + pd.Timedelta(days=1)], 3, 1)


def _spoiled(model: RateModel) -> RateModel:
    """The model, listening to master data alone."""
    return replace(model, voice=replace(model.voice, weights={"reference": 1.0}), kinds={})


def _meet(model: RateFit, runs: pd.DataFrame) -> Decision:
    return meet(Champion("version 1", model, UNTIL), runs, 1, Rules(), 1, lambda _: None)


def test_a_champion_that_listens_to_master_data_alone_is_beaten_on_new_runs(
    fitted: RateFit,
) -> None:
    spoiled = _meet(replace(fitted, speed=_spoiled(fitted.speed)), _runs())
    assert spoiled.outcome == "better"
    assert spoiled.gain is not None
    assert spoiled.gain > 0.3


@pytest.mark.slow
def test_a_challenger_of_the_same_recipe_is_as_good_and_the_champion_stays(fitted: RateFit) -> None:
    found = _meet(fitted, _runs())
    assert found.outcome == "kept"
    assert found.gain is not None
    assert abs(found.gain) < 0.1


def test_too_few_new_runs_judge_nobody_and_the_challenger_takes_the_place(fitted: RateFit) -> None:
    found = _meet(fitted, _runs(13))
    assert found.outcome == "other data"
    assert found.promotes
    assert "36 runs since its history" in found.reason


def test_new_runs_with_too_few_before_them_judge_nobody(fitted: RateFit) -> None:
    runs = _runs()
    found = _meet(fitted, runs[runs["start"] >= pd.Timestamp(UNTIL)])
    assert found.outcome == "other data"
    assert "60 runs since its history, 0 of them with enough before" in found.reason


def test_many_runs_of_few_days_judge_nobody() -> None:
    runs = _runs()
    assert can_judge(runs)
    assert not can_judge(runs.head(59))
    assert not can_judge(pd.concat([runs.head(48)] * 2))


def test_the_rest_of_the_last_day_known_is_not_new() -> None:
    new = unseen(_runs(), UNTIL)
    assert new["start"].min() == pd.Timestamp(2026, 1, 15, 6)


def test_what_is_said_of_a_day_rests_on_nothing_made_from_then_on(fitted: RateFit) -> None:
    runs = _runs()
    later = runs["start"] >= pd.Timestamp(2026, 1, 18)
    asked = runs[runs["start"].dt.normalize() == pd.Timestamp(2026, 1, 18)]
    one, two = (
        said_of(fitted, known, asked, "champion").filter(like="champion")
        for known in (runs, runs.assign(share=runs["share"].mask(later, 5.0)))
    )
    pd.testing.assert_frame_equal(one, two)
    earlier = runs.assign(share=runs["share"].mask(~later, 5.0))
    other = said_of(fitted, earlier, asked, "champion")
    assert (other["share_champion"] - one["share_champion"]).abs().max() > 0.01


def test_errors_of_speed_and_yield_count_by_day_and_line() -> None:
    runs = _runs(6).assign(
        share_x=lambda t: t["share"] + 0.1, yields_x=lambda t: t["yields"] - 0.02
    )
    losses = absolute_errors(runs, "x")
    assert losses.total.shape == (6, 6)
    assert (losses.count == 2).all()
    assert losses.mean == pytest.approx(0.12)


def test_intervals_are_as_far_off_their_promise_as_values_lie_within() -> None:
    runs = _runs(6)
    wide = runs.assign(share_x_q10=0.0, share_x_q90=2.0, yields_x_q10=2.0, yields_x_q90=3.0)
    assert miscalibration(wide, "x") == pytest.approx((0.2 + 0.8) / 2)
