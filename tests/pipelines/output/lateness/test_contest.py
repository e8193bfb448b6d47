"""The contest of late risk: on looks that neither model learnt from, or on what both were tried on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from envs.history import simulate_history
from models.contest import Rules
from models.late_risk import LateRiskConfig, fit
from pipelines.output.lateness.ages import SCHEMA, order_cases
from pipelines.output.lateness.contest import Champion, can_judge, meet, squared_errors, unseen
from pipelines.output.lateness.orders import LOOK

QUICK = LateRiskConfig(rounds=20, folds=2, half_life_days=365.0)
NEVER = date(2099, 1, 1)


def _tried(rng: np.random.Generator, sharpness: float, looks: int = 900) -> pd.DataFrame:
    """Looks over ten weeks; the chances know the truth as well as `sharpness` says."""
    truth = np.random.default_rng(5).random(looks)
    asked = pd.Timestamp("2023-04-03") + pd.to_timedelta(np.arange(looks) % 70, unit="D")
    table = pd.DataFrame(
        {
            "item": [f"P{number % 20}" for number in range(looks)],
            "ordered": asked - pd.Timedelta(days=2),
            "due": asked + pd.Timedelta(days=3),
            "asked": asked,
            "late": (np.random.default_rng(6).random(looks) < truth).astype(float),
        }
    )
    table["ordered"] -= pd.to_timedelta(np.arange(looks), unit="s")
    guessed = sharpness * truth + (1 - sharpness) * rng.random(looks)
    return table.assign(chance=guessed)


def _meet(champion: pd.DataFrame, challenger: pd.DataFrame, attempts: int = 1) -> Any:
    nobody: Any = None
    who = Champion("version 1", nobody, NEVER, champion)
    return meet(who, challenger, challenger, QUICK, Rules(), attempts, lambda _: None)


def test_who_says_better_chances_of_the_same_looks_becomes_champion() -> None:
    rng = np.random.default_rng(1)
    dull, sharp = _tried(rng, 0.3), _tried(rng, 0.9)
    found = _meet(dull, sharp)
    assert found.outcome == "better"
    assert found.gain == pytest.approx(
        1
        - ((sharp["chance"] - sharp["late"]) ** 2).mean()
        / ((dull["chance"] - dull["late"]) ** 2).mean()
    )
    assert not _meet(sharp, dull).promotes
    assert not _meet(sharp, sharp).promotes


def test_trying_again_on_the_same_days_makes_it_harder() -> None:
    rng = np.random.default_rng(1)
    dull, sharp = _tried(rng, 0.60), _tried(rng, 0.66)
    once, often = _meet(dull, sharp), _meet(dull, sharp, attempts=20)
    assert once.p_better is not None
    assert often.p_better == pytest.approx(min(1.0, 20 * once.p_better))


def test_those_that_were_tried_on_other_looks_are_not_compared() -> None:
    rng = np.random.default_rng(1)
    one, other = _tried(rng, 0.3), _tried(rng, 0.9)
    found = _meet(one.assign(due=one["due"] + pd.Timedelta(days=1)), other)
    assert found.outcome == "other data"
    assert "0 that both were tried on" in found.reason


def test_chances_are_judged_by_squared_errors_of_weeks_and_products() -> None:
    looks = _tried(np.random.default_rng(1), 0.5)
    losses = squared_errors(looks, "chance")
    assert losses.total.shape == (10, 20)
    assert losses.count.sum() == len(looks)
    assert losses.mean == pytest.approx(((looks["chance"] - looks["late"]) ** 2).mean())


def test_few_looks_or_one_outcome_judge_nobody() -> None:
    looks = _tried(np.random.default_rng(1), 0.5)
    assert can_judge(looks)
    assert not can_judge(looks.head(150))
    assert not can_judge(looks.assign(late=0.0))


def test_looks_at_an_order_stay_the_same_as_days_go_by() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    last = pd.to_datetime(daily["ds"]).max()
    before = daily[pd.to_datetime(daily["ds"]) <= last - pd.Timedelta(days=10)]
    whole, part = (order_cases(table, 0.8, seed=1) for table in (daily, before))
    both = part.merge(whole, on=["item", "ordered", "due"], suffixes=("", "_later"))
    stable = both.groupby(["item", "ordered"])["asked"].agg(set)
    later = both.groupby(["item", "ordered"])["asked_later"].agg(set)
    assert len(stable) > 500
    assert np.mean([one <= other for one, other in zip(stable, later, strict=True)]) == 1.0


def test_new_looks_end_after_the_champions_history() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    until = pd.to_datetime(daily["ds"]).max() - pd.Timedelta(days=30)
    new = unseen(order_cases(daily, 0.8, seed=1), until.date())
    assert len(new) > 100
    assert (new["due"] > until).all()
    known = order_cases(daily[pd.to_datetime(daily["ds"]) <= until], 0.8, seed=1)
    assert new.merge(known, on=list(LOOK)).empty


@pytest.mark.slow
def test_a_champion_that_has_it_backwards_is_beaten_on_new_orders() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    days = pd.to_datetime(daily["ds"])
    until = days.max() - pd.Timedelta(days=40)
    cases = order_cases(daily, 0.8, seed=1)
    model = fit(order_cases(daily[days <= until], 0.8, seed=1), SCHEMA, QUICK)
    nothing = cases.iloc[:0].assign(chance=0.0)
    backwards = replace(model, calibration=replace(model.calibration, offset=0.0, slope=-3.0))
    outcomes = [
        meet(
            Champion("version 1", one, until.date(), nothing),
            cases,
            nothing,
            QUICK,
            Rules(),
            1,
            lambda _: None,
        )
        for one in (backwards, model)
    ]
    assert outcomes[0].outcome == "better"
    assert outcomes[1].outcome not in ("first", "other data")
    assert outcomes[1].gain is not None
    assert abs(outcomes[1].gain) < 0.5 * (outcomes[0].gain or 0.0)
