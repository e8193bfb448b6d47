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

CLIPPED, DIVERGENCE = "clipped_share", "divergence"


class LinePPOLearner(PPOTorchLearner):
    """PPO whose policy loss is `improvement.clipped_gain`; `learner_config_dict["clip"]`: line or joint."""

    def compute_loss_for_module(
        self, *, module_id: Any, config: Any, batch: Any, fwd_out: dict[str, Any]
    ) -> Tensor:
        """The loss of a minibatch."""
        module: Any = self.module[module_id].unwrapped()
        mask = batch.get(
            Columns.LOSS_MASK, torch.ones_like(batch[Columns.REWARDS], dtype=torch.bool)
        )
        now = module.get_train_action_dist_cls().from_logits(fwd_out[Columns.ACTION_DIST_INPUTS])
        then = module.get_exploration_action_dist_cls().from_logits(
            batch[Columns.ACTION_DIST_INPUTS]
        )
        actions = batch[Columns.ACTIONS]
        change = now.line_logp(actions) - then.line_logp(actions).detach()
        deciding = now.deciding() & mask.unsqueeze(-1)
        step = Step(reach=config.clip_param, clip=config.learner_config_dict.get("clip", "line"))
        gain, clipped = clipped_gain(change, batch[Postprocessing.ADVANTAGES], deciding, step)
        values = module.compute_values(batch, embeddings=fwd_out.get(Columns.EMBEDDINGS))
        targets = batch[Postprocessing.VALUE_TARGETS]
        error = ((values - targets) ** 2)[mask].mean()
        chaos = now.entropy()[mask].mean()
        coefficient = self.entropy_coeff_schedulers_per_module[module_id].get_current_value()
        with torch.no_grad():
            apart = ((change.exp() - 1.0 - change) * deciding).sum() / deciding.sum().clamp(min=1)
        self.metrics.log_dict(
            {POLICY_LOSS_KEY: -gain, VF_LOSS_KEY: error, ENTROPY_KEY: chaos, CLIPPED: clipped,
             DIVERGENCE: apart, "vf_explained_var": explained_variance(targets, values)},
            key=module_id, window=1,
        )  # fmt: skip
        loss: Tensor = -gain + config.vf_loss_coeff * error - coefficient * chaos
        return loss
