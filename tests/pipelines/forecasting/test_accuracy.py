from __future__ import annotations

import numpy as np
import pytest

from pipelines.forecasting.accuracy import Tried, accuracy_by_class
from pipelines.forecasting.progress import part_of, shown_progress

NAN = np.nan


def _tried() -> Tried:
    # One origin, three series of two steps; the third took no part.
    actual = np.array([[[10.0, 30.0], [0.0, 4.0], [NAN, NAN]]])
    return Tried(
        forecast=np.array([[[14.0, 30.0], [1.0, 3.0], [NAN, NAN]]]),
        naive=np.array([[[20.0, 20.0], [0.0, 0.0], [NAN, NAN]]]),
        actual=actual,
        units=np.array([[4.0, 0.5, NAN]]),
        low=np.array([[[9.0, 29.0], [1.0, 2.0], [NAN, NAN]]]),
        high=np.array([[[11.0, 31.0], [2.0, 5.0], [NAN, NAN]]]),
    )


def test_accuracy_is_by_class_and_over_all_as_counted_by_hand() -> None:
    overall, intermittent, regular = accuracy_by_class(
        _tried(), ["regular", "intermittent", "regular"]
    )
    assert (overall.series_class, overall.series) == ("all", 3)
    assert overall.wape == pytest.approx((4 + 0 + 1 + 1) / 44)
    assert overall.bias == pytest.approx((4 + 0 + 1 - 1) / 44)
    assert overall.naive == pytest.approx((10 + 10 + 0 + 4) / 44)
    assert overall.scaled == pytest.approx((4 / 4 + 0 + 1 / 0.5 + 1 / 0.5) / 4)
    assert overall.covered == pytest.approx(3 / 4)
    assert intermittent.wape == pytest.approx(2 / 4)
    assert (regular.series, regular.covered) == (2, 1.0)


def test_of_one_class_there_is_one_row_and_of_nothing_sold_no_share() -> None:
    nothing = Tried(*(np.zeros((1, 1, 2)) for _ in range(3)), units=np.ones((1, 1)))
    (only,) = accuracy_by_class(nothing, ["zero"])
    assert (only.wape, only.bias, only.naive, only.covered) == (None, None, None, None)
    assert only.scaled == 0.0


def test_progress_is_lines_where_there_is_no_terminal_and_a_part_where_a_line_says_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with shown_progress() as report:
        report("origin 2 of 6, tried")
    assert capsys.readouterr().err == "origin 2 of 6, tried\n"
    assert part_of("origin 2 of 6, tried") == (2, 6)
    assert part_of("trees fitted in 2.0 s") == (None, None)
