from __future__ import annotations

import numpy as np
import pytest

from models.contest import (
    Contender,
    ContestError,
    Losses,
    Rules,
    compare,
    decide,
    first,
    holm,
    losses_from_rows,
)

ORIGINS, SERIES = 8, 40


def _noise(seed: int, spread: float = 0.3) -> np.ndarray:
    return np.random.default_rng(seed).normal(1.0, spread, (ORIGINS, SERIES))


def _contender(name: str, values: np.ndarray, miscalibration: float | None = None) -> Contender:
    return Contender(name, Losses.of(values), miscalibration)


def test_one_series_gives_the_test_of_diebold_and_mariano() -> None:
    # By hand: differences 1, 2, 3, 2 have mean 2 and variance 0.5 (1/n); corrected 0.5 / 3.
    champion, challenger = Losses.of([[3], [4], [6], [7]]), Losses.of([[2], [2], [3], [5]])
    found = compare(champion, challenger)
    assert found.gain == pytest.approx(2 / 5)
    assert found.error == pytest.approx(np.sqrt(0.5 / 3) / 5)
    assert found.freedom == 3


def test_one_origin_gives_the_paired_t_test_over_series() -> None:
    from scipy.stats import ttest_rel

    champion, challenger = _noise(1)[:1], _noise(2)[:1] - 0.1
    found = compare(Losses.of(champion), Losses.of(challenger))
    expected = ttest_rel(champion[0], challenger[0], alternative="greater").pvalue
    assert found.chance(0.0) == pytest.approx(expected)


def test_what_one_week_does_to_all_series_counts_once() -> None:
    rng = np.random.default_rng(3)
    weeks = rng.normal(0.0, 0.3, (ORIGINS, 1)) + 0.1
    champion = _noise(4, 0.01) + weeks
    shared = compare(Losses.of(champion), Losses.of(_noise(5, 0.01)))
    one = compare(Losses.of(champion[:, :1]), Losses.of(_noise(5, 0.01)[:, :1]))
    assert shared.error == pytest.approx(one.error, rel=0.2)


def test_two_equal_models_are_told_apart_about_as_often_as_alpha_says() -> None:
    rng = np.random.default_rng(6)
    wins = 0
    for _ in range(400):
        weeks = rng.normal(0.0, 0.2, (ORIGINS, 1))
        taste = rng.normal(0.0, 0.2, (1, SERIES))
        champion = rng.gamma(4.0, 0.25, (ORIGINS, SERIES)) + 1.0
        challenger = rng.gamma(4.0, 0.25, (ORIGINS, SERIES)) + 1.0 + weeks + taste
        wins += compare(Losses.of(champion), Losses.of(challenger)).chance(0.0) <= 0.1
    assert 0.02 <= wins / 400 <= 0.14


def test_windows_that_overlap_are_not_taken_for_as_many() -> None:
    steps = np.repeat(np.random.default_rng(7).normal(0.1, 0.3, ORIGINS // 2), 2)[:, None]
    champion, challenger = Losses.of(1.0 + steps), Losses.of(np.ones((ORIGINS, 1)))
    apart, overlapping = (compare(champion, challenger, overlap) for overlap in (1, 2))
    assert overlapping.error > apart.error
    assert overlapping.freedom < apart.freedom


def test_holm_raises_chances_in_order_and_never_above_one() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


def test_a_challenger_that_is_significantly_better_is_promoted() -> None:
    champion = _contender("version 1", _noise(8))
    decision = decide(champion, [_contender("version 2", _noise(8) - 0.1 + _noise(9) * 0.01)])
    assert decision.promotes
    assert decision.outcome == "better"
    assert decision.gain == pytest.approx(0.09, abs=0.01)
    assert decision.low is not None
    assert decision.low > 0
    assert decision.reason.startswith("version 2 against version 1: significantly better (gain +")


def test_a_gain_that_chance_could_make_promotes_nobody() -> None:
    decision = decide(_contender("a", _noise(10)), [_contender("b", _noise(11) - 0.01)])
    assert (decision.outcome, decision.promotes) == ("kept", False)


def test_an_equal_challenger_needs_intervals_that_keep_their_promise_better() -> None:
    values = _noise(12)
    near = values + _noise(13, 0.001) * 0.001
    champion = _contender("a", values, 0.06)
    assert decide(champion, [_contender("b", near, 0.055)]).outcome == "kept"
    assert decide(champion, [_contender("b", near)]).outcome == "kept"
    promoted = decide(champion, [_contender("b", near, 0.02)])
    assert promoted.outcome == "as good and better calibrated"
    assert "4.0% closer" in promoted.reason
    far = decide(champion, [_contender("b", values * 1.02, 0.0)])
    assert far.outcome == "kept"


def test_what_is_better_over_all_and_worse_in_a_class_is_not_promoted() -> None:
    classes = ["regular"] * 30 + ["intermittent"] * 10
    values = _noise(14)
    changed = values + _noise(15, 0.01) * 0.001
    changed[:, :30] -= 0.3
    changed[:, 30:] += 0.1
    decision = decide(_contender("a", values), [_contender("b", changed)], classes=classes)
    assert decision.outcome == "worse in a class"
    assert "significantly worse for intermittent series" in decision.reason
    assert decision.classes["regular"] > 0 > decision.classes["intermittent"]


def test_trying_often_makes_winning_by_chance_harder() -> None:
    values = _noise(16)
    lucky = values - 0.04 + np.random.default_rng(17).normal(0.0, 0.3, values.shape)
    champion, challenger = _contender("a", values), _contender("b", lucky)
    alone = decide(champion, [challenger])
    assert alone.outcome == "better"
    assert decide(champion, [challenger], attempts=20).outcome == "kept"
    others = [_contender(f"c{seed}", _noise(seed) + 0.2) for seed in range(20, 39)]
    among = decide(champion, [challenger, *others])
    assert among.challenger == "b"
    assert among.p_better == pytest.approx(20 * (alone.p_better or 0.0))


def test_with_one_case_or_a_perfect_champion_nobody_is_promoted() -> None:
    assert decide(_contender("a", [[2.0]]), [_contender("b", [[1.0]])]).outcome == "kept"
    nothing = np.zeros((4, 3))
    assert decide(_contender("a", nothing), [_contender("b", nothing + 1)]).outcome == "kept"


def test_a_gain_that_is_the_same_everywhere_is_no_chance() -> None:
    values = np.ones((4, 3))
    assert decide(_contender("a", values), [_contender("b", values * 0.9)]).outcome == "better"


def test_losses_of_a_long_table_fall_into_cells_of_sorted_labels() -> None:
    found = losses_from_rows(["w2", "w1", "w1"], ["L2", "L1", "L1"], [4.0, 1.0, 3.0])
    assert found.total.tolist() == [[4.0, 0.0], [0.0, 4.0]]
    assert found.count.tolist() == [[2.0, 0.0], [0.0, 1.0]]
    assert found.mean == pytest.approx(8 / 3)


def test_cases_that_are_not_the_same_are_refused() -> None:
    some = np.array([[1.0, np.nan], [1.0, 1.0]])
    with pytest.raises(ContestError, match=r"expected losses of the same cases.*4 cases.*3"):
        compare(Losses.of(np.ones((2, 2))), Losses.of(some))
    with pytest.raises(ContestError, match="at least one challenger"):
        decide(_contender("a", some), [])
    with pytest.raises(ContestError, match="classes: expected one for each of 2 series, found 1"):
        decide(_contender("a", some), [_contender("b", some)], classes=["x"])
    with pytest.raises(ContestError, match="expected at least one case"):
        Losses.of([[np.nan]])
    with pytest.raises(ContestError, match="not finite"):
        Losses.of([[np.inf]])
    with pytest.raises(ContestError, match="alpha between 0 and 1"):
        Rules(alpha=0.0)


def test_without_anybody_to_meet_the_challenger_is_champion() -> None:
    assert first("version 1").promotes
    assert first("version 2", other_data=True).outcome == "other data"
    assert first("version 1").document()["promotes"] is True
