"""A plant run by the policy or by plans, whichever it looks good for."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.closed_loop import roll_planner, roll_policy
from envs.fleet.luck import CERTAIN, ROUGH
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant, Schedule

pytestmark = pytest.mark.integration
pytest.importorskip("torch")

from models.policy.files import load_policy  # noqa: E402
from models.policy.searching import Pains, roll_either, searching  # noqa: E402
from models.policy.searching import portfolio as module  # noqa: E402
from models.policy.searching.portfolio import prospect  # noqa: E402

PLANT = generate(3, 6, 40, 4, 0.95, 1)
LITTLE = Pains(every=1440, rounds=2, first=3, ways=6, draws=2, judged=4)


def by_rule(standing: Plant, left: Schedule) -> Schedule:
    return dispatch(standing, RULES["atcs"])


def fleet(count: int = 1, luck: object = ROUGH) -> FleetEnv:
    mode = AutoresetMode.DISABLED
    return FleetEnv(
        [PLANT] * count,
        luck,
        scales=[200.0] * count,
        autoreset_mode=mode,
        copy=False,  # type: ignore[arg-type]
    )


def test_with_no_luck_the_policy_expects_what_its_episode_comes_to() -> None:
    env = fleet(luck=CERTAIN)
    env.reset(seed=[1])
    spent = float(env.cost.sum())
    found = prospect(env, load_policy(), by_rule, LITTLE)
    (done,) = roll_policy(env, searching(load_policy(), LITTLE, 0, found.hunt), 1)
    assert found.promised > 0
    assert done.cost["total"] <= (spent + found.expected) * 1.01


def test_a_brittle_plant_is_run_by_plans_and_another_by_the_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned = roll_planner(fleet().assignments[0], by_rule, ROUGH, 5).cost
    monkeypatch.setattr(module, "BRITTLE", 0.0)
    by_plans, found = roll_either(fleet(), load_policy(), by_rule, 5, LITTLE)
    assert found.is_brittle
    assert by_plans.cost == planned
    monkeypatch.setattr(module, "BRITTLE", np.inf)
    by_policy, found = roll_either(fleet(), load_policy(), by_rule, 5, LITTLE)
    assert not found.is_brittle
    assert by_policy.cost != planned


def test_several_plants_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="one plant, found 2"):
        roll_either(fleet(2), load_policy(), by_rule, 5, LITTLE)
