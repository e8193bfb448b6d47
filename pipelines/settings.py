"""Settings: the one place that reads the environment and the clock, and refuses what is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[1]
DATASETS_BESIDE = REPOSITORY.parent / "shared" / "data"


class SettingsError(ValueError):
    """A setting that the environment gives wrongly; its text is one line that names it."""


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


def _matching(pattern: str, expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
DatabaseUrl = Annotated[
    str,
    _matching(
        r"sqlite:///.+|postgresql(\+psycopg)?://.+",
        "sqlite:///<file> or postgresql+psycopg://user:password@host/database",
    ),
]
Brokers = Annotated[
    str, _matching(r"[^\s,:/]+:\d+(,[^\s,:/]+:\d+)*", "host:port, or several with commas between")
]
RedisUrl = Annotated[str, _matching(r"(rediss?|unix)://.+", "redis://host:port/number")]
RayAddress = Annotated[
    str, _matching(r"auto|local|ray://.+|[^\s,:/]+:\d+", "auto, host:port or ray://host:port")
]
SparkMaster = Annotated[
    str,
    _matching(
        r"local(\[(\*|\d+)(,\d+)?\])?|spark://.+|k8s://.+|yarn", "local[2], spark://host:port"
    ),
]
TrackingUri = Annotated[
    str,
    _matching(
        r"(sqlite:///|postgresql(\+psycopg)?://|https?://|file:|databricks).*",
        "sqlite:///<file> or http://host:port",
    ),
]


class Settings(BaseSettings):
    """Where data, databases and services are; every field can be set from the environment.

    An empty variable counts as absent. Relative paths are taken from the working directory.
    """

    model_config = SettingsConfigDict(
        env_prefix="TAKT_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    data: AbsolutePath = REPOSITORY / "data"
    datasets: AbsolutePath | None = Field(
        default_factory=lambda: DATASETS_BESIDE if DATASETS_BESIDE.is_dir() else None
    )
    params_file: AbsolutePath = REPOSITORY / "params.yaml"
    database_url: DatabaseUrl = Field(
        default_factory=lambda known: f"sqlite:///{known['data'] / 'takt.db'}"
    )
    mlflow_tracking_uri: TrackingUri = Field(
        default_factory=lambda known: f"sqlite:///{known['data'] / 'mlflow.db'}",
        validation_alias="MLFLOW_TRACKING_URI",
    )
    kafka: Brokers | None = None
    redis_url: RedisUrl | None = None
    ray_address: RayAddress | None = Field(default=None, validation_alias="RAY_ADDRESS")
    spark_master: SparkMaster = Field(default="local[2]", validation_alias="SPARK_MASTER")

    @field_validator("data", "datasets")
    @classmethod
    def _a_folder_or_nothing_yet(cls, path: Path | None) -> Path | None:
        if path is not None and path.exists() and not path.is_dir():
            raise ValueError("expected a folder, found a file")
        return path

    @field_validator("params_file")
    @classmethod
    def _a_file(cls, path: Path) -> Path:
        if not path.is_file():
            raise ValueError("expected an existing YAML file")
        return path

    @property
    def bronze(self) -> Path:
        """The folder of tables as they arrived."""
        return self.data / "bronze"

    @property
    def silver(self) -> Path:
        """The folder of tables that passed their checks."""
        return self.data / "silver"

    @property
    def quarantine(self) -> Path:
        """The folder of rows that failed a check, each with its reason."""
        return self.data / "quarantine"

    @property
    def metrics(self) -> Path:
        """The folder of one JSON file of figures per step."""
        return self.data / "metrics"

    @property
    def policy(self) -> Path:
        """The folder of the policy's checkpoint, weights and digest."""
        return self.data / "policy"

    @property
    def drift(self) -> Path:
        """The folder of the drift report."""
        return self.data / "drift"

    @property
    def artifacts(self) -> Path:
        """The folder of MLflow's artefacts where MLflow is embedded."""
        return self.data / "mlartifacts"

    @property
    def forecast_file(self) -> Path:
        """The demand forecast, a Parquet file."""
        return self.data / "forecast" / "demand.parquet"

    @property
    def master_file(self) -> Path:
        """The plant's master data, a plant document without forecast orders."""
        return self.data / "master.json"

    @property
    def plant_file(self) -> Path:
        """The snapshot that is planned, a plant document."""
        return self.data / "plant.json"

    @property
    def schedule_file(self) -> Path:
        """The planned schedule, a schedule document."""
        return self.data / "schedule.json"

    @property
    def rule_schedule_file(self) -> Path:
        """The schedule of the dispatching rule, for comparison."""
        return self.data / "rule_schedule.json"

    @property
    def published_file(self) -> Path:
        """What the last publication wrote, and where."""
        return self.data / "published.json"


def load_settings() -> Settings:
    """Return the settings that the environment gives.

    Raises
    ------
    SettingsError
        Where a variable's value cannot be used; one line that names every such variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = [item for item in error.errors() if item["type"] != "default_factory_not_called"]
        raise SettingsError("; ".join(_line(item) for item in wrong)) from None


def utc_now() -> datetime:
    """Return this instant, aware, in UTC."""
    return datetime.now(UTC)


def _line(error: Any) -> str:
    name = str(error["loc"][0])
    variable = name if name.isupper() else f"TAKT_{name.upper()}"
    message = error["msg"].removeprefix("Value error, ")
    return f"setting {variable}={error['input']}: {message}"
