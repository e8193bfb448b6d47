"""One agent for all lines, or a line an agent: the same network learns as long, then plays held plants."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
from gymnasium.vector import AutoresetMode

from benchmarks.dispatching.scope import Effort, Part, Scene, beside, one_core_ray, written
from benchmarks.report import progress
from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet.plants import Assignment
from envs.fleet.scale import hourly_cost
from envs.fleet_rules import episode_costs
from envs.fleet_rules import policy_of as rule_policy
from envs.scenarios.splits import Spread
from envs.vector_env import FleetEnv
from models.policy.evaluation import (
    TUNED,
    Entrant,
    Interval,
    greedy,
    held_plants,
    judge,
    tuned,
    tuned_rules,
)
from models.policy.multi_agent.network import LineNetwork
from models.policy.multi_agent.training import Course, Form, Learner, policy_of
from plant import Plant

SPREAD = Spread(lines=(10, 20), days=(7, 7))
WEEK = 448  # steps of a plant, roughly
ROWS = 448  # plant steps of a minibatch, of which some are decisions
POINTS = 8  # of a curve
VALIDATED = 12  # plants of the curves
START = "where all of them start"
CALM, LUCKY = "as planned", "with luck"


@dataclass(frozen=True, slots=True)
class Way:
    """A form with its course, under its name."""

    name: str
    form: Form
    course: Course


@dataclass(slots=True)
class Learnt:
    """What came of a way: of the learnt networks on its curve the cheapest, and how it got there.

    steps of a plant and processor seconds in all; curve: seconds, steps, and cost over tuned ATCS on
    validation plants; clipped: share of ratios beyond the clip, by iteration.
    """

    network: LineNetwork
    steps: int = 0
    seconds: float = 0.0
    curve: list[tuple[float, int, float]] = field(default_factory=list)
    clipped: list[float] = field(default_factory=list)

    def note(self, network: LineNetwork, over: float) -> None:
        """Put a point on the curve; the network stays where no learnt one was cheaper."""
        if all(over < before for *_, before in self.curve[1:]):
            self.network = network
        self.curve.append((self.seconds, self.steps, over))


def measure(scene: Scene) -> Part:
    """What each form costs after as many processor seconds, over its start and over tuned ATCS."""
    effort = scene.effort
    spread = SPREAD if effort.shorter == 1 else effort.spread
    taught = held_plants(effort.taught, "train", spread)
    curve = _Curve(held_plants(min(VALIDATED, effort.taught), "validation", spread))
    learnt: dict[str, Learnt] = {}
    with one_core_ray():
        for way in _ways(effort):
            learnt[way.name] = _learn(way, taught, curve, effort.learning)
    networks = {START: LineNetwork()} | {name: one.network for name, one in learnt.items()}
    costs = {
        CALM: _judged(scene, spread, networks, CERTAIN, (0,)),
        LUCKY: _judged(scene, spread, networks, ROUGH, effort.seeds),
    }
    return _part(learnt, costs, effort)


def _ways(effort: Effort) -> list[Way]:
    """One agent by either clip, and a line an agent.

    An iteration of the one agent is about a week of each plant: all of them stand at the same hour, and where
    minibatches had only the end of the week, in which work no longer pays, it learnt to hold at all times. A
    line an agent would do five such iterations, so it takes a quarter of a week.
    """
    week = Course(
        steps=WEEK * effort.taught, beside=effort.taught, minibatches=WEEK * effort.taught // ROWS
    )
    return [
        Way("a line an agent", "lines", replace(week, steps=week.steps // 4)),
        Way("one agent, ratio of each line", "factored", week),
        Way("one agent, joint ratio", "factored", replace(week, clip="joint")),
    ]


class _Curve:
    """Validation plants that a network plays while it learns, beside ATCS tuned for each."""

    def __init__(self, plants: list[Plant]) -> None:
        mode = AutoresetMode.DISABLED
        self._env = FleetEnv(
            plants, CERTAIN, scales=_scales(plants), copy=False, autoreset_mode=mode
        )
        rules = tuned_rules(self._env.assignments, CERTAIN)
        self._usual = episode_costs(self._env, rule_policy(self._env, rules), 0)

    def over(self, network: LineNetwork) -> float:
        """How much dearer the network is, in the mean."""
        costs = episode_costs(self._env, policy_of(network), 0)
        return float((costs / self._usual).mean()) - 1.0


def _scales(plants: list[Plant]) -> list[float]:
    """Money per hour that counts as 1 on each plant: what ATCS costs as it comes."""
    return [hourly_cost(Assignment(one), tuned=False) for one in plants]


def _learn(way: Way, plants: list[Plant], curve: _Curve, seconds: float) -> Learnt:
    """Let a way learn for so many processor seconds of its own; looking at the curve is not counted."""
    learner = Learner(way.form, plants, _scales(plants), way.course)
    try:
        found = Learnt(learner.network())
        found.note(found.network, curve.over(found.network))
        for one in learner.iterations(time.process_time):
            found.seconds, found.steps = found.seconds + one.seconds, one.steps
            if one.clipped is not None:
                found.clipped.append(one.clipped)
            if found.seconds >= seconds * len(found.curve) / POINTS:
                network = learner.network()
                found.note(network, curve.over(network))
                progress(f"{way.name}: {found.seconds:.0f} s, {found.curve[-1][2]:+.1%}")
            if found.seconds >= seconds:
                return found
    finally:
        learner.close()
    raise AssertionError("a learner goes on for ever")


def _judged(
    scene: Scene,
    spread: Spread,
    networks: dict[str, LineNetwork],
    luck: Luck,
    seeds: tuple[int, ...],
) -> dict[str, list[float]]:
    """What all of them, tuned ATCS and the policy cost on each held plant."""
    plants = scene.plants(scene.effort.plants, spread)
    entrants = [_plays(name, network) for name, network in networks.items()]
    entrants += [tuned(luck), greedy(scene.policy)]
    progress(f"{len(plants)} held plants, {'as planned' if luck.is_certain else 'with luck'}")
    found = judge(plants, entrants, luck, seeds, time.thread_time)
    return {one.name: one.costs.sum(axis=1).tolist() for one in found}


def _plays(name: str, network: LineNetwork) -> Entrant:
    return Entrant(name, lambda env, _: policy_of(network))


def _part(
    learnt: dict[str, Learnt], costs: dict[str, dict[str, list[float]]], effort: Effort
) -> Part:
    columns = (
        "form",
        "steps/s",
        "clipped",
        "over start",
        "over ATCS",
        "luck: over start",
        "over ATCS",
    )
    count = len(costs[CALM][TUNED])
    part = Part(f"{count} held plants after {effort.learning:g} processor s of PPO each", columns)
    for name in costs[CALM]:
        if name == TUNED:
            continue
        over = {
            (kind, other): beside(each[name], each[other])
            for kind, each in costs.items()
            for other in (START, TUNED)
        }
        cells = ["" if name == START and other == START else written(one)
                 for (_, other), one in over.items()]  # fmt: skip
        one = learnt.get(name)
        part.rows.append((name, *(_told(one) if one else ("", "")), *cells))
        part.figures[name] = _figures(one, over) | {kind: costs[kind][name] for kind in costs}
    part.figures[TUNED] = {kind: each[TUNED] for kind, each in costs.items()}
    return part


def _told(one: Learnt) -> tuple[object, ...]:
    clipped = f"{np.mean(one.clipped):.1%}" if one.clipped else "not told"
    return f"{one.steps / max(one.seconds, 1e-9):,.0f}", clipped


def _figures(one: Learnt | None, over: dict[tuple[str, str], Interval]) -> dict[str, object]:
    found: dict[str, object] = {
        f"over {other}, {kind}": {"mean": each.mean, "low": each.low, "high": each.high}
        for (kind, other), each in over.items()
    }
    if one is not None:
        clipped = float(np.mean(one.clipped)) if one.clipped else None
        found |= {"steps_per_cpu_s": one.steps / max(one.seconds, 1e-9), "steps": one.steps,
                  "curve": one.curve, "clipped": clipped, "clipped_by_iteration": one.clipped}  # fmt: skip
    return found
