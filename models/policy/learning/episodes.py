"""Recorded episodes of a group: some of what was seen and done, and how each way was doing at every tick.

How a way is doing is told by a balance: the money spent so far, plus what its remaining work will cost at the
least. So a lot on a dear line counts when it is decided, not when the plant has paid for it, and a line that
waits saves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.fleet.clock import clock_of
from envs.fleet.plants import IDLE, PRODUCTION, TICK
from envs.vector_env import FleetEnv
from models.policy.acting import tensors
from models.policy.choices import drawn, log_probability, most_likely
from models.policy.dispatcher import Dispatcher
from models.policy.learning.groups import Group

Floats = NDArray[np.float64]
CHANGING = ("plant", "lines", "items", "slots", "mask")
LATE_DAYS = 0.5  # what is late is late for so much longer, roughly


class Episodes(NamedTuple):
    """N moments of B rows.

    seen: what changes, [N, ...], and what does not, [B, ...]. row [N], tick [N]; actions [N, L, 3];
    logp [N, L]. balance [T, B]: at every tick, in hours of the plant's usual cost. costs [plants, ways].
    """

    seen: dict[str, NDArray[Any]]
    row: NDArray[np.int64]
    tick: NDArray[np.int64]
    actions: NDArray[np.int64]
    logp: NDArray[np.float32]
    balance: Floats
    costs: Floats

    def batch(self, chosen: NDArray[np.int64]) -> dict[str, Tensor]:
        """What was seen at some of the moments."""
        rows = self.row[chosen]
        picked = {k: v[chosen] if k in CHANGING else v[rows] for k, v in self.seen.items()}
        return tensors(picked)


@torch.inference_mode()
def recorded(
    group: Group,
    policy: Dispatcher,
    generator: torch.Generator,
    rng: np.random.Generator,
    seeds: Sequence[int],
    share: float,
    style: Tensor | None = None,
) -> Episodes:
    """Play each plant in all its ways, the first one by the most likely choices; keep a share of the moments.

    Only moments in which some line decides are kept.
    """
    env, ways = group.env, group.ways
    first = torch.arange(env.num_envs) % ways == 0
    env.reset(seed=[seed for seed in seeds for _ in range(ways)])
    balance = _Balance(env)
    kept: dict[str, list[NDArray[Any]]] = {name: [] for name in CHANGING}
    more: dict[str, list[NDArray[Any]]] = {"row": [], "tick": [], "actions": [], "logp": []}
    while not env.is_over:
        seen, _ = env.observed()
        balance.note()
        scores = policy(tensors(seen), style)
        actions = drawn(scores, generator)
        actions[first] = most_likely(scores)[first]
        told = actions.numpy()
        rows = np.flatnonzero(env.state.deciding.reshape(env.num_envs, -1).any(axis=1))
        rows = rows[rng.random(len(rows)) < share]
        for name in CHANGING:
            kept[name].append(seen[name][rows])
        more["row"].append(rows)
        more["tick"].append(env.state.clock[rows] // env.fleet.rhythm[TICK])
        more["actions"].append(told[rows])
        more["logp"].append(log_probability(scores, actions).numpy()[rows])
        env.advance(told)
    fixed = {k: v.copy() for k, v in env.observed()[0].items() if k not in CHANGING}
    costs = (env.cost.sum(axis=1) / env.scales).reshape(group.plants, ways)
    joined = {name: np.concatenate(parts) for name, parts in (kept | more).items()}
    seen = {name: joined[name] for name in CHANGING} | fixed
    return Episodes(
        seen, joined["row"], joined["tick"], joined["actions"], joined["logp"],
        balance.curve(), costs,
    )  # fmt: skip


class _Balance:
    """Money spent so far and what is left to be spent at the least, tick by tick."""

    def __init__(self, env: FleetEnv) -> None:
        fleet = env.fleet
        self.env, self.clock = env, clock_of(fleet)
        weights = fleet.weights.repeat(fleet.lines, axis=0)
        self.idle = weights[:, IDLE] * fleet.idle_cost / 60.0
        run = weights[:, PRODUCTION] * fleet.run_cost
        hour = np.maximum(run - self.idle * 60.0, 0.05 * run)
        there = fleet.slot_item >= 0
        unit = np.where(there, hour[:, None] / fleet.rate, np.inf)
        least = np.full(fleet.size * fleet.items, np.inf)
        np.minimum.at(least, fleet.slot_item[there], unit[there])
        self.least = np.where(np.isfinite(least), least, 0.0)
        ticks = int(fleet.horizon.max()) // int(fleet.rhythm[TICK])
        self.points = np.full((ticks + 1, fleet.size), np.nan)

    def note(self) -> None:
        """Write down how every row stands."""
        env, fleet, state = self.env, self.env.fleet, self.env.state
        clock = self.clock
        tick = int(fleet.rhythm[TICK])
        asked = np.minimum(state.ask_at, fleet.horizon.repeat(fleet.lines)) // tick
        left = fleet.room - clock.manned[clock.of_line, asked]
        idle = (np.maximum(left, 0) * self.idle).reshape(fleet.size, -1).sum(axis=1)
        work = (state.need_total * self.least).reshape(fleet.size, -1).sum(axis=1)
        late = LATE_DAYS * state.backlog_value.reshape(fleet.size, -1).sum(axis=1)
        late *= fleet.weights[:, 0]
        over = state.over > 0
        total = env.cost.sum(axis=1) + np.where(over, 0.0, idle + work + late)
        at = np.minimum(state.clock // tick, len(self.points) - 1)
        rows = np.flatnonzero(np.isnan(self.points[at, np.arange(fleet.size)]))
        self.points[at[rows], rows] = (total / env.scales)[rows]

    def curve(self) -> Floats:
        """The balance [T, B] at every tick, held from one point to the next; at last what it cost."""
        points = self.points.copy()
        ends = self.env.fleet.horizon // int(self.env.fleet.rhythm[TICK])
        for row, end in enumerate(ends):
            points[end:, row] = self.env.cost[row].sum() / self.env.scales[row]
        for tick in range(1, len(points)):
            gap = np.isnan(points[tick])
            points[tick, gap] = points[tick - 1, gap]
        return points


def advantages(episodes: Episodes, ways: int, ticks: float) -> Floats:
    """How much better each moment's row went on than the plant's ways in the mean [N].

    What comes later counts less and less, by a factor e after so many ticks.
    """
    balance = episodes.balance
    mean = balance.reshape(len(balance), -1, ways).mean(axis=2).repeat(ways, axis=1)
    change = np.diff(balance - mean, axis=0, append=0.0)
    change[-1] = 0.0
    later = np.zeros(balance.shape[1])
    credit = np.zeros_like(balance)
    fade = np.exp(-1.0 / ticks)
    for tick in range(len(balance) - 1, -1, -1):
        later = change[tick] + fade * later
        credit[tick] = -later
    found: Floats = credit[episodes.tick, episodes.row]
    return found
