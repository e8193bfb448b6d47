"""The JSON document of a saved model: written, and read with what is wrong named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from models.demand.errors import ModelError

Model = TypeVar("Model")


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write the document; ValueError where a figure is not finite."""
    text = json.dumps(document, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_document(path: Path, kind: str, build: Callable[[dict[str, Any], Path], Model]) -> Model:
    """Return what `build` makes of the document and the folder that it lies in.

    Raises
    ------
    ModelError
        Where a file is absent, or not what was written of such a `kind`.
    """
    try:
        return build(json.loads(path.read_text(encoding="utf-8")), path.parent)
    except OSError as error:
        raise ModelError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path}: not a saved {kind}: {error!r}; fit it again") from None
