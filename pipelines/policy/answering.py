"""The dispatcher as MLflow serves it: by ONNX Runtime, without torch and Ray; logged as source.

Takes a table with a row a plant, whose columns are an observation's arrays as nested lists (`envs.vector_env`
says what they hold), of plants of any size. Answers with a column `action`: for every line its choice, size
and mode. A server needs Takt installed beside the requirements logged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from models.policy.export import OnnxPolicy
from pipelines.policy.served import observation_of


class ServedPolicy(PythonModel):
    """An exported dispatcher behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load the graph from the model's own files."""
        self.policy = OnnxPolicy(Path(context.artifacts["model"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return what every line of every plant does."""
        rows = (observation_of(row) for row in model_input.to_dict("records"))
        return pd.DataFrame({"action": [self.policy.act(seen)[0].tolist() for seen in rows]})


set_model(ServedPolicy())
