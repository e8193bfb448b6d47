"""Spark: how a session is had and given back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pipelines.settings import Settings

ENDING = 10.0  # seconds that a JVM which does not answer has to end, before it is called alive
LOGGING = """\
rootLogger.level = error
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = spark %p %c{1}: %m%n
"""
OPTIONS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
# For seconds of work the second compiler does not pay: ingest took 28 s of processor time in the JVM
# with it and 13 s without (2 cores, 7,421 rows).
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Streams run for days: the second compiler pays. Spark makes one long method of a query; the JVM would
# leave one of over 8,000 bytes uncompiled.
JVM_OF_STREAMS = "-XX:+UseParallelGC -XX:-DontCompileHugeMethods"


class SparkUnavailableError(RuntimeError):
    """Spark does not start; the message says what to install or to set."""


class SparkLostError(RuntimeError):
    """Spark's JVM ended while it was used: it was killed, or found no memory."""


@contextmanager
def spark_session(
    settings: Settings, options: Mapping[str, str] | None = None, jvm: str = JVM
) -> Iterator[SparkSession]:
    """A session on the master that the settings name, with `options` over ours; stopped at the end.

    Raises
    ------
    SparkUnavailableError
        Where Java is missing or the master does not answer.
    SparkLostError
        Where what was asked of Spark failed because its JVM has ended.
    """
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    work = settings.data / "spark"
    builder = SparkSession.builder.master(settings.spark_master).appName("takt")
    for option, value in (OPTIONS | _places(work, jvm) | dict(options or {})).items():
        builder = builder.config(option, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkUnavailableError(
            f"Spark does not start on {settings.spark_master}: it needs Java 17 (Debian, Ubuntu: "
            f"apt-get install openjdk-17-jre-headless) on the PATH or at JAVA_HOME ({error})"
        ) from error
    if settings.spark_master.startswith("local"):
        session.sparkContext.pythonExec = sys.executable  # else the first python3 on the PATH
    try:
        yield session
    except (Py4JError, OSError, EOFError) as error:
        if _answers(session):
            _stop(session)
            raise
        _let_go(session)
        raise SparkLostError("Spark's JVM has ended: killed, or out of memory") from error
    except BaseException:
        _stop(session)
        raise
    else:
        _stop(session)


def _stop(session: SparkSession) -> None:
    from py4j.protocol import Py4JError

    try:
        session.stop()
    except (Py4JError, OSError):  # its JVM is ending already: the signal came to all processes
        if not _let_go(session):
            raise


def _answers(session: SparkSession) -> bool:
    """Whether the JVM is there."""
    try:
        session.sparkContext._jvm.System.currentTimeMillis()  # type: ignore[union-attr]  # noqa: SLF001
    except Exception:  # whatever it is, there was no answer
        return False
    return True


def _let_go(session: SparkSession) -> bool:
    """Whether the JVM that we started is gone, which it is given some seconds for; then forget it."""
    of_all = type(session.sparkContext)
    process = getattr(of_all._gateway, "proc", None)  # noqa: SLF001 - pyspark says it nowhere else
    if process is not None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDING)
        if process.poll() is None:
            return False
    of_all._active_spark_context = of_all._gateway = of_all._jvm = None  # noqa: SLF001
    type(session)._instantiatedSession = None  # noqa: SLF001
    return True


def _places(work: Path, jvm: str) -> dict[str, str]:
    """What Spark writes aside from tables goes below `work`; its logging is told to be quiet."""
    work.mkdir(parents=True, exist_ok=True)
    logging_file = work / "log4j2.properties"
    logging_file.write_text(LOGGING, "utf-8")
    return {
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={logging_file.as_uri()} {jvm}",
    }
