"""The recurrent member: a GRU reads what a key made lately, and a row's own figures join at its end.

One network for all keys. It says how far from the simple forecast the row will come, so that where it
has learnt nothing the simple forecast stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.rates.config import Member, RateConfig
from models.rates.features import Looked, Memory
from models.rates.schema import Floats
from models.stored import read_document, write_document

STEPS = 28  # values of a key that are read
SIGNALS = 4  # of each: value over scale, idle, age, there
HIDDEN = 24
EPOCHS = 25
BATCH = 256
RATE = 3e-3
DECAY = 1e-3
FAR = 5.0  # standard deviations

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recurrent:
    """A fitted network, with the columns that it looks at and their means and spreads [F]."""

    network: Any
    columns: tuple[str, ...]
    means: Floats
    spreads: Floats

    @property
    def member(self) -> Member:
        """Its name."""
        return "gru"

    def predict(self, looked: Looked, memory: Memory) -> Floats:
        """Return what it expects of the rows, in the value's own unit."""
        import torch

        past, own = _past(looked, memory), _own(looked, self.columns, self.means, self.spreads)
        with torch.no_grad():
            off = self.network(torch.from_numpy(past), torch.from_numpy(own)).numpy()
        found: Floats = (_base(looked) + off.astype(np.float64)) * looked.scale
        return found

    def save(self, folder: Path) -> None:
        """Write the weights as safetensors, the rest as JSON."""
        from safetensors.torch import save_file

        save_file(self.network.state_dict(), folder / "gru.safetensors")
        document = {
            "columns": self.columns,
            "means": list(self.means),
            "spreads": list(self.spreads),
        }
        write_document(folder / "gru.json", document)


def fit_recurrent(
    looked: Looked, value: Floats, weight: Floats, memory: Memory, config: RateConfig
) -> Recurrent:
    """Return the network fitted on values over the scale with absolute loss, rows weighted by it."""
    import torch

    columns = tuple(name for name in looked.matrix if not name.startswith("name:"))
    figures = looked.matrix[list(columns)].to_numpy(np.float64)
    means = np.nan_to_num(np.nanmean(figures, axis=0))
    spreads = np.maximum(np.nan_to_num(np.nanstd(figures, axis=0)), 1e-6)
    past, own = _past(looked, memory), _own(looked, columns, means, spreads)
    target = (value / looked.scale - _base(looked)).astype(np.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = _network(own.shape[1])
        _train(network, past, own, target, weight.astype(np.float32))
    return Recurrent(network.eval(), columns, means, spreads)


def load(folder: Path) -> Recurrent:
    """Return the network that was saved in the folder."""
    return read_document(folder / "gru.json", "recurrent member", _from_document, ValueError)


def _from_document(document: dict[str, Any], folder: Path) -> Recurrent:
    from safetensors.torch import load_file

    network = _network(len(document["columns"]))
    network.load_state_dict(load_file(folder / "gru.safetensors"))
    arrays = (np.array(document[name], dtype=np.float64) for name in ("means", "spreads"))
    return Recurrent(network.eval(), tuple(document["columns"]), *arrays)


def _network(figures: int) -> Any:
    from torch import Tensor, cat, nn

    class Network(nn.Module):
        """Past [N, STEPS, SIGNALS] and own figures [N, F] in; distance from the simple forecast [N] out."""

        def __init__(self) -> None:
            super().__init__()
            self.reader = nn.GRU(SIGNALS, HIDDEN, batch_first=True)
            joined, last = nn.Linear(HIDDEN + figures, HIDDEN), nn.Linear(HIDDEN, 1)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
            self.head = nn.Sequential(joined, nn.ReLU(), nn.Dropout(0.1), last)

        def forward(self, past: Tensor, own: Tensor) -> Tensor:
            _, last = self.reader(past)
            found: Tensor = self.head(cat([last[-1], own], dim=1))[:, 0]
            return found

    return Network()


def _train(network: Any, past: Singles, own: Singles, target: Singles, weight: Singles) -> None:
    import torch

    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    arrays = [torch.from_numpy(one) for one in (past, own, target, weight)]
    steps = EPOCHS * -(-len(target) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    network.train()
    for _ in range(EPOCHS):
        order = torch.randperm(len(target))
        for first in range(0, len(target), BATCH):
            rows = order[first : first + BATCH]
            read, figures, wanted, heavy = (one[rows] for one in arrays)
            loss = (heavy * (network(read, figures) - wanted).abs()).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()


def _past(looked: Looked, memory: Memory) -> Singles:
    """The last values of each row's key known when it was asked about, oldest first [N, STEPS, SIGNALS]."""
    days, values = memory.levels["own"].last(looked.key, looked.asked, STEPS)
    there = ~np.isnan(values)
    over = np.where(there, values, 0.0) / looked.scale[:, np.newaxis]
    age = np.where(there, np.log1p(np.maximum(looked.asked[:, np.newaxis] - days, 0.0)), 0.0)
    signals = [np.clip(over, -FAR, FAR), there & (values <= 0), age, there]
    return np.stack(signals, axis=2).astype(np.float32)


def _own(looked: Looked, columns: tuple[str, ...], means: Floats, spreads: Floats) -> Singles:
    figures = looked.matrix[list(columns)].to_numpy(np.float64)
    scaled = np.clip((figures - means) / spreads, -FAR, FAR)
    found: Singles = np.nan_to_num(scaled).astype(np.float32)
    return found


def _base(looked: Looked) -> Floats:
    """The simple forecast over the scale: the reference where there is one, else the weekday's mean."""
    simple = looked.simple.get("reference", looked.simple["weekday_mean"])
    return simple / looked.scale
