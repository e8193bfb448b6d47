"""Whether what the service needs answers: the database, and Redis where one is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import redis
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

Part = Literal["database", "redis"]
PATIENCE = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Readiness:
    """The parts that answer and those that do not."""

    answering: tuple[Part, ...]
    missing: tuple[Part, ...]


def check_readiness(engine: Engine, redis_url: str | None) -> Readiness:
    """Which of the parts answer just now."""
    found: dict[Part, bool] = {"database": _answers(engine)}
    if redis_url is not None:
        found["redis"] = _redis_answers(redis_url)
    return Readiness(
        tuple(part for part, answers in found.items() if answers),
        tuple(part for part, answers in found.items() if not answers),
    )


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT 1")))
    except SQLAlchemyError:
        return False


def _redis_answers(address: str) -> bool:
    try:
        with redis.Redis.from_url(
            address, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
