"""The shape of what comes in at the door: a scenario as JSON, checked before anything is reckoned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from api.door import (
    MOST_MONEY,
    Door,
    Horizon,
    Name,
    OptionalDate,
    OptionalName,
    Seed,
    Share,
    UnknownKeys,
    Weeks,
)
from graph.errors import ScenarioError
from graph.ontology import Role, Structure
from graph.parameters import PARAMETERS
from graph.scenario import (
    Boon,
    Boycott,
    Demand,
    DirectCost,
    Experience,
    Filter,
    Opening,
    Outage,
    Scandal,
    Scenario,
    Shock,
    Substitute,
)

Range = Annotated[list[Share], Field(min_length=2, max_length=2)]  # lowest, highest


class NotOneTarget(ValueError):
    """A shock names neither a company nor a filter, or both."""


class EmptyFilter(ValueError):
    """A shock's filter says nothing, so that it would hit nobody, or all."""


class DirectCostIn(Door):
    """A recall or a fine: the bearer pays, the supplier at fault repays a part."""

    bearer: Name = Field(description="who pays: id, or unambiguous name or alias")
    amount: float = Field(ge=0, le=MOST_MONEY, allow_inf_nan=False, description="[currency of the store]")
    supplier: OptionalName = Field("", description="who is at fault and repays; null: nobody")

    def to_cost(self) -> DirectCost:
        """The same inside the house."""
        return DirectCost(self.bearer, self.amount, self.supplier)


class WhereIn(Door):
    """The companies for which all of this holds; case and width do not matter."""

    country: OptionalName = ""
    region: OptionalName = ""
    city: OptionalName = ""
    market: OptionalName = Field("", description="id or name of a market")
    industry: OptionalName = ""
    sells_in: OptionalName = Field(
        "", description="region of its market, or country or region of a recorded customer"
    )
    role: Role | None = Field(None, strict=False)
    category: OptionalName = Field("", description="who sells it over a recorded link")
    tier: int | None = Field(None, description="as in the answer: suppliers positive, dealers negative")

    def to_filter(self) -> Filter:
        """The same inside the house."""
        given = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple((name, str(value)) for name, value in given if value not in ("", None))


class ShockIn(Door):
    """What all shocks have in common: whom they hit, and what they cost beside lost revenue."""

    company: Name = Field("", description="who is hit: id, or unambiguous name or alias")
    where: WhereIn | None = Field(None, description="in place of company: all whom it matches")
    start_week: Weeks = 0
    direct_costs: list[DirectCostIn] = Field(default_factory=list)

    @model_validator(mode="after")
    def _hits_somebody(self) -> ShockIn:
        if self.where is not None and not self.where.to_filter():
            raise EmptyFilter
        if bool(self.company) == bool(self.filter()):
            raise NotOneTarget
        return self

    def filter(self) -> Filter:
        """Whom it hits where no company is named."""
        return self.where.to_filter() if self.where else ()

    def common(self) -> dict[str, Any]:
        """The fields of every shock inside the house."""
        return {
            "company": self.company,
            "where": self.filter(),
            "start_week": self.start_week,
            "direct_costs": tuple(c.to_cost() for c in self.direct_costs),
        }


class OutageIn(ShockIn):
    """A company stops; with `category` or `target`, only the sales that match."""

    kind: Literal["outage"]
    severity: Share = Field(description="share that fails [0-1]")
    duration_weeks: Weeks
    category: OptionalName = Field("", description="only sales of this category; null: all")
    target: OptionalName = Field("", description="only sales to this company; null: all")
    recovery: Literal["step", "linear", "exponential"] = "step"
    recovery_weeks: Weeks = 0
    severity_range: Range | None = Field(None, description="for draws; null: .15 below and above")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Outage(
            **self.common(),
            severity=self.severity,
            duration_weeks=self.duration_weeks,
            category=self.category,
            target=self.target,
            recovery=self.recovery,
            recovery_weeks=self.recovery_weeks,
            severity_range=_range(self.severity_range),
        )


class ScandalIn(ShockIn):
    """A company is seen at fault."""

    kind: Literal["scandal"]
    harm: Share = Field(
        description=".2 nuisance, .35 money or deception, .5 unsafe, .7 mass injury, 1 deaths"
    )
    culpability: Share = Field(0.7, description="1 intent, .7 negligence, .3 accident, .1 force majeure")
    victims: Literal["buyers", "third_parties"] = "buyers"
    reach: Literal["national", "regional", "trade"] = "national"
    harm_range: Range | None = Field(None, description="for draws; null: .15 below and above")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Scandal(
            **self.common(),
            harm=self.harm,
            culpability=self.culpability,
            victims=self.victims,
            reach=self.reach,
            harm_range=_range(self.harm_range),
        )


class _LastingIn(ShockIn):
    """What may end and fade."""

    duration_weeks: Weeks | None = Field(None, description="null: for good")
    recovery: Literal["step", "linear", "exponential"] = "step"
    recovery_weeks: Weeks = 0

    def common(self) -> dict[str, Any]:
        """The fields of every such shock inside the house."""
        lasting = {"duration_weeks": self.duration_weeks, "recovery": self.recovery}
        return super().common() | lasting | {"recovery_weeks": self.recovery_weeks}


class DemandIn(_LastingIn):
    """Customers need less of what a company sells; so do businesses that are not recorded."""

    kind: Literal["demand"]
    size: Share = Field(description="share of its customers' need that is gone [0-1]")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Demand(**self.common(), size=self.size)


class BoycottIn(_LastingIn):
    """Customers buy from a company's rivals instead."""

    kind: Literal["boycott"]
    size: Share = Field(description="share of its customers that take part [0-1]")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Boycott(**self.common(), size=self.size)


class BoonIn(_LastingIn):
    """A company shines and lures its rivals' customers."""

    kind: Literal["boon"]
    size: Share = Field(description="share of the rivals' customers free to move that it draws [0-1]")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Boon(**self.common(), size=self.size)


class ExperienceIn(_LastingIn):
    """What customers get beside what they expect: above it is a boon, below it they leave."""

    kind: Literal["experience"]
    perceived: Share = Field(description="value as customers perceive it [0-1]")
    expected: Share = Field(description="what they expect, on the same scale [0-1]")
    segment: Share = Field(1.0, description="share of the customers that it is about [0-1]")
    margin: float | None = Field(
        None,
        ge=-MOST_MONEY,
        le=1,
        allow_inf_nan=False,
        description="what is left of what they pay",
    )

    def to_shock(self) -> Shock:
        """The same inside the house."""
        own = {name: getattr(self, name) for name in ("perceived", "expected", "segment", "margin")}
        return Experience(**self.common(), **own)


class _MarketIn(ShockIn):
    """What happens to a market, or to one company's part of it."""

    market: OptionalName = Field("", description="in place of company: all of this market; id or name")

    def filter(self) -> Filter:
        """All of a market, where one is named."""
        return (*super().filter(), *((("market", self.market),) if self.market else ()))


class SubstituteIn(_MarketIn):
    """A product from outside pulls customers away and loosens the others, from a week on."""

    kind: Literal["substitute"]
    pull: Share = Field(description="share of the customers free to move that it draws [0-1]")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Substitute(**self.common(), pull=self.pull)


class OpeningIn(_MarketIn):
    """A market has another structure from a week on: a monopoly is opened."""

    kind: Literal["opening"]
    structure: Structure = Field(strict=False)

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Opening(**self.common(), structure=str(self.structure))


AnyShock = OutageIn | ScandalIn | DemandIn | BoycottIn | BoonIn | ExperienceIn | SubstituteIn | OpeningIn
KINDS = tuple(get_args(shock.model_fields["kind"].annotation)[0] for shock in get_args(AnyShock))


def _range(given: list[float] | None) -> tuple[float, float] | None:
    return (given[0], given[1]) if given else None


def _parameter_schema(schema: dict[str, Any]) -> None:
    """The parameters one by one: name, range, default and evidence."""
    schema.clear()
    schema.update(type="object", additionalProperties=False, description="parameters of the model overridden")
    properties: dict[str, Any] = {}
    for p in PARAMETERS.values():
        low = "exclusiveMinimum" if p.above else "minimum"
        doc = f"{p.doc} [{p.unit}]; {p.status}" + (f": {p.source}" if p.source else "")
        properties[p.name] = {
            "type": "number", low: p.low, "maximum": p.high, "default": p.default, "description": doc
        }  # fmt: skip
    schema["properties"] = properties


class WhatIfRequest(Door):
    """A scenario: shocks, over how many weeks, with which parameters."""

    name: OptionalName = Field("", description="how the scenario is called")
    horizon_weeks: Horizon = 52
    seed: Seed = Field(0, description="of draws; a run without draws does not depend on it")
    as_of: OptionalDate = Field("", description="the date whose chain is asked about; null: the latest known")
    shocks: list[Annotated[AnyShock, Field(discriminator="kind")]] = Field(default_factory=list)
    parameters: Annotated[dict[str, float], Field(json_schema_extra=_parameter_schema)] = Field(
        default_factory=dict
    )
    exits: bool = Field(False, description="who runs out of cash by it goes out of business the week after")
    levers: Annotated[list[Any], Field(max_length=0)] = Field(
        default_factory=list, description="not available yet: must be empty"
    )

    def to_scenario(self) -> Scenario:
        """The same inside the house. Raises ScenarioError."""
        return Scenario(
            name=self.name,
            shocks=tuple(s.to_shock() for s in self.shocks),
            horizon_weeks=self.horizon_weeks,
            seed=self.seed,
            parameters=dict(self.parameters),
            as_of=self.as_of,
            exits=self.exits,
        )


def scenario_from(document: object) -> Scenario:
    """The scenario that a JSON document holds. Raises WrongFields, ScenarioError."""
    try:
        return WhatIfRequest.model_validate(document).to_scenario()
    except ValidationError as error:
        wrong = field_errors(error.errors(include_url=False, include_input=False))
        raise WrongFields(wrong) from None


class WrongFields(ScenarioError):
    """Fields of a scenario that are wrong, as `field_errors` names them."""

    def __init__(self, wrong: Sequence[Mapping[str, str]]) -> None:
        super().__init__(
            listed(wrong),
            field=wrong[0]["field"],
            remedy="correct it; docs/model.md, section 2 describes a scenario",
        )
        self.wrong = wrong


def listed(wrong: Sequence[Mapping[str, str]]) -> str:
    """Fields that are wrong in one line, the first ten."""
    return "; ".join(f"{w['field']}: {w['detail']}" if w["field"] else w["detail"] for w in wrong[:10])


_PLACES = ("body", "query", "path", "header", "cookie")
_MOST_ERRORS = 100
_SAID = {
    "missing": "must be given",
    "extra_forbidden": "is not known here",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "model_attributes_type": "must be an object",
    "union_tag_not_found": 'needs a "kind": outage, scandal, demand, boycott, boon, experience, substitute '
    "or opening",
    "too_long": "is too long",
    "string_too_short": "must not be blank",
    "string_unicode": "holds half of a character",
    "string_pattern_mismatch": "holds a character that no name has",
}


def field_errors(errors: Sequence[Any]) -> list[dict[str, str]]:
    """What pydantic found, as {field: its path, such as shocks.0.harm; detail}; values are not repeated."""
    found = []
    for error in errors[:_MOST_ERRORS]:
        loc = [str(part) for part in error["loc"]]
        if loc and loc[0] in _PLACES:
            loc = loc[1:]
        around, loc = (loc[:1], loc[1:]) if loc[:1] == ["scenario"] else ([], loc)  # of a prediction
        if len(loc) > 2 and loc[0] == "shocks" and loc[2] in KINDS:  # the union's tag is no key
            del loc[2]
        context = error.get("ctx", {})
        if isinstance(unknown := context.get("error"), UnknownKeys):
            for key, near in unknown.nearest.items():
                detail = f"there is no such key (the nearest is {near})"
                found.append({"field": ".".join([*around, *loc, key]), "detail": detail})
            continue
        if isinstance(context.get("error"), NotOneTarget):
            loc, detail = [*loc, "company"], "must be given, or where in its place: not both"
        elif isinstance(context.get("error"), EmptyFilter):
            loc, detail = [*loc, "where"], "is empty: say which companies, such as country, role or category"
        elif error["type"] == "union_tag_invalid":
            loc, detail = [*loc, "kind"], f"is none of {', '.join(KINDS)}"
        elif error["type"] == "json_invalid":
            loc, detail = [], f"is not JSON: {context.get('error', '')}"
        elif loc == ["levers"] and error["type"] == "too_long":
            detail = "there are no levers yet: leave them out"
        elif loc == ["as_of"] and error["type"] == "string_pattern_mismatch":
            detail = "is no date: write it as YYYY-MM-DD"
        else:
            detail = _SAID.get(error["type"], error["msg"].removeprefix("Value error, "))
        found.append({"field": ".".join([*around, *loc]), "detail": detail})
    return found
