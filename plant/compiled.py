"""How functions are compiled, and when what was compiled is still good.

Numba keeps machine code beside the source and compiles again when that one file changes. But the code
holds everything that the function calls, from other files too: a changed callee would go on being
used as it was. So what is kept here is stamped with its own file and with all of ours that this one
imports, directly or not.

Two processes that compile the same function for different arguments at the same time would give their
code the same file name, and one would later be called for the other: so they keep it one after the other.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
ROOT = Path(__file__).resolve().parents[1]
LOCK = "takt.lock"  # beside what is kept
# Unwrapping dozens of arrays for a call from Python is more code than most functions are.
_UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def outer(function: F) -> F:
    """The function compiled, to be called from Python and from compiled code."""
    return cast("F", _stamped(njit(cache=True, nogil=True)(function)))


def inner(function: F) -> F:
    """The function compiled, to be called from compiled code only."""
    return cast("F", _stamped(njit(cache=True, nogil=True, **_UNWRAPPED)(function)))


@cache
def sources_stamp(file: Path) -> str:
    """A digest of a source file and of all of ours that it imports."""
    reached, to_read = {file}, [file]
    while to_read:
        new = set(_imports(to_read.pop())) - reached
        reached |= new
        to_read.extend(new)
    digest = hashlib.sha256()
    for one in sorted(
        reached
    ):  # by content and name, so that a copy of the whole folder stays good
        digest.update(one.name.encode())
        digest.update(one.read_bytes())
    return digest.hexdigest()


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    """Our own files that a file imports."""
    return tuple(
        path
        for node in ast.walk(ast.parse(file.read_bytes()))
        for name in _names(node)
        for path in (ROOT.joinpath(*name).with_suffix(".py"), ROOT.joinpath(*name, "__init__.py"))
        if path.is_file()
    )


def _names(node: ast.AST) -> Iterator[list[str]]:
    """The modules, and what may be modules, that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (one.name.split(".") for one in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.split(".")
        yield from ([*node.module.split("."), one.name] for one in node.names)


def _stamped(dispatcher: Any) -> Any:
    file = Path(dispatcher.py_func.__code__.co_filename).resolve()
    # Numba has no public way to say what a kept function depends on, nor to keep it alone.
    kept = dispatcher._cache._cache_file  # noqa: SLF001
    kept._source_stamp = sources_stamp(file)  # noqa: SLF001
    folder = Path(kept._cache_path)  # noqa: SLF001
    kept.save, kept.load = _alone(kept.save, folder), _alone(kept.load, folder)
    return dispatcher


def _alone(function: F, folder: Path) -> F:
    """The function, while which no other process keeps or looks up code in the folder."""

    def called(*arguments: Any) -> Any:
        if not folder.is_dir():
            return function(*arguments)
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return function(*arguments)

    return cast("F", called)
