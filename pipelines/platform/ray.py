"""Ray: how it is reached, quietly, and given back."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.settings import Settings

LOOPBACK = "127.0.0.1"
OBJECT_STORE_BYTES = 200 * 2**20
PATIENCE_SECONDS = 5.0
CPUS = 2  # of the local one: more would only wait for the others


class RayUnreachableError(RuntimeError):
    """There is no Ray at the configured address."""


@contextmanager
def connect(settings: Settings) -> Iterator[None]:
    """Yield with Ray running: the cluster at RAY_ADDRESS, or a local one that ends with the block.

    Raises
    ------
    RayUnreachableError
        Where nothing answers at RAY_ADDRESS.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    address = settings.ray_address
    _knock(address)
    import ray

    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if address and address != "local":
                ray.init(address=address, **quiet)
            else:
                ray.init(
                    address="local",
                    num_cpus=CPUS,
                    num_gpus=0,
                    include_dashboard=False,
                    object_store_memory=OBJECT_STORE_BYTES,
                    _node_ip_address=LOOPBACK,
                    **quiet,
                )
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise _unreachable(address, error) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str | None) -> None:
    """Refuse at once an address where nothing listens: Ray itself would go on trying for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str | None, error: Exception) -> RayUnreachableError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return RayUnreachableError(
        f"Ray at {address or 'a local address'}: {reason}; set RAY_ADDRESS to a cluster that answers, "
        "or unset it to use a local one"
    )
