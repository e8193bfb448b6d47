"""The network in RLlib's clothes, twice: for one factored agent, and for a line that is one of many."""

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
from models.policy.multi_agent.network import LineNetwork


class LineChoices(Distribution):
    """Choice, size and mode of some lines as one distribution over flat logits [B, L × (1 + K + 4 + 2)].

    All lines at once; RLlib's own multi-categorical loops over three times as many heads in Python. Where
    a line holds, its size and mode count nothing.
    """

    lines: int | None = None

    def __init__(self, logits: Tensor) -> None:
        self.flat = logits
        rows = logits if self.lines is None else logits.view(*logits.shape[:-1], self.lines, -1)
        parts = torch.split(rows, [rows.shape[-1] - SIZES - MODES, SIZES, MODES], -1)
        self.parts = [torch.log_softmax(part, -1) for part in parts]

    @staticmethod
    def required_input_dim(space: gym.Space[Any], **_: Any) -> int:
        """The length of the flat logits."""
        return int(space.nvec.sum())  # type: ignore[attr-defined]

    @classmethod
    def from_logits(cls, logits: Any, **_: Any) -> LineChoices:
        """The distribution of flat logits."""
        return cls(logits)

    def sample(self, **_: Any) -> Tensor:
        """Choice, size and mode of each line [B, (L,) 3]."""
        drawn = [
            (part - torch.log(-torch.log(torch.rand_like(part).clamp_(1e-9, 1 - 1e-7)))).argmax(-1)
            for part in self.parts
        ]
        return torch.stack(drawn, -1)

    def rsample(self, **_: Any) -> Tensor:
        """Not possible: choices are discrete."""
        raise NotImplementedError("choices are discrete and cannot be reparametrised")

    def logp(self, value: Any, **_: Any) -> Tensor:
        """The log probability [B] of what all lines do together."""
        given = value.long().view(*self.parts[0].shape[:-1], 3)
        picked = [
            part.gather(-1, given[..., place : place + 1]).squeeze(-1)
            for place, part in enumerate(self.parts)
        ]
        manner = torch.where(given[..., 0] > 0, picked[1] + picked[2], 0.0)
        return self._together(picked[0] + manner)

    def entropy(self, **_: Any) -> Tensor:
        """The entropy [B] of what all lines do together."""
        choice, *manner = [-(part.exp() * part).sum(-1) for part in self.parts]
        makes = 1.0 - self.parts[0][..., 0].exp()
        return self._together(choice + makes * (manner[0] + manner[1]))

    def kl(self, other: Any, **_: Any) -> Tensor:
        """The divergence [B] from another distribution of the same shape, sizes and modes included."""
        pairs = zip(self.parts, other.parts, strict=True)
        return self._together(sum((p.exp() * (p - q)).sum(-1) for p, q in pairs))

    def to_deterministic(self) -> Distribution:
        """The most likely choice, size and mode of each line."""
        return TorchDeterministic(torch.stack([part.argmax(-1) for part in self.parts], -1))

    def _together(self, rows: Tensor) -> Tensor:
        return rows if self.lines is None else rows.sum(-1)


class LinesModule(TorchRLModule, ValueFunctionAPI):
    """`LineNetwork` as an RLModule; of a line that is an agent, or of all lines of the action space.

    `model_config`: "width" of the layers; "lines" names the lines' rows in the observation.
    """

    def setup(self) -> None:
        """Build the network and the distribution for the action space."""
        config: Any = self.model_config
        space: Any = self.action_space
        self.network = LineNetwork(config["width"])
        self.rows = config["lines"]
        count = None if space.nvec.ndim == 1 else len(space.nvec)
        self.action_dist_cls = type("Choices", (LineChoices,), {"lines": count})

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        logits, values = self.network(batch[Columns.OBS], self.rows)
        return {Columns.ACTION_DIST_INPUTS: logits.flatten(1), Columns.EMBEDDINGS: values}

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """The plant's value for each row; `embeddings` are the values of the same pass."""
        if embeddings is not None:
            return embeddings
        return self.network(batch[Columns.OBS], self.rows)[1]  # type: ignore[no-any-return]
