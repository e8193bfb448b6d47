"""Labels from drafts: what the cheapest of many rules does, where it goes itself and where the learner goes.

Self-labelling (Corsini et al. 2024) learns from the best of several ways that the network has drawn. Here the
ways are rules, played in compiled code for a twentieth of the time, and the best of them is a draft's. A rule
has an answer at any moment: so it is asked on the learner's way, too (Ross, Gordon and Bagnell 2011), where
an episode that is only watched says nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from envs.fleet.luck import Luck
from envs.fleet.plants import Assignment
from models.policy.choices import most_likely
from models.policy.dispatcher import Dispatcher
from models.policy.learning.episodes import Moments, Watched, asked, deciding
from models.policy.learning.evolution import move, tried
from models.policy.learning.groups import Group, group_of
from models.policy.learning.improvement import Step, imitate, minibatches
from models.policy.learning.recipe import Stage
from models.policy.learning.styles import opening, search_on

Floats = NDArray[np.float64]
TEACHER, LEARNER = 0, 1  # the ways of a plant
USUALLY_SAVED = 0.05  # by a draft, of what the policy's own style costs
COUNTS_AT_MOST = 3.0


class Teacher(NamedTuple):
    """The cheapest rule [length] that a draft met on a plant, what was tried, and what it saved.

    costs [rounds, ways]: in hours of the plant's usual cost, the policy's own style first. saved: of the own
    style's cost, as a logarithm.
    """

    rule: Floats
    costs: Floats

    @property
    def saved(self) -> float:
        """How much cheaper than the policy's own style the rule is."""
        return float(np.log(self.costs[0, 0] / self.costs.min()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Moments):
    """Moments at which teachers have answered; counts [B]: how much a row's moments count."""

    counts: NDArray[np.float32]


def amortised(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    plants: Sequence[Assignment],
    stage: Stage,
    luck: Luck,
    rng: np.random.Generator,
) -> Floats:
    """What teacher and learner cost on each plant [plants, 2], after the layers learnt a round's answers.

    The rule stays as it is: the layers learn what a draft would change of it.
    """
    bare = by_rule_alone(policy)
    each = [group_of([one], stage.ways, luck) for one in plants]
    teachers = [drafted(bare, one, rng, stage.searched) for one in each]
    group = group_of(plants, 2, luck)
    seeds = rng.integers(2**31, size=group.plants).tolist()
    answers, costs = answered(group, policy, teachers, rng, seeds, stage.share)
    policy.rule.requires_grad_(False)
    learn_answers(policy, optimizer, answers, rng, Step(passes=stage.passes))
    policy.rule.requires_grad_(True)
    return costs


def by_rule_alone(policy: Dispatcher) -> Dispatcher:
    """A copy whose layers add nothing, so that it is played in compiled code."""
    return faded(policy, 0.0)


def faded(policy: Dispatcher, strength: float) -> Dispatcher:
    """A copy to whose rule the layers add only a share of what they have learnt."""
    found = copy.deepcopy(policy)
    with torch.no_grad():
        for last in found.last_layers():
            last.mul_(strength)
    return found


def drafted(bare: Dispatcher, group: Group, rng: np.random.Generator, rounds: int) -> Teacher:
    """The cheapest rule of a draft of a group's only plant, by a policy without layers."""
    search, least, costs = search_on(bare, group), np.inf, []
    rule = search.mean
    for number in range(rounds):
        told = tried(search, bare, group, rng, known=opening(bare) if number == 0 else None)
        if told.costs.min() < least:
            least = told.costs.min()
            rule = search.mean + told.drawn[0, told.costs.argmin()] * search.deviation
        costs.append(told.costs[0])
        move(search, [told])
    return Teacher(rule, np.array(costs))


@torch.inference_mode()
def answered(
    group: Group,
    policy: Dispatcher,
    teachers: Sequence[Teacher],
    rng: np.random.Generator,
    seeds: Sequence[int],
    share: float,
) -> tuple[Answers, Floats]:
    """What each plant's teacher answers at a share of the moments, and what the two ways cost [plants, 2].

    One way follows the teacher, the other the policy's most likely choices. Moments count by what the teacher
    saves on their plant.
    """
    env = group.env
    rules = np.stack([one.rule for one in teachers]).repeat(2, axis=0)
    style = group.style_of(policy)
    group.begin(seeds)
    watched = Watched(env, rng, share)
    learners = np.arange(env.num_envs) % 2 == LEARNER
    while not env.is_over:
        seen, _ = env.observed()
        answer = group.player.act(rules)
        watched.note(seen, answer)
        told, rows = answer.copy(), deciding(env)
        asking = rows[learners[rows]]
        if len(asking):
            told[asking] = most_likely(asked(policy, seen, asking, style)).numpy()
        env.advance(told)
    worth = np.clip([one.saved / USUALLY_SAVED for one in teachers], 0.0, COUNTS_AT_MOST)
    kept = watched.joined()
    answers = Answers(
        seen=watched.seen(kept),
        row=kept["row"],
        actions=kept["actions"],
        style=style.numpy(),
        counts=worth.repeat(group.ways).astype(np.float32),
    )
    return answers, group.costs()


def learn_answers(
    policy: Dispatcher,
    optimizer: torch.optim.Optimizer,
    answers: Answers,
    rng: np.random.Generator,
    step: Step,
) -> float:
    """Learn by cross entropy what teachers answered, each as much as its row counts; the loss in nats."""
    losses = []
    for part in minibatches(np.arange(len(answers.row)), step, rng):
        weights = answers.counts[answers.row[part]]
        losses.append(imitate(policy, optimizer, answers, part, step, weights))
    return float(np.mean(losses)) if losses else 0.0
