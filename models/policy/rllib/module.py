"""The dispatcher in RLlib's clothes: one agent, one batched masked distribution over all lines."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import torch
from ray.rllib.core.columns import Columns
from ray.rllib.core.distribution.distribution import Distribution
from ray.rllib.core.distribution.torch.torch_distribution import TorchDeterministic
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch.torch_rl_module import TorchRLModule
from torch import Tensor

from envs.fleet.kernel.choices import MODES, SIZES
from models.policy.choices import drawn, entropy, log_probability, most_likely
from models.policy.dispatcher import Dispatcher, NetworkShape, Scores
from models.policy.rllib.flat_fleet import Layout

FIGURES = 1 + SIZES + MODES  # of a line's choice


def packed(scores: Scores) -> Tensor:
    """Scores as flat rows [B, L x (1 + K) x 7]."""
    joined = torch.cat([scores.choice.unsqueeze(-1), scores.size, scores.mode], -1)
    return joined.flatten(1)


def unpacked(flat: Tensor, lines: int) -> Scores:
    """The scores of flat rows; values are not among them and are 0."""
    joined = flat.view(flat.shape[0], lines, -1, FIGURES)
    return Scores(
        joined[..., 0], joined[..., 1 : 1 + SIZES], joined[..., 1 + SIZES :], flat.new_zeros(len(flat))
    )  # fmt: skip


class LineChoices(Distribution):
    """Choice, size and mode of all lines, as one distribution over flat scores.

    RLlib's own multi-categorical loops over the lines in Python, at a quarter of the speed.
    """

    lines = 1

    def __init__(self, flat: Tensor) -> None:
        self.scores = unpacked(flat, self.lines)

    @staticmethod
    def required_input_dim(space: gym.Space[Any], **_: Any) -> int:
        """The length of the flat scores."""
        return int(space.nvec[::3].sum()) * FIGURES  # type: ignore[attr-defined]

    @classmethod
    def from_logits(cls, logits: Any, **_: Any) -> LineChoices:
        """The distribution of flat scores."""
        return cls(logits)

    def sample(self, **_: Any) -> Tensor:
        """What every line does [B, L x 3]."""
        return drawn(self.scores).flatten(1)

    def rsample(self, **_: Any) -> Tensor:
        """Not possible: choices are discrete."""
        raise NotImplementedError("choices are discrete and cannot be reparametrised")

    def line_logp(self, value: Tensor) -> Tensor:
        """The log probability of what each line does [B, L]."""
        return log_probability(self.scores, value.view(len(value), self.lines, 3))

    def logp(self, value: Any, **_: Any) -> Tensor:
        """The log probability [B] of what all lines do together."""
        return self.line_logp(value).sum(-1)

    def deciding(self) -> Tensor:
        """Whether each line has something to decide [B, L]."""
        return self.scores.choice[..., 1:].amax(-1) > -1e8

    def entropy(self, **_: Any) -> Tensor:
        """The entropy [B] of all lines' choices together."""
        return (entropy(self.scores) * self.deciding()).sum(-1)

    def kl(self, other: Any, **_: Any) -> Tensor:
        """The divergence [B] of the choices, without sizes and modes."""
        mine, theirs = (torch.log_softmax(one.scores.choice, -1) for one in (self, other))
        return (mine.exp() * (mine - theirs)).sum(-1).sum(-1)

    def to_deterministic(self) -> Distribution:
        """What is most likely of every line."""
        return TorchDeterministic(most_likely(self.scores).flatten(1))


class DispatcherModule(TorchRLModule, ValueFunctionAPI):
    """An RLModule that is nothing but the dispatcher.

    `model_config` has `shape`, the fields of `NetworkShape`, and `parts`, those of `Layout`.
    """

    def setup(self) -> None:
        """Build the network for the lines of the action space."""
        config: Any = self.model_config
        space: Any = self.action_space
        self.network = Dispatcher(NetworkShape(**config["shape"]))
        parts = tuple((name, start, tuple(shape)) for name, start, shape in config["parts"])
        self.layout = Layout(parts, int(self.observation_space.shape[0]))  # type: ignore[union-attr,index]
        lines = len(space.nvec) // 3
        self.action_dist_cls = type("PlantChoices", (LineChoices,), {"lines": lines})

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        scores = self.network(self.layout.restore(batch[Columns.OBS]))
        return {Columns.ACTION_DIST_INPUTS: packed(scores), Columns.EMBEDDINGS: scores.value}

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """The value of each plant in the batch; `embeddings` are the values of the same pass."""
        if embeddings is not None:
            return embeddings
        values: Tensor = self.network(self.layout.restore(batch[Columns.OBS])).value
        return values
