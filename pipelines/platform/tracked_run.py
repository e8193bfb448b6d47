"""A run of MLflow's in progress, and what can be logged to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run in progress: what is logged to it is kept with the model and the plan it led to."""

    id: str
    client: MlflowClient

    def log_params(self, params: Mapping[str, object]) -> None:
        """Log parameters, each once per run."""
        for key, value in params.items():
            self.client.log_param(self.id, key, value)

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log figures; names may hold letters, digits and ``_-. /``."""
        for key, value in metrics.items():
            self.client.log_metric(self.id, key, float(value), step=step)

    def log_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags on the run."""
        for key, value in tags.items():
            self.client.set_tag(self.id, key, value)

    def log_file(self, path: Path, folder: str | None = None) -> None:
        """Keep a file, or all of a folder, as an artefact."""
        if path.is_dir():
            self.client.log_artifacts(self.id, str(path), folder)
        else:
            self.client.log_artifact(self.id, str(path), folder)

    def log_text(self, text: str, name: str) -> None:
        """Keep a text under a file name (JSON, CSV, HTML, ...)."""
        self.client.log_text(self.id, text, name)

    def read_text(self, name: str) -> str:
        """Return a text that was kept under that name."""
        return Path(self.client.download_artifacts(self.id, name)).read_text("utf-8")

    def log_figure(self, figure: Figure, name: str) -> None:
        """Keep a Matplotlib figure under a file name such as ``plots/error.png``."""
        self.client.log_figure(self.id, figure, name)
