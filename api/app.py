"""The HTTP service: puts routes, problems and guards together."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from api.guards import BodyLimit, SecurityHeaders, given_once
from api.problems import add_handlers
from api.routes import companies, health, leaderboard, ledger, rank, systemic, what_if
from api.routes.documents import Problem
from api.service import Service
from api.settings import Settings

# Twenty names of 500 characters in an address, each of them written as twelve.
LONGEST_HEAD = 262_144  # bytes


def create_app(settings: Settings) -> FastAPI:
    """The service over the store that the settings name; it is opened at the first question."""
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="knockon",
        summary="What one company's failure, recall or scandal costs the companies around it",
        version=importlib.metadata.version("knockon"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        # Their pages load scripts from a foreign host.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for group in (health, companies, what_if, rank, systemic, leaderboard, ledger):
        app.include_router(group.router, prefix="/v1", dependencies=[Depends(given_once)])
    add_handlers(app)
    app.add_middleware(BodyLimit, limit=settings.body_limit)
    app.add_middleware(SecurityHeaders)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Let the OpenAPI document say how problems look, and no more of the framework's own errors."""
    made = app.openapi

    def openapi() -> dict[str, object]:
        document = made()
        schemas = document["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas["Problem"].pop("$defs", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
