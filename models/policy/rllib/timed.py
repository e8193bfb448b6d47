"""RLlib's own PPO, with advantages that discount by the hour: for episodes of agents that share a plant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.connectors.learner import GeneralAdvantageEstimation
from ray.rllib.core.columns import Columns
from ray.rllib.evaluation.postprocessing import Postprocessing

Floats = NDArray[np.float64]
FLATTEST = 1e-4


class TimedPPOLearner(PPOTorchLearner):
    """PPO whose advantages come from `TimedAdvantages`, of infos that say how many minutes a step took."""

    config: Any
    _learner_connector: Any

    def build(self) -> None:
        """Put the connector in the place of RLlib's."""
        super().build()
        self._learner_connector.remove(GeneralAdvantageEstimation)
        farthest = self.config.learner_config_dict.get("farthest", math.inf)
        self._learner_connector.append(
            TimedAdvantages(self.config.gamma, self.config.lambda_, farthest)
        )


class TimedAdvantages(ConnectorV2):
    """Adds advantages and value targets to batches in which every episode has one step too many at its end.

    `discount` is for an hour, `memory` the lambda of a step. The advantages of rows with a choice have mean 0
    and deviation 1: levelled among all rows, those few would not be level. They are cut off at the
    `farthest`, in deviations.
    """

    def __init__(self, discount: float, memory: float, farthest: float = math.inf) -> None:
        super().__init__()
        self.discount, self.memory, self.farthest = discount, memory, farthest

    @torch.no_grad()
    def __call__(
        self, *, rl_module: Any, batch: dict[str, Any], episodes: list[Any], **_: Any
    ) -> dict[str, Any]:
        """The batch of each module with both columns."""
        every = list(self.single_agent_episode_iterator(episodes, agents_that_stepped_only=False))
        for name, rows in batch.items():
            values = rl_module[name].compute_values(rows).double().numpy()
            own = [one for one in every if one.module_id in (None, name)]
            fade = self.discount ** (np.concatenate([minutes_of(one) for one in own]) / 60.0)
            over, cut = (
                rows[column].numpy() for column in (Columns.TERMINATEDS, Columns.TRUNCATEDS)
            )
            gained = gains(
                values, rows[Columns.REWARDS].double().numpy(), fade, over, cut, self.memory
            )
            chosen = gained[choosing(rows[Columns.OBS])]
            level = (gained - chosen.mean()) / max(FLATTEST, chosen.std())
            level = level.clip(-self.farthest, self.farthest)
            rows[Postprocessing.ADVANTAGES] = torch.from_numpy(level.astype(np.float32))
            rows[Postprocessing.VALUE_TARGETS] = torch.from_numpy(
                (gained + values).astype(np.float32)
            )
        return batch


def choosing(seen: Any) -> NDArray[np.bool_]:
    """The rows [N] whose line can do something else than hold; all rows where there is none."""
    found: NDArray[np.bool_] = (seen["mask"][:, 1:] > 0).any(-1).numpy()
    return found if found.any() else np.ones_like(found)


def minutes_of(episode: Any) -> Floats:
    """The minutes that each step of an episode took, 0 for the one too many."""
    told = [float(one.get("minutes", 0)) for one in episode.get_infos()[1:]]
    return np.array([*told, 0.0][: len(episode)])


def gains(
    values: Floats,
    reward: Floats,
    fade: Floats,
    over: NDArray[np.bool_],
    cut: NDArray[np.bool_],
    memory: float,
) -> Floats:
    """Generalised advantages [N] of steps of episodes one after the other, each step with its own discount.

    over: nothing follows; cut: the next row shows what is seen after, and belongs to no step.
    """
    after = np.append(values[1:], 0.0)
    surprise = reward + fade * ~over * after - values
    found, later = np.zeros_like(values), 0.0
    for row in range(len(values) - 1, -1, -1):
        later = surprise[row] + fade[row] * memory * later * (not over[row] and not cut[row])
        found[row] = later
    return found
