"""The summary of a model: its versions, who is champion, and what each version's contest said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.platform.tracking import ModelVersion
from pipelines.registry.registry import DATA_TAG, Registry, full_name
from pipelines.registry.reigns import Reign


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """One version: when it was registered, what its contest said, and what it was fitted on."""

    name: str
    version: int
    registered_at: datetime
    verdict: str
    reason: str
    data_digest: str
    artefact_digest: str
    run_id: str

    def rows(self) -> list[tuple[str, object]]:
        """Return the fields with their names, for a table."""
        return [
            ("registered (UTC)", f"{self.registered_at:%Y-%m-%d %H:%M}"),
            ("verdict", self.verdict),
            ("why", self.reason),
            ("data SHA-256", self.data_digest),
            ("files SHA-256", self.artefact_digest),
            ("MLflow run", self.run_id),
        ]


@dataclass(frozen=True, slots=True)
class VersionDetail(VersionSummary):
    """One version with the figures and parameters of its run."""

    metrics: Mapping[str, float]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """A registered model: champion and challenger by number, versions newest first, reigns in order."""

    name: str
    champion: int | None
    champion_since: datetime | None
    challenger: int | None
    held: str | None
    versions: tuple[VersionSummary, ...]
    reigns: tuple[Reign, ...]


def summarise(registry: Registry, name: str) -> ModelSummary:
    """Return the summary of a model.

    Raises
    ------
    pipelines.registry.UnknownModelError
        Where there is no such model.
    """
    versions = registry.versions(name)
    champion = registry.champion(name)
    challenger = registry.tracking.find(full_name(name), "challenger")
    reigns, held = registry.reigns(name), registry.held(name)
    return ModelSummary(
        full_name(name),
        champion.version if champion else None,
        reigns[-1].at if reigns and champion else None,
        challenger.version if challenger else None,
        held.reason if held else None,
        tuple(VersionSummary(**_told(one)) for one in versions),
        reigns,
    )


def show_version(registry: Registry, name: str, number: int) -> VersionDetail:
    """Return one version with its run's figures.

    Raises
    ------
    pipelines.registry.UnknownModelError
        Where there is no such model or version.
    """
    version = registry.version(name, number)
    run = registry.tracking.client.get_run(version.run_id)
    return VersionDetail(
        **_told(version), metrics=dict(run.data.metrics), params=dict(run.data.params)
    )


def _told(version: ModelVersion) -> dict[str, Any]:
    tags = version.tags
    held = f"; {tags['takt.held']}" if "takt.held" in tags else ""
    return {
        "name": version.name,
        "version": version.version,
        "registered_at": version.registered_at,
        "verdict": tags.get("takt.verdict", "not decided"),
        "reason": tags.get("takt.reason", "") + held,
        "data_digest": tags.get(DATA_TAG, ""),
        "artefact_digest": version.digest or "not recorded: it is refused",
        "run_id": version.run_id,
    }
