"""A model of ours as MLflow serves it; logged as source, so that nothing is pickled.

A server needs Takt installed beside the requirements logged: the package that wrote the model's files
reads them.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class ServedModel(PythonModel):
    """A saved model of one of the packages under `models`, behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load the model from its own files, by the package that its configuration names."""
        package = str((context.model_config or {}).get("package", ""))
        if not package.startswith("models."):
            raise ValueError(f"package: expected one of Takt's models, found {package!r}")
        self.package = import_module(package)
        self.model = self.package.load(Path(context.artifacts["model"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return the model's answer to a table."""
        answer: pd.DataFrame = self.package.answer(self.model, model_input, **(params or {}))
        return answer


set_model(ServedModel())
