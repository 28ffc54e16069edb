"""Whether the process lives, and whether its store answers."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes.documents import PROBLEM, Health, Ready
from api.service import Served

router = APIRouter(tags=["health"])


@router.get("/health", summary="The process lives")
async def health() -> Health:
    """Answers as long as the process does; asks nothing of the store."""
    return Health(status="ok")


@router.get("/ready", summary="The store answers", responses={503: PROBLEM})
async def ready(served: Served) -> Ready:
    """Answers within a second: 200 where the store does by then, else 503."""
    stamp = await served.ready()
    return Ready(status="ready", revision=stamp.revision, hash=stamp.hash)
