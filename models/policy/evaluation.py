"""What policies are worth: the same plants, the same luck, what each costs beside ATCS tuned for the plant.

Every entrant plays every plant under every seed, so that differences are paired; how sure a mean is comes
from drawing plants anew (the bootstrap, Efron 1979), as it is plants that differ, not the luck on one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from envs.fleet.scale import hourly_cost
from envs.fleet_rules import Policy, episode_costs, tune
from envs.fleet_rules import policy_of as rule_policy
from envs.rules import RULES, Rule
from envs.scenarios import build
from envs.scenarios.splits import Split, Spread, scenario_of
from envs.vector_env import FleetEnv
from models.policy.acting import one_thread
from models.policy.acting import policy_of as network_policy
from models.policy.dispatcher import Dispatcher
from plant import Plant, evaluate

TUNED = "ATCS, tuned per plant"
TUNING_SEEDS = (101, 202, 303)  # other luck than policies are judged with
DRAWS, LEVEL = 10_000, 0.95
RUNS_A_LINE_HOUR = 2


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who plays: how an environment is made a policy of, for the trial of a number.

    The cheapest of `trials` episodes counts, which only a plan allows: with luck there is one trial.
    """

    name: str
    policy: Callable[[FleetEnv, int], Policy]
    trials: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What an entrant cost on P plants under S seeds.

    costs [P, S]: weighted money of an episode. kpis: means over plants and seeds, unshaped, of
    `plant.evaluate`. seconds: processor time of an episode, all its trials counted.
    """

    name: str
    costs: NDArray[np.float64]
    kpis: dict[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and between what it lies, 95 times of 100."""

    mean: float
    low: float
    high: float


def held_plants(count: int, split: Split = "test", spread: Spread = Spread()) -> list[Plant]:
    """The first plants of a split; nobody has learned on those of "test"."""
    return [build(scenario_of(split, number, spread)) for number in range(count)]


def ruled(name: str) -> Entrant:
    """A dispatching rule of `envs.rules`, as it comes."""
    return Entrant(name, lambda env, _: rule_policy(env, RULES[name]))


def tuned(luck: Luck) -> Entrant:
    """ATCS whose parameters are the best for each plant, by episodes under other luck than is judged."""

    def policy(env: FleetEnv, _: int) -> Policy:
        return rule_policy(env, tuned_rules(env.assignments, luck))

    return Entrant(TUNED, policy)


def tuned_rules(assignments: Sequence[Assignment], luck: Luck) -> list[Rule]:
    """The rule for each plant that costs least over the luck that rules are tuned on."""
    env = environment(assignments, luck)
    return tune(env, TUNING_SEEDS[:1] if luck.is_certain else TUNING_SEEDS)


def greedy(policy: Dispatcher, name: str = "policy, greedy") -> Entrant:
    """A network's most likely choices."""
    return Entrant(name, lambda env, _: network_policy(policy))


def best_of(policy: Dispatcher, trials: int) -> Entrant:
    """The cheapest of a network's most likely episode and of drawn ones."""

    def play(env: FleetEnv, trial: int) -> Policy:
        if trial == 0:
            return network_policy(policy)
        return network_policy(policy, torch.Generator().manual_seed(trial))

    return Entrant(f"policy, best of {trials}", play, trials)


def environment(assignments: Sequence[Plant | Assignment], luck: Luck, record: int = 0) -> FleetEnv:
    """The plants side by side, for one episode each."""
    scales = [1.0] * len(assignments)
    mode = AutoresetMode.DISABLED
    return FleetEnv(
        assignments, luck, scales=scales, autoreset_mode=mode, copy=False, record=record
    )


def judge(
    plants: Sequence[Plant | Assignment],
    entrants: Sequence[Entrant],
    luck: Luck = CERTAIN,
    seeds: Sequence[int] = (0,),
    clock: Callable[[], float] = time.process_time,
    scales: Sequence[float] | None = None,
) -> Iterator[Judged]:
    """What each entrant costs, as soon as it has played; the same seeds are the same luck for all.

    `scales`: money per hour that counts as 1 in what policies see; what ATCS as it comes costs where None,
    as where they learn and draft.

    Raises
    ------
    ValueError
        Where an entrant wants several trials though there is luck: it would choose its luck.
    """
    assignments = [one if isinstance(one, Assignment) else Assignment(one) for one in plants]
    if scales is None:
        scales = [hourly_cost(one, tuned=False) for one in assignments]
    env = FleetEnv(
        assignments, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED, copy=False,
        record=_room(assignments),
    )  # fmt: skip
    for entrant in entrants:
        if entrant.trials > 1 and not luck.is_certain:
            raise ValueError(
                f"{entrant.name}: expected one trial where there is luck, found {entrant.trials}"
            )
        with one_thread():
            yield _judged(env, entrant, seeds, clock)


def _judged(
    env: FleetEnv, entrant: Entrant, seeds: Sequence[int], clock: Callable[[], float]
) -> Judged:
    costs = np.full((env.num_envs, len(seeds)), np.inf)
    kpis: list[list[dict[str, float]]] = [[{} for _ in seeds] for _ in range(env.num_envs)]
    seconds = 0.0
    for trial in range(entrant.trials):
        policy = entrant.policy(env, trial)
        for column, seed in enumerate(seeds):
            began = clock()
            found = episode_costs(env, policy, seed)
            seconds += clock() - began
            for row in np.flatnonzero(found < costs[:, column]).tolist():
                costs[row, column] = found[row]
                kpis[row][column] = _kpis(env, row)
    mean = {name: float(np.mean([one[name] for row in kpis for one in row])) for name in kpis[0][0]}
    return Judged(entrant.name, costs, mean, seconds / costs.size)


def _kpis(env: FleetEnv, row: int) -> dict[str, float]:
    """The referee's key figures of the episode that a plant has just played.

    Without utilisation where there is luck: the lines that take what was scrapped are always manned.
    """
    turned_out, schedule = env.realised(row)
    found = asdict(evaluate(turned_out, schedule).kpis)
    hidden = () if env.luck.is_certain else ("utilisation",)
    return {name: float(value) for name, value in found.items() if name not in hidden}


def _room(assignments: Sequence[Assignment]) -> int:
    """How many runs the largest plant may have in an episode."""
    hours = max(one.plant.horizon // 60 + 1 for one in assignments)
    return RUNS_A_LINE_HOUR * hours * max(len(one.plant.lines) for one in assignments)


def relative(
    costs: NDArray[np.float64],
    reference: NDArray[np.float64],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Interval:
    """How much dearer than the reference (0.1: 10 %), in the mean over plants; both [P, S], seeds alike.

    A plant counts with what all its seeds cost together.
    """
    if costs.shape != reference.shape:
        raise ValueError(f"expected costs of the shape {reference.shape}, found {costs.shape}")
    ratios = costs.sum(axis=1) / reference.sum(axis=1) - 1.0
    drawn = ratios[rng.integers(0, len(ratios), (draws, len(ratios)))].mean(axis=1)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(ratios.mean()), float(low), float(high))


def compared(
    judged: Sequence[Judged], reference: str, rng: np.random.Generator
) -> dict[str, Interval]:
    """How much dearer than one of them each of some entrants is."""
    base = next(one for one in judged if one.name == reference)
    return {one.name: relative(one.costs, base.costs, rng) for one in judged}
