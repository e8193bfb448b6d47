"""The policy network in RLlib's clothes: one agent, one batched masked categorical over all lines."""

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

from envs.plant_env import PlantEnv
from models.policy.network import (
    NetworkShape,
    PolicyNetwork,
    entropy,
    log_probability,
    sampled,
)


class LineChoices(Distribution):
    """Independent choices of all lines, as one distribution over flat logits [B, L × (1 + K)].

    RLlib's own multi-categorical loops over the lines in Python, at a quarter of the speed.
    """

    lines = 1

    def __init__(self, logits: Tensor) -> None:
        self.logits = logits.view(*logits.shape[:-1], self.lines, -1)

    @staticmethod
    def required_input_dim(space: gym.Space[Any], **_: Any) -> int:
        """The length of the flat logits."""
        return int(space.nvec.sum())  # type: ignore[attr-defined]

    @classmethod
    def from_logits(cls, logits: Any, **_: Any) -> LineChoices:
        """The distribution of flat logits."""
        return cls(logits)

    def sample(self, **_: Any) -> Tensor:
        """One choice per line [B, L]."""
        return sampled(self.logits)

    def rsample(self, **_: Any) -> Tensor:
        """Not possible: choices are discrete."""
        raise NotImplementedError("choices are discrete and cannot be reparametrised")

    def logp(self, value: Any, **_: Any) -> Tensor:
        """The log probability [B] of all lines' choices together."""
        return log_probability(self.logits, value)

    def entropy(self, **_: Any) -> Tensor:
        """The entropy [B] of all lines' choices together."""
        return entropy(self.logits)

    def kl(self, other: Any, **_: Any) -> Tensor:
        """The divergence [B] from another distribution of the same shape."""
        mine, theirs = (torch.log_softmax(one.logits, -1) for one in (self, other))
        return (mine.exp() * (mine - theirs)).sum(-1).sum(-1)

    def to_deterministic(self) -> Distribution:
        """Each line's most likely choice."""
        return TorchDeterministic(self.logits.argmax(-1))


class PlantModule(TorchRLModule, ValueFunctionAPI):
    """An RLModule that is nothing but `PolicyNetwork`; `model_config["width"]` sets its shape."""

    def setup(self) -> None:
        """Build the network for the lines of the action space."""
        config: Any = self.model_config
        space: Any = self.action_space
        self.network = PolicyNetwork(NetworkShape(width=config["width"]))
        lines = len(space.nvec)
        self.action_dist_cls = type("PlantChoices", (LineChoices,), {"lines": lines})

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        logits, values = self.network(batch[Columns.OBS])
        return {Columns.ACTION_DIST_INPUTS: logits.flatten(1), Columns.EMBEDDINGS: values}

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """The value of each plant in the batch; `embeddings` are the values of the same pass."""
        return embeddings if embeddings is not None else self.network(batch[Columns.OBS])[1]


def make_env(config: dict[str, Any]) -> PlantEnv:
    """The environment that RLlib's runners sample from; the config holds `PlantEnv`'s arguments."""
    return PlantEnv(**config)
