"""Runs scenarios; answers figures as JSON, or the map as a page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.answers import what_if_json
from api.carried import recordable
from api.door import TEXT
from api.explained import Wanted, explained, explanation_json, wanted
from api.routes.bodies import JsonRoute
from api.routes.documents import PROBLEM, WhatIfAnswer
from api.schemas import WhatIfRequest
from api.service import Explored, Served, Spoken, times
from api.settings import Lang
from api.sureness import sureness_json
from graph.errors import ScenarioError
from graph.explorer import Explorer
from graph.impact.explanation import MOST_PATHS, SHARE, Asked
from graph.impact.impact import reckon
from graph.impact.sureness import sureness
from graph.impact.uncertainty import FEWEST
from graph.scenario import Scenario
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
_MOST_DRAWS = 1024
_DRAWS = Field(
    None,
    ge=FEWEST,
    le=_MOST_DRAWS,
    description="how sure it is: so many runs over what is not known, 256 for one",
)


_MOST_REMOVALS = 20  # each is a run of its own, of a shock and of a link


class BesideQuery(BaseModel):
    """What goes with a scenario, whatever the answer is: whether companies go, whose loss is divided."""

    model_config = ConfigDict(extra="forbid")

    explain: str | None = Field(
        None, min_length=1, max_length=TEXT, description="divide the loss of this company; all: of the chain"
    )
    exits: bool = Field(False, description="who runs out of cash by it goes out of business the week after")

    def scenario(self, asked: WhatIfRequest) -> Scenario:
        """The scenario with what the query adds to it. Raises ScenarioError."""
        told = asked.to_scenario()
        return replace(told, exits=told.exits or self.exits)

    def wanted(self, explorer: Explorer) -> Wanted | None:
        """What is to be explained. Raises ScenarioError, StoreError."""
        return None if self.explain is None else wanted(explorer, self.explain, Asked(), 0)


class WhatIfQuery(BesideQuery):
    """What may be asked for beside the figures."""

    paths: int = Field(MOST_PATHS, ge=1, le=10_000, description="with explain: at most so many paths")
    paths_share: float = Field(SHARE, ge=0, le=1, description="with explain: paths up to this share of it")
    explain_week: int | None = Field(None, ge=0, description="with explain: the loss of this week alone")
    removals: int = Field(
        0, ge=0, le=_MOST_REMOVALS, description="with explain: run without each of so many shocks and links"
    )
    draws: int | None = _DRAWS

    def wanted(self, explorer: Explorer) -> Wanted | None:
        """With how it is to be explained. Raises ScenarioError, StoreError."""
        if self.explain is None:
            for name in ("paths", "paths_share", "explain_week", "removals"):
                if name in self.model_fields_set:
                    raise ScenarioError("does not go without explain", field=name)
            return None
        if self.explain_week is not None and self.removals:
            raise ScenarioError("does not go with explain_week", field="removals")
        asked = Asked(self.paths_share, self.paths, self.explain_week)
        return wanted(explorer, self.explain, asked, self.removals)


class MapQuery(BesideQuery):
    """How the map is drawn."""

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
    scenario, count = query.scenario(asked), query.draws
    network, runs = explorer.network(scenario.as_of), times(count, query.removals)
    served.allow(network, scenario, links=query.explain is not None, runs=runs)
    want = query.wanted(explorer)
    flows = count is not None and recordable(network, scenario.horizon_weeks)
    with served.turn():
        resolved = explorer.resolve(scenario)
        served.allow_spread(network, resolved, runs=runs, more=bool(want or count))
        impact = reckon(network, resolved, flows=flows)
        more = list(explanation_json(impact, explained(impact, want))) if want else []
        about = want.company if want else ""
        sure = sureness(impact, count, company=about) if count is not None else None
    drawn, beside = (sure.drawn, sureness_json(sure)) if sure else (None, ())
    return StreamingResponse(
        _in_pieces(what_if_json(impact, lang, chain(more, beside), drawn)), media_type="application/json"
    )


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
    scenario = query.scenario(asked)
    network, runs = explorer.network(scenario.as_of), times(query.draws)
    served.allow(network, scenario, links=True, runs=runs)
    want = query.wanted(explorer)
    with served.turn():
        resolved = explorer.resolve(scenario)
        served.allow_spread(network, resolved, runs=runs, more=True)
        impact = reckon(network, resolved, flows=True)
        why = explained(impact, want).division if want else None
        about, sure = want.company if want else "", None
        if query.draws is not None:
            sure = sureness(impact, query.draws, company=about, weekly=False)
        facts = told_by(explorer.store)
        page = impact_map(impact, lang=query.lang or lang, facts=facts, why=why, sure=sure)
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
