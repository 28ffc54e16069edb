"""What stands around every request: parameters given once, a limit of its body, headers of its answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import Request

from api.door import TEXT
from api.errors import BadField, problem
from api.problems import answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_SECONDS = 30.0  # for a whole body to arrive
SEVERAL = ("company",)  # query parameters that may be given more than once

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
    b"content-security-policy": (
        b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
}


class SecurityHeaders:
    """Adds the headers that tell a browser to take an answer for what it says it is, and for no more."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                given = {name.lower() for name, _ in own}
                message["headers"] = own + [h for h in HEADERS.items() if h[0] not in given]
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


class BodyLimit:
    """Reads a request's body before anything else looks at it.

    Refuses one that is too long (413), and one that does not arrive whole in time (408).
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and (len(stated) > 18 or int(stated) > self.limit):
            await self._too_large(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._body(receive)
        except TimeoutError:
            said = f"the body did not arrive whole within {BODY_SECONDS:g} seconds"
            await _refuse(problem(408, "request-timeout", "Request timeout", said), scope, receive, send)
            return
        if body is None:
            return  # the client left
        if len(body) > self.limit:
            await self._too_large(scope, receive, send)
            return
        whole: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def replay() -> Message:
            nonlocal whole
            if whole is not None:
                message, whole = whole, None
                return message
            return await receive()

        await self.app(scope, replay, send)

    async def _body(self, receive: Receive) -> bytes | None:
        """The body, no further than past the limit; None where the client left."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self.limit or not message.get("more_body"):
                return bytes(body)

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = f"a body may have {self.limit} bytes at most"
        await _refuse(problem(413, "body-too-large", "The body is too large", said), scope, receive, send)


async def _refuse(said: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    await answer(said, Request(scope), {"Connection": "close"})(scope, receive, send)


async def given_once(request: Request) -> None:
    """Refuses a query parameter that is given twice, of which one would be passed over. Raises BadField."""
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if times > 1 and name not in SEVERAL:
            raise BadField(f"{name[:TEXT]} is given {times} times", field=name[:TEXT], remedy="give it once")
