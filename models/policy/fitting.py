"""The rule fitted to a plant by what the plant is like, before it has played it once.

What a draft finds is the rule that serves one plant best. Over many plants that follows, in part, from a
few figures of the plant: choosing by such figures what is good for an instance is algorithm selection (Rice
1976), and learning it from what a search has found is amortising the search.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from envs.vector_env import FleetEnv
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher

Floats = NDArray[np.float64]
FARTHEST = 2.5  # deviations: a plant that is stranger counts as if it were so strange


def rules_of(policy: Dispatcher, figures: Floats) -> Floats:
    """The policy's rule for plants [B, length] of such figures [B, figures] (`context.contexts`)."""
    rule = policy.rule.detach().numpy().astype(np.float64)
    rules: Floats = rule + leant(policy, figures)
    return rules


def leant(policy: Dispatcher, figures: Floats) -> Floats:
    """What is added to the policy's rule for plants [B, length] of such figures [B, figures]."""
    leaning = policy.leaning.numpy().astype(np.float64)
    moved: Floats = strangeness(policy, figures) @ leaning.T
    return moved


def strangeness(policy: Dispatcher, figures: Floats) -> Floats:
    """How far plants of such figures are from the usual [B, figures], in deviations."""
    usual, apart = (one.numpy().astype(np.float64) for one in (policy.usual, policy.apart))
    found: Floats = np.clip((figures - usual) / apart, -FARTHEST, FARTHEST)
    return found


def fitted(policy: Dispatcher, env: FleetEnv) -> Dispatcher:
    """A copy whose rule is that of the environment's first plant, whatever it is given to play."""
    found = copy.deepcopy(policy)
    with torch.no_grad():
        found.rule.copy_(
            torch.from_numpy(rules_of(policy, contexts(env.fleet, env.luck))[0].astype(np.float32))
        )
        found.leaning.zero_()
    return found
