"""Ray is refused where nothing listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pipelines.platform.ray import RayUnreachableError, connect
from pipelines.settings import Settings


def test_an_address_where_nothing_listens_is_refused_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings = Settings(data=tmp_path, ray_address=f"127.0.0.1:{port}")
    with (
        pytest.raises(RayUnreachableError, match=f"127.0.0.1:{port}.*unset it"),
        connect(settings),
    ):
        raise AssertionError("nothing listens there")
