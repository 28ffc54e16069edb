"""The systemic risk index over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.door import TEXT
from api.errors import TooLarge
from api.routes.documents import PROBLEM, SystemicAnswer
from api.service import Explored, Served, Spoken
from api.systemic import ask, document
from graph.impact.systemic import PUBLISHED, Question
from graph.impact.systemic_flows import Demand
from graph.network import Network

router = APIRouter(tags=["systemic"])

# Firms asked about times links, a request: some seconds of one core, or its like where sweeps go on for long.
MOST_WORK = 200_000_000
MOST_SWEEPS = 1000
LONG = 100  # times the work, where eps is below the published one


class SystemicQuery(BaseModel):
    """How the index is asked for."""

    model_config = ConfigDict(extra="forbid")

    eps: float = Field(
        PUBLISHED,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="stop when no firm changes by more; 0: the limit",
    )
    demand: Demand = Field("none", description="final: what no link records is sold to others")
    market_shares: bool = Field(True, description="whether others of its industry help out")
    company: list[Annotated[str, Field(max_length=TEXT)]] = Field(
        default_factory=list, max_length=20, description="only these: ids, or unambiguous names or aliases"
    )


@router.get(
    "/systemic",
    summary="The systemic risk index",
    responses={404: PROBLEM, 409: PROBLEM, 422: PROBLEM, 503: PROBLEM},
)
def systemic(
    served: Served, explorer: Explored, query: Annotated[SystemicQuery, Query()], lang: Spoken
) -> SystemicAnswer:
    """The share of all recorded sales that is lost with each company."""
    question = Question(query.eps, query.demand, query.market_shares, MOST_SWEEPS)
    _allow(explorer.network(), len(query.company), query.eps)
    with served.turn():
        found = ask(explorer, question, query.company)
    return SystemicAnswer.model_validate(document(found, lang))


def _allow(network: Network, named: int, eps: float) -> None:
    """Refuse what would take too long. Raises TooLarge."""
    firms = named or len(network)
    work = firms * (len(network) + len(network.trade)) * (1 if eps >= PUBLISHED else LONG)
    if work > MOST_WORK:
        raise TooLarge(
            f"the index of {firms} companies over {len(network.trade)} links would take too long here",
            remedy="name fewer companies, leave eps at .01, or use the command line",
        )
