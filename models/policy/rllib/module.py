"""The dispatcher in RLlib's clothes: one agent that chooses for all lines of a plant."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch.torch_rl_module import TorchRLModule
from torch import Tensor

from models.policy.dispatcher import Dispatcher, NetworkShape, possible_options
from models.policy.rllib.choices import LineChoices
from models.policy.rllib.offered import Offered
from models.policy.rllib.offers import OFFERS, SHOWN, offers_of, options_of

CHOICES = (
    "choices"  # of a pass: `LineChoices`, not flat logits, so that lines that wait cost nothing
)
VALUES = Columns.VF_PREDS
STYLE = "style"


class RowsModule(TorchRLModule, ValueFunctionAPI):
    """What a `FleetRunner` asks: some plants of a batch, for `CHOICES` and `VALUES`.

    RLlib's own way puts a module into its evaluation mode at each call, which took longer than the plants.
    """

    def rows_of(self, seen: dict[str, Tensor], plants: NDArray[np.int64]) -> dict[str, Any]:
        """What is seen of some plants."""
        order = torch.from_numpy(plants)
        return {name: values[order] for name, values in seen.items()}

    def ask(self, seen: dict[str, Any]) -> dict[str, Any]:
        """Choices and values of rows."""
        return self._forward({Columns.OBS: seen})


class DispatcherModule(RowsModule):
    """An RLModule that is nothing but the dispatcher; `model_config["shape"]` has its `NetworkShape`.

    It is asked for a fleet's observation, or for rows of it with `offers` in the place of slots, and then
    with the style that each plant of the fleet is played in: `model_config["styles"]` [B, length], or None.
    """

    def setup(self) -> None:
        """Build the network."""
        config: Any = self.model_config
        self.network = Dispatcher(NetworkShape(**config["shape"]))
        styles = config.get("styles")
        self.styles = None if styles is None else torch.from_numpy(styles.astype(np.float32))

    def rows_of(self, seen: dict[str, Tensor], plants: NDArray[np.int64]) -> dict[str, Any]:
        """What is seen of some plants, the others deciding nothing; their offers, not their slots."""
        rest = {name: values for name, values in seen.items() if name not in SHOWN}
        rows = super().rows_of(rest, plants) | {OFFERS: offers_of(possible_options(seen), plants)}
        if self.styles is not None:
            rows[STYLE] = self.styles[torch.from_numpy(plants)]
        return rows

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        seen = batch[Columns.OBS]
        options = options_of(seen)
        scores = self.network.of_deciding(seen, options, seen.get(STYLE))
        return {CHOICES: LineChoices.of_deciding(scores, options), VALUES: scores.value}

    def _forward_train(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        seen = batch[Columns.OBS]
        options = options_of(seen)
        told, hold, value = self.network.told(seen, options, seen.get(STYLE))
        return {CHOICES: Offered(told, hold, options), VALUES: value}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """The value [B] of each plant in the batch."""
        values: Tensor = self._forward(batch)[VALUES]
        return values
