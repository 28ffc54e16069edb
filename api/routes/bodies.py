"""Reads the JSON body of a request as strictly as a file: said to be JSON, and no key in it twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.errors import WrongMedia
from api.json_files import parse_json


class _Parsed(Request):
    """A request whose body is parsed already."""

    document: Any

    async def json(self) -> Any:
        """The document."""
        return self.document


class JsonRoute(APIRoute):
    """A path that takes JSON; raises WrongMedia, Unparsable, BadField before it looks at the rest."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """What answers a request."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if said != "application/json":
                raise WrongMedia(
                    f"the body is said to be {said or 'of no type'}",
                    remedy="send content-type: application/json",
                )
            parsed = _Parsed(request.scope, request.receive)
            if body := await parsed.body():
                parsed.document = parse_json(body, "the body")
            return await handle(parsed)

        return checked
