"""The workers: pieces of work spread over processes that see the histories without a copy."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextvars import ContextVar
from typing import Any

Work = Callable[[], Any]
Spread = Callable[[Sequence[Work]], Iterator[tuple[int, Any, float]]]

# What does the pieces in place of this machine's processes: a cluster, where the caller has one.
elsewhere: ContextVar[Spread | None] = ContextVar("elsewhere", default=None)

# What the processes forked next will do: they inherit it, so that nothing is sent to them.
_pending: list[Work] = []


def processor_seconds() -> float:
    """Return what this process and its ended children have used of processors."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(sum(one.ru_utime + one.ru_stime for one in used))


def results(work: Sequence[Work], workers: int) -> Iterator[tuple[int, Any, float]]:
    """Yield the place, result and processor-seconds of each piece of work, as they end.

    One worker, or a system that cannot fork, works in this process.
    """
    spread = elsewhere.get()
    if spread is not None and workers > 1 and len(work) > 1:
        yield from spread(work)
        return
    if workers <= 1 or len(work) <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        for place, piece in enumerate(work):
            yield (place, *_timed(piece))
        return
    _pending[:] = work
    try:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(min(workers, len(work)), mp_context=context) as pool:
            asked = {pool.submit(_one, place): place for place in range(len(work))}
            for future in as_completed(asked):
                yield (asked[future], *future.result())
    finally:
        _pending.clear()


def _one(place: int) -> tuple[Any, float]:
    return _timed(_pending[place])


def _timed(piece: Work) -> tuple[Any, float]:
    begun = processor_seconds()
    found = piece()
    return found, processor_seconds() - begun
