"""The JSON document of a saved demand model: written, and read with what is wrong named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from models import stored
from models.demand.errors import ModelError
from models.stored import write_document

__all__ = ["read_document", "write_document"]

Model = TypeVar("Model")


def read_document(path: Path, kind: str, build: Callable[[dict[str, Any], Path], Model]) -> Model:
    """Return what `build` makes of the document and the folder that it lies in.

    Raises
    ------
    ModelError
        Where a file is absent, or not what was written of such a `kind`.
    """
    return stored.read_document(path, kind, build, ModelError)
