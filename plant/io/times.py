"""Minutes after the horizon's start and instants: the one place where one becomes the other."""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


def instant_at(starts_at: datetime, minute: int) -> datetime:
    """The instant of a minute, in the time zone of starts_at."""
    return starts_at + minute * MINUTE


def minute_at(starts_at: datetime, instant: datetime) -> int | None:
    """The minute of an instant; None where it is not a whole minute after starts_at.

    An instant without time zone is taken in that of starts_at.
    """
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=starts_at.tzinfo)
    minutes, rest = divmod(instant - starts_at, MINUTE)
    return None if rest else minutes
