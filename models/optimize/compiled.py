"""How the search's functions are compiled.

Each takes some eighty arrays in two records. Unwrapping those for a call from Python is more code than
most functions themselves, so that only what Python calls gets it: 35 s of compiling, once, instead of 64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
_UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def outer(function: F) -> F:
    """The function compiled, to be called from Python and from compiled code."""
    return cast("F", njit(cache=True, nogil=True)(function))


def inner(function: F) -> F:
    """The function compiled, to be called from compiled code only."""
    return cast("F", njit(cache=True, nogil=True, **_UNWRAPPED)(function))
