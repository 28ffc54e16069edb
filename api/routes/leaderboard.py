"""The leaderboard of couriers over HTTP, and the shape of its answer."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.door import TEXT
from api.leaderboard import ask, document
from api.routes.document import Document
from api.routes.documents import PROBLEM, Share, Snapshot
from api.service import Explored, Served

router = APIRouter(tags=["leaderboard"])


class LeaderboardQuery(BaseModel):
    """Which complaints count."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field("", max_length=TEXT, description="only complaints about this company")
    since: str = Field("", max_length=TEXT, description="only complaints from this day on, YYYY-MM-DD")
    until: str = Field("", max_length=TEXT, description="the last day whose complaints count, YYYY-MM-DD")


class PriorDocument(Document):
    """How much of a courier's rate comes from what the others are like."""

    basis: Literal["learned", "all_alike", "no_comparison"]
    shrinkage: Share = Field(description="share by which a courier of mean exposure is drawn to the others")


class CourierLine(Document):
    """A courier on a board; rates are complaints per million of the currency carried."""

    place: int | None = Field(description="1 is the worst; equals share one")
    company: str
    name: str
    complaints: int
    carried: float | None = Field(description="[currency], from the first day to the last")
    unknown: Literal["no_link", "no_value", "nothing"] | None = Field(description="why carried is null")
    rate: float | None
    low: float | None = Field(description="the lower end of the 90 % interval")
    high: float | None
    above: Share | None = Field(description="P(its rate > the rate of all together), 0 or 1 in extremes")


class BoardDocument(Document):
    """One order of the couriers, the worst first; `benchmark` is the rate of all of them together."""

    topic: Literal["all", "delay", "damage", "attitude"]
    complaints: int
    benchmark: float | None
    prior: PriorDocument
    couriers: list[CourierLine]


class SetAside(Document):
    """A complaint that counts, though its date lies years from most others and does not stretch the days."""

    complaint: str
    date: str


class LeftOut(Document):
    """Complaints that do not count because a cell is blank."""

    no_courier: int
    no_company: int = Field(description="where `to` asks for one")
    no_date: int = Field(description="where `since` or `until` asks for one")


class LeaderboardAnswer(Document):
    """Couriers by what customers complain of. Without any dated complaint `carried` is that of one year."""

    of: Literal["couriers"]
    to: str | None
    first_day: str | None
    last_day: str | None
    currency: str | None
    complaints: int
    without_topic: int = Field(description="they count on the board `all` only")
    undated: int = Field(description="they count as if they had come in on these days")
    set_aside: list[SetAside]
    left_out: LeftOut
    silent: list[str] = Field(description="clients of these couriers that no complaint names")
    boards: list[BoardDocument]
    snapshot: Snapshot


@router.get(
    "/leaderboard",
    summary="Couriers by what customers complain of",
    responses={404: PROBLEM, 409: PROBLEM, 422: PROBLEM, 503: PROBLEM},
)
def leaderboard(
    served: Served, explorer: Explored, query: Annotated[LeaderboardQuery, Query()]
) -> LeaderboardAnswer:
    """In all, and for delay, damage and attitude; place 1 is the worst."""
    with served.turn():
        found = ask(explorer, query.to, query.since, query.until)
    return LeaderboardAnswer.model_validate(document(found))
