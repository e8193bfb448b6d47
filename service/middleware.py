"""What every request passes: its id, its log line and figures, security headers, the limit of size."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.faults import to_problem
from service.metrics import REQUEST_SECONDS
from service.problems import ProblemError, answer

MOST_BODY = 2 * 2**20  # bytes
QUIET = ("/health/live", "/health/ready", "/metrics")
ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": POLICY,
}
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class Watch:
    """Gives each request an id, adds the security headers, logs and counts it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        scope["takt.request_id"] = id = given if ID.fullmatch(given) else uuid.uuid4().hex
        headers = SECURITY_HEADERS | {"X-Request-Id": id}
        if scope["scheme"] == "https":
            headers |= OVER_TLS
        begun, status, has_begun = time.perf_counter(), 500, False

        async def sending(message: Message) -> None:
            nonlocal status, has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                status = message["status"]
                own = MutableHeaders(scope=message)
                for name, value in headers.items():
                    own.setdefault(name, value)
                own.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if has_begun:
                raise
            structlog.get_logger("service").exception("fault", request_id=id)
            await answer(to_problem(error), id)(scope, receive, sending)
        finally:
            _note(scope, status, time.perf_counter() - begun)


class Limit:
    """Refuses requests whose body is too large, by what they say and by what they send."""

    def __init__(self, app: ASGIApp, most: int = MOST_BODY) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        if said.isdecimal() and int(said) > self.most:
            await self._refuse(scope, receive, send)
            return
        taken, begun = 0, False

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most:
                raise _TooLargeError
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receiving, sending)
        except _TooLargeError:
            if begun:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"expected a body of at most {self.most} bytes"
        problem = ProblemError(413, "too_large", detail, headers={"Connection": "close"})
        await answer(problem, scope.get("takt.request_id", ""))(scope, receive, send)


class _TooLargeError(BaseException):
    """Not an Exception, so that no handler on the way takes it for one of its own."""


def _note(scope: Scope, status: int, seconds: float) -> None:
    route: Any = scope.get("route")
    path = getattr(route, "path", "") or "(no route)"
    REQUEST_SECONDS.labels(scope["method"], path, str(status)).observe(seconds)
    if path in QUIET and status < 500:
        return
    user = scope.get("state", {}).get("takt_user")
    structlog.get_logger("service").info(
        "request",
        request_id=scope["takt.request_id"],
        method=scope["method"],
        route=path,
        path=scope["path"],
        status=status,
        milliseconds=round(seconds * 1000, 2),
        user=user,
    )
