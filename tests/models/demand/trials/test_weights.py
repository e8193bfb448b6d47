from __future__ import annotations

import numpy as np

from models.demand.trials.trial import Trial
from models.demand.trials.weights import (
    WeightRules,
    fill_members,
    importance,
    loss,
    member_weights,
)


def _trial(forecasts: list[float], actual: float = 10.0) -> Trial:
    shape = (2, 30, 4)
    generator = np.random.default_rng(2)
    came = actual + generator.normal(0, 1, shape)
    said = np.array([np.full(shape, value) for value in forecasts])
    names = tuple(f"m{number}" for number in range(len(forecasts)))
    return Trial(names, (4, 8), said, came, np.ones(shape[:2]), dict.fromkeys(names, 1.0), {})


def test_the_member_that_errs_most_has_no_weight() -> None:
    weights = member_weights(_trial([10.0, 10.2, 40.0]), "owa")
    assert weights.sum() == 1
    assert weights[2] == 0
    assert weights[0] > 0


def test_members_that_are_alike_share_the_weight() -> None:
    weights = member_weights(_trial([10.0, 10.0, 10.0]), "wape")
    assert (weights > 0.1).all()


def test_errors_that_cancel_out_make_two_poor_members_a_good_pair() -> None:
    trial = _trial([8.0, 12.0])
    weights = member_weights(trial, "owa")
    weight = importance(trial, "owa")
    pair = np.einsum("m,mosh->osh", weights, trial.forecasts)
    assert loss(pair, trial, weight, "owa") < loss(trial.forecasts[0], trial, weight, "owa")
    assert abs(weights[0] - 0.5) < 0.1


def test_a_member_that_is_always_low_is_barred_where_totals_count() -> None:
    trial = _trial([10.0, 10.5, 9.8, 6.0])
    assert member_weights(trial, "rmsse")[3] == 0


def test_what_a_member_cannot_say_the_others_say() -> None:
    forecasts = np.array([[[1.0, np.nan]], [[3.0, 5.0]]])
    assert fill_members(forecasts).tolist() == [[[1.0, 5.0]], [[3.0, 5.0]]]


def test_a_trial_without_any_origin_gives_equal_weights() -> None:
    nothing = np.full((2, 1, 3, 4), np.nan)
    trial = Trial(("a", "b"), (4,), nothing, nothing[0], nothing[0, :, :, 0], {}, {})
    assert member_weights(trial, "owa").tolist() == [0.5, 0.5]


def test_where_squared_errors_count_a_member_counts_less_the_further_it_is_behind() -> None:
    generator = np.random.default_rng(2)
    actual = generator.normal(100, 30, (4, 200, 7))
    near = np.full_like(actual, 100.0)
    # The second and third are behind by noise of their own, by 3 and by 10 % of the error.
    forecasts = np.stack(
        [
            near,
            near + generator.normal(0, 7, near.shape),
            near + generator.normal(0, 14, near.shape),
        ]
    )
    trial = Trial(
        ("a", "b", "c"), (28, 21, 14, 7), forecasts, actual, np.ones(actual.shape[:2]), {}, {}
    )
    graded = member_weights(trial, "rmsse")
    assert graded[0] > graded[1] > graded[2]
    strict = member_weights(trial, "rmsse", rules=WeightRules(good_enough=1.0))
    assert strict[0] > 0.9
