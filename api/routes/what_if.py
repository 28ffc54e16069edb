"""Runs scenarios; answers figures as JSON, or the map as a page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.answers import what_if_json
from api.carried import recordable
from api.errors import NotYet
from api.routes.bodies import JsonRoute
from api.routes.documents import PROBLEM, WhatIfAnswer
from api.schemas import WhatIfRequest
from api.service import Explored, Served, Spoken
from api.settings import Lang
from api.sureness import sureness_json
from graph.impact.sureness import sureness
from graph.impact.uncertainty import FEWEST, MOST
from viz.html import impact_map
from viz.sources import told_by

router = APIRouter(tags=["what-if"], route_class=JsonRoute)

_PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((400, 408, 413, 415, 422, 503), PROBLEM)
_PIECE = 65_536  # characters sent at once
# They run on the store that `knockon demo` makes.
_EXAMPLES: dict[str, Any] = {
    "outage": {
        "summary": "One category of a supplier stops for 32 weeks",
        "value": {
            "name": "The Bolt without cells",
            "horizon_weeks": 52,
            "shocks": [
                {
                    "kind": "outage",
                    "company": "LG Energy Solution",
                    "category": "Bolt cells",
                    "severity": 1,
                    "duration_weeks": 32,
                    "direct_costs": [
                        {"bearer": "gm", "supplier": "lg_energy_solution", "amount": 2000000000}
                    ],
                }
            ],
        },
    },
    "scandal": {
        "summary": "A supplier is at fault, with a parameter overridden",
        "value": {
            "shocks": [{"kind": "scandal", "company": "takata", "harm": 1, "reach": "regional"}],
            "parameters": {"reputation_gain": 0.2},
        },
    },
}
_Asked = Annotated[WhatIfRequest, Body(openapi_examples=_EXAMPLES)]
_LATER = "not available yet: comes with a later version"


_DRAWS = Field(
    None, ge=FEWEST, le=MOST, description="how sure it is: so many runs over what is not known, 256 for one"
)


class WhatIfQuery(BaseModel):
    """What may be asked for beside the figures."""

    model_config = ConfigDict(extra="forbid")

    explain: str | None = Field(None, max_length=500, description=_LATER)
    draws: int | None = _DRAWS


class MapQuery(BaseModel):
    """How the map is drawn."""

    model_config = ConfigDict(extra="forbid")

    lang: Lang | None = Field(None, description="language of the page")
    draws: int | None = _DRAWS


@router.post(
    "/what-if",
    summary="What a failure does to the chain",
    response_class=StreamingResponse,
    responses={200: {"model": WhatIfAnswer, "description": "All companies, all weeks"}, **_PROBLEMS},
)
def what_if(
    served: Served, explorer: Explored, asked: _Asked, query: Annotated[WhatIfQuery, Query()], lang: Spoken
) -> StreamingResponse:
    """Reckons a scenario on the present facts. The same question on the same facts has the same answer."""
    if query.explain is not None:
        raise NotYet("explain", field="explain", remedy="leave it out")
    scenario, count = asked.to_scenario(), query.draws
    network = explorer.network(scenario.as_of)
    served.allow(network, scenario, draws=count or 1)
    with served.turn():
        impact = explorer.what_if(
            scenario, flows=count is not None and recordable(network, scenario.horizon_weeks)
        )
        more = sureness_json(sureness(impact, count)) if count is not None else ()
    return StreamingResponse(_in_pieces(what_if_json(impact, lang, more)), media_type="application/json")


@router.post(
    "/what-if/map",
    summary="The same as a map",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "One HTML file"},
        **_PROBLEMS,
    },
)
def what_if_map(
    served: Served, explorer: Explored, asked: _Asked, query: Annotated[MapQuery, Query()], lang: Spoken
) -> HTMLResponse:
    """The impact map, one HTML page that asks for nothing outside itself."""
    scenario = asked.to_scenario()
    served.allow(explorer.network(scenario.as_of), scenario, links=True, draws=query.draws or 1)
    with served.turn():
        impact = explorer.what_if(scenario, flows=True)
        sure = sureness(impact, query.draws, weekly=False) if query.draws is not None else None
        page = impact_map(impact, lang=query.lang or lang, facts=told_by(explorer.store), sure=sure)
    return HTMLResponse(page, headers={"Content-Security-Policy": policy(page)})


_META = re.compile(r'<meta[^>]*http-equiv="Content-Security-Policy"[^>]*content="([^"]*)"', re.IGNORECASE)


def policy(page: str) -> str:
    """The page's own policy as a header, with what only a header may say."""
    found = _META.search(page[:10_000])
    own = html.unescape(found.group(1)) if found else "default-src 'none'"
    return f"{own.rstrip('; ')}; frame-ancestors 'none'"


def _in_pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """The same text in pieces worth sending."""
    kept: list[str] = []
    size = 0
    for text in texts:
        kept.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(kept).encode()
            kept, size = [], 0
    yield "".join(kept).encode()
