"""What every test runs under: no library reports home, and none reads this machine's settings."""

import os

import pytest

from pipelines.settings import load_settings

QUIET = {
    "OMP_NUM_THREADS": "2",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "SPARK_LOCAL_IP": "127.0.0.1",
    "GIT_PYTHON_REFRESH": "quiet",
}
KINDS = ("integration", "realdata", "slow")

for name, value in QUIET.items():
    os.environ.setdefault(name, value)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what carries no other kind as a unit test, and leave real data out where there are none."""
    folder = load_settings().datasets
    has_data = folder is not None and folder.is_dir()
    without = pytest.mark.skip(reason=f"no real data at {folder or 'TAKT_DATASETS'}")
    for item in items:
        if item.get_closest_marker("realdata") and not has_data:
            item.add_marker(without)
        if not any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker(pytest.mark.unit)
