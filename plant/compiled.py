"""How functions are compiled, and when what was compiled is still good.

Numba keeps machine code beside the source and compiles again when that one file changes. But the code
holds everything that the function calls, from other files too: a changed callee would go on being
used as it was. So what is kept here is stamped with all the files of the packages that compile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
ROOT = Path(__file__).resolve().parents[1]
COMPILING = ("plant", "envs", "models/optimize")
# Unwrapping dozens of arrays for a call from Python is more code than most functions are.
_UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def outer(function: F) -> F:
    """The function compiled, to be called from Python and from compiled code."""
    return cast("F", _stamped(njit(cache=True, nogil=True)(function)))


def inner(function: F) -> F:
    """The function compiled, to be called from compiled code only."""
    return cast("F", _stamped(njit(cache=True, nogil=True, **_UNWRAPPED)(function)))


@cache
def sources_stamp() -> str:
    """A digest of every source file that compiled code may come from."""
    digest = hashlib.sha256()
    for package in COMPILING:
        for file in sorted((ROOT / package).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _stamped(dispatcher: Any) -> Any:
    # Numba has no public way to say what a kept function depends on.
    dispatcher._cache._cache_file._source_stamp = sources_stamp()  # noqa: SLF001
    return dispatcher
