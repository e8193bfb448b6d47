"""The NeuralForecast members: LSTM, GRU and NHITS, each one network over all series.

A fit keeps the network's arrays alone; what they belong to follows from the member's name and the
task, so that a saved one is arrays and no code. The library's trainer is asked for no log, no
bar, no folder, one thread, and the caller's random states are put back.
"""

from __future__ import annotations

import contextlib
import logging
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.task import Task

NEURAL = ("lstm", "gru", "nhits")
STEPS = {"lstm": 300, "gru": 300, "nhits": 400}
HIDDEN = 64
STACKS = 3
LEARNING_RATE = 2e-3
SERIES_A_BATCH = 64
WINDOWS_A_BATCH = 256
DECAYS = 3
# Values of a series that are learnt from at most: the trainer pads all to the longest.
MOST_SEASONS = 12
LEAST_STEPS = 400
LOGGERS = ("pytorch_lightning", "lightning", "lightning_fabric", "neuralforecast")


@dataclass(frozen=True, slots=True)
class Neural:
    """A fitted network of a kind: its arrays by name, and the steps it looks back."""

    kind: str
    length: int
    task: Task
    arrays: dict[str, Floats]

    def forecast(self, histories: Histories) -> Floats:
        """Return the forecast, shape (series, horizon), of what follows the histories."""
        import torch

        with _quiet(self.task.seed):
            model = _model(self.kind, self.length, self.task)
            model.load_state_dict(
                {name: torch.from_numpy(array.copy()) for name, array in self.arrays.items()}
            )
            found = np.asarray(model.predict(_dataset(histories, self.length)))
        return found.reshape(len(histories), self.task.horizon).astype(np.float64)


def fit_neural(histories: Histories, task: Task, kind: str, length: int) -> Neural | None:
    """Return a network fitted on all histories; None where none is longer than the horizon."""
    most = max(LEAST_STEPS, MOST_SEASONS * task.seasons[-1])
    long_enough = histories.lengths > task.horizon + length // 2
    if not long_enough.any():
        return None
    with _quiet(task.seed):
        model = _model(kind, length, task)
        model.fit(_dataset(histories.select(long_enough), most))
        arrays = {name: array.detach().numpy().copy() for name, array in model.state_dict().items()}
    return Neural(kind, length, task, arrays)


def _dataset(histories: Histories, most: int) -> Any:
    import pandas as pd
    from neuralforecast.tsdataset import TimeSeriesDataset

    recent = histories.recent(most)
    table = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(recent)), recent.lengths),
            "ds": np.concatenate([np.arange(length) for length in recent.lengths]),
            "y": recent.values,
        }
    )
    dataset, *_ = TimeSeriesDataset.from_df(table)
    return dataset


def _model(kind: str, length: int, task: Task) -> Any:
    from neuralforecast import models
    from neuralforecast.losses.pytorch import MAE, MSE

    common: dict[str, Any] = {
        "h": task.horizon,
        "input_size": length,
        "loss": MAE() if task.target == "median" else MSE(),
        "max_steps": STEPS[kind],
        "learning_rate": LEARNING_RATE,
        "num_lr_decays": DECAYS,
        "batch_size": SERIES_A_BATCH,
        "valid_batch_size": SERIES_A_BATCH,
        "windows_batch_size": WINDOWS_A_BATCH,
        "start_padding_enabled": True,
        "scaler_type": "robust",
        "random_seed": task.seed,
        "accelerator": "cpu",
        "devices": 1,
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
    }
    if kind == "nhits":
        return models.NHITS(mlp_units=STACKS * [[2 * HIDDEN, 2 * HIDDEN]], **common)
    build = {"lstm": models.LSTM, "gru": models.GRU}[kind]
    return build(
        encoder_n_layers=1,
        encoder_hidden_size=HIDDEN,
        decoder_hidden_size=HIDDEN,
        h_train=task.horizon,
        **common,
    )


@contextlib.contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """Give the library its seed and one thread, and leave nothing of either behind, nor a line."""
    # Loading the library sets its loggers' levels: it comes first.
    import neuralforecast.models  # noqa: F401
    import torch

    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    # The library seeds NumPy's and Python's global generators: theirs are put back too.
    states = random.getstate(), np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002
    threads = torch.get_num_threads()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(seed)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        torch.set_num_threads(threads)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.random.set_rng_state(states[2])
