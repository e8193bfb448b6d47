"""The parent of Spark's Python workers, which are its forks: it has imported once what they need.

Spark starts it by the name `DAEMON`. A worker then answers at once, and is spared what Spark does
in each before and after every task: read the directory of every zip archive on the path anew, and
collect the garbage of all that is imported. Both together took 0.3 s of processor time a task.
"""

from __future__ import annotations

import gc
import sys
from importlib.machinery import PathFinder

DAEMON = "pipelines.platform.spark_workers"


def main() -> None:
    """Serve forks to Spark until it ends."""
    _leave_archives()
    from pyspark.daemon import manager

    import pipelines.streaming.judge  # noqa: F401

    gc.freeze()
    manager()  # type: ignore[no-untyped-call]


def _leave_archives() -> None:
    """Take archives off the path where pyspark is installed beside them."""
    folders = [place for place in sys.path if not place.endswith(".zip")]
    if PathFinder.find_spec("pyspark", folders) is not None:
        sys.path[:] = folders
        sys.path_importer_cache.clear()


if __name__ == "__main__":
    main()
