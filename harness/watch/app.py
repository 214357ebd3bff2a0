"""What the page asks for, and what it may do: a Starlette application behind the guard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.errors import HarnessError
from harness.language import LANGUAGES, Language
from harness.plan.model import Plan
from harness.watch.board import Board
from harness.watch.drills import Drills, Refused
from harness.watch.guard import Guard
from harness.watch.pictures import SHEET, Pictures
from harness.watch.stream import Stream
from harness.watch.words import PHRASES, WORDS

FILES: Mapping[str, str] = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "draw.js": "text/javascript; charset=utf-8",
    "panels.js": "text/javascript; charset=utf-8",
}
"""Everything that the page is made of, as it lies beside this module."""
LONGEST_BODY = 1000
STATUS: Mapping[str, int] = {"unlisted": 404}
BUSY = 409


class Page:
    """The application: ``asgi`` is what a server runs, ``stream`` what must be closed before it can end."""

    def __init__(
        self, board: Board, drills: Drills, pictures: Pictures, plan: Plan, language: Language, token: str, port: int
    ) -> None:
        self._board, self._drills, self._pictures, self._language = board, drills, pictures, language
        self._stages = [{"name": stage.name, "vi": stage.vi, "en": stage.en} for stage in plan.stages]
        self.stream = Stream(board)
        routes = [
            Route("/", _file("index.html")),
            *(Route(f"/{name}", _file(name)) for name in FILES if name not in ("index.html", "page.css")),
            Route("/page.css", _file("page.css", SHEET + "\n")),
            Route("/setting.json", self._setting),
            Route("/drawing.svg", self._drawing),
            Route("/events", self._events),
            Route("/drill/start", self._start, methods=["POST"]),
            Route("/drill/stop", self._stop, methods=["POST"]),
        ]
        self.asgi = Guard(Starlette(routes=routes), token, port)

    async def _setting(self, request: Request) -> Response:
        drills = [
            {"id": each.id, "vi": each.vi, "en": each.en, "since": each.since} for each in self._drills.listed.values()
        ]
        found = {
            "language": self._language,
            "words": WORDS,
            "phrases": PHRASES,
            "drills": drills,
            "stages": self._stages,
        }
        return JSONResponse(found)

    async def _drawing(self, request: Request) -> Response:
        asked = request.query_params.get("lang", self._language)
        language = next((each for each in LANGUAGES if each == asked), self._language)
        stage = request.query_params.get("stage") or self._board.state.lab.stage
        try:
            drawn = await asyncio.to_thread(self._pictures.draw, stage, language)
        except HarnessError as error:
            return JSONResponse({"why": str(error)}, 404)
        return Response(drawn, media_type="image/svg+xml")

    async def _events(self, request: Request) -> Response:
        last = request.headers.get("last-event-id", "")

        async def events() -> AsyncIterator[str]:
            yield "retry: 500\n\n"
            async for each in self.stream.follow(last):
                yield each

        return StreamingResponse(events(), media_type="text/event-stream")

    async def _start(self, request: Request) -> Response:
        drill = await _asked(request)
        state = self._board.state
        return await _done(lambda: self._drills.start(drill, state))

    async def _stop(self, request: Request) -> Response:
        return await _done(self._drills.stop)


async def _asked(request: Request) -> str:
    """The drill that a body names; empty, which is no drill, for anything else."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return ""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            return ""
    try:
        found: Any = json.loads(body)
    except ValueError:
        return ""
    return str(found.get("id", "")) if isinstance(found, dict) else ""


async def _done(action: Callable[[], None]) -> Response:
    try:
        await asyncio.to_thread(action)
    except Refused as refused:
        return JSONResponse({"why": refused.why}, STATUS.get(refused.why, BUSY))
    return JSONResponse({}, 202)


def _file(name: str, before: str = "") -> Callable[[Request], Any]:
    content = before + resources.files("harness.watch").joinpath("page", name).read_text(encoding="utf-8")

    async def answer(request: Request) -> Response:
        return Response(content, media_type=FILES[name])

    return answer
