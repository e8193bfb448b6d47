"""Settings: defaults, what the environment may say, and how a wrong value is refused."""

from pathlib import Path

import pytest

from pipelines.settings import REPOSITORY, SettingsError, load_settings, utc_now

VARIABLES = (
    "TAKT_DATA",
    "TAKT_DATASETS",
    "TAKT_DATABASE_URL",
    "TAKT_KAFKA",
    "TAKT_REDIS_URL",
    "TAKT_PARAMS_FILE",
    "TAKT_SECRET_KEY",
    "TAKT_ALLOWED_ORIGINS",
    "MLFLOW_TRACKING_URI",
    "RAY_ADDRESS",
    "SPARK_MASTER",
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_out_of_the_box_everything_lies_under_data() -> None:
    settings = load_settings()
    assert settings.data == REPOSITORY / "data"
    assert settings.database_url == f"sqlite:///{REPOSITORY / 'data' / 'takt.db'}"
    assert settings.mlflow_tracking_uri == f"sqlite:///{REPOSITORY / 'data' / 'mlflow.db'}"
    assert settings.kafka is None
    assert settings.redis_url is None
    assert settings.spark_master == "local[2]"


def test_another_data_folder_takes_the_databases_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path))
    settings = load_settings()
    assert settings.database_url == f"sqlite:///{tmp_path / 'takt.db'}"
    assert settings.forecast_file == tmp_path / "forecast" / "demand.parquet"


def test_a_relative_folder_becomes_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAKT_DATA", "here")
    assert load_settings().data == tmp_path.resolve() / "here"


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKT_DATABASE_URL", "")
    assert load_settings().database_url.startswith("sqlite:///")


def test_a_data_set_folder_that_is_not_there_is_kept_for_ingest_to_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAKT_DATASETS", str(tmp_path / "absent"))
    assert load_settings().datasets == tmp_path / "absent"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TAKT_DATABASE_URL", "mysql://host/takt"),
        ("TAKT_KAFKA", "broker-without-a-port"),
        ("TAKT_REDIS_URL", "localhost:6379"),
        ("TAKT_PARAMS_FILE", "no/such/params.yaml"),
        ("TAKT_DATA", __file__),
        ("MLFLOW_TRACKING_URI", "ftp://host"),
        ("RAY_ADDRESS", "somewhere"),
        ("SPARK_MASTER", "cluster"),
        ("TAKT_ALLOWED_ORIGINS", "*"),
        ("TAKT_ALLOWED_ORIGINS", "https://a.example/path"),
        ("TAKT_ALLOWED_ORIGINS", "a.example"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert variable in str(caught.value)
    assert value in str(caught.value)
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("secret", ["short", "a" * 40, "abcabc" * 8])
def test_a_weak_key_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("TAKT_SECRET_KEY", secret)
    with pytest.raises(SettingsError, match="TAKT_SECRET_KEY") as caught:
        load_settings()
    assert secret not in str(caught.value)


def test_origins_stand_with_commas_between(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().allowed_origins == ()
    monkeypatch.setenv("TAKT_ALLOWED_ORIGINS", "https://a.example, http://b.example:81")
    assert load_settings().allowed_origins == ("https://a.example", "http://b.example:81")


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKT_KAFKA", "x")
    monkeypatch.setenv("SPARK_MASTER", "y")
    with pytest.raises(SettingsError, match=r"TAKT_KAFKA.*SPARK_MASTER"):
        load_settings()


def test_the_clock_is_aware_and_in_utc() -> None:
    offset = utc_now().utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0
