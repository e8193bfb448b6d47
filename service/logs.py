"""Logs: one JSON object a line on standard error, with the request's id and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

HIDDEN = "***"
SECRET_KEYS = re.compile(r"password|secret|token|authorization|cookie", re.IGNORECASE)
SECRET_TEXTS = re.compile(
    r"(eyJ[\w-]+\.[\w-]+\.[\w-]+)|(://[^/\s:@]+:)[^@\s]+(@)|(Bearer\s+)\S+", re.IGNORECASE
)


def set_up_logs() -> None:
    """Have every logger of the process write one JSON object a line to standard error."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*before, structlog.processors.JSONRenderer(ensure_ascii=False)],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # `Watch` logs each request already


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The event with what must not be kept made unreadable, in names and in texts."""
    for key, value in event.items():
        event[key] = HIDDEN if SECRET_KEYS.search(key) else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return SECRET_TEXTS.sub(lambda found: _masked(found), value)
    if isinstance(value, dict):
        return {
            key: HIDDEN if SECRET_KEYS.search(str(key)) else _hidden(one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(one) for one in value]
    return value


def _masked(found: re.Match[str]) -> str:
    _, before, after, bearer = found.groups()
    if before:
        return f"{before}{HIDDEN}{after}"
    return f"{bearer or ''}{HIDDEN}"
