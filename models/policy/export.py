"""The dispatcher as ONNX: one file that says what every line of a plant does, without torch and without Ray.

The exported graph scores all slots of all lines and masks after that, where the network scores only what is
possible: the same numbers, but no shape that depends on what is seen. It takes one plant at a time, of any
number of lines, items, slots and edges.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.policy.dispatcher import Dispatcher

FILE = "policy.onnx"
OPSET = 20
AXES: dict[str, tuple[str, ...]] = {
    "plant": (),
    "lines": ("lines",),
    "items": ("items",),
    "slots": ("lines", "slots"),
    "mask": ("lines", "choices"),
    "line_mask": ("lines",),
    "item_mask": ("items",),
    "slot_item": ("lines", "slots"),
    "edges": ("edges",),
}
"""What of an observation the graph takes, and which of the axes after the batch's may be of any length."""
OUTPUTS = ("action", "choice", "size", "mode", "value")


class ExportError(RuntimeError):
    """A file is not a dispatcher that was exported; the text says what was expected."""


def export(policy: Dispatcher, folder: Path, seen: Mapping[str, NDArray[Any]]) -> Path:
    """The file to which a dispatcher was written as ONNX.

    `seen` is any observation, each array with a leading axis; it shows the exporter an example. The example
    should have more than one line, item and slot, as an axis of 1 would be taken for one that stays so.
    """
    import torch

    from models.policy.dense import DenseDispatcher

    folder.mkdir(parents=True, exist_ok=True)
    example = {name: torch.from_numpy(np.array(seen[name][:1])) for name in AXES}
    length = {
        axis: torch.export.Dim(axis, min=1, max=4096) for axes in AXES.values() for axis in axes
    }
    shapes = {
        name: {1 + place: length[axis] for place, axis in enumerate(axes)}
        for name, axes in AXES.items()
    }
    file = folder / FILE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            DenseDispatcher.of(policy),
            kwargs=example,
            f=str(file),
            input_names=list(AXES),
            output_names=list(OUTPUTS),
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return file


class OnnxPolicy:
    """An exported dispatcher, asked with ONNX Runtime on one thread; torch is not loaded.

    Raises
    ------
    ExportError
        Where the file is missing or not an exported dispatcher.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        file = folder / FILE
        if not file.is_file():
            raise ExportError(f"{file}: not there; export the policy first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except (
            Exception
        ) as error:  # ONNX Runtime has an exception of its own for every kind of damage
            reason = " ".join(str(error).split())
            raise ExportError(
                f"{file}: not a policy in ONNX ({reason}); export it again"
            ) from error
        found = {one.name for one in self._session.get_inputs()}
        if not found <= set(AXES):
            raise ExportError(f"{file}: expected the inputs {sorted(AXES)}, found {sorted(found)}")
        self._inputs = sorted(found)

    def scores(self, seen: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """`OUTPUTS` for one plant, whose arrays have a leading axis of 1."""
        given = {name: np.ascontiguousarray(seen[name]) for name in self._inputs}
        return dict(zip(OUTPUTS, self._session.run(list(OUTPUTS), given), strict=True))

    def act(self, seen: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """The most likely choice, size and mode of every line [B, L, 3], plant by plant."""
        rows = range(len(seen["plant"]))
        each = [
            self.scores({k: seen[k][row : row + 1] for k in self._inputs})["action"] for row in rows
        ]
        actions: NDArray[np.int64] = np.concatenate(each)
        return actions
