"""The language that a request over HTTP asks for, by its header Accept-Language."""

from __future__ import annotations

from typing import get_args

from fastapi import Request

from api.settings import Lang


def preferred(accepted: str, otherwise: Lang) -> Lang:
    """The language of ours that an Accept-Language header likes best, the first of equals; zh-CN is zh."""
    best, liked = otherwise, 0.0
    for part in accepted.split(","):
        tag, _, weight = part.partition(";")
        known = next((lang for lang in get_args(Lang) if tag.strip().lower().split("-")[0] == lang), None)
        if known is not None and (quality := _quality(weight)) > liked:
            best, liked = known, quality
    return best


def _quality(weight: str) -> float:
    try:
        return float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


def asked_language(request: Request) -> Lang:
    """The language of the answer to a request; that of the service's settings where it names none of ours."""
    return preferred(request.headers.get("accept-language", ""), request.app.state.service.settings.lang)
