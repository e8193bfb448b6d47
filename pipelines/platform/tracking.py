"""Tracking: how MLflow is reached, runs are logged, models registered and loaded unchanged."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.platform.model_files import artefact_digest
from pipelines.platform.tracked_run import TrackedRun as TrackedRun
from pipelines.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "takt"
DIGEST_TAG = "takt.artefact_sha256"

Alias = Literal["champion", "challenger"]


class TrackingError(RuntimeError):
    """MLflow cannot be used as asked.

    TrackingError
    ├── UnreachableError  no MLflow at the configured address
    └── DigestError       an artefact without a recorded digest, or not the one recorded
    """


class UnreachableError(TrackingError):
    """There is no usable MLflow at the configured address."""


class DigestError(TrackingError):
    """A registered artefact is not, or cannot be shown to be, what was registered."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model: its name, number, artefact digest, run, tags and birth."""

    name: str
    version: int
    digest: str | None
    run_id: str
    tags: Mapping[str, str]
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Served:
    """How a model folder answers as an MLflow model.

    Parameters
    ----------
    code
        A Python file that ends in `mlflow.models.set_model(...)`; its model finds the folder as
        `context.artifacts["model"]`. Source is logged, so that nothing is pickled.
    example, answer
        An input and the output it gives (data frames); the signature is inferred from them.
    params
        What may be passed beside the input, with its defaults.
    requirements
        Packages that a server of the model installs.
    config
        What the code finds as its context's `model_config`.
    """

    code: Path
    example: Any
    answer: Any
    params: Mapping[str, Any]
    requirements: Sequence[str]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tracking:
    """An MLflow that answered; made by `connect`."""

    uri: str
    experiment_id: str
    client: MlflowClient

    @contextmanager
    def run(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator[TrackedRun]:
        """Yield a run; it ends as FINISHED, or as FAILED where the block raises."""
        run_id = self.client.create_run(
            self.experiment_id, tags=dict(tags or {}), run_name=name
        ).info.run_id
        try:
            yield TrackedRun(run_id, self.client)
        except BaseException:
            self.client.set_terminated(run_id, "FAILED")
            raise
        self.client.set_terminated(run_id, "FINISHED")

    def register(
        self,
        run: TrackedRun,
        name: str,
        folder: Path,
        served: Served,
        tags: Mapping[str, str] | None = None,
    ) -> ModelVersion:
        """Return the new version of the named model, whose files are those of `folder`.

        The digest of all that was stored is recorded as a tag of the version.
        """
        import mlflow

        with _address(self.uri), mlflow.start_run(run_id=run.id), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = mlflow.pyfunc.log_model(
                name=name,
                python_model=str(served.code),
                artifacts={"model": str(folder)},
                signature=mlflow.models.infer_signature(
                    served.example, served.answer, params=dict(served.params)
                ),
                input_example=(served.example, dict(served.params))
                if served.params
                else served.example,
                pip_requirements=list(served.requirements),
                model_config=dict(served.config) or None,
            )
            version = self._new_version(name, info.model_uri, run)
        self.client.set_model_version_tag(
            name, version, DIGEST_TAG, artefact_digest(self._download(name, version))
        )
        for key, value in (tags or {}).items():
            self.client.set_model_version_tag(name, version, key, value)
        return self._version(name, version)

    def find(self, name: str, alias: Alias) -> ModelVersion | None:
        """Return the version that bears the alias, or None where there is none."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            absent = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
            if error.error_code in absent:
                return None
            raise
        return self._version(name, found.version)

    def set_alias(self, version: ModelVersion, alias: Alias) -> None:
        """Move the alias to this version."""
        self.client.set_registered_model_alias(version.name, alias, str(version.version))

    def models(self) -> dict[str, Mapping[str, str]]:
        """Return the tags of every registered model, by name."""
        found = _all(lambda token: self.client.search_registered_models(page_token=token))
        return {model.name: dict(model.tags) for model in found}

    def model_tags(self, name: str) -> Mapping[str, str]:
        """Return the tags of the model itself; none where there is no such model."""
        from mlflow.exceptions import MlflowException

        try:
            return dict(self.client.get_registered_model(name).tags)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the model's versions, newest first; none where there is no such model."""
        asked = f"name = '{name}'"
        found = _all(lambda token: self.client.search_model_versions(asked, page_token=token))
        versions = [self._record(one) for one in found]
        return sorted(versions, key=lambda one: one.version, reverse=True)

    def set_model_tag(self, name: str, key: str, value: str | None) -> None:
        """Set a tag on the model itself, at most 5,000 characters; None removes it."""
        if value is None:
            self.client.delete_registered_model_tag(name, key)
        else:
            self.client.set_registered_model_tag(name, key, value)

    def set_tags(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        """Set tags on the version."""
        for key, value in tags.items():
            self.client.set_model_version_tag(version.name, str(version.version), key, value)

    def load(self, version: ModelVersion) -> Path:
        """Return the local folder of the version's own files, the digest having been checked.

        Raises
        ------
        DigestError
            Where the version has no recorded digest, or its files have another one.
        """
        found = artefact_digest(folder := self._download(version.name, str(version.version)))
        if found != version.digest:
            expected = version.digest or "a recorded digest"
            raise DigestError(
                f"model {version.name} version {version.version}: expected {expected}, found "
                f"{found} in {folder}: it is not what was registered; it is not loaded. Restore "
                "its files, go back to the version before (takt models rollback), or delete this one"
            )
        (payload,) = (folder / "artifacts").iterdir()
        return payload

    def _new_version(self, name: str, source: str, run: TrackedRun) -> str:
        from mlflow.exceptions import MlflowException

        try:
            self.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        model_id = source.removeprefix("models:/")
        made = self.client.create_model_version(name, source, run.id, model_id=model_id)
        return str(made.version)

    def _download(self, name: str, version: str) -> Path:
        import mlflow

        uri = f"models:/{name}/{version}"
        with _address(self.uri):
            return Path(mlflow.artifacts.download_artifacts(uri))

    def _version(self, name: str, version: str) -> ModelVersion:
        return self._record(self.client.get_model_version(name, version))

    @staticmethod
    def _record(found: Any) -> ModelVersion:
        tags = dict(found.tags)
        made = datetime.fromtimestamp(found.creation_timestamp / 1000, UTC)
        digest, run_id = tags.get(DIGEST_TAG), found.run_id or ""
        return ModelVersion(found.name, int(found.version), digest, run_id, tags, made)


def connect(settings: Settings) -> Tracking:
    """Return the tracking at `settings.mlflow_tracking_uri`, its database made where absent.

    With a database address artefacts lie in `settings.artifacts`; a server has its own place.

    Raises
    ------
    UnreachableError
        Where nothing answers there, or what answers is not MLflow's.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    for noisy in ("mlflow", "mlflow.utils.environment", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    uri = settings.mlflow_tracking_uri
    embedded = not uri.startswith(("http", "databricks"))
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    try:
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        experiment = client.get_experiment_by_name(EXPERIMENT)
        experiment_id = (
            experiment.experiment_id
            if experiment
            else client.create_experiment(
                EXPERIMENT, settings.artifacts.as_uri() if embedded else None
            )
        )
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UnreachableError(
            f"MLflow at {uri}: {reason}; set MLFLOW_TRACKING_URI to one that answers, or remove "
            "a damaged database file to start with an empty one"
        ) from error
    return Tracking(uri, experiment_id, client)


def _all(page_of: Callable[[str | None], Any]) -> list[Any]:
    """Everything that a search finds, page by page."""
    page = page_of(None)
    found = list(page)
    while page.token:
        page = page_of(page.token)
        found.extend(page)
    return found


@contextmanager
def _address(uri: str) -> Iterator[None]:
    # MLflow's fluent functions take the address from a global, and setting that sets the
    # environment too, where settings would then read it.
    import mlflow

    variable = "MLFLOW_TRACKING_URI"
    before = os.environ.get(variable)
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)  # type: ignore[arg-type]  # None clears both
