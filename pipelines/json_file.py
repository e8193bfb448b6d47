"""A step's result as a file of JSON, for DVC and for who looks at it later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plant.io.atomic import write_whole


def store_json(path: Path, document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write the document into the file, whole or not at all. ValueError where a figure is not finite."""
    write_whole(path, (json.dumps(document, indent=2, allow_nan=False) + "\n").encode())
