"""The shape of what goes out over HTTP, for the OpenAPI document; api/answers.py makes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.routes.document import ChainDate, Document
from api.routes.reason_documents import (
    Explanation,
    Percentiles,
    Removal,
    SensitivityDocument,
    Uncertainty,
    WeeklyPercentiles,
)

Share = float


class FieldError(Document):
    """One part of the input that is wrong."""

    field: str = Field(description="its path, such as shocks.0.harm")
    detail: str


class Candidate(Document):
    """A company that may have been meant."""

    id: str
    name: str


class Problem(Document):
    """What is wrong, as application/problem+json (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None
    errors: list[FieldError] = Field(default_factory=list)
    candidates: list[Candidate] = Field(default_factory=list)


PROBLEM: dict[str, Any] = {
    "description": "What is wrong",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class Health(Document):
    """The process lives."""

    status: Literal["ok"]


class Ready(Document):
    """The store answers, at this state of its facts."""

    status: Literal["ready"]
    revision: int
    hash: str


class Snapshot(Document):
    """Which state of the facts an answer rests on."""

    revision: int
    hash: str


class Resting(Document):
    """An answer that is reckoned from the chain of a date, and says what it rests on."""

    chain_as_of: ChainDate
    assumed: dict[str, int] = Field(
        description="values that the answer uses and that are the model's defaults, by table.column"
    )
    warnings: list[str]


class Company(Document):
    """A company; money is in the store's currency."""

    id: str
    name: str
    roles: list[str]
    annual_revenue: float | None
    currency: str | None
    country: str | None
    market: str | None


class CompanyPage(Document):
    """Companies; with `next_cursor` there are more."""

    items: list[Company]
    next_cursor: str | None


class FactDocument(Document):
    """One row of one table with its provenance."""

    table: str
    key: list[str]
    values: dict[str, str | float | bool | list[str]]
    assumed: list[str] = Field(description="columns that are assumptions")
    inferred: list[str] = Field(description="columns derived from data")
    source_ref: str = Field(description="FILE:ROW of the telling that made the fact")
    refs: dict[str, str] = Field(description="FILE:ROW of single columns told elsewhere")
    loaded_at: str


class CompanyPortrait(Company):
    """A company and what refers to it; of the tables in `cut` there is more."""

    fact: FactDocument
    related: dict[str, list[FactDocument]]
    cut: list[str]
    snapshot: Snapshot


class Around(Company):
    """A company and how many links away it is."""

    distance: int


class LinkDocument(Document):
    """A link between two companies."""

    source: str
    target: str
    kind: str
    category: str
    fact: FactDocument


class Chain(Document):
    """What stands around a company; `cut` where more lies within the depth."""

    company: str
    depth: int
    companies: list[Around]
    links: list[LinkDocument]
    cut: bool
    snapshot: Snapshot


class Account(Document):
    """A customer, and the state of the company when it and all before it have left; null: not known."""

    company: str
    name: str
    share: Share
    lost_share: Share
    lost: float = Field(description="[currency/year]")
    survives: bool | None = Field(description="whether its margin still covers its fixed cost")
    runway_weeks: float | None = Field(description="how long its cash lasts; null also where none is burnt")


class KeyAccounts(Resting):
    """A company's largest recorded customers, the largest first."""

    company: str
    currency: str | None
    revenue: float
    concentration: float = Field(description="sum of the squared shares of recorded customers")
    accounts: list[Account]
    snapshot: Snapshot


class DirectCostBorne(Document):
    """Who bears a direct cost in the end."""

    shock: int
    bearer: str
    supplier: str | None
    amount: float
    repaid: float
    borne: float


class MovedCustomers(Document):
    """The customers of a company that a shock moved; each for itself, reasons may meet in one customer."""

    shock: int
    company: str
    goes: Literal["rivals", "company", "nobody"]
    at_most: Share
    bought: float = Field(description="what they bought over the horizon [currency]")
    contribution: float | None = Field(description="what was earned on them; null without a margin")


class Exit(Document):
    """A company that goes out of business; as a cause its number counts on after the scenario's shocks."""

    company: str
    week: int | None = Field(description="null: only in some of the draws")
    chance: Share | None = Field(None, description="with draws: the share of them in which it goes")


class CompanyImpact(Document):
    """What the scenario does to one company; weeks count from 0, null where there is none."""

    id: str
    name: str
    roles: list[str]
    tier: int | None
    revenue: float
    revenue_loss: float
    first_week: int | None
    recovery_week: int | None
    time_to_survive: int | None
    idle_capacity: float | None
    backlog_weeks: float | None
    inventory_weeks: float | None
    runway_weeks: float | None
    cash_out_week: int | None
    contribution_loss: float | None = Field(description="margin on the revenue lost [currency]")
    unit_cost_rise: float | None
    credit_haircut: float | None
    replacement_cost: float = Field(description="of winning customers for those that left [currency]")
    rematching_cost: float = Field(description="of finding partners for those that left [currency]")
    rematching_weeks: int = Field(description="of looking for others to buy from or to sell to")


class Series(Document):
    """Shares [0-1], one a week."""

    revenue_loss_share: list[Share]
    output_loss: list[Share]
    demand_loss: list[Share]
    reputation_damage: list[Share]
    churn: list[Share]
    legal_loss: list[Share]
    trust_loss: list[Share]
    attributed: list[Share]
    associated: list[Share]


class WhatIfAnswer(Document):
    """The result of a scenario. Value added counts nothing twice, gross revenue a part once a tier."""

    scenario: dict[str, Any]
    snapshot: Snapshot
    as_of: str | None
    chain_as_of: ChainDate
    currency: str | None
    weeks: int
    value_added_loss: float
    gross_revenue_loss: float
    revenue_loss: dict[str, float]
    rival_gain: dict[str, float]
    direct_costs: list[DirectCostBorne]
    moved_customers: list[MovedCustomers]
    exits: list[Exit] | None = Field(None, description="with exits: the first first")
    companies: list[CompanyImpact]
    parameters: dict[str, float]
    assumed: dict[str, int] = Field(description="values that are the model's defaults, by table.column")
    marked_assumed: dict[str, int] = Field(description="values that the data itself calls assumptions")
    warnings: list[str]
    explanation: Explanation | None = Field(None, description="where it was asked for")
    removal: Removal | None = Field(None, description="where it was asked for")
    series: dict[str, Series]
    intervals: dict[str, Percentiles] | None = Field(None, description="with draws: by figure")
    weekly_intervals: dict[str, WeeklyPercentiles] | None = Field(
        None,
        description="with draws: value_added_loss, revenue_loss_share.ID of each company, and SERIES.ID of "
        "every series of the company in explain, else of the one that loses most",
    )
    sensitivities: list[SensitivityDocument] | None = Field(None, description="with draws")
    uncertainty: Uncertainty | None = Field(None, description="with draws")


class SystemicAnswer(Resting):
    """The systemic risk index [0-1] by company; `residual` is the largest change of a last sweep."""

    eps: float
    demand: Literal["none", "final"]
    market_shares: bool
    converged: bool
    residual: float
    sweeps: int = Field(description="the most that any company took")
    snapshot: Snapshot
    index: dict[str, float]
