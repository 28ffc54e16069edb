"""Who matters most, as JSON or as a page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api.door import LATEST
from api.ranking import ALL, Asked, kept_in, rank_json
from api.routes.documents import PROBLEM
from api.routes.rank_documents import RankAnswer
from api.routes.what_if import policy
from api.service import Explored, Served, Service, Spoken
from api.settings import Lang
from graph.explorer import Explorer
from graph.impact.comparison import groups, places_of, sold_categories
from graph.impact.criticality import Ranking, effort, rank
from graph.scenario import LONGEST_HORIZON
from viz.rank_page import rank_page

router = APIRouter(tags=["rank"])

_PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((404, 409, 422, 503), PROBLEM)


class RankQuery(BaseModel):
    """Who would lose, and what fails."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(ALL, min_length=1, max_length=500, description="a company, or all")
    shock: Literal["outage", "scandal"] = Field("outage", description="the standard failure")
    severity: float | None = Field(None, ge=0, le=1, description="of an outage; 1 unless given")
    weeks: int | None = Field(None, ge=0, le=LATEST, description="of an outage; 4 unless given")
    harm: float | None = Field(None, ge=0, le=1, description="of a scandal; .5 unless given")
    culpability: float | None = Field(None, ge=0, le=1, description="of a scandal; .7 unless given")
    victims: Literal["buyers", "third_parties"] | None = Field(None, description="buyers unless given")
    reach: Literal["national", "regional", "trade"] | None = Field(None, description="national unless given")
    ttr: int | None = Field(None, ge=0, le=LATEST, description="weeks that every company takes to recover")
    threshold: float | None = Field(None, gt=0, lt=1, description="share of a week's revenue that is felt")
    horizon: int | None = Field(None, ge=1, le=LONGEST_HORIZON, description="weeks; 52 unless given")
    as_of: str | None = Field(None, max_length=10, description="the date whose chain is asked about")

    def ranking(self, served: Service, explorer: Explorer) -> Ranking:
        """The ranking, in a turn at the engine."""
        asked = Asked(**self.model_dump(include=set(RankQuery.model_fields)))
        question, keep_in = asked.question(explorer), kept_in(served.settings)
        network = explorer.network(question.as_of)
        served.allow_ranking(effort(network, question, keep_in))
        with served.turn():
            return rank(network, question, keep_in=keep_in)


class RankListQuery(RankQuery):
    """The same, and how much of the answer."""

    top: int = Field(5, ge=1, le=100, description="how many are told why")
    limit: int = Field(100, ge=1, le=10_000, description="of each list at most so many, the worst first")


class RankPageQuery(RankQuery):
    """The same, and in which language the page is."""

    lang: Lang | None = Field(None, description="language of the page")


@router.get("/rank", summary="Who matters most, and why", responses=_PROBLEMS)
def ranked(
    served: Served, explorer: Explored, query: Annotated[RankListQuery, Query()], lang: Spoken
) -> RankAnswer:
    """The loss that the same failure causes at each company in turn. A long one has to be kept already."""
    ranking = query.ranking(served, explorer)
    return RankAnswer.model_validate(rank_json(explorer, ranking, lang, top=query.top, most=query.limit))


@router.get(
    "/rank/page",
    summary="The same as a page",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "One HTML file"},
        **_PROBLEMS,
    },
)
def page(
    served: Served, explorer: Explored, query: Annotated[RankPageQuery, Query()], lang: Spoken
) -> HTMLResponse:
    """The ranking with its picture, one HTML page that asks for nothing outside itself."""
    ranking = query.ranking(served, explorer)
    found = groups(ranking, places_of(explorer.store, ranking), sold_categories(ranking))
    made = rank_page(ranking, found, query.lang or lang)
    return HTMLResponse(made, headers={"Content-Security-Policy": policy(made)})
