"""From an error to what each door says of it: the one table, the problem document, the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.words import Speech
from graph.errors import (
    Ambiguous,
    InputError,
    KnockonError,
    NotFound,
    ScenarioError,
    StoreError,
    StoreOutdated,
    StoreUnavailable,
)

DONE, FAILED, USAGE = 0, 1, 2
RETRY_AFTER = 5  # seconds


class BadField(InputError):
    """One part of a question is wrong; `field` names it."""

    def __init__(self, message: str, *, field: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


class Unparsable(InputError):
    """A text is no JSON document, so no field of it can be named."""

    field = ""


class WrongMedia(KnockonError):
    """The body of a request is said to be something else than JSON."""


class Usage(KnockonError):
    """The command was called in a way that makes no sense."""


class Busy(KnockonError):
    """As many scenarios as this service reckons at once are under way."""


class TooLarge(KnockonError):
    """The answer would be larger than this service gives."""


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of one kind of error."""

    kind: type[KnockonError]
    slug: str
    title: str
    status: int
    exit: int = FAILED


# The first row whose kind fits counts, so children stand before their parents.
TABLE = (
    Row(Usage, "usage", "Wrong usage", 400, USAGE),
    Row(TooLarge, "answer-too-large", "The answer would be too large", 422),
    Row(Busy, "busy", "Busy", 503),
    Row(Unparsable, "not-json", "This is no JSON document", 400),
    Row(WrongMedia, "unsupported-media-type", "Unsupported media type", 415),
    Row(Ambiguous, "ambiguous", "Several companies bear this name", 409),
    Row(NotFound, "not-found", "Not found", 404),
    Row(ScenarioError, "invalid-scenario", "The scenario cannot be reckoned", 422),
    Row(InputError, "invalid-input", "The input is wrong", 422),
    Row(StoreUnavailable, "store-unavailable", "The store does not answer", 503),
    Row(StoreOutdated, "store-outdated", "The store was written by another version", 503),
    Row(StoreError, "store-error", "The store cannot do its work", 503),
    Row(KnockonError, "error", "It failed", 500),
)


def row(error: KnockonError) -> Row:
    """What the table says of an error."""
    return next(r for r in TABLE if isinstance(error, r.kind))


def sentence(error: KnockonError, say: Speech) -> str:
    """Message and remedy in one line."""
    message, remedy = say.said(error.message), say.said(error.remedy)
    return say("message_and_remedy", message=message, remedy=remedy) if remedy else message


def fields(error: KnockonError, say: Speech) -> list[dict[str, str]]:
    """Which part of the input is wrong, as far as the error says."""
    field = getattr(error, "field", "") or getattr(error, "column", "")
    named = field or isinstance(error, Unparsable)
    return [{"field": field, "detail": sentence(error, say)}] if named else []


def problem(status: int, slug: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document (RFC 9457); members of `more` that are empty are left out."""
    return {
        "type": f"urn:knockon:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        **{name: value for name, value in more.items() if value},
    }


def problem_of(error: KnockonError, say: Speech) -> dict[str, Any]:
    """The problem document of an error; `answer` in api/problems.py says the rest of it in that language."""
    r = row(error)
    candidates: tuple[tuple[str, str], ...] = getattr(error, "candidates", ())
    return problem(
        r.status,
        r.slug,
        r.title,
        error.message,
        remedy=error.remedy,
        errors=fields(error, say),
        candidates=[{"id": key, "name": name} for key, name in candidates],
    )


def headers_of(status: int) -> Mapping[str, str]:
    """What a client is told beside the problem."""
    return {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
