"""The line rates as MLflow serves them; logged as source, so that nothing is pickled.

Takes runs (line, item, start, minutes, since_changeover, shift, planned) and answers with mean and
quantiles of speed, as a share of the planned rate, and of yield. A server needs Takt installed beside
the requirements logged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from pipelines.output.rates.files import answer_rates, load_rates


class ServedRates(PythonModel):
    """Saved models of speed and yield behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load both from their own files."""
        self.model = load_rates(Path(context.artifacts["model"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return speed_<figure> and yields_<figure> of each run: mean, q025, q10, q50, q90, q975."""
        return answer_rates(self.model, model_input)


set_model(ServedRates())
