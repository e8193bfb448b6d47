"""Many plants as one Gymnasium vector environment, stepped by one compiled call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from envs.fleet.actions import Actions as Actions
from envs.fleet.actions import action_space, told
from envs.fleet.clock import clock_of
from envs.fleet.history import realised, realised_schedule
from envs.fleet.kernel.turn import Stage, begin, look, move, turn
from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.observation import Observation, blank, constants, observation_space, planned
from envs.fleet.outlook import outlook_of, starts_of
from envs.fleet.plants import Assignment, Fleet, Rhythm, build_fleet
from envs.fleet.scale import hourly_cost
from envs.fleet.state import State, new_state
from plant import COMPONENTS, Plant, Schedule
from plant.borrowed import Held

RUSH_ROOM = 16
MASK_63 = (1 << 63) - 1


class FleetEnv(VectorEnv[Observation, Actions, NDArray[Any]]):
    """Schedules B plants side by side; each moves from epoch to epoch of its own (semi-Markov).

    A step lasts until the next tick at which a line of the plant can choose something else than to hold,
    at most `rhythm.at_least` minutes; `info["minutes"]` [B] says how long, for discounting. Episodes are
    truncated, not terminated, at the horizon. Lines decide by falling urgency, each with what those
    before it left; one whose choice is gone is asked again at the same minute.

    Observation (a dict; L lines, I items, K the most items that one line can make, E edges):

    - `plant` float32 [B, 19], `lines` [B, L, 22], `items` [B, I, 41], `slots` [B, L, K, 16]: see
      `envs.fleet.kernel.observe`. Slots are 0 for lines that do not decide.
    - `mask` int8 [B, L, 1 + K]: 1 where the choice can be made; holding always can.
    - `line_mask` int8 [B, L], `item_mask` int8 [B, I]: 0 for what fills smaller plants up.
    - `slot_item` int32 [B, L, K]: the item of each slot, -1 where there is none.
    - `edges` int32 [B, E, 2], `edge_units` float32 [B, E]: bill of materials, item and component, or -1.
    - with `moves`, `planned` float32 [B, L, 4]: see `envs.fleet.observation.planned`.

    Action: MultiDiscrete [B, L, 3]: 0 holds and k makes the item of slot k - 1; size and mode as in
    `envs.fleet.kernel.choices`. Every size and mode of a choice that the mask allows is allowed.
    With `moves`, a third mode lets a line that holds begin its next planned run now, and one that makes
    something push it back behind that.

    Reward [B]: minus the weighted money that the step cost over `scales`, money per hour.

    Parameters
    ----------
    assignments
        The plants, alone or with weights and a base schedule to follow.
    scales
        Money per hour that counts as 1 in rewards; what ATCS tuned for the plant costs where None.
    autoreset_mode
        As Gymnasium's. Each plant's episodes after a seeded one have seeds of their own.
    copy
        Whether observations are copies. Without, the next step writes over them.
    record
        How many runs of an episode can be read back by `schedule` and `realised`.
    threads
        How many threads step plants; the kernel does not hold Python's lock.
    moves
        Whether lines may move runs of the base schedule that are locked to their line alone, start
        after the frozen zone, and make no part of others. Without, these stay as they are planned.
    """

    _pool: ThreadPoolExecutor | None = None

    def __init__(
        self,
        assignments: Sequence[Plant | Assignment],
        luck: Luck = CERTAIN,
        rhythm: Rhythm = Rhythm(),
        scales: Sequence[float] | None = None,
        autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        record: int = 0,
        threads: int = 1,
        moves: bool = False,
    ) -> None:
        self.assignments = [
            one if isinstance(one, Assignment) else Assignment(one) for one in assignments
        ]
        rush = RUSH_ROOM if luck.rush_per_day > 0 else 0
        self.fleet: Fleet = build_fleet(self.assignments, rhythm, rush, moves)
        self._moves = moves
        self.state: State = new_state(self.fleet, record)
        self.luck = luck
        self.num_envs = self.fleet.size
        self.metadata = {"autoreset_mode": autoreset_mode, "render_modes": []}
        given = scales if scales is not None else [hourly_cost(one) for one in self.assignments]
        self.scales = np.array(given, np.float64)
        self._copy = copy
        self._mode = autoreset_mode
        seen = blank(self.fleet, self.scales)
        self._given: Observation = {
            "plant": seen.plant,
            "lines": seen.lines,
            "items": seen.items,
            "slots": seen.slots,
            "mask": seen.mask,
            **constants(self.fleet),
        }
        self.single_observation_space = observation_space(self.fleet, moves)
        self.single_action_space = action_space(self.fleet, moves)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._cost = np.zeros(self.num_envs)
        self._minutes = np.zeros(self.num_envs, np.int64)
        self._seeds = np.zeros(self.num_envs, np.int64)
        self._episodes = np.zeros(self.num_envs, np.int64)
        self._reward = np.zeros(self.num_envs)
        self._ended = np.zeros(self.num_envs, np.bool_)
        self._waits = False
        self.stage: Held[Stage] = Held(
            Stage(
                self.fleet, self.state, clock_of(self.fleet), outlook_of(self.fleet),
                starts_of(self.fleet), luck.figures(), self.scales, self._cost, self._minutes,
                self._reward, seen,
            )
        )  # fmt: skip
        self._held = np.zeros((self.num_envs, self.fleet.lines, 3), np.int64)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        bounds = np.linspace(0, self.num_envs, max(threads, 1) + 1).astype(int)
        self._parts = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """All plants, or those of `options["reset_mask"]` [B], at their first epochs.

        `info["cost"]` [B] is what was charged before it. A seed n gives the plants the seeds n, n + 1, ...
        """
        everyone = np.ones(self.num_envs, np.bool_)
        chosen = np.asarray((options or {}).get("reset_mask", everyone), np.bool_)
        self._one_each("reset_mask", chosen.shape)
        super().reset(seed=seed if isinstance(seed, int) else None)
        given: list[int | None] = [None] * self.num_envs
        if isinstance(seed, int):
            given = [seed + row for row in range(self.num_envs)]
        elif seed is not None:
            given = list(seed)
            self._one_each("seed", (len(given),))
        drawn = self.np_random.integers(0, 2**40, self.num_envs)
        fresh = np.array([d if g is None else g for g, d in zip(given, drawn, strict=True)])
        self._seeds[chosen] = fresh[chosen]
        self._episodes[chosen] = 0
        self._begin(chosen)
        self._in_parts(self._look)
        return self._observation(), self._info()

    def step(
        self, actions: Actions
    ) -> tuple[Observation, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Carry out the choices [B, L, 3] and move every plant to its next epoch."""
        choices = told(self.fleet, actions)
        if self._waits and self._mode == AutoresetMode.DISABLED:
            raise RuntimeError(
                f"plants {np.flatnonzero(self._ended).tolist()} are at their horizon's end; reset them "
                'with options={"reset_mask": ...}'
            )
        if self._waits or self._mode == AutoresetMode.SAME_STEP:
            return self._renewing(choices)
        self._in_parts(lambda first, last: turn(self.stage, choices, first, last))
        truncated = self._note_ends()
        never = np.zeros(self.num_envs, np.bool_)
        return self._observation(), self._reward.copy(), never, truncated, self._info()

    def _renewing(
        self, choices: Actions
    ) -> tuple[Observation, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """A step in which some plants may begin anew: those that were over, or those that it ends."""
        renewed = self._ended
        self._in_parts(lambda first, last: self._move(choices, first, last))
        if self._waits:
            self._begin(renewed)
            self._minutes[renewed] = 0
        rewards = np.where(renewed, 0.0, -self._cost / self.scales)
        truncated = self._note_ends()
        info: dict[str, Any] = {}
        if self._mode == AutoresetMode.SAME_STEP and self._waits:
            info = self._final(truncated)
            self._begin(truncated)
        self._in_parts(self._look)
        never = np.zeros(self.num_envs, np.bool_)
        return self._observation(), rewards, never, truncated, info | self._info()

    def _note_ends(self) -> NDArray[np.bool_]:
        """Which plants are at their horizon's end."""
        self._ended = self.state.over > 0
        self._waits = bool(self._ended.any())
        return self._ended.copy()

    def advance(self, actions: Actions) -> None:
        """Carry out choices [B, L, 3] without observing; plants that are over stay as they are."""
        choices = told(self.fleet, actions)
        self._in_parts(lambda first, last: self._move(choices, first, last))
        self._note_ends()

    def observed(self) -> tuple[Observation, dict[str, Any]]:
        """What is to be seen now, and what the last step cost and took."""
        self._in_parts(self._look)
        return self._observation(), self._info()

    @property
    def is_over(self) -> bool:
        """Whether all plants are at their horizon's end."""
        return bool(self.state.over.all())

    @property
    def cost(self) -> NDArray[np.float64]:
        """Weighted money so far [B, 7], in the order of `plant.COMPONENTS`."""
        money: NDArray[np.float64] = self.state.money * self.fleet.weights
        return money

    def costs(self, row: int) -> dict[str, float]:
        """Weighted money so far of one plant by component, and its total."""
        named = dict(zip(COMPONENTS, self.cost[row].tolist(), strict=True))
        return named | {"total": float(self.cost[row].sum())}

    def schedule(self, row: int) -> Schedule:
        """The runs that a plant has started; needs `record`."""
        return realised_schedule(self.assignments[row], self.fleet, self.state, row)

    def realised(self, row: int) -> tuple[Plant, Schedule]:
        """The plant as it turned out and its schedule; their `evaluate` is the episode's cost."""
        return realised(self.assignments[row], self.fleet, self.state, row, self.luck)

    def close_extras(self, **_: Any) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _one_each(self, name: str, found: tuple[int, ...]) -> None:
        if found != (self.num_envs,):
            raise ValueError(
                f"{name}: expected one for each of {self.num_envs} plants, found {found}"
            )

    def _begin(self, chosen: NDArray[np.bool_]) -> None:
        seeds = (self._seeds * 1_048_583 + self._episodes) & MASK_63
        self._episodes[chosen] += 1
        self._ended = self._ended & ~chosen
        self._waits = bool(self._ended.any())
        wanted = chosen.astype(np.int64)
        begin(self.stage, wanted, seeds)
        self._in_parts(lambda first, last: self._move(self._held, first, last, True))

    def _move(self, actions: Actions, first: int, last: int, fresh: bool = False) -> None:
        move(self.stage, actions, first, last, fresh)

    def _look(self, first: int, last: int) -> None:
        look(self.stage, first, last)

    def _in_parts(self, work: Callable[[int, int], object]) -> None:
        if self._pool is None:
            work(0, self.num_envs)
        else:
            list(self._pool.map(lambda part: work(*part), self._parts))

    def _final(self, ended: NDArray[np.bool_]) -> dict[str, Any]:
        """What Gymnasium asks for where an episode is followed at once by the next."""
        self._in_parts(self._look)
        last = {name: values.copy() for name, values in self._observation().items()}
        each = np.full(self.num_envs, None, dtype=object)
        for row in np.flatnonzero(ended):
            each[row] = {name: values[row] for name, values in last.items()}
        info = {"cost": self._cost.copy(), "minutes": self._minutes.copy()}
        return {"final_obs": each, "_final_obs": ended.copy(), "final_info": info,
                "_final_info": ended.copy()}  # fmt: skip

    def _info(self) -> dict[str, Any]:
        return {"cost": self._cost.copy(), "minutes": self._minutes.copy()}

    def _observation(self) -> Observation:
        given = dict(self._given)
        if self._moves:
            given["planned"] = planned(self.fleet, self.state)
        return {name: values.copy() for name, values in given.items()} if self._copy else given
