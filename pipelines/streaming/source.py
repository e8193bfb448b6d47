"""Where messages come from: a Kafka topic, or files of JSON lines in the landing folder.

Either way a message is topic, partition, offset, received and value (its bytes); for the folder that
is the file, 0, the line (from 1) and when the file was written. A file is put there whole, under its
final name by a rename, and never changed after. A line of nothing but blanks is no message.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.platform.kafka import EVENTS_TOPIC

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FILES = "*.jsonl"
FILE_SCHEMA = "path string, modificationTime timestamp, length long, content binary"
# A broker that is away is told within seconds; the stream then waits for it. A fetch at the end of a
# partition holds the next one up for as long as it may wait.
KAFKA_OPTIONS = {
    "kafka.fetch.max.wait.ms": "50",
    "kafka.request.timeout.ms": "5000",
    "kafka.default.api.timeout.ms": "10000",
    "kafkaConsumer.pollTimeoutMs": "10000",
    "fetchOffset.numRetries": "2",
    "kafka.max.partition.fetch.bytes": "4194304",
    "kafka.fetch.max.bytes": "16777216",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A source of messages.

    brokers: of Kafka, None for the folder. landing: the folder. topic: of Kafka. most: messages that
    one micro-batch takes at most (of Kafka); files, of the folder.
    """

    brokers: str | None
    landing: Path
    topic: str = EVENTS_TOPIC
    most: int = 100_000
    most_files: int = 200

    @property
    def name(self) -> str:
        """What a checkpoint belongs to."""
        return f"landing folder {self.landing}" if self.brokers is None else f"topic {self.topic}"

    @property
    def is_seekable(self) -> bool:
        """Whether it can be read again from any micro-batch on, by what the checkpoint says of that alone.

        The folder cannot: which files were read stands in logs of their own.
        """
        return self.brokers is not None

    def read(self, spark: SparkSession) -> DataFrame:
        """The messages as a stream."""
        return self._folder(spark) if self.brokers is None else self._kafka(spark)

    def _kafka(self, spark: SparkSession) -> DataFrame:
        reader = spark.readStream.format("kafka").options(**KAFKA_OPTIONS)
        messages = (
            reader.option("kafka.bootstrap.servers", str(self.brokers))
            .option("subscribe", self.topic)
            .option("startingOffsets", "earliest")
            .option("maxOffsetsPerTrigger", self.most)
            .load()
        )
        return messages.selectExpr(
            "topic", "partition", "offset", "timestamp AS received", "coalesce(value, X'') AS value"
        )

    def _folder(self, spark: SparkSession) -> DataFrame:
        self.landing.mkdir(parents=True, exist_ok=True)
        files = (
            spark.readStream.format("binaryFile")
            .schema(FILE_SCHEMA)
            .option("pathGlobFilter", FILES)
            .option("maxFilesPerTrigger", self.most_files)
            .load(str(self.landing))
        )
        # Latin-1 takes every byte to one character and back, so that no byte is lost on the way.
        lines = files.selectExpr(
            r"regexp_replace(element_at(split(path, '/'), -1), '[\\\\\\x00-\\x1f]', '_') AS topic",
            "modificationTime AS received",
            r"posexplode(split(decode(content, 'ISO-8859-1'), '\n')) AS (line, words)",
        )
        return lines.where("trim(words) NOT IN ('', '\r')").selectExpr(
            "topic",
            "0 AS partition",
            "CAST(line + 1 AS bigint) AS offset",
            "received",
            "encode(words, 'ISO-8859-1') AS value",
        )
