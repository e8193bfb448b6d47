"""The demand forecaster as MLflow serves it; logged as source, so that nothing is pickled.

Takes a history (series, time, value) and answers with the forecast of the days after it. A server
needs Takt installed beside the requirements logged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from models.demand import ModelError, load_forecaster, read_table

LEVELS = (0.1, 0.5, 0.9)


class ServedDemand(PythonModel):
    """A saved demand forecaster behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load the forecaster from the model's own files."""
        self.model = load_forecaster(Path(context.artifacts["model"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return series, time, mean, q10, q50, q90 for `horizon` days after the history."""
        longest = self.model.task.horizon
        horizon = int((params or {}).get("horizon", longest))
        if not 1 <= horizon <= longest:
            raise ModelError(
                f"horizon: expected 1 to {longest} that it was fitted for, found {horizon}"
            )
        histories, _ = read_table(model_input, self.model.config.rules)
        found = self.model.predict(LEVELS, histories)
        return found[found.groupby("series").cumcount() < horizon].reset_index(drop=True)


set_model(ServedDemand())
