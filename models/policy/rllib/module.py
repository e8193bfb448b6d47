"""The dispatcher in RLlib's clothes: one agent that chooses for all lines of a plant."""

from __future__ import annotations

from typing import Any

from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch.torch_rl_module import TorchRLModule
from torch import Tensor

from models.policy.dispatcher import Dispatcher, NetworkShape
from models.policy.rllib.choices import LineChoices
from models.policy.rllib.offers import options_of

CHOICES = (
    "choices"  # of a pass: `LineChoices`, not flat logits, so that lines that wait cost nothing
)
VALUES = Columns.VF_PREDS


class DispatcherModule(TorchRLModule, ValueFunctionAPI):
    """An RLModule that is nothing but the dispatcher; `model_config["shape"]` has its `NetworkShape`.

    It is asked by `FleetRunner` and `LinePPOLearner`, for `CHOICES` and `VALUES` of a fleet's observation, or
    of rows of it with `offers` in the place of slots.
    """

    def setup(self) -> None:
        """Build the network."""
        config: Any = self.model_config
        self.network = Dispatcher(NetworkShape(**config["shape"]))

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        seen = batch[Columns.OBS]
        options = options_of(seen)
        scores = self.network.of_deciding(seen, options)
        return {CHOICES: LineChoices.of_deciding(scores, options), VALUES: scores.value}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """The value [B] of each plant in the batch."""
        values: Tensor = self._forward(batch)[VALUES]
        return values
