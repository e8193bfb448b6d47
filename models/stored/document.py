"""The JSON document of a saved model: written, and read with what is wrong named."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

Model = TypeVar("Model")


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document; ValueError where a figure is not finite."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_document(
    path: Path,
    kind: str,
    build: Callable[[dict[str, Any], Path], Model],
    error: type[ValueError],
) -> Model:
    """Return what `build` makes of the document and the folder that it lies in.

    Parameters
    ----------
    kind
        What was saved, as the message names it: "late-risk model".
    error
        The error of the folder of models that asks; raised where a file is absent, or not what was
        written of such a `kind`.
    """
    try:
        return build(json.loads(path.read_text(encoding="utf-8")), path.parent)
    except OSError as found:
        raise error(f"{found.filename}: cannot be read: {found.strerror}") from None
    except (KeyError, TypeError, ValueError) as found:
        if isinstance(found, error):
            raise
        raise error(f"{path}: not a saved {kind}: {found!r}; fit it again") from None


def require_format(
    document: Mapping[str, Any], expected: int, path: Path, error: type[ValueError]
) -> None:
    """Raise `error` where the document is of another format than is written today."""
    if document["format"] != expected:
        raise error(f"{path}: expected format {expected}, found {document['format']}; fit it again")


def tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with tuples for its lists, at every depth: records hold tuples."""
    return {name: _frozen(value) for name, value in document.items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(one) for one in value)
    return tuples(value) if isinstance(value, dict) else value
