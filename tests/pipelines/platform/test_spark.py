from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.platform.spark import spark_session
from pipelines.settings import REPOSITORY, Settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # PySpark leaves its own
]
PROGRAM = """
import sys
from pathlib import Path
from pipelines.platform.spark import SparkUnavailableError, spark_session
from pipelines.settings import Settings
try:
    with spark_session(Settings(data=Path(sys.argv[1]))):
        print("it runs")
except SparkUnavailableError as error:
    print(error)
"""


def test_a_session_is_local_quiet_and_in_utc(tmp_path: Path) -> None:
    with spark_session(Settings(data=tmp_path, spark_master="local[2]")) as spark:
        conf = {key: spark.conf.get(key) for key in ("spark.driver.host", "spark.ui.enabled")}
        assert conf == {"spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
        assert spark.sparkContext.master == "local[2]"
        assert spark.sql("SELECT current_timezone()").collect()[0][0] == "UTC"
    assert not (REPOSITORY / "spark-warehouse").exists()


def test_without_java_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("bash", "env", "dirname", "uname", "ps"):
        if found := shutil.which(program):
            (bare / program).symlink_to(found)
    environment = {
        name: value for name, value in os.environ.items() if name not in ("JAVA_HOME", "PATH")
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "data")],
        env=environment | {"PATH": str(bare), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.count("\n") == 1
    assert "Spark does not start on local[2]: it needs Java 17" in done.stdout
    assert "openjdk-17" in done.stdout
