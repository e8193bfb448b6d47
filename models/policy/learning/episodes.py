"""Recorded episodes of a group: some of what was seen and done, and how each way was doing at every tick.

How a way is doing is told by a balance: the money spent so far, plus what its remaining work will cost at the
least. So a lot on a dear line counts when it is decided, not when the plant has paid for it, and a line that
waits saves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.fleet.clock import clock_of
from envs.fleet.plants import IDLE, PRODUCTION, TICK
from envs.vector_env import FleetEnv
from models.policy.acting import scores_of, tensors
from models.policy.choices import drawn, log_probability, most_likely
from models.policy.dispatcher import Dispatcher, Scores
from models.policy.learning.groups import Group

Floats = NDArray[np.float64]
CHANGING = ("plant", "lines", "items", "slots", "mask")
LATE_DAYS = 0.5  # what is late is late for so much longer, roughly


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """N moments of B rows.

    seen: what changes, [N, ...], and what does not, [B, ...]. row [N]; actions [N, L, 3]. style [B, length]:
    what is added to the policy's rule, as it leans to each row's plant.
    """

    seen: dict[str, NDArray[Any]]
    row: NDArray[np.int64]
    actions: NDArray[np.int64]
    style: NDArray[np.float32]

    def batch(self, chosen: NDArray[np.int64]) -> dict[str, Tensor]:
        """What was seen at some of the moments."""
        row = self.row[chosen]
        return tensors({k: v[chosen if k in CHANGING else row] for k, v in self.seen.items()})

    def scores(self, policy: Dispatcher, chosen: NDArray[np.int64]) -> Scores:
        """What a policy says at some of the moments."""
        style = torch.from_numpy(self.style[self.row[chosen]])
        scores: Scores = policy(self.batch(chosen), style)
        return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Episodes(Moments):
    """Moments of whole episodes, and how these went.

    tick [N]. balance [T, B]: at every tick, in hours of the plant's usual cost. costs [plants, ways].
    """

    tick: NDArray[np.int64]
    balance: Floats
    costs: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn(Episodes):
    """Episodes whose choices were drawn; logp [N, L]: how likely each line's was."""

    logp: NDArray[np.float32]


def asked(
    policy: Dispatcher, seen: Mapping[str, NDArray[Any]], rows: NDArray[np.int64], style: Tensor
) -> Scores:
    """What a policy says of some rows, those in which a line decides: the others need not be computed."""
    return scores_of(policy, {name: values[rows] for name, values in seen.items()}, style[rows])


class Watched:
    """Moments of an environment's rows as they are kept: a share of those in which a line decides."""

    def __init__(self, env: FleetEnv, rng: np.random.Generator, share: float) -> None:
        self.env, self.rng, self.share = env, rng, share
        self.kept: dict[str, list[NDArray[Any]]] = {
            name: [] for name in (*CHANGING, "row", "tick", "actions", "logp")
        }

    def note(
        self,
        seen: Mapping[str, NDArray[Any]],
        actions: NDArray[np.int64],
        logp: NDArray[np.float32] | None = None,
    ) -> None:
        """Keep some of what is seen now, what is to be done [B, L, 3] and how likely it was [B, L]."""
        env, rows = self.env, deciding(self.env)
        rows = rows[self.rng.random(len(rows)) < self.share]
        for name in CHANGING:
            self.kept[name].append(seen[name][rows])
        self.kept["row"].append(rows)
        self.kept["tick"].append(env.state.clock[rows] // env.fleet.rhythm[TICK])
        self.kept["actions"].append(actions[rows])
        if logp is not None:
            self.kept["logp"].append(logp[rows])

    def joined(self) -> dict[str, NDArray[Any]]:
        """What was kept, by name."""
        return {name: np.concatenate(parts) for name, parts in self.kept.items() if parts}

    def seen(self, joined: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """What was seen at the moments, and what never changes."""
        now = self.env.observed()[0]
        fixed = {name: values.copy() for name, values in now.items() if name not in CHANGING}
        return {name: joined[name] for name in CHANGING} | fixed


def deciding(env: FleetEnv) -> NDArray[np.int64]:
    """The rows of an environment in which some line decides."""
    return np.flatnonzero(env.state.deciding.reshape(env.num_envs, -1).any(axis=1))


@torch.inference_mode()
def recorded(
    group: Group,
    policy: Dispatcher,
    generator: torch.Generator,
    rng: np.random.Generator,
    seeds: Sequence[int],
    share: float,
) -> Drawn:
    """Play each plant in all its ways, the first one by the most likely choices; keep a share of the moments.

    Only moments in which some line decides are kept, and the network is asked of those rows alone.
    """
    env, style = group.env, group.style_of(policy)
    first = torch.arange(env.num_envs) % group.ways == 0
    group.begin(seeds)
    balance, watched = Balance(env), Watched(env, rng, share)
    told = np.zeros((env.num_envs, env.fleet.lines, 3), np.int64)
    logp = np.zeros(told.shape[:2], np.float32)
    while not env.is_over:
        seen, _ = env.observed()
        balance.note()
        rows = deciding(env)
        told[:] = 0
        if len(rows):
            scores = asked(policy, seen, rows, style)
            actions = drawn(scores, generator)
            likely = first[rows]
            actions[likely] = most_likely(scores)[likely]
            told[rows], logp[rows] = actions.numpy(), log_probability(scores, actions).numpy()
        watched.note(seen, told, logp)
        env.advance(told)
    kept = watched.joined()
    return Drawn(
        seen=watched.seen(kept),
        row=kept["row"],
        actions=kept["actions"],
        style=style.numpy(),
        tick=kept["tick"],
        balance=balance.curve(),
        costs=group.costs(),
        logp=kept["logp"],
    )


class Balance:
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
