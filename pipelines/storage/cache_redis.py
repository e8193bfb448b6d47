"""The copy of the latest state in Redis: one hash, so that it expires and is flushed as a whole."""

from __future__ import annotations

from typing import Any, cast

import redis
from pydantic import TypeAdapter, ValidationError
from redis.backoff import NoBackoff
from redis.retry import Retry

from pipelines.events import LineNow, Now, StockNow

KEY = "takt:live:1"  # the number is the form of its values: another form is another key
MAX_AGE = 30.0  # seconds
TIMEOUT = 0.25  # seconds that a reader waits before it asks the database
WHOLE = "whole"

_LINE, _STOCK = TypeAdapter(LineNow), TypeAdapter(StockNow)

# KEYS[1]: the hash. ARGV: its age in ms, 1 where the copy is whole now, then field, number, value of
# each row. A value begins with the number of its commit. What is not whole yet expires too.
_PUT = """
for at = 3, #ARGV, 3 do
  local held = redis.call('HGET', KEYS[1], ARGV[at])
  if not held or tonumber(string.match(held, '^%-?%d+')) <= tonumber(ARGV[at + 1]) then
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1] .. ' ' .. ARGV[at + 2])
  end
end
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 'whole', '0 1') end
if ARGV[2] == '1' or redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
"""


class StoreGoneError(RuntimeError):
    """The store does not answer; the message says what happened."""


class InRedis:
    """The copy in Redis, shared by all processes.

    Parameters
    ----------
    url
        Such as redis://127.0.0.1:6379/0.
    max_age
        Seconds after which a copy is built anew from the database.
    timeout
        Seconds to wait for an answer.
    """

    def __init__(self, url: str, max_age: float = MAX_AGE, timeout: float = TIMEOUT) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )
        self._put_script = self._client.register_script(_PUT)
        self._age_ms = int(max_age * 1000)

    def put(self, now: Now) -> None:
        """Keep the rows that are no older than the ones held; StoreGoneError where Redis is away."""
        self._put(now, whole=False)

    def put_whole(self, now: Now) -> None:
        """Keep them, and hold the copy for whole until it expires."""
        self._put(now, whole=True)

    def get(self) -> Now | None:
        """What is held, or None where it is not whole, or holds what nobody here wrote."""
        try:
            held = cast("dict[str, str]", self._client.hgetall(KEY))
        except redis.RedisError as error:
            raise _gone(error) from error
        if WHOLE not in held:
            return None
        lines: dict[str, LineNow] = {}
        stocks: dict[str, StockNow] = {}
        try:
            for name, value in held.items():
                kind, _, id = name.partition(":")
                text = value.partition(" ")[2]
                if kind == "line":
                    lines[id] = _LINE.validate_json(text)
                elif kind == "stock":
                    stocks[id] = _STOCK.validate_json(text)
        except ValidationError:
            self.forget()
            return None
        return Now(lines, stocks)

    def forget(self) -> None:
        """Hold nothing."""
        try:
            self._client.delete(KEY)
        except redis.RedisError as error:
            raise _gone(error) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _put(self, now: Now, *, whole: bool) -> None:
        rows: list[Any] = [self._age_ms, int(whole)]
        for id, line in now.lines.items():
            rows += [f"line:{id}", line.batch, _LINE.dump_json(line).decode()]
        for id, stock in now.stocks.items():
            rows += [f"stock:{id}", stock.batch, _STOCK.dump_json(stock).decode()]
        try:
            self._put_script(keys=[KEY], args=rows)
        except redis.RedisError as error:
            raise _gone(error) from error


def _gone(error: redis.RedisError) -> StoreGoneError:
    return StoreGoneError(f"Redis: {type(error).__name__}: {error}")
