"""One line's network: it scores the line's slots; its critic sees the plant."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from envs.fleet.kernel.choices import MODES, SIZES
from envs.fleet.kernel.observe import BEHIND, LINE_FEATURES, SLOT_FEATURES
from models.policy.multi_agent.views import WHOLE

IMPOSSIBLE = -1e9
VALUE_SCALE = 24.0
URGENCY = 2.0


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
            self.manner.bias.copy_(torch.tensor([3.0, 0.0, 0.0, 0.0, 0.0, 2.0]))

    def forward(self, seen: Mapping[str, Tensor], line: str) -> tuple[Tensor, Tensor]:
        """Logits [..., (1 + K) + 4 + 2] of each line, and the plant's value [B].

        `line` names the lines' features in `seen`: [B, L, F], or [B, F] where a row is one line's.
        """
        rows, whole = seen[line], seen["whole"]
        spread = whole if rows.dim() == 2 else whole.unsqueeze(1).expand(-1, rows.shape[1], -1)
        own = self.line(torch.cat([rows, spread], -1))
        scores = self.score(self.slot(seen["slots"]) + own.unsqueeze(-2)).squeeze(-1)
        scores = scores + URGENCY * seen["slots"][..., BEHIND]
        scores = torch.where(seen["mask"][..., 1:] > 0, scores, IMPOSSIBLE)
        value = self.worth(whole).squeeze(-1) * VALUE_SCALE
        return torch.cat([self.rest(own), scores, self.manner(own)], -1), value


def _layers(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, outside))
