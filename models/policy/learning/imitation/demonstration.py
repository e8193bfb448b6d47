"""Demonstrations: episodes in which a demonstrator is led astray now and then, and says what it would do.

A learner makes mistakes and comes where a demonstrator never goes. So with some probability a line does
something else than it is shown, and the demonstrator goes on from there: noise injected into its way (DART,
Laskey et al. 2017), or the learner's own choices (Ross, Gordon and Bagnell 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from envs.fleet.kernel.choices import COVER, OVERTIME
from envs.vector_env import Actions
from models.policy.choices import most_likely
from models.policy.dispatcher import Dispatcher
from models.policy.learning.episodes import Balance, Episodes, Watched, asked, deciding
from models.policy.learning.groups import Group
from models.policy.learning.imitation.demonstrators import Demonstrators

Learnt = Literal["shown", "done"]


@torch.inference_mode()
def demonstrated(
    group: Group,
    policy: Dispatcher,
    demonstrators: Demonstrators,
    rng: np.random.Generator,
    seeds: Sequence[int],
    share: float,
    noise: NDArray[np.float64],
    learners: NDArray[np.bool_],
    learnt: Learnt = "shown",
) -> Episodes:
    """Episodes of a group's plants, with a share of the moments in which some line decides.

    noise [B]: how often a line of a row does something else than it is shown; learners [B]: whether that is
    what the policy finds most likely, or any choice that is possible. The actions that are kept are what was
    `shown`, whatever was done, or what was `done`.
    """
    env = group.env
    style = group.style_of(policy)
    group.begin(seeds)
    balance, watched = Balance(env), Watched(env, rng, share)
    while not env.is_over:
        seen, _ = env.observed()
        balance.note()
        answer = demonstrators.answer()
        done = strayed(answer, seen["mask"], noise, rng)
        rows = deciding(env)
        rows = rows[learners[rows]]
        if len(rows):
            scores = asked(policy, seen, rows, style)
            own = rng.random((len(rows), env.fleet.lines, 1)) < noise[rows, None, None]
            done[rows] = np.where(own, most_likely(scores).numpy(), answer[rows])
        watched.note(seen, answer if learnt == "shown" else done)
        env.advance(done)
        demonstrators.note()
    kept = watched.joined()
    return Episodes(
        seen=watched.seen(kept),
        row=kept["row"],
        actions=kept["actions"],
        style=style.numpy(),
        tick=kept["tick"],
        balance=balance.curve(),
        costs=group.costs(),
    )


def strayed(
    answer: Actions, mask: NDArray[np.int8], noise: NDArray[np.float64], rng: np.random.Generator
) -> Actions:
    """Choices [B, L, 3] of which a share, by row [B], was replaced by any that the mask allows."""
    done = answer.copy()
    astray = (rng.random(mask.shape[:2]) < noise[:, None]) & mask[..., 1:].any(axis=-1)
    choice = (rng.random(mask.shape) * mask).argmax(axis=-1)
    done[astray, 0] = choice[astray]
    done[astray, 1:] = COVER, OVERTIME
    return done
