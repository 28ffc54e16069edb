"""Errors as problem documents over HTTP: one handler for each way in which a request can fail."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError

from api.answers import dumps
from api.asked_language import asked_language
from api.errors import headers_of, problem, problem_of
from api.schemas import field_errors, listed
from api.words import Speech
from graph.errors import KnockonError

MEDIA_TYPE = "application/problem+json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def answer(
    document: Mapping[str, Any], request: Request, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document as a response, in the language that the request asks for."""
    lang = asked_language(request)
    document = _in_language(document, Speech(lang))
    status: int = document["status"]
    # What a client sent may hold half a character, which no encoding but JSON's own escapes can say.
    body = dumps(document, ascii_only=True)
    said = {**headers_of(status), "Content-Language": lang, **(headers or {})}
    return Response(body, status, said, media_type=MEDIA_TYPE)


def _in_language(document: Mapping[str, Any], say: Speech) -> dict[str, Any]:
    """Title, detail, remedy and what is wrong with each field; what is in that language already stays."""
    said = {name: say.said(document[name]) for name in ("title", "detail", "remedy") if name in document}
    errors: list[dict[str, str]] = document.get("errors", [])
    wrong = [{"field": each["field"], "detail": say.said(each["detail"])} for each in errors]
    return {**document, **said, **({"errors": wrong} if wrong else {})}


def _methods(request: Request) -> set[str]:
    """What may be asked of this path: each method has a route of its own, and a route names only its own."""
    return {method for method in _METHODS if _answers(request, method)}


def _answers(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0].name == "FULL" for route in request.app.routes)


def add_handlers(app: FastAPI) -> None:
    """Let every error of this app be answered by a problem document."""

    @app.exception_handler(KnockonError)
    async def ours(request: Request, error: KnockonError) -> Response:
        return answer(problem_of(error, Speech(asked_language(request))), request)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        wrong = field_errors(error.errors())
        return answer(
            problem(422, "invalid-input", "The input is wrong", listed(wrong), errors=wrong), request
        )

    async def refused(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        slug = status.phrase.lower().replace(" ", "-")
        said = {404: "there is no such path", 405: f"{request.method} is not for this path"}
        detail = said.get(status, str(error.detail))
        headers = dict(error.headers or {})
        if status == 405:
            headers["Allow"] = ", ".join(sorted(_methods(request)))
        return answer(problem(status, slug, status.phrase, detail), request, headers)

    # By number, since the router's own errors are of a parent of HTTPException.
    for status in HTTPStatus:
        if 400 <= status < 500:
            app.exception_handler(status.value)(refused)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        # The server that runs the app logs the error with its traceback.
        said = "something failed that should not have; the log of the service says what"
        return answer(problem(500, "error", "It failed", said), request)
