"""Did you mean: the known name that is closest to one that nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

SEARCHES = 20  # each compares with every known name, which takes milliseconds for thousands


class Suggestions:
    """Close names among the known ones; after `SEARCHES` searches only those that differ in dress."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted(known)
        self._plain = {_plain(name): name for name in self._known}
        self._left = SEARCHES

    def for_name(self, name: str) -> str:
        """` (did you mean L07?)` where a known name is close, else nothing."""
        found = self._plain.get(_plain(name))
        if found is None and self._left > 0:
            self._left -= 1
            found = next(iter(get_close_matches(name, self._known, n=1, cutoff=0.75)), None)
        return f" (did you mean {found}?)" if found else ""


def _plain(name: str) -> str:
    """The name without case, spaces, dashes, underscores and leading zeros of its numbers."""
    return re.sub(r"0+(?=\d)", "", re.sub(r"[\s_\-]", "", name.casefold()))
