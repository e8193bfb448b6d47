"""The dashboard's built files: hashed ones are kept by browsers for good, the page itself never."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from service.problems import ProblemError

STATIC = Path(__file__).parent / "static"
FOR_GOOD = "public, max-age=31536000, immutable"  # a changed file has another name
ANEW = "no-cache"  # asked for each time, by its ETag
ICON = "icon.svg"


def add_dashboard(app: FastAPI, folder: Path = STATIC) -> None:
    """Serve the dashboard at `/`; its pages' own addresses answer with the same page.

    Without built files, as in a checkout that never built them, nothing is added. To be called last:
    it answers what no other route does, and only browsers that ask for a page.
    """
    index = folder / "index.html"
    if not index.is_file():
        return
    app.mount("/assets", _ForGood(GZipMiddleware(StaticFiles(directory=folder / "assets"))))

    def icon(_request: Request) -> Response:
        return FileResponse(folder / ICON, headers={"Cache-Control": ANEW})

    def home(_request: Request) -> Response:
        return FileResponse(index, headers={"Cache-Control": ANEW})

    def page(request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            raise ProblemError(404, "not_found", f"there is nothing at {request.url.path}")
        return home(request)

    # plain routes: files are open to everybody and no part of the contract
    for path, answer in ((f"/{ICON}", icon), ("/", home), ("/{page}", page)):
        app.add_route(path, answer, include_in_schema=False)


class _ForGood:
    """Says of each file that was found that it never changes."""

    def __init__(self, app: GZipMiddleware) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                message["headers"] = [*message["headers"], (b"cache-control", FOR_GOOD.encode())]
            await send(message)

        await self.app(scope, receive, sending)
