"""One line's network: it scores the line's slots; its critic sees the plant."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from envs.fleet.kernel.choices import MODES, SIZES
from envs.fleet.kernel.observe import BEHIND, LINE_FEATURES, SLOT_FEATURES
from models.policy.dispatcher import IMPOSSIBLE, Scores
from models.policy.multi_agent.views import WHOLE
from models.policy.rule import LEFT

URGENCY = 2.0
WORTH = 100.0  # hours of the plant's usual cost that a whole horizon's values differ by, roughly


class LineNetwork(nn.Module):
    """Logits of choice, size and mode for any number of lines, with the same weights for each.

    It starts as a softened ATCS: a slot's logit is `URGENCY` × its urgency behind the line's best one, and
    what the layers add begins at nothing.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.line = _layers(LINE_FEATURES + WHOLE, width, width)
        self.slot = nn.Linear(SLOT_FEATURES, width)
        self.score = nn.Sequential(nn.SiLU(), nn.Linear(width, 1))
        self.rest = nn.Linear(width, 1)
        self.manner = nn.Linear(width, SIZES + MODES)
        self.worth = _layers(WHOLE, width, 1)
        for last in (self.score[-1], self.rest, self.manner, self.worth[-1]):
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.rest.bias.fill_(-3.0)
            self.manner.bias.copy_(torch.tensor([3.0, *[0.0] * (SIZES - 1), 0.0, 2.0]))

    def forward(self, lines: Tensor, slots: Tensor, mask: Tensor, whole: Tensor) -> Scores:
        """The scores of lines [..., F] with slots [..., K, G] and mask [..., 1 + K]; without values.

        `whole` [..., W] is each line's plant in a nutshell. Size and mode are the same for all slots.
        """
        own = self.line(torch.cat([lines, whole], -1))
        scores = self.score(self.slot(slots) + own.unsqueeze(-2)).squeeze(-1)
        scores = scores + URGENCY * slots[..., BEHIND]
        scores = torch.where(mask[..., 1:] > 0, scores, IMPOSSIBLE)
        manner = self.manner(own).unsqueeze(-2)
        manner = manner.expand(*mask.shape, SIZES + MODES)
        choice = torch.cat([self.rest(own), scores], -1)
        return Scores(choice, manner[..., :SIZES], manner[..., SIZES:], whole.new_zeros(()))

    def value(self, whole: Tensor) -> Tensor:
        """The plants' values [...], in rewards: 0 at the horizon's end, as nothing is charged after it.

        An episode is cut there, not over, and a critic that guesses what would follow is never corrected:
        with one, PPO learnt to hold, which puts money off.
        """
        found: Tensor = self.worth(whole).squeeze(-1) * (1.0 - whole[..., LEFT]) * WORTH
        return found


def _layers(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, outside))
