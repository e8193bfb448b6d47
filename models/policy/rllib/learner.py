"""PPO's learner with the ratio clipped for each line that decides, instead of for all lines as one.

The product of fifty lines' ratios leaves the clip after the first small step, and what it leaves teaches
nothing; a line's own ratio stays in it.
"""

from __future__ import annotations

from typing import Any

import torch
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.learner import ENTROPY_KEY, POLICY_LOSS_KEY, VF_LOSS_KEY
from ray.rllib.evaluation.postprocessing import Postprocessing
from ray.rllib.utils.torch_utils import explained_variance
from torch import Tensor

from models.policy.learning.improvement import Step, clipped_gain
from models.policy.rllib.choices import LineChoices, together
from models.policy.rllib.module import CHOICES, VALUES
from models.policy.rllib.offered import Offered

CLIPPED, DIVERGENCE = "clipped_share", "divergence"


class LinePPOLearner(PPOTorchLearner):
    """PPO whose policy loss is `improvement.clipped_gain`; `learner_config_dict["clip"]`: line or joint."""

    def configure_optimizers_for_module(self, module_id: Any, config: Any = None) -> None:
        """Adam as RLlib has it, all weights in one call: by fifty it took a fiftieth of an iteration."""
        module: Any = self._module
        weights = self.get_parameters(module[module_id])
        self.register_optimizer(
            module_id=module_id,
            optimizer=torch.optim.Adam(weights, fused=True),
            params=weights,
            lr_or_lr_schedule=config.lr,
        )

    def compute_loss_for_module(
        self, *, module_id: Any, config: Any, batch: Any, fwd_out: dict[str, Any]
    ) -> Tensor:
        """The loss of a minibatch of rows from a `FleetRunner`."""
        choices: LineChoices | Offered = fwd_out[CHOICES]
        then = batch[Columns.ACTION_LOGP][choices.plant, choices.line]
        now, openness = choices.done(batch[Columns.ACTIONS])
        change = now - then
        step = Step(reach=config.clip_param, clip=config.learner_config_dict.get("clip", "line"))
        gain, clipped = _gain(choices, change, batch[Postprocessing.ADVANTAGES], step)
        values, targets = fwd_out[VALUES], batch[Postprocessing.VALUE_TARGETS]
        error = ((values - targets) ** 2).mean()
        chaos = together(openness, choices.plant, len(values)).mean()
        coefficient = self.entropy_coeff_schedulers_per_module[module_id].get_current_value()
        with torch.no_grad():
            apart = (change.exp() - 1.0 - change).sum() / max(len(change), 1)
        self.metrics.log_dict(
            {POLICY_LOSS_KEY: -gain, VF_LOSS_KEY: error, ENTROPY_KEY: chaos, CLIPPED: clipped,
             DIVERGENCE: apart, "vf_explained_var": explained_variance(targets, values)},
            key=module_id, window=1,
        )  # fmt: skip
        loss: Tensor = -gain + config.vf_loss_coeff * error - coefficient * chaos
        return loss


def _gain(
    choices: LineChoices | Offered, change: Tensor, worth: Tensor, step: Step
) -> tuple[Tensor, Tensor]:
    """The clipped objective and the share beyond the clip; change [D] of the deciding lines, worth [B]."""
    if step.clip == "joint":
        whole = together(change, choices.plant, len(worth))
        decides = choices.plant.bincount(minlength=len(worth)) > 0
        return clipped_gain(whole.unsqueeze(-1), worth, decides.unsqueeze(-1), step)
    every = torch.ones_like(change, dtype=torch.bool).unsqueeze(-1)
    return clipped_gain(change.unsqueeze(-1), worth[choices.plant], every, step)
