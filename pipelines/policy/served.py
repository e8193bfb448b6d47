"""The policy as the registry takes it: an ONNX file that answers through MLflow, with an example."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envs.fleet.luck import ROUGH
from envs.scenarios import build
from envs.scenarios.splits import Spread, scenario_of
from envs.vector_env import FleetEnv
from models.policy.export import AXES, OnnxPolicy, export
from pipelines.registry import Fit

if TYPE_CHECKING:
    from models.policy.dispatcher import Dispatcher

ANSWERING = Path(__file__).with_name("answering.py")
REQUIREMENTS = ("onnxruntime",)
WHOLE = ("mask", "line_mask", "item_mask")
PLACES = ("slot_item", "edges")
EXAMPLE = Spread(lines=(6, 6), days=(7, 7), two_stage=1.0)


def policy_fit(
    policy: Dispatcher,
    folder: Path,
    data_digest: str,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    texts: Mapping[str, str] | None = None,
) -> Fit:
    """A dispatcher as a fit to register as takt-policy; its ONNX file is written into the folder."""
    for noisy in ("onnxscript", "torch.onnx"):  # they warn of what they do not fold or have
        logging.getLogger(noisy).setLevel(logging.ERROR)
    seen = example_observation()
    export(policy, folder, seen)
    answer = OnnxPolicy(folder).act(seen)[0].tolist()
    return Fit(
        name="policy",
        folder=folder,
        package="models.policy",
        example=table_of(seen),
        answer=pd.DataFrame({"action": [answer]}),
        data_digest=data_digest,
        params=params,
        metrics=metrics,
        texts=texts or {},
        requirements=REQUIREMENTS,
        code=ANSWERING,
    )


def example_observation() -> dict[str, NDArray[Any]]:
    """What is seen of a validation plant at its first epoch, with a leading axis of 1."""
    env = FleetEnv([build(scenario_of("validation", 0, EXAMPLE))], ROUGH, scales=[100.0])
    return env.reset(seed=0)[0]


def table_of(seen: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Observations as a table with a row a plant, arrays as nested lists."""
    return pd.DataFrame({name: seen[name].tolist() for name in AXES})


def observation_of(row: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays of one row, each with a leading axis of 1.

    Raises
    ------
    ValueError
        Where a column is missing or its lists are ragged.
    """
    missing = [name for name in AXES if name not in row]
    if missing:
        raise ValueError(f"expected the columns {', '.join(AXES)}; missing: {', '.join(missing)}")
    return {name: _array(name, row[name]) for name in AXES}


def _array(name: str, values: Any) -> NDArray[Any]:
    kind = np.int8 if name in WHOLE else np.int32 if name in PLACES else np.float32
    rank = 1 + max(len(AXES[name]), 1) + (name in ("lines", "items", "slots", "edges"))
    array = np.array(_listed(values), kind)[None]
    if array.ndim != rank:
        raise ValueError(f"{name}: expected lists nested {rank - 1} deep, found {array.ndim - 1}")
    return array


def _listed(values: Any) -> Any:
    """Nested lists again where a table has made arrays of arrays of them."""
    return [_listed(one) for one in values] if isinstance(values, np.ndarray | list) else values
