"""The choices of the lines that decide, as one distribution of RLlib's: for one agent, or a line an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import torch
from ray.rllib.core.distribution.distribution import Distribution
from ray.rllib.core.distribution.torch.torch_distribution import TorchDeterministic
from torch import Tensor

from envs.fleet.kernel.choices import MODES, SIZES
from models.policy.choices import drawn, entropy, log_probability, most_likely
from models.policy.dispatcher import Options, Scores


class LineChoices(Distribution):
    """Choice, size and mode of the D lines that decide in B plants; all other lines hold.

    RLlib's own multi-categorical loops over lines in Python, three heads each, at a quarter of the speed.

    Parameters
    ----------
    scores
        Of the deciding lines: choice [D, 1 + K], size [D, 1 + K, 6], mode [D, 1 + K, 2].
    plant, line
        Where each of them stands [D].
    shape
        B and L.
    """

    def __init__(self, scores: Scores, plant: Tensor, line: Tensor, shape: tuple[int, int]) -> None:
        self.scores = _each(scores, lambda part: part.unsqueeze(0))
        self.plant, self.line, self.shape = plant, line, shape

    @classmethod
    def of(cls, scores: Scores, mask: Tensor) -> LineChoices:
        """Of all lines' scores [B, L, ...]; those decide whose mask [B, L, 1 + K] has more than to hold."""
        plant, line = (mask[..., 1:] > 0).any(-1).nonzero(as_tuple=True)
        rows = _each(scores, lambda part: part[plant, line])
        return cls(rows, plant, line, (mask.shape[0], mask.shape[1]))

    @classmethod
    def of_deciding(cls, scores: Scores, options: Options) -> LineChoices:
        """Of the scores of the lines that decide [D, ...]."""
        return cls(scores, options.asking, options.asking_line, options.shape[:2])

    @staticmethod
    def required_input_dim(space: gym.Space[Any], **_: Any) -> int:
        """The length of the flat logits of one line that is an agent: 1 + K, sizes, modes."""
        return int(space.nvec.sum())  # type: ignore[attr-defined]

    @classmethod
    def from_logits(cls, logits: Any, **_: Any) -> LineChoices:
        """Of lines that are agents: a line a row [D, (1 + K) + 6 + 2], size and mode alike for all slots."""
        choice, *manner = logits.split([logits.shape[-1] - SIZES - MODES, SIZES, MODES], -1)
        size, mode = (part.unsqueeze(1).expand(-1, choice.shape[-1], -1) for part in manner)
        rows = torch.arange(len(logits), device=logits.device)
        scores = Scores(choice, size, mode, logits.new_zeros(()))
        return cls(scores, rows, torch.zeros_like(rows), (len(logits), 1))

    def sample(self, **_: Any) -> Tensor:
        """What every line does [B, L, 3], or [D, 3] of lines that are agents."""
        return self._spread(drawn(self.scores)[0])

    def rsample(self, **_: Any) -> Tensor:
        """Not possible: choices are discrete."""
        raise NotImplementedError("choices are discrete and cannot be reparametrised")

    def line_logp(self, value: Tensor) -> Tensor:
        """The log probability of what each deciding line does [D]; value [B, L, 3]."""
        told = value.view(*self.shape, 3)[self.plant, self.line]
        return log_probability(self.scores, told.unsqueeze(0))[0]

    def done(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """The log probability of what each deciding line does [D], and the entropy of its choice [D]."""
        return self.line_logp(value), entropy(self.scores)[0]

    def logp(self, value: Any, **_: Any) -> Tensor:
        """The log probability [B] of what all lines do together."""
        return self._together(self.line_logp(value))

    def entropy(self, **_: Any) -> Tensor:
        """The entropy [B] of what all lines do together, in nats."""
        return self._together(entropy(self.scores)[0])

    def kl(self, other: Any, **_: Any) -> Tensor:
        """The divergence [B] of the choices from another's, without sizes and modes."""
        mine, theirs = (torch.log_softmax(one.scores.choice[0], -1) for one in (self, other))
        return self._together((mine.exp() * (mine - theirs)).sum(-1))

    def to_deterministic(self) -> Distribution:
        """What is most likely of every line."""
        return TorchDeterministic(self._spread(most_likely(self.scores)[0]))

    def by_line(self, rows: Tensor) -> Tensor:
        """Figures of the deciding lines [D] among those of all [B, L], the others 0."""
        return rows.new_zeros(self.shape).index_put((self.plant, self.line), rows)

    def _spread(self, rows: Tensor) -> Tensor:
        if self.shape[1] == 1 and len(rows) == self.shape[0]:
            return rows
        return rows.new_zeros(*self.shape, 3).index_put((self.plant, self.line), rows)

    def _together(self, rows: Tensor) -> Tensor:
        return together(rows, self.plant, self.shape[0])


def together(rows: Tensor, plant: Tensor, plants: int) -> Tensor:
    """The sums [plants] of a figure of the lines that decide [D], each by its plant [D]."""
    return rows.new_zeros(plants).index_add(0, plant, rows)


def _each(scores: Scores, work: Callable[[Tensor], Tensor]) -> Scores:
    return Scores(work(scores.choice), work(scores.size), work(scores.mode), scores.value)
