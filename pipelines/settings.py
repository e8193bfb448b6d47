"""Settings: the one place that reads the environment and the clock, and refuses what is wrong."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[1]
DATASETS_BESIDE = REPOSITORY.parent / "shared" / "data"
LEAST_SECRET = 32  # characters: 256 bits signed with HS256 want a key of their length
LEAST_DIFFERENT = 10  # characters that a secret has at least, so that no repeated word passes


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


def _split(value: Any) -> Any:
    return (
        tuple(part for part in re.split(r"[\s,]+", value) if part)
        if isinstance(value, str)
        else value
    )


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"https?://[^\s/*@]+", origin) for origin in value):
        raise ValueError("expected addresses such as https://takt.example, with commas between")
    return value


Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_origins)]


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
    metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    ray_address: RayAddress | None = Field(default=None, validation_alias="RAY_ADDRESS")
    spark_master: SparkMaster = Field(default="local[2]", validation_alias="SPARK_MASTER")
    secret_key: SecretStr | None = None
    """Signs the service's tokens; without it one is made in the data folder."""
    token_minutes: Annotated[int, Field(ge=1, le=240)] = 15
    session_days: Annotated[int, Field(ge=1, le=90)] = 7
    allowed_origins: Origins = ()
    """Pages of other addresses that browsers may call the service from; none by default."""

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

    @field_validator("secret_key")
    @classmethod
    def _a_strong_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not _is_strong(secret.get_secret_value()):
            raise ValueError(
                f"expected at least {LEAST_SECRET} characters, {LEAST_DIFFERENT} of them different, "
                "such as `openssl rand -base64 48` prints"
            )
        return secret

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
    def landing(self) -> Path:
        """The folder of JSON-lines files of events where Kafka is not set."""
        return self.data / "landing"

    @property
    def stream(self) -> Path:
        """The folder of the stream's checkpoint."""
        return self.data / "stream"

    @property
    def jars(self) -> Path:
        """The folder of jars that Maven fetched; one for all data folders."""
        return Path("~/.cache/takt/jars").expanduser()

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
    def backtest_file(self) -> Path:
        """What the demand model would have forecast from past origins, a Parquet file."""
        return self.data / "forecast" / "backtest.parquet"

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
    def secret_file(self) -> Path:
        """The key that signs the service's tokens, where the environment gives none."""
        return self.data / "secret_key"

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


def load_secret(settings: Settings) -> str:
    """Return the key that signs tokens: the setting, or one made once in the data folder.

    Only the owner can read the file that it is kept in.

    Raises
    ------
    SettingsError
        Where the file holds no strong key, or others can read it.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.secret_file
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # whole or not at all, and the first of two wins
            os.link(made, path)
        made.unlink()
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path}: others can read it; chmod 600 it, or remove it for a new one")
    secret = path.read_text("utf-8").strip()
    if not _is_strong(secret):
        raise SettingsError(
            f"{path}: expected a key of {LEAST_SECRET} characters or more; remove it"
        )
    return secret


def new_token(size: int = 32) -> str:
    """Return so many random bytes as text that goes into addresses; nobody can guess it."""
    return secrets.token_urlsafe(size)


def utc_now() -> datetime:
    """Return this instant, aware, in UTC."""
    return datetime.now(UTC)


def _line(error: Any) -> str:
    name = str(error["loc"][0])
    variable = name if name.isupper() else f"TAKT_{name.upper()}"
    message = error["msg"].removeprefix("Value error, ")
    found = "***" if "SECRET" in variable else error["input"]
    return f"setting {variable}={found}: {message}"


def _is_strong(secret: str) -> bool:
    return len(secret) >= LEAST_SECRET and len(set(secret)) >= LEAST_DIFFERENT
