from __future__ import annotations

import numpy as np
import pytest

from models.demand.history.histories import Histories
from models.demand.members.catalogue import member_of, members_for
from models.demand.task import Task


def _histories(values: np.ndarray) -> Histories:
    series, steps = values.shape
    names = tuple(f"S{number}" for number in range(series))
    offsets = np.arange(series + 1) * steps
    return Histories(names, values.ravel(), offsets, np.full(series, steps - 1))


def _offered(values: np.ndarray, task: Task) -> list[str]:
    return [member.name for member in members_for(_histories(values), task)]


def test_a_name_says_all_there_is_to_a_member() -> None:
    member = member_of("network:36:log:adjusted:seed2")
    assert (member.kind, member.argument, member.logs, member.adjusts) == (
        "network",
        "36",
        True,
        True,
    )
    assert member.own_task(Task(3, seed=5)).seed == 7
    assert member.is_fitted
    assert not member.one_by_one
    assert member_of("seasonal_naive:7").is_free


def test_growth_and_a_season_in_per_cent_go_on_without_error() -> None:
    step = np.arange(60)
    season = np.array([1.0, 1.3, 0.8, 1 / (1.3 * 0.8)])
    values = np.stack([50 * season[step % 4], 900 * season[(step + 1) % 4]])
    found = member_of("seasonal_naive:1:log:adjusted").forecast(_histories(values), Task(6, (4,)))
    ahead = np.arange(60, 66)
    expected = np.stack([50 * season[ahead % 4], 900 * season[(ahead + 1) % 4]])
    assert np.allclose(found, expected, rtol=1e-3)


def test_a_forecast_on_logarithms_does_not_explode() -> None:
    values = np.cumprod(np.full((3, 30), 1.6), axis=1)
    found = member_of("seasonal_naive:1:log").forecast(_histories(values), Task(5))
    assert (found <= 10 * values.max()).all()


@pytest.mark.parametrize("seasons", [(1,), (12,), (24, 168)])
def test_every_table_is_offered_the_naive_forecast_and_members_of_each_sort(
    seasons: tuple[int, ...],
) -> None:
    positive = np.random.default_rng(1).uniform(5, 9, (8, 700))
    names = _offered(positive, Task(14, seasons))
    assert names[: len(seasons)] == [f"seasonal_naive:{season}" for season in seasons]
    assert {"ets_damped", "theta", "network", "trees"} <= {member_of(name).kind for name in names}
    assert not [name for name in names if name.startswith("croston")]


def test_demand_that_comes_seldom_is_offered_the_models_made_for_it() -> None:
    generator = np.random.default_rng(2)
    values = generator.poisson(3, (20, 300)) * (generator.random((20, 300)) < 0.4)
    names = _offered(values.astype(float), Task(7, (7,)))
    assert {"croston_sba:1", "tsb:1", "adida:1", "imapa:1"} <= set(names)
    assert not [name for name in names if "log" in name]


def test_some_short_series_do_not_shorten_what_is_looked_back_over() -> None:
    lengths = np.array([50] * 4 + [110] * 6)
    values = np.random.default_rng(1).uniform(5, 9, lengths.sum())
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    names = tuple(str(number) for number in range(10))
    histories = Histories(names, values, offsets, lengths)
    offered = [member.name for member in members_for(histories, Task(18, (12,)))]
    assert "network:36:log:adjusted" in offered
