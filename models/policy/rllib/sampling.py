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
            after = self.module.forward_exploration({Columns.OBS: self._seen})[VALUES]
            return self._rows(record, after)

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
        told = self.module.forward_exploration({Columns.OBS: self._seen})
        choices = told[CHOICES]
        actions = choices.sample()
        record.keep(step, Columns.ACTIONS, actions)
        record.keep(step, Columns.ACTION_LOGP, choices.by_line(choices.line_logp(actions)))
        record.keep(step, VALUES, told[VALUES])
        for name, values in self._seen.items():
            record.keep(step, name, values)
        begins = self._ended
        seen, reward, _, self._ended, info = self._plants.step(actions.numpy())
        record.note(step, reward, info["minutes"], self._ended, begins)
        self._seen = _tensors(seen)
        self._count(reward, begins)

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

    def _rows(self, record: _Record, after: Tensor) -> SampleBatch:
        """The decisions among the record's steps as rows [N, ...], mixed."""
        kept, noted = record.kept, record.noted
        values = kept.pop(VALUES).double().numpy()
        reward, minutes, ends, begins = noted
        track = Track(
            reward, minutes, ends, begins, values, _decides(kept[MASK]), after.double().numpy(),
            _decides(self._seen[MASK]),
        )  # fmt: skip
        worth = worth_of(track, self.config.gamma, self.config.lambda_)
        counted: Any = self._increase_sampled_metrics
        counted(int((~track.begins).sum()), int(track.ends.sum()))
        rows = self._rng.permutation(np.flatnonzero(worth.known.reshape(-1)))
        order = torch.from_numpy(rows)
        flat = {name: one.flatten(0, 1)[order] for name, one in kept.items()}
        found = {name: flat.pop(name) for name in (Columns.ACTIONS, Columns.ACTION_LOGP)}
        batch: Any = SampleBatch
        given: SampleBatch = batch(
            {
                **found,
                Columns.OBS: flat,
                Postprocessing.ADVANTAGES: _picked(worth.advantage, rows),
                Postprocessing.VALUE_TARGETS: _picked(worth.target, rows),
            }
        )
        return given


class _Record:
    """Room for T steps of B plants: `kept` tensors [T, B, ...] by name, and what was `noted` of them."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.kept: dict[str, Tensor] = {}
        self.noted: list[NDArray[Any]] = []

    def keep(self, step: int, name: str, values: Tensor) -> None:
        """Copy a step's tensor [B, ...]."""
        if name not in self.kept:
            self.kept[name] = values.new_empty((self.steps, *values.shape))
        self.kept[name][step] = values

    def note(self, step: int, *columns: NDArray[Any]) -> None:
        """Copy a step's reward, minutes, and whether it ends and begins an episode, each [B]."""
        if not self.noted:
            self.noted = [np.zeros((self.steps, len(one)), one.dtype) for one in columns]
        for place, one in zip(self.noted, columns, strict=True):
            place[step] = one


def _decides(mask: Tensor) -> NDArray[np.bool_]:
    """Whether some line has a choice [...], of masks [..., L, 1 + K]."""
    found: NDArray[np.bool_] = (mask[..., 1:] > 0).flatten(-2).any(-1).numpy()
    return found


def _picked(values: NDArray[np.float64], rows: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(values.reshape(-1)[rows].astype(np.float32))


def _tensors(seen: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values) for name, values in seen.items()}
