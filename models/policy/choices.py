"""Choices of all lines as one masked distribution: choice, then size and mode given the choice.

Lines decide independently given what is seen, so a plant's probability is the product of its lines'. All of
it is computed at once, without a loop over lines.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.policy.dispatcher import IMPOSSIBLE, Scores


def most_likely(scores: Scores) -> Tensor:
    """The most likely choice, size and mode of every line [B, L, 3]."""
    choice = scores.choice.argmax(-1)
    size, mode = _given(scores, choice)
    return torch.stack([choice, size.argmax(-1), mode.argmax(-1)], -1)


def drawn(scores: Scores, generator: torch.Generator | None = None) -> Tensor:
    """Choice, size and mode of every line [B, L, 3], drawn with their probabilities."""
    choice = _drawn(scores.choice, generator)
    size, mode = _given(scores, choice)
    return torch.stack([choice, _drawn(size, generator), _drawn(mode, generator)], -1)


def log_probability(scores: Scores, actions: Tensor) -> Tensor:
    """The logarithm of the probability of what each line does [B, L]; 0 for lines that cannot choose."""
    choice = actions[..., 0].long()
    size, mode = _given(scores, choice)
    found = _picked(scores.choice, choice)
    makes = choice > 0
    parts = _picked(size, actions[..., 1].long()) + _picked(mode, actions[..., 2].long())
    return found + torch.where(makes, parts, torch.zeros_like(parts))


def entropy(scores: Scores) -> Tensor:
    """The entropy of what each line does [B, L], in nats."""
    choice = torch.log_softmax(scores.choice, -1)
    inner = _entropy(scores.size) + _entropy(scores.mode)
    makes = torch.ones_like(inner)
    makes[..., 0] = 0.0
    return -(choice.exp() * choice).sum(-1) + (choice.exp() * inner * makes).sum(-1)


def can_choose(scores: Scores) -> Tensor:
    """The lines [B, L] that can do something else than hold."""
    return possible(scores.choice[..., 1:]).any(-1)


def possible(choice: Tensor) -> Tensor:
    """Which logits of choices are of those that a line has; the others are masked."""
    return choice > IMPOSSIBLE / 2


def _given(scores: Scores, choice: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of the size [B, L, 6] and the mode [B, L, 2] given each line's choice."""
    place = choice.unsqueeze(-1).unsqueeze(-1)
    size = scores.size.gather(2, place.expand(*choice.shape, 1, scores.size.shape[-1]))
    mode = scores.mode.gather(2, place.expand(*choice.shape, 1, scores.mode.shape[-1]))
    return size.squeeze(2), mode.squeeze(2)


def _drawn(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    """One draw along the last axis (Gumbel's trick)."""
    noise = torch.rand(logits.shape, generator=generator, dtype=logits.dtype).clamp_(1e-9, 1 - 1e-7)
    return (logits - torch.log(-torch.log(noise))).argmax(-1)


def _picked(logits: Tensor, index: Tensor) -> Tensor:
    return torch.log_softmax(logits, -1).gather(-1, index.unsqueeze(-1)).squeeze(-1)


def _entropy(logits: Tensor) -> Tensor:
    scaled = torch.log_softmax(logits, -1)
    return -(scaled.exp() * scaled).sum(-1)
