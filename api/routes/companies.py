"""Looks up companies, and what stands around them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.key_accounts import ask, document
from api.routes.documents import PROBLEM, Chain, CompanyPage, CompanyPortrait, KeyAccounts
from api.service import Explored, Spoken
from graph.ontology import Role

router = APIRouter(tags=["companies"])

_MOST_AROUND = 2000
_Id = Annotated[str, Path(max_length=500, description="its id, or an unambiguous name or alias")]


class CompaniesQuery(BaseModel):
    """The question for a list of companies."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=200, description="a part of a name, an alias or an id; typos are forgiven")
    role: Role | None = Field(None, description="only companies of this role")
    limit: int = Field(100, ge=1, le=1000, description="how many a page")
    cursor: str = Field("", max_length=4000, description="next_cursor of the page before")


class ChainQuery(BaseModel):
    """How far to look around a company."""

    model_config = ConfigDict(extra="forbid")

    depth: int = Field(1, ge=0, le=20, description="how many links away, in either direction")


class AccountsQuery(BaseModel):
    """How many customers leave."""

    model_config = ConfigDict(extra="forbid")

    top: int = Field(5, ge=1, le=1000, description="how many customers leave, one after another")


@router.get("/companies", summary="Companies, page by page", responses={422: PROBLEM, 503: PROBLEM})
def companies(explorer: Explored, query: Annotated[CompaniesQuery, Query()]) -> CompanyPage:
    """All companies by id; with `q` those like it, best first."""
    found = answers.companies(explorer, query.q, query.role or "", query.cursor, query.limit)
    return CompanyPage.model_validate(found)


# An id may hold a slash; so the path with the longer end stands first.
@router.get(
    "/companies/{id:path}/chain",
    summary="What stands around a company",
    responses={404: PROBLEM, 409: PROBLEM, 422: PROBLEM, 503: PROBLEM},
)
def chain(explorer: Explored, id: _Id, query: Annotated[ChainQuery, Query()]) -> Chain:
    """The companies within `depth` links and the links among them, the nearest first."""
    return Chain.model_validate(answers.chain(explorer, id, query.depth, _MOST_AROUND))


@router.get(
    "/companies/{id:path}/key-accounts",
    summary="What is left when its largest customers leave",
    responses={404: PROBLEM, 409: PROBLEM, 422: PROBLEM, 503: PROBLEM},
)
def key_accounts(
    explorer: Explored, id: _Id, query: Annotated[AccountsQuery, Query()], lang: Spoken
) -> KeyAccounts:
    """The largest recorded customers, each with the state in which it and those before it have left."""
    return KeyAccounts.model_validate(document(*ask(explorer, id), query.top, lang))


@router.get(
    "/companies/{id:path}",
    summary="One company",
    responses={404: PROBLEM, 409: PROBLEM, 422: PROBLEM, 503: PROBLEM},
)
def company(explorer: Explored, id: _Id) -> CompanyPortrait:
    """Its figures, with where each was told, and what refers to it."""
    found: dict[str, Any] = answers.show(explorer, id)
    return CompanyPortrait.model_validate(found)
