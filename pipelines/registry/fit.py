"""A fit: what is kept of it, and how the model that it made is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.platform.tracking import Served

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERVED = Path(__file__).with_name("served.py")
LIBRARIES = ("mlflow", "pandas", "numpy")


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model as it is registered.

    Parameters
    ----------
    name
        "demand", "rates", "late-risk" or "policy"; it is registered as takt-<name>.
    folder
        What the package's `save` wrote, in native formats; nothing that is pickled.
    package
        The package under `models` that can open the folder: it offers `load(folder)` and
        `answer(model, table, **params)`, which returns a table. Unused where `code` is given.
    example, answer
        A table that the model takes, and the one it gives; the signature is inferred from them.
    data_digest
        SHA-256 of the data that it was fitted on.
    trained_until
        The last day of those data: drift counts a model's age from it.
    params
        What it was fitted with.
    metrics
        How good it is, by class of series where there are classes ("wape/regular").
    answers
        What may be passed beside the table, with its default.
    figures, texts
        Plots by file name ("plots/reliability.png") and texts by file name ("errors.csv").
    requirements
        Libraries that it needs besides MLflow, pandas and NumPy, by name.
    code
        A file that answers through MLflow in place of the package (`Served.code`).
    allowed_pickles
        Names of files in the folder that are pickles because their library writes no other format.
    """

    name: str
    folder: Path
    package: str
    example: Any
    answer: Any
    data_digest: str
    trained_until: date | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    requirements: Sequence[str] = ()
    code: Path | None = None
    allowed_pickles: Sequence[str] = ()

    def served(self) -> Served:
        """Return how the model answers as an MLflow model."""
        libraries = dict.fromkeys((*LIBRARIES, *self.requirements))
        return Served(
            code=self.code or SERVED,
            example=self.example,
            answer=self.answer,
            params=self.answers,
            requirements=tuple(f"{library}=={version(library)}" for library in libraries),
            config={} if self.code else {"package": self.package},
        )
