"""Clusters: pieces of a forecast spread over Ray or Spark instead of this machine's processes.

Every model of one series is Nixtla's (StatsForecast); their own way to a cluster takes a table and gives
one back for one list of models. An ensemble's trial has many such lists beside models that learn of
all series, so its pieces are sent as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pipelines.settings import Settings

Cluster = Literal["ray", "spark"]
Work = Callable[[], Any]
Done = Iterator[tuple[int, Any, float]]


@contextmanager
def spread_over(
    settings: Settings, cluster: Cluster
) -> Iterator[tuple[Callable[[Sequence[Work]], Done], int]]:
    """Yield what does pieces of work on the cluster, and how many it does at once.

    It yields the place, result and processor-seconds of each piece, as they end. The cluster is the
    one at RAY_ADDRESS or SPARK_MASTER; without either one of this machine.

    Raises
    ------
    pipelines.platform.ray.RayUnreachableError, pipelines.platform.spark.SparkUnavailableError
        Where it does not answer.
    """
    if cluster == "ray":
        with _ray(settings) as found:
            yield found
    else:
        with _spark(settings) as found:
            yield found


@contextmanager
def _ray(settings: Settings) -> Iterator[tuple[Callable[[Sequence[Work]], Done], int]]:
    from pipelines.platform import ray as reached

    with reached.connect(settings):
        import ray

        do = ray.remote(_timed)

        def spread(work: Sequence[Work]) -> Done:
            asked = {do.remote(piece): place for place, piece in enumerate(work)}
            waiting = list(asked)
            while waiting:
                (done,), waiting = ray.wait(waiting, num_returns=1)
                yield (asked[done], *ray.get(done))

        held: Any = ray.cluster_resources()  # type: ignore[no-untyped-call]
        yield spread, max(1, int(held.get("CPU", 1)))


@contextmanager
def _spark(settings: Settings) -> Iterator[tuple[Callable[[Sequence[Work]], Done], int]]:
    import cloudpickle  # type: ignore[import-untyped]

    from pipelines.platform.spark import spark_session

    with spark_session(settings) as session:
        context = session.sparkContext

        def spread(work: Sequence[Work]) -> Done:
            sent = [(place, cloudpickle.dumps(piece)) for place, piece in enumerate(work)]
            found = context.parallelize(sent, len(sent)).map(_unpacked)
            yield from found.toLocalIterator()

        yield spread, max(1, context.defaultParallelism)


def _unpacked(sent: tuple[int, bytes]) -> tuple[int, Any, float]:
    import cloudpickle

    place, piece = sent
    return (place, *_timed(cloudpickle.loads(piece)))


def _timed(piece: Work) -> tuple[Any, float]:
    begun = time.process_time()
    found = piece()
    return found, time.process_time() - begun
