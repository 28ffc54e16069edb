"""What the service adds to a what-if: why a loss comes about, and how sure the figures are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.routes.document import Document


class LinkEnds(Document):
    """A link by what identifies it; all null where no link was crossed."""

    source: str | None
    target: str | None
    kind: str | None
    category: str | None


class LinkAmount(LinkEnds):
    """A part of the loss, by link."""

    amount: float


class ShockAmount(Document):
    """A part of the loss, by shock: its place in the scenario, `exits` counting on."""

    shock: int
    amount: float


class ChannelAmount(Document):
    """A part of the loss, by the channel of the last hop."""

    channel: Literal["own", "shortage", "orders", "severed", "blame", "association", "legal", "brand_churn"]
    amount: float


class Hop(Document):
    """Harm that passed from one company to another, over links, the largest first; weeks of arrival."""

    source: str
    target: str
    channel: str
    links: list[LinkEnds]
    first_week: int
    last_week: int


class Path(Document):
    """A shock and its hops, and what they did to one company's loss."""

    amount: float
    company: str
    shock: int
    hops: list[Hop]


class CloseCalls(Document):
    """Weeks in which supply and demand fail almost alike: there the division may jump."""

    amount: float
    weeks: list[int]


class Explanation(Document):
    """A loss divided over its causes, each time whole; `carried` overlaps."""

    company: str | None
    week: int | None = Field(description="which alone is divided; null: the horizon")
    loss: float
    by_shock: list[ShockAmount]
    by_channel: list[ChannelAmount]
    by_link: list[LinkAmount]
    carried: list[LinkAmount]
    paths: list[Path]
    remainder: float
    ended: Literal["share", "count", "work", "all"] = Field(description="what ended the search for paths")
    close_calls: CloseCalls


class ShockSaved(Document):
    """What is saved without a shock."""

    shock: int
    saved: float


class LinkSaved(LinkEnds):
    """What is saved without a link."""

    saved: float


class Removal(Document):
    """What is saved without each of the shocks and links that count most: found by running without it."""

    shocks: list[ShockSaved]
    links: list[LinkSaved]


class Percentiles(Document):
    """Of a figure over the draws; a week that never comes is null."""

    p5: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    chance: float | None = Field(
        None,
        description="of a week: the share of the draws in which it comes [0-1]; of recovery_week percentiles "
        "and chance are over the draws in which the company loses more than 1 % in some week",
    )


class WeeklyPercentiles(Document):
    """The same, one number a week; of `value_added_loss` [currency], of series [0-1]."""

    p5: list[float]
    p10: list[float]
    p50: list[float]
    p90: list[float]
    p95: list[float]


class SensitivityDocument(Document):
    """How a figure hangs on an uncertain number; `about` names the row of a figure of the data."""

    figure: str
    input: str
    kind: Literal["parameter", "severity", "harm", "size", "perceived", "pull", "figure"]
    about: list[str]
    low: float
    mode: float
    high: float
    correlation: float = Field(description="Spearman's, over the draws [-1 to 1]")
    clear: bool = Field(description="whether chance alone would hardly give as much")


class CoverageDocument(Document):
    """Shares of the value added lost that rest on figures of each kind [0-1]."""

    observed: float
    inferred: float
    assumed: float


class FormDocument(Document):
    """What the scenario costs by a model of another form."""

    form: Literal["feedback", "orders", "dealers", "search", "severance"]
    value_added_loss: float
    gross_revenue_loss: float


class Uncertainty(Document):
    """What the draws were, what the loss rests on, what other forms of the model say."""

    draws: int
    seed: int
    inputs: int
    company: str | None = Field(description="whose every series has its bands; null where nobody loses")
    coverage: CoverageDocument | None
    forms: list[FormDocument]
