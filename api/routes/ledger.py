"""Files predictions, takes outcomes, answers scores: the ledger over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.door import TEXT, Door, Name, Weeks
from api.ledger import documents
from api.ledger.entries import ID, LATEST_YEAR, Ledger, TooLate, day, open_ledger
from api.ledger.file import append
from api.ledger.filing import MOST_LOSSES, Asked, Seen, foretell, observe
from api.routes.bodies import JsonRoute
from api.routes.documents import PROBLEM
from api.routes.ledger_documents import LedgerPage, PredictionDocument, ScoreSheet
from api.schemas import WhatIfRequest
from api.service import Explored, Served, Service, Spoken, times
from api.stores import ledger_file
from api.words import Speech
from graph.errors import ScenarioError
from graph.impact.uncertainty import DRAWS

router = APIRouter(tags=["ledger"])
_written = APIRouter(route_class=JsonRoute)


_READING: dict[int | str, dict[str, Any]] = dict.fromkeys((404, 422, 503), PROBLEM)
_WRITING: dict[int | str, dict[str, Any]] = dict.fromkeys((400, 404, 408, 409, 413, 415, 422, 503), PROBLEM)
_Id = Annotated[str, Path(max_length=TEXT, description="its id, or how it begins")]
_Note = Annotated[str, Field(max_length=4 * TEXT, pattern=r"^[^\x00]*$")]
_Number = Annotated[float, Field(ge=-1e18, le=1e18, allow_inf_nan=False)]


def _date(text: str) -> str:
    try:
        return day(text)
    except TooLate:
        raise ValueError(f"is too late: the year may be {LATEST_YEAR} at most") from None
    except ValueError:
        raise ValueError("is no date: write it as YYYY-MM-DD") from None


class WeeksIn(Door):
    """Some weeks, both ends counted in."""

    first: Weeks = Field(alias="from")
    last: Weeks = Field(alias="to")


class PredictionIn(Door):
    """What is to be filed."""

    scenario: WhatIfRequest
    companies: Annotated[list[Name], Field(max_length=MOST_LOSSES)] = Field(
        default_factory=list, description="whose losses; none: those shocked and the hardest hit"
    )
    windows: Annotated[list[WeeksIn], Field(max_length=100)] = Field(
        default_factory=list, description="which weeks; none: the whole horizon"
    )
    begins: Annotated[str, AfterValidator(_date)] | None = Field(
        None, description="the day on which week 0 begins, YYYY-MM-DD; null: today"
    )
    note: _Note = ""
    draws: Annotated[Weeks, Field(le=DRAWS)] = Field(
        0, description="how many draws make the bands; 0: no bands"
    )


class OutcomeIn(Door):
    """What was seen: exact where both ends are the same. A loss is above 0, a gain below."""

    company: Name
    weeks: WeeksIn | None = Field(None, description="where several were foretold of the company")
    unit: Literal["share", "money"] = "share"
    low: _Number
    high: _Number
    source: Annotated[str, Field(min_length=1, max_length=4 * TEXT, pattern=r"^[^\x00]*$")]


class PageQuery(BaseModel):
    """Which predictions, the newest first."""

    model_config = ConfigDict(extra="forbid")

    skip: int = Field(0, ge=0, le=1_000_000, description="how many newer ones are left out")
    limit: int = Field(100, ge=1, le=1000, description="how many at most")


def _ledger(served: Service) -> Ledger:
    return open_ledger(ledger_file(served.settings))


@contextmanager
def _under(key: str) -> Iterator[None]:
    """What is wrong with the fields of a scenario stands under this key of the body."""
    try:
        yield
    except ScenarioError as error:
        error.field = f"{key}.{error.field}" if error.field else key
        raise


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@router.get("/ledger", summary="Predictions, the newest first", responses=_READING)
def ledger(served: Served, query: Annotated[PageQuery, Query()], lang: Spoken) -> LedgerPage:
    """What was foretold, how many figures are scored, and for how many an outcome is due."""
    today = _now().date()
    found = documents.listed(_ledger(served), Speech(lang), today, query.skip, query.limit)
    return LedgerPage.model_validate(found)


@router.get("/ledger/score", summary="How good the predictions were", responses=_READING)
def score(served: Served, lang: Spoken) -> ScoreSheet:
    """Every score, and whether the bands hold over all."""
    return ScoreSheet.model_validate(documents.scored(_ledger(served), Speech(lang)))


@router.get("/ledger/{id}", summary="One prediction", responses=_READING)
def prediction(served: Served, id: _Id) -> PredictionDocument:
    """What it foretold, what was seen, and how good it was."""
    return PredictionDocument.model_validate(documents.shown(_ledger(served).find(id)))


@_written.post("/ledger", summary="File a prediction", status_code=201, responses=_WRITING)
def add(served: Served, explorer: Explored, body: Annotated[PredictionIn, Body()]) -> PredictionDocument:
    """Reckons a scenario on the present facts and files what it foretells; it cannot be taken back."""
    now, runs = _now(), times(body.draws)
    with _under("scenario"):
        scenario = body.scenario.to_scenario()
        network, resolved = explorer.network(scenario.as_of), explorer.resolve(scenario)
    served.allow(network, scenario, runs=runs)
    asked = Asked(
        scenario=scenario,
        companies=body.companies,
        windows=[(w.first, w.last) for w in body.windows],
        begins=dt.date.fromisoformat(body.begins) if body.begins else now.date(),
        note=body.note,
        draws=body.draws,
    )
    served.allow_spread(network, resolved, runs=runs, more=body.draws > 0)
    with served.turn():
        foretold = foretell(explorer, asked, served.settings.chain, now)
    key = append(ledger_file(served.settings), foretold.model_dump())
    return PredictionDocument.model_validate(documents.shown(_ledger(served).find(key[:ID])))


@_written.post("/ledger/{id}/outcomes", summary="Enter what was seen", status_code=201, responses=_WRITING)
def outcome(served: Served, id: _Id, body: Annotated[OutcomeIn, Body()]) -> PredictionDocument:
    """Adds an outcome to a prediction; a later one for the same weeks corrects it, and both stay."""
    filed = _ledger(served).find(id)
    weeks = (body.weeks.first, body.weeks.last) if body.weeks else None
    seen = Seen(body.company, weeks, body.unit, body.low, body.high, body.source)
    append(ledger_file(served.settings), observe(filed, seen, _now()).model_dump())
    return PredictionDocument.model_validate(documents.shown(_ledger(served).find(filed.id)))


router.include_router(_written)
