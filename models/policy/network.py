"""The policy network: logits for every line's choices and the plant's value, for plants of any size.

No line and no item has an identity: each is what its features say, so that weights learned on one plant
can be used on another. Only possible choices are computed, gathered from all lines of the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from envs.observation import (
    BEHIND,
    ITEM_FEATURES,
    LINE_FEATURES,
    OVERTIME,
    PLANT_FEATURES,
    SLACK,
    SLOT_FEATURES,
)

IMPOSSIBLE = -1e9
PATIENCE_DAYS = 4.0


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """The width of every layer."""

    width: int = 48


class PolicyNetwork(nn.Module):
    """Scores choices on top of a priority rule, whose scales are learned, too.

    A slot's logit is `urgency` × (its ATCS-like index less the line's best) - `patience` × (days of slack
    over four) - `overtime` (where it would start early in overtime) + what the layers add; holding's is
    `rest` + what the layers add. The layers start by adding nothing, so that learning starts from a
    softened rule rather than from noise.
    """

    def __init__(self, shape: NetworkShape = NetworkShape()) -> None:
        super().__init__()
        width = shape.width
        self.shape = shape
        self.line = _layers(LINE_FEATURES, width, width)
        self.item = _layers(ITEM_FEATURES, width, width)
        self.context = _layers(PLANT_FEATURES + 3 * width, width, width)
        self.slot = nn.Linear(SLOT_FEATURES, width)
        self.joined = _layers(width, width, width)
        self.choice = nn.Linear(width, 1)
        self.hold = _layers(3 * width, width, 1)
        self.worth = _layers(2 * width, width, 1)
        self.urgency = nn.Parameter(torch.tensor(2.0))
        self.patience = nn.Parameter(torch.tensor(2.0))
        self.overtime = nn.Parameter(torch.tensor(4.0))
        self.rest = nn.Parameter(torch.tensor(-3.0))
        for last in (self.choice, self.hold[-1]):
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, seen: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Logits [B, L, 1 + K], `IMPOSSIBLE` where masked, and values [B] in the reward's unit.

        Parameters
        ----------
        seen
            A batch of `envs.plant_env` observations, each array with a leading B.
        """
        possible = seen["mask"][..., 1:] > 0
        batch, lines, slots = possible.shape
        where, line, slot = possible.nonzero(as_tuple=True)
        chosen = seen["slots"][where, line, slot]
        by_line = self.line(seen["lines"])
        by_item = self.item(seen["items"])
        pooled = [by_line.mean(1), by_item.mean(1), by_item.amax(1), seen["plant"]]
        context = self.context(torch.cat(pooled, -1))
        item = seen["slot_item"].long()[where, line, slot]
        hidden = self.joined(
            self.slot(chosen) + by_line[where, line] + by_item[where, item] + context[where]
        )
        row = where * lines + line
        pooled_slots = hidden.new_zeros(batch * lines, hidden.shape[-1]).index_add(0, row, hidden)
        count = hidden.new_zeros(batch * lines).index_add(0, row, torch.ones_like(hidden[:, 0]))
        offered = (pooled_slots / count.clamp(min=1.0).unsqueeze(-1)).view(batch, lines, -1)
        spread = context.unsqueeze(1).expand(-1, lines, -1)
        rest = self.rest + self.hold(torch.cat([by_line, spread, offered], -1)).squeeze(-1)
        logit = (
            self.choice(hidden).squeeze(-1)
            + self.urgency * chosen[:, BEHIND]
            - self.patience * (chosen[:, SLACK] - PATIENCE_DAYS).clamp(min=0.0)
            - self.overtime * ((chosen[:, OVERTIME] > 0) & (chosen[:, SLACK] > 0)).float()
        )
        logits = logit.new_full((batch, lines, slots), IMPOSSIBLE)
        logits = logits.index_put((where, line, slot), logit)
        value = self.worth(torch.cat([context, offered.mean(1)], -1)).squeeze(-1)
        return torch.cat([rest.unsqueeze(-1), logits], -1), value * VALUE_SCALE


VALUE_SCALE = 30.0  # hours of the rule's cost that a discounted future is worth, roughly


def _layers(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, outside))


def sampled(logits: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One choice [..., L] per line, drawn with the probabilities of its logits (Gumbel's trick)."""
    noise = torch.rand(logits.shape, generator=generator, dtype=logits.dtype).clamp_(1e-9, 1 - 1e-7)
    return (logits - torch.log(-torch.log(noise))).argmax(-1)


def log_probability(logits: Tensor, choices: Tensor) -> Tensor:
    """The log probability [...] of all lines' choices [..., L] together."""
    scaled = torch.log_softmax(logits, -1)
    return scaled.gather(-1, choices.long().unsqueeze(-1)).squeeze(-1).sum(-1)


def entropy(logits: Tensor) -> Tensor:
    """The entropy [...] of all lines' choices together, in nats."""
    scaled = torch.log_softmax(logits, -1)
    return -(scaled.exp() * scaled).sum(-1).sum(-1)
