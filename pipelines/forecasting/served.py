"""The demand forecaster as MLflow serves it; logged as source, so that nothing is pickled.

Takes a history (series, time, value) of the series that it was fitted on and answers with the
forecast of the days after it. A server needs Takt installed beside the requirements logged.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from models.demand import load, panel_from_table, predict

LIBRARIES = ("mlflow", "pandas", "numpy", "statsforecast", "skforecast", "lightgbm")
REQUIREMENTS = tuple(f"{library}=={version(library)}" for library in LIBRARIES)


class ServedDemand(PythonModel):
    """A saved demand forecaster behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load the forecaster from the model's own files."""
        self.model = load(Path(context.artifacts["model"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return series, time, mean, q10, q50, q90 for `horizon` days after the history."""
        horizon = int((params or {}).get("horizon", self.model.config.horizon))
        return predict(self.model, panel_from_table(model_input), horizon)


set_model(ServedDemand())
