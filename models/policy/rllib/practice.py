"""A round of PPO on some plants, each played in the rule that the policy has for it: a stage's `practise`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from envs.fleet.luck import Luck
from envs.fleet.plants import Assignment
from models.policy.dispatcher import VALUE_SCALE, Dispatcher
from models.policy.fitting import leant
from models.policy.learning.groups import group_of
from models.policy.rllib.ppo import Budget, Trainer

STEPS = 64  # of each plant, an iteration
DISCOUNT = 0.99  # by the hour: what comes four days later counts a little more than a third


@dataclass(frozen=True, slots=True)
class Practice:
    """How a round is done: iterations of PPO, learning rate, luck of the plants, and a seed."""

    iterations: int
    rate: float
    luck: Luck
    seed: int


def practised(
    policy: Dispatcher, plants: Sequence[Assignment], practice: Practice
) -> NDArray[np.float64]:
    """What episodes cost over what the plants usually cost, by iteration; the policy has learnt by it.

    Iterations in which no episode ended are left out. The optimiser begins anew, so that a round follows
    from the weights alone. Ray must be running.

    Raises
    ------
    ValueError
        For plants of different horizons.
    """
    horizons = sorted({one.plant.horizon for one in plants})
    if len(horizons) > 1:
        raise ValueError(
            f"plants of a round of PPO: expected one horizon, found {horizons} minutes; "
            "give the stage as many days at most as at least"
        )
    group = group_of(plants, 1, practice.luck)
    _expect_the_usual(policy)
    budget = Budget(
        STEPS * len(plants), practice.rate, DISCOUNT, luck=practice.luck, seed=practice.seed
    )
    trainer = Trainer(
        plants, group.env.scales.tolist(), policy, budget, styles=leant(policy, group.figures)
    )
    try:
        told = [one.episode_cost for one in islice(trainer.iterations(), practice.iterations)]
        policy.load_state_dict(trainer.network().state_dict())
    finally:
        trainer.close()
    return np.array([one for one in told if one is not None])


def _expect_the_usual(policy: Dispatcher) -> None:
    """Let values that know nothing yet begin at what an hour usually costs, for ever, discounted."""
    last = policy.worth[-1]
    assert isinstance(last, torch.nn.Linear)
    if not any(bool(one.any()) for one in (last.weight, last.bias)):
        torch.nn.init.constant_(last.bias, -1.0 / (1.0 - DISCOUNT) / VALUE_SCALE)
