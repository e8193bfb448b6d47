"""The network: one small perceptron over all series, all steps at once, beside a linear rule.

Learns from windows of every series in their own unit, on absolute error where the median is asked
for and squared error where the mean is. Written here rather than taken from NeuralForecast because
a fit has to cost seconds: same windows as the other members, no data loader, no trainer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.windows import Windows, latest_windows, learning_windows, series_units
from models.demand.task import Task

MOST_NUMBERS = 20_000_000
LEAST_WINDOWS = 300
HIDDEN = 256
STEPS = 600
# Times each window is seen at most: small tables are learnt by heart beyond.
MOST_PASSES = 40
BATCH = 1024
LEAST_BATCH = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2
# Units: inputs are cut there and divided, so that most lie within -1 to 1.
FURTHEST = 30.0
USUAL = 5.0
# A window's say at most so many times the middle one's.
MOST_SAY = 5.0


@dataclass(frozen=True, slots=True)
class Network:
    """A fitted network: its arrays by name, and the steps it looks back."""

    length: int
    arrays: dict[str, Floats]

    def forecast(self, histories: Histories) -> Floats:
        """Return the forecast, shape (series, horizon), of what follows the histories."""
        latest = latest_windows(histories, self.length)
        inputs = _inputs(latest).astype(np.float64)
        hidden = inputs
        for layer in ("first", "second"):
            weight, bias = self.arrays[f"{layer}.weight"], self.arrays[f"{layer}.bias"]
            hidden = np.maximum(hidden @ weight.T + bias, 0.0)
        found = hidden @ self.arrays["last.weight"].T + self.arrays["last.bias"]
        found = found + inputs @ self.arrays["linear.weight"].T + self.arrays["linear.bias"]
        return latest.restore(found)


def fit_network(histories: Histories, task: Task, length: int) -> Network | None:
    """Return a network fitted on all histories; None where they hold too few windows."""
    generator = np.random.default_rng(task.seed)
    most = MOST_NUMBERS // (length + task.horizon)
    known = learning_windows(histories, length, task.horizon, most, generator)
    if len(known.series) < LEAST_WINDOWS:
        return None
    say = known.unit / series_units(histories)[known.series]
    say = np.minimum(say, MOST_SAY * np.median(say))
    if task.target == "mean":
        say = say**2
    return Network(length, _trained(known, say / say.mean(), task))


def _inputs(windows: Windows) -> Floats:
    return np.asarray(np.clip(windows.past, -FURTHEST, FURTHEST) / USUAL, dtype=np.float32)


def _trained(known: Windows, say: Floats, task: Task) -> dict[str, Floats]:
    import torch

    torch.set_num_threads(1)
    maker = torch.Generator().manual_seed(task.seed)
    inputs = torch.from_numpy(_inputs(known))
    targets = torch.tensor(np.clip(known.future, -2 * FURTHEST, 2 * FURTHEST), dtype=torch.float32)
    says = torch.tensor(say, dtype=torch.float32)
    state = torch.random.get_rng_state()
    torch.manual_seed(task.seed)
    net = _layers(torch, inputs.shape[1], task.horizon)
    torch.random.set_rng_state(state)
    batch = int(np.clip(len(inputs) // 4, LEAST_BATCH, BATCH))
    steps = int(min(STEPS, max(1, MOST_PASSES * len(inputs) // batch)))
    optimiser = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
    for _ in range(steps):
        rows = torch.randint(0, len(inputs), (batch,), generator=maker)
        error = _output(torch, net, inputs[rows]) - targets[rows]
        cost = error.abs() if task.target == "median" else error**2
        loss = (cost.mean(1) * says[rows]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        pace.step()
    return {
        name: array.detach().numpy().astype(np.float64) for name, array in net.state_dict().items()
    }


def _layers(torch: Any, length: int, horizon: int) -> Any:
    linear = torch.nn.Linear
    return torch.nn.ModuleDict(
        {
            "first": linear(length, HIDDEN),
            "second": linear(HIDDEN, HIDDEN),
            "last": linear(HIDDEN, horizon),
            "linear": linear(length, horizon),
        }
    )


def _output(torch: Any, net: Any, inputs: Any) -> Any:
    hidden = torch.relu(net["second"](torch.relu(net["first"](inputs))))
    return net["last"](hidden) + net["linear"](inputs)
