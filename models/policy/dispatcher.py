"""The dispatcher: a network that says what every deciding line makes next, how much of it, and when.

No line and no item has an identity: each is what its features say, so that weights learned on some plants
can be used on others, of any size. What is scored are only the choices that are possible, gathered from all
lines of the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from gymnasium import spaces
from torch import Tensor, nn

from envs.fleet.kernel.choices import MODES, SIZES
from models.policy.attention import Attention, layers
from models.policy.context import FIGURES
from models.policy.pairs import makers_of, menus_of
from models.policy.rule import Faced, Ruled, first_rule, held, rule_length, ruled

IMPOSSIBLE = -1e9
STYLES = 15  # kept beside the policy's own: with it, a round of a draft
VALUE_SCALE = 24.0  # hours of the plant's usual cost that a discounted future differs by, roughly


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Columns of the observation's `plant`, `lines`, `items` and `slots`, and the width of every layer."""

    plant: int
    lines: int
    items: int
    slots: int
    width: int = 32

    @property
    def style(self) -> int:
        """How many numbers a rule has: what a style adds to."""
        return rule_length(self.slots)


def shape_of(space: spaces.Space[Any], width: int = 32) -> NetworkShape:
    """The shape of a network for observations of a space, one plant's or a batch's."""
    if not isinstance(space, spaces.Dict):
        raise TypeError(f"expected the space of a fleet's observations, found {space}")
    columns = {name: int((space[name].shape or (0,))[-1]) for name in ("plant", "lines", "items")}
    return NetworkShape(**columns, slots=int((space["slots"].shape or (0,))[-1]), width=width)


class Scores(NamedTuple):
    """Logits of a batch of B plants, and what each is expected to earn yet.

    choice [B, L, 1 + K]: to hold, then the slots; `IMPOSSIBLE` where masked. size [B, L, 1 + K, 6] and
    mode [B, L, 1 + K, 2]: given the choice; 0 for holding and where masked. value [B]: in rewards.
    """

    choice: Tensor
    size: Tensor
    mode: Tensor
    value: Tensor


class Options(NamedTuple):
    """The N possible choices of D deciding lines in a batch.

    plant, line, slot, item [N], chosen [N, columns]: where each stands and what its slot shows; asker [N]:
    its line among those that decide. asking, asking_line [D]: plant and line of those. shape: of choices.
    """

    plant: Tensor
    line: Tensor
    slot: Tensor
    item: Tensor
    chosen: Tensor
    asker: Tensor
    asking: Tensor
    asking_line: Tensor
    shape: tuple[int, int, int]


def possible_options(seen: Mapping[str, Tensor]) -> Options:
    """The choices that the mask allows, beside holding."""
    possible = seen["mask"][..., 1:] > 0
    plant, line, slot = possible.nonzero(as_tuple=True)
    deciding = possible.any(-1)
    asking, asking_line = deciding.nonzero(as_tuple=True)
    number = deciding.flatten().long().cumsum(0).sub(1).view(deciding.shape)
    item = seen["slot_item"][plant, line, slot].long()
    batch, lines, slots = possible.shape
    return Options(
        plant, line, slot, item, seen["slots"][plant, line, slot], number[plant, line], asking,
        asking_line, (batch, lines, slots + 1),
    )  # fmt: skip


class Dispatcher(nn.Module):
    """Scores choices by a rule whose scales are learned, plus what layers of attention add.

    The rule is linear in a slot's columns and a few made of them; it starts as ATCS that covers what the
    near demand misses. `deviation` says how far other styles of playing lie from it. `leaning` fits the rule
    to a plant by what it is like (`models.policy.context`), with `usual` and `apart` the mean and the
    deviation of those figures; `models.policy.fitting` applies it. `styles` complement one another: where
    the policy's own does badly, one of them does better (`learning.styles`). The layers start by adding
    nothing, so that learning starts from a good rule rather than from noise.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width = shape.width
        self.shape = shape
        self.line = layers(shape.lines, width, width)
        self.item = layers(shape.items, width, width)
        self.bill = Attention(width)
        self.makers = Attention(width)
        self.menu = Attention(width)
        self.context = layers(shape.plant + 3 * width, width, width)
        self.slot = nn.Linear(shape.slots, width)
        self.of_line = nn.Linear(width, width, bias=False)
        self.of_item = nn.Linear(width, width, bias=False)
        self.option = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.scored = nn.Linear(width, 1 + SIZES + MODES)
        self.hold = layers(3 * width, width, 1)
        self.worth = layers(2 * width, width, 1)
        self.rule = nn.Parameter(first_rule(shape.slots))
        self.deviation: Tensor
        self.styles: Tensor
        self.leaning: Tensor
        self.usual: Tensor
        self.apart: Tensor
        self.register_buffer("deviation", torch.zeros(shape.style))
        self.register_buffer("styles", torch.zeros(STYLES, shape.style))
        self.register_buffer("leaning", torch.zeros(shape.style, len(FIGURES)))
        self.register_buffer("usual", torch.zeros(len(FIGURES)))
        self.register_buffer("apart", torch.ones(len(FIGURES)))
        for last in (self.scored, self.hold[-1], self.worth[-1]):
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, seen: Mapping[str, Tensor], style: Tensor | None = None) -> Scores:
        """The scores of a batch of observations, each array with a leading B.

        `style` [B, shape.style] is added to the rule of each plant: so many ways to play.
        """
        options = possible_options(seen)
        return _dense(options, *self.told(seen, options, style))

    def of_deciding(
        self, seen: Mapping[str, Tensor], options: Options, style: Tensor | None = None
    ) -> Scores:
        """The same scores, of the D lines that decide alone: choice [D, 1 + K], size and mode; value [B].

        `slots` and `mask` need not be in what is seen: the options have what counts of them.
        """
        told, hold, value = self.told(seen, options, style)
        count, slots = len(hold), options.shape[2]
        row = torch.cat([torch.arange(count, device=hold.device), options.asker])
        slot = torch.cat([torch.zeros_like(options.asking), options.slot + 1])
        choice = hold.new_full((count, slots), IMPOSSIBLE)
        choice = choice.index_put((row, slot), torch.cat([hold, told.slot]))
        place = options.asker, options.slot + 1
        size = hold.new_zeros(count, slots, SIZES).index_put(place, told.size)
        mode = hold.new_zeros(count, slots, MODES).index_put(place, told.mode)
        return Scores(choice, size, mode, value)

    def by_rule(self, seen: Mapping[str, Tensor], style: Tensor | None = None) -> Scores:
        """The scores without what the layers add, at a fraction of the work; values are 0."""
        options = possible_options(seen)
        rule, hold = self._ruled(seen, options, style)
        return _dense(options, rule, hold, hold.new_zeros(len(seen["plant"])))

    def has_layers(self) -> bool:
        """Whether the layers add anything to the rule."""
        return any(bool((one != 0).any()) for one in self.last_layers())

    def last_layers(self) -> tuple[nn.Parameter, ...]:
        """The weights by which the layers add to the rule's scores; with none of them they add nothing."""
        return (*self.scored.parameters(), *self.hold[-1].parameters())

    def told(
        self, seen: Mapping[str, Tensor], options: Options, style: Tensor | None = None
    ) -> tuple[Ruled, Tensor, Tensor]:
        """What rule and layers say of the options and of holding [D], and the values [B]."""
        told, rest, value = self._layered(seen, options)
        by_rule, hold = self._ruled(seen, options, style)
        whole = Ruled(
            by_rule.slot + told[:, 0],
            by_rule.size + told[:, 1 : 1 + SIZES],
            by_rule.mode + told[:, 1 + SIZES :],
        )
        return whole, hold + rest, value

    def _ruled(
        self, seen: Mapping[str, Tensor], options: Options, style: Tensor | None
    ) -> tuple[Ruled, Tensor]:
        """What the rule says of the options, and of holding [D]."""
        rule = self.rule.unsqueeze(0) if style is None else self.rule + style
        asking = seen["lines"][options.asking, options.asking_line]
        hold = held(rule, self.shape.slots, asking, seen["plant"], options.asking)
        return ruled(rule, faced(seen, options)), hold

    def _layered(
        self, seen: Mapping[str, Tensor], options: Options
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the layers add to each option [N, 9] and to holding [D], and the values [B]."""
        lines = self.line(seen["lines"]) * seen["line_mask"].unsqueeze(-1)
        items, context = self._plants(seen, lines)
        b, row, asker = options.asking, options.asking_line, options.asker
        asked, spread = self._asked(seen, lines, items, b, row), context.index_select(0, b)
        item = options.plant * items.shape[1] + options.item
        hidden = self.option(
            self.slot(options.chosen)
            + (self.of_line(asked) + spread).index_select(0, asker)
            + self.of_item(items).flatten(0, 1).index_select(0, item)
        )
        offered = hidden.new_zeros(len(b), hidden.shape[-1]).index_add(0, asker, hidden)
        count = hidden.new_zeros(len(b)).index_add(0, asker, torch.ones_like(hidden[:, 0]))
        offered = offered / count.clamp(min=1.0).unsqueeze(-1)
        rest = self.hold(torch.cat([asked, spread, offered], -1)).squeeze(-1)
        pooled = torch.zeros_like(context).index_add(0, b, offered)
        value = self.worth(torch.cat([context, pooled], -1)).squeeze(-1)
        return self.scored(hidden), rest, value * VALUE_SCALE

    def _plants(self, seen: Mapping[str, Tensor], lines: Tensor) -> tuple[Tensor, Tensor]:
        """The items [B, I, width] after looking at their bill and their lines, and the plants [B, width]."""
        items = self.item(seen["items"])
        items = self._made(seen, self._billed(seen, items), lines)
        known = seen["item_mask"].unsqueeze(-1).to(items.dtype)
        total = known.sum(1).clamp(min=1.0)
        most = (items * known + (known - 1.0) * 1e4).amax(1)
        by_line = lines.sum(1) / seen["line_mask"].sum(1, keepdim=True).clamp(min=1.0)
        pooled = [by_line, (items * known).sum(1) / total, most, seen["plant"]]
        return items, self.context(torch.cat(pooled, -1))

    def _billed(self, seen: Mapping[str, Tensor], items: Tensor) -> Tensor:
        """The items [B, I, width] after looking at what goes into them and at what they go into."""
        return self.bill.along(items, seen["edges"])

    def _made(self, seen: Mapping[str, Tensor], items: Tensor, lines: Tensor) -> Tensor:
        """The items [B, I, width] after looking at the lines that can make them."""
        makers = makers_of(seen["slot_item"], items.shape[1])
        return self.makers.among(items.flatten(0, 1), lines.flatten(0, 1), makers).view(items.shape)

    def _asked(
        self, seen: Mapping[str, Tensor], lines: Tensor, items: Tensor, b: Tensor, row: Tensor
    ) -> Tensor:
        """The lines that decide [D, width], after looking at all that they can make."""
        menus = menus_of(seen["slot_item"][b, row], b, items.shape[1])
        asking = lines.flatten(0, 1).index_select(0, b * lines.shape[1] + row)
        return self.menu.among(asking, items.flatten(0, 1), menus)


def faced(seen: Mapping[str, Tensor], options: Options) -> Faced:
    """What a rule looks at of the options."""
    return Faced(
        options.chosen,
        seen["items"][options.plant, options.item],
        seen["lines"][options.plant, options.line],
        seen["plant"],
        options.plant,
    )


def _dense(options: Options, told: Ruled, hold: Tensor, value: Tensor) -> Scores:
    """Scores by line and slot; hold [D] is that of the lines that decide."""
    choice = told.slot.new_full(options.shape, IMPOSSIBLE)
    choice[..., 0] = 0.0
    holding = torch.zeros_like(options.asking)
    choice = choice.index_put((options.asking, options.asking_line, holding), hold)
    place = options.plant, options.line, options.slot + 1
    choice = choice.index_put(place, told.slot)
    size = told.slot.new_zeros(*options.shape, SIZES).index_put(place, told.size)
    mode = told.slot.new_zeros(*options.shape, MODES).index_put(place, told.mode)
    return Scores(choice, size, mode, value)
