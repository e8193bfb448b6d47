"""The network in RLlib's clothes, twice: of one agent that has all lines, and of a line that is an agent."""

from __future__ import annotations

from typing import Any

import torch
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch.torch_rl_module import TorchRLModule
from torch import Tensor

from models.policy.multi_agent.network import LineNetwork
from models.policy.rllib.choices import LineChoices
from models.policy.rllib.module import CHOICES, VALUES, RowsModule


class LinesModule(RowsModule):
    """`LineNetwork` of all lines of a plant as one agent; only those that decide are computed.

    `model_config`: "width" of the layers.
    """

    def setup(self) -> None:
        """Build the network."""
        config: Any = self.model_config
        self.network = LineNetwork(config["width"])

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        seen = batch[Columns.OBS]
        plant, line = (seen["mask"][..., 1:] > 0).any(-1).nonzero(as_tuple=True)
        rows = [seen[name][plant, line] for name in ("lines", "slots", "mask")]
        scores = self.network(*rows, seen["whole"][plant])
        shape = seen["mask"].shape[0], seen["mask"].shape[1]
        choices = LineChoices(scores, plant, line, shape)
        return {CHOICES: choices, VALUES: self.network.value(seen["whole"])}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """The plants' values."""
        return self.network.value(batch[Columns.OBS]["whole"])


class LineModule(TorchRLModule, ValueFunctionAPI):
    """`LineNetwork` of a line that is an agent of its own, for RLlib's runners.

    `model_config`: "width" of the layers.
    """

    def setup(self) -> None:
        """Build the network and name its distribution."""
        config: Any = self.model_config
        self.network = LineNetwork(config["width"])
        self.action_dist_cls = LineChoices

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        seen = batch[Columns.OBS]
        scores = self.network(seen["line"], seen["slots"], seen["mask"], seen["whole"])
        flat = [scores.choice, scores.size[:, 0], scores.mode[:, 0]]
        return {Columns.ACTION_DIST_INPUTS: torch.cat(flat, -1)}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """The plant's value for each row."""
        return self.network.value(batch[Columns.OBS]["whole"])
