"""Sampling from a fleet as a batch: no episode objects, no connectors, one pass for all plants.

RLlib's own runner makes a Python object of every plant's every step and takes observations apart and together
again key by key; that cost it more than the plants and the network did together.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from ray.rllib.core.columns import Columns
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.policy.sample_batch import SampleBatch
from ray.rllib.utils.metrics import SAMPLE_TIMER, WEIGHTS_SEQ_NO
from torch import Tensor

from models.policy.rllib.advantages import Track, worth_of
from models.policy.rllib.module import CHOICES, VALUES

MASK = "mask"
Flags = NDArray[np.bool_]


class FleetRunner(SingleAgentEnvRunner):
    """Steps all plants of a `FleetEnv` in one call; a sample is rows of arrays, with advantages.

    The environment resets in the step after an episode's last one (Gymnasium's NEXT_STEP). Rows are the steps
    in which some line had a choice; they come mixed, so that minibatches can be cut off one after the other.
    """

    module: Any
    env: Any
    config: Any

    def sample(self, **_: Any) -> SampleBatch:  # type: ignore[override]
        """As many steps of every plant as `rollout_fragment_length` says, with what they were worth."""
        self.metrics.log_value(WEIGHTS_SEQ_NO, self._weights_seq_no, window=1)
        with self.metrics.log_time(SAMPLE_TIMER), torch.inference_mode():
            steps = self.config.get_rollout_fragment_length(self.worker_index)
            record = _Record(steps)
            self._begin()
            for step in range(steps):
                self._step(record, step)
            decides, rows = self._looked()
            after = self._values(self.module.ask(self.module.rows_of(self._seen, rows)), rows)
            return self._rows(record, after, decides)

    def _begin(self) -> None:
        """Put all plants at their start, once."""
        if not self._needs_initial_reset:
            return
        self._plants: Any = self.env.env  # without the wrapper that makes a dict a plant of `info`
        seen, _ = self._plants.reset(seed=self._seed)
        self._rng = np.random.default_rng(self._seed)
        self._seen = _tensors(seen)
        self._ended = np.zeros(self.num_envs, np.bool_)
        self._returned, self._lengths = np.zeros(self.num_envs), np.zeros(self.num_envs, np.int64)
        self._since, self._needs_initial_reset = time.perf_counter(), False

    def _step(self, record: _Record, step: int) -> None:
        decides, rows = self._looked()
        few = self.module.rows_of(self._seen, rows)
        told = self.module.ask(few)
        choices = told[CHOICES]
        chosen = choices.sample()
        logp = choices.by_line(choices.line_logp(chosen))
        record.keep(few | {Columns.ACTIONS: chosen, Columns.ACTION_LOGP: logp})
        actions = np.zeros((self.num_envs, *chosen.shape[1:]), np.int64)
        actions[rows] = chosen.numpy()
        counts = np.zeros(self.num_envs, np.bool_)
        counts[rows] = True
        begins, values = self._ended, self._values(told, rows)
        seen, reward, _, self._ended, info = self._plants.step(actions)
        record.note(step, reward, info["minutes"], self._ended, begins, values, decides, counts)
        self._seen = _tensors(seen)
        self._count(reward, begins)

    def _looked(self) -> tuple[Flags, NDArray[np.int64]]:
        """Which plants [B] decide, and which count: those, and those that were cut off here.

        One counts at least, as layers want something to look at.
        """
        mask = self._seen[MASK].numpy()
        decides: Flags = np.asarray((mask[..., 1:] > 0).any((1, 2)))
        rows = np.flatnonzero(decides | self._ended)
        return decides, rows if len(rows) else np.zeros(1, np.int64)

    def _values(self, told: dict[str, Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The values [B] of the plants that count, others 0."""
        values = np.zeros(self.num_envs)
        values[rows] = told[VALUES].double().numpy()
        return values

    def _count(self, reward: NDArray[Any], begins: NDArray[np.bool_]) -> None:
        self._returned += reward
        self._lengths += ~begins
        told: Any = self._log_episode_metrics
        for row in np.flatnonzero(self._ended):
            told(
                int(self._lengths[row]),
                float(self._returned[row]),
                time.perf_counter() - self._since,
            )
        self._returned[self._ended], self._lengths[self._ended] = 0.0, 0

    def _rows(self, record: _Record, after: NDArray[np.float64], decides: Flags) -> SampleBatch:
        """The decisions among the record's steps as rows [N, ...], mixed."""
        reward, minutes, ends, begins, values, decided, counted = record.noted
        track = Track(reward, minutes, ends, begins, values, decided, after, decides)
        worth = worth_of(track, self.config.gamma, self.config.lambda_)
        told: Any = self._increase_sampled_metrics
        told(int((~track.begins).sum()), int(track.ends.sum()))
        rows = self._rng.permutation(np.flatnonzero(worth.known.reshape(-1)))
        kept = record.rows(counted.reshape(-1).cumsum()[rows] - 1)
        found = {name: kept.pop(name) for name in (Columns.ACTIONS, Columns.ACTION_LOGP)}
        batch: Any = SampleBatch
        given: SampleBatch = batch(
            {
                **found,
                Columns.OBS: kept,
                Postprocessing.ADVANTAGES: _picked(worth.advantage, rows),
                Postprocessing.VALUE_TARGETS: _picked(worth.target, rows),
            }
        )
        return given


class _Record:
    """What T steps showed: `noted` of all B plants [T, B], kept of those that count."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.noted: list[NDArray[Any]] = []
        self._kept: dict[str, list[Any]] = {}

    def keep(self, rows: dict[str, Any]) -> None:
        """Keep what a step shows of the plants that count, and what they do."""
        for name, values in rows.items():
            self._kept.setdefault(name, []).append(values)

    def note(self, step: int, *columns: NDArray[Any]) -> None:
        """Copy a step's figures, each [B]."""
        if not self.noted:
            self.noted = [np.zeros((self.steps, len(one)), one.dtype) for one in columns]
        for place, one in zip(self.noted, columns, strict=True):
            place[step] = one

    def rows(self, order: NDArray[np.int64]) -> dict[str, Any]:
        """Rows of what was kept."""
        return {name: _joined(parts)[order] for name, parts in self._kept.items()}


def _joined(parts: list[Any]) -> Any:
    return torch.cat(parts) if torch.is_tensor(parts[0]) else np.concatenate(parts)


def _picked(values: NDArray[np.float64], rows: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(values.reshape(-1)[rows].astype(np.float32))


def _tensors(seen: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values) for name, values in seen.items()}
