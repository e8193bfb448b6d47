from __future__ import annotations

import numpy as np
import pytest

from models.demand.history.histories import Histories
from models.demand.members.catalogue import member_of
from models.demand.task import Task

TASK = Task(12, (12,))


def _histories(scale: float = 1.0) -> Histories:
    generator = np.random.default_rng(3)
    step = np.arange(72)
    season = 1 + 0.3 * np.sin(2 * np.pi * step / 12)
    noise = generator.normal(1, 0.03, (4, 72))
    values = scale * (1000 + 5 * step) * season * noise
    names = ("a", "b", "c", "d")
    return Histories(names, values.ravel(), np.arange(5) * 72, np.full(4, 71))


@pytest.mark.parametrize("name", ["theta:12", "ces:12"])
def test_a_season_goes_on_and_the_unit_does_not_matter(name: str) -> None:
    small, large = (member_of(name).forecast(_histories(unit), TASK) for unit in (1.0, 1e6))
    assert np.allclose(1e6 * small, large, rtol=1e-3)
    ahead = np.arange(72, 84)
    expected = (1000 + 5 * ahead) * (1 + 0.3 * np.sin(2 * np.pi * ahead / 12))
    assert (np.abs(small / expected - 1) < 0.12).all()


def test_theta_says_what_the_library_says_within_noise() -> None:
    from statsforecast.models import DynamicOptimizedTheta

    histories = _histories()
    ours = member_of("theta:12").forecast(histories, TASK)
    theirs = [DynamicOptimizedTheta(12).forecast(histories.of(n), 12)["mean"] for n in range(4)]
    assert np.allclose(ours, np.array(theirs), rtol=2e-3)


@pytest.mark.parametrize("name", ["theta:12", "ces:12", "ces:24"])
@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_series_that_never_moves_stays(name: str, value: float) -> None:
    constant = _histories().with_values(np.full(4 * 72, value))
    assert np.allclose(member_of(name).forecast(constant, TASK), value, atol=1e-6)
