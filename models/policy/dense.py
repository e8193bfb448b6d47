"""The dispatcher computed for all slots of all lines alike, for exports that want shapes known beforehand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from envs.fleet.kernel.choices import SIZES
from models.policy.attention import eligible, neighbours
from models.policy.choices import most_likely
from models.policy.dispatcher import IMPOSSIBLE, VALUE_SCALE, Dispatcher, Scores
from models.policy.rule import Faced, held, ruled


class DenseDispatcher(Dispatcher):
    """The same weights, the same scores; what the mask forbids is computed and thrown away."""

    @staticmethod
    def of(policy: Dispatcher) -> DenseDispatcher:
        """A dispatcher's weights in this form."""
        dense = DenseDispatcher(policy.shape)
        dense.load_state_dict(policy.state_dict())
        dense.eval()
        return dense

    def forward(  # type: ignore[override]
        self,
        plant: Tensor,
        lines: Tensor,
        items: Tensor,
        slots: Tensor,
        mask: Tensor,
        line_mask: Tensor,
        item_mask: Tensor,
        slot_item: Tensor,
        edges: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """What each line does most likely [B, L, 3], and the scores: choice, size, mode, value."""
        seen = {
            "plant": plant, "lines": lines, "items": items, "slots": slots, "mask": mask,
            "line_mask": line_mask, "item_mask": item_mask, "slot_item": slot_item, "edges": edges,
        }  # fmt: skip
        scores = self._all(seen)
        return most_likely(scores), scores.choice, scores.size, scores.mode, scores.value

    def _billed(self, seen: Mapping[str, Tensor], items: Tensor) -> Tensor:
        return self.bill(items, items, neighbours(seen["edges"], items.shape[1]))  # type: ignore[no-any-return]

    def _made(self, seen: Mapping[str, Tensor], items: Tensor, lines: Tensor) -> Tensor:
        able = eligible(seen["slot_item"], items.shape[1])
        return self.makers(items, lines, able.transpose(1, 2).unsqueeze(1))  # type: ignore[no-any-return]

    def _all(self, seen: dict[str, Tensor]) -> Scores:
        possible = seen["mask"][..., 1:] > 0
        deciding = possible.any(-1)
        lines = self.line(seen["lines"]) * seen["line_mask"].unsqueeze(-1)
        items, context = self._plants(seen, lines)
        able = eligible(seen["slot_item"], items.shape[1])
        asked = self.menu(lines, items, able.unsqueeze(1))
        spread = context.unsqueeze(1).expand(-1, lines.shape[1], -1)
        hidden = self.option(
            self.slot(seen["slots"])
            + (self.of_line(asked) + spread).unsqueeze(2)
            + _of_slots(self.of_item(items), seen["slot_item"])
        )
        there = possible.unsqueeze(-1).to(hidden.dtype)
        offered = (hidden * there).sum(2) / there.sum(2).clamp(min=1.0)
        rest = self.hold(torch.cat([asked, spread, offered], -1)).squeeze(-1)
        pooled = (offered * deciding.unsqueeze(-1).to(hidden.dtype)).sum(1)
        value = self.worth(torch.cat([context, pooled], -1)).squeeze(-1) * VALUE_SCALE
        told = self.scored(hidden)
        batch, count, width = possible.shape
        rows = torch.arange(batch).unsqueeze(1)
        each = rows.expand(batch, count * width).reshape(-1)
        of_lines = seen["lines"].unsqueeze(2).expand(-1, -1, width, -1)
        by_rule = ruled(
            self.rule.unsqueeze(0),
            Faced(
                seen["slots"].flatten(0, 2),
                _of_slots(seen["items"], seen["slot_item"]).flatten(0, 2),
                of_lines.flatten(0, 2),
                seen["plant"],
                each,
            ),
        )
        holds = held(
            self.rule.unsqueeze(0),
            self.shape.slots,
            seen["lines"].flatten(0, 1),
            seen["plant"],
            rows.expand(batch, count).reshape(-1),
        )
        holding = torch.where(deciding, rest + holds.view(batch, count), 0.0)
        scored = told[..., 0] + by_rule.slot.view(batch, count, width)
        choice = torch.where(possible, scored, IMPOSSIBLE)
        size = told[..., 1 : 1 + SIZES] + by_rule.size.view(batch, count, width, -1)
        mode = told[..., 1 + SIZES :] + by_rule.mode.view(batch, count, width, -1)
        return Scores(
            torch.cat([holding.unsqueeze(-1), choice], -1),
            _behind_hold(size * there),
            _behind_hold(mode * there),
            value,
        )


def _of_slots(items: Tensor, slot_item: Tensor) -> Tensor:
    """The rows [B, L, K, width] of each slot's item; of the first item where there is none."""
    batch, lines, slots = slot_item.shape
    flat = slot_item.clamp(min=0).long().view(batch, lines * slots, 1)
    picked = items.gather(1, flat.expand(-1, -1, items.shape[-1]))
    return picked.view(batch, lines, slots, -1)


def _behind_hold(scores: Tensor) -> Tensor:
    """Scores of slots [B, L, K, N] with zeros for holding before them."""
    return torch.cat([torch.zeros_like(scores[:, :, :1]), scores], 2)
