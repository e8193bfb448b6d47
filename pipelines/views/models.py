"""Models as they are shown: what is registered, who is champion since when, and where MLflow is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipelines.context import Context
from pipelines.drafts.tracked import is_tracked
from pipelines.registry.summary import ModelSummary, VersionSummary

Standing = Literal["ok", "none", "failed"]


@dataclass(frozen=True, slots=True)
class ModelVersionView:
    """One version: what its contest said and why, and the run of MLflow that fitted it."""

    version: int
    registered_at: datetime
    verdict: str
    reason: str
    run_id: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """A registered model: champion and challenger by number, versions newest first.

    held: why contests promote nobody just now, None where they do.
    """

    name: str
    champion: int | None
    champion_since: datetime | None
    challenger: int | None
    held: str | None
    versions: tuple[ModelVersionView, ...]


@dataclass(frozen=True, slots=True)
class Models:
    """The registered models.

    status: "none" where no MLflow is configured, "failed" where it does not answer; reason says what it
    said. address: where MLflow's own pages are, None where it is a file.
    """

    status: Standing
    reason: str
    address: str | None
    models: tuple[ModelView, ...]


def models_of(context: Context) -> Models:
    """The models that the MLflow of the settings knows."""
    settings = context.settings
    uri = settings.mlflow_tracking_uri
    address = uri.rstrip("/") if uri.startswith(("http://", "https://")) else None
    if not is_tracked(settings):
        return Models("none", "", None, ())
    from pipelines.registry import open_registry
    from pipelines.registry.summary import summarise

    try:
        registry = open_registry(context)
        found = [summarise(registry, name) for name in sorted(registry.tracking.models())]
    except Exception as error:  # MLflow's own and those of what it talks to; told in the answer
        return Models("failed", str(error).strip().partition("\n")[0], address, ())
    return Models("ok", "", address, tuple(_model(one) for one in found))


def _model(one: ModelSummary) -> ModelView:
    return ModelView(
        one.name,
        one.champion,
        one.champion_since,
        one.challenger,
        one.held,
        tuple(_version(version) for version in one.versions),
    )


def _version(one: VersionSummary) -> ModelVersionView:
    return ModelVersionView(one.version, one.registered_at, one.verdict, one.reason, one.run_id)
