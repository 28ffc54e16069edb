"""The shape of a ranking over HTTP, for the OpenAPI document; api/ranking.py makes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.routes.document import Document
from api.routes.documents import Resting, Snapshot


class StandardShock(Document):
    """The failure that each company has in turn."""

    kind: Literal["outage", "scandal"]
    severity: float | None = None
    duration_weeks: int | None = None
    recovery: str | None = None
    recovery_weeks: int | None = None
    harm: float | None = None
    culpability: float | None = None
    victims: str | None = None
    reach: str | None = None


class RankHop(Document):
    """One step of the strongest way."""

    source: str
    target: str
    channel: str
    category: str | None
    weight: float = Field(description="share of the harm that is passed on, before stocks and substitutes")


class Top(Document):
    """One of the most dangerous companies, and why."""

    id: str
    loss: float
    why: str
    path: list[RankHop]


class RankedCompany(Document):
    """What one company's failure costs; null where there is none, or it is unknown."""

    id: str
    name: str
    roles: list[str]
    tier: int | None
    country: str | None
    region: str | None
    categories: list[str]
    loss: float = Field(description="revenue of `to`, or value added of all, over the horizon")
    loss_share: float
    loss_per_week: float | None = Field(description="loss over the weeks of the outage")
    value_added_loss: float
    gross_revenue_loss: float
    own_loss: float
    hardest_hit: str | None
    hardest_hit_loss: float | None
    bought: float | None = Field(description="what `to` buys from it a year")
    sold: float | None = Field(description="what `to` sells to it a year")
    traded: float
    times: float | None = Field(description="share of all losses over share of all trade; null: no trade")
    hidden: bool
    first_week: int | None
    time_to_survive: int | None
    time_to_recover: int | None
    exposure: float | None
    exposed: bool = Field(description="felt before it has recovered; of all, lost orders count too")


class RankGroup(Document):
    """Companies that share a value."""

    value: str
    companies: int
    mean_loss: float
    largest_loss: float
    largest: str


class RankSingleSource(Document):
    """A need that one seller alone meets."""

    buyer: str
    category: str
    seller: str
    criticality: float
    substitutability: float
    inventory_weeks: float
    no_substitute: bool
    loss: float


class RankConcentration(Document):
    """How few sellers meet a category's need."""

    category: str
    sellers: int
    hhi: float
    largest: str
    largest_share: float


class RankDiamond(Document):
    """A company behind several suppliers of one buyer."""

    buyer: str
    shared: str
    suppliers: list[str]
    category: str
    behind: float
    alternatives: bool
    loss: float


class WeakestLink(Document):
    """Whose failure costs a brand most."""

    brand: str
    company: str
    revenue_loss: float


class Account(Document):
    """A buyer and its share of the seller's revenue."""

    id: str
    share: float


class RankKeyAccounts(Document):
    """How much of a seller's revenue hangs on few buyers."""

    seller: str
    buyers: list[Account]
    hhi: float
    left: int
    runway_weeks: float | None


class RankAnswer(Resting):
    """Who matters most; of each list the worst come first."""

    to: str | None
    shock: StandardShock
    horizon_weeks: int
    threshold: float
    as_of: str | None
    snapshot: Snapshot
    currency: str | None
    parameters: dict[str, float]
    reckoned: int
    not_reckoned: int = Field(description="companies that nothing leads from to `to`")
    top: list[Top]
    companies: list[RankedCompany]
    groups: dict[str, list[RankGroup]]
    single_sources: list[RankSingleSource]
    concentration: list[RankConcentration]
    diamonds: list[RankDiamond]
    weakest_links: list[WeakestLink]
    key_accounts: list[RankKeyAccounts]
