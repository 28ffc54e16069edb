"""The shape of what comes in at the door: a scenario as JSON, checked before anything is reckoned."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from graph.errors import ScenarioError
from graph.parameters import PARAMETERS
from graph.scenario import LONGEST_HORIZON, DirectCost, Outage, Scandal, Scenario, Shock

LATEST = 100_000  # weeks: beyond any horizon, far below where whole numbers stop being exact
MOST_MONEY = 1e18
TEXT = 500


def _whole(value: object) -> object:
    """52.0 is 52 in JSON."""
    return int(value) if isinstance(value, float) and math.isfinite(value) and value == int(value) else value


def _seed(value: object) -> object:
    """A null is the default."""
    return 0 if value is None else _whole(value)


def _blank(value: object) -> object:
    """A null is a blank."""
    return "" if value is None else value


# A validator that stands last runs first; so the limits stay with the type, and in the OpenAPI document.
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Range = Annotated[list[Share], Field(min_length=2, max_length=2)]  # lowest, highest
Weeks = Annotated[int, Field(ge=0, le=LATEST), BeforeValidator(_whole)]
# No name in a store has a NUL.
Name = Annotated[str, Field(min_length=1, max_length=TEXT, pattern=r"^[^\x00]*$")]
_Name = Annotated[str, Field(max_length=TEXT, pattern=r"^[^\x00]*$")]
OptionalName = Annotated[_Name, BeforeValidator(_blank, json_schema_input_type=_Name | None)]
_Date = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
OptionalDate = Annotated[_Date, BeforeValidator(_blank, json_schema_input_type=_Date | None)]
Horizon = Annotated[int, Field(ge=1, le=LONGEST_HORIZON), BeforeValidator(_whole)]
_Seed = Annotated[int, Field(ge=0, le=2**53)]
Seed = Annotated[_Seed, BeforeValidator(_seed, json_schema_input_type=_Seed | None)]


class Door(BaseModel):
    """What all that comes in has in common: no key that is not known, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: object) -> object:
        """Names the nearest key for one that is not known."""
        if not isinstance(given, dict):
            return given
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [key for key in given if key not in known]
        if unknown:
            raise UnknownKeys({str(key)[:TEXT]: _nearest(str(key)[:TEXT], known) for key in unknown[:20]})
        return given


class UnknownKeys(ValueError):
    """Keys that an object does not know, each with the nearest that it does."""

    def __init__(self, nearest: Mapping[str, str]) -> None:
        super().__init__("unknown keys")  # without them: they may hold what cannot be written
        self.nearest = nearest


def _nearest(key: str, known: Sequence[str]) -> str:
    return difflib.get_close_matches(key, known, 1, 0.0)[0]


class DirectCostIn(Door):
    """A recall or a fine: the bearer pays, the supplier at fault repays a part."""

    bearer: Name = Field(description="who pays: id, or unambiguous name or alias")
    amount: float = Field(ge=0, le=MOST_MONEY, allow_inf_nan=False, description="[currency of the store]")
    supplier: OptionalName = Field("", description="who is at fault and repays; null: nobody")

    def to_cost(self) -> DirectCost:
        """The same inside the house."""
        return DirectCost(self.bearer, self.amount, self.supplier)


class OutageIn(Door):
    """A company stops; with `category` or `target`, only the sales that match."""

    kind: Literal["outage"]
    company: Name = Field(description="who stops: id, or unambiguous name or alias")
    severity: Share = Field(description="share that fails [0-1]")
    duration_weeks: Weeks
    category: OptionalName = Field("", description="only sales of this category; null: all")
    target: OptionalName = Field("", description="only sales to this company; null: all")
    start_week: Weeks = 0
    recovery: Literal["step", "linear", "exponential"] = "step"
    recovery_weeks: Weeks = 0
    direct_costs: list[DirectCostIn] = Field(default_factory=list)
    severity_range: Range | None = Field(None, description="for draws; null: .15 below and above")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Outage(
            company=self.company,
            severity=self.severity,
            duration_weeks=self.duration_weeks,
            category=self.category,
            target=self.target,
            start_week=self.start_week,
            recovery=self.recovery,
            recovery_weeks=self.recovery_weeks,
            direct_costs=tuple(c.to_cost() for c in self.direct_costs),
            severity_range=_range(self.severity_range),
        )


class ScandalIn(Door):
    """A company is seen at fault."""

    kind: Literal["scandal"]
    company: Name = Field(description="who is at fault: id, or unambiguous name or alias")
    harm: Share = Field(
        description=".2 nuisance, .35 money or deception, .5 unsafe, .7 mass injury, 1 deaths"
    )
    culpability: Share = Field(0.7, description="1 intent, .7 negligence, .3 accident, .1 force majeure")
    victims: Literal["buyers", "third_parties"] = "buyers"
    reach: Literal["national", "regional", "trade"] = "national"
    start_week: Weeks = 0
    direct_costs: list[DirectCostIn] = Field(default_factory=list)
    harm_range: Range | None = Field(None, description="for draws; null: .15 below and above")

    def to_shock(self) -> Shock:
        """The same inside the house."""
        return Scandal(
            company=self.company,
            harm=self.harm,
            culpability=self.culpability,
            victims=self.victims,
            reach=self.reach,
            start_week=self.start_week,
            direct_costs=tuple(c.to_cost() for c in self.direct_costs),
            harm_range=_range(self.harm_range),
        )


def _range(given: list[float] | None) -> tuple[float, float] | None:
    return (given[0], given[1]) if given else None


def _parameter_schema(schema: dict[str, Any]) -> None:
    """The parameters one by one: name, range, default and evidence."""
    schema.clear()
    schema.update(type="object", additionalProperties=False, description="parameters of the model overridden")
    properties: dict[str, Any] = {}
    for p in PARAMETERS.values():
        low = "exclusiveMinimum" if p.above else "minimum"
        high = {"maximum": p.high} if math.isfinite(p.high) else {}
        doc = f"{p.doc} [{p.unit}]; {p.status}" + (f": {p.source}" if p.source else "")
        properties[p.name] = {
            "type": "number", low: p.low, **high, "default": p.default, "description": doc
        }  # fmt: skip
    schema["properties"] = properties


class WhatIfRequest(Door):
    """A scenario: shocks, over how many weeks, with which parameters."""

    name: OptionalName = Field("", description="how the scenario is called")
    horizon_weeks: Horizon = 52
    seed: Seed = Field(0, description="of draws; a run without draws does not depend on it")
    as_of: OptionalDate = Field("", description="the date whose chain is asked about; null: the latest known")
    shocks: list[Annotated[OutageIn | ScandalIn, Field(discriminator="kind")]] = Field(default_factory=list)
    parameters: Annotated[dict[str, float], Field(json_schema_extra=_parameter_schema)] = Field(
        default_factory=dict
    )
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
_KINDS = ("outage", "scandal")
_MOST_ERRORS = 100
_SAID = {
    "missing": "must be given",
    "extra_forbidden": "is not known here",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "model_attributes_type": "must be an object",
    "union_tag_not_found": 'needs a "kind": outage or scandal',
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
        if len(loc) > 2 and loc[0] == "shocks" and loc[2] in _KINDS:  # the union's tag is no key
            del loc[2]
        context = error.get("ctx", {})
        if isinstance(unknown := context.get("error"), UnknownKeys):
            for key, near in unknown.nearest.items():
                detail = f"there is no such key (the nearest is {near})"
                found.append({"field": ".".join([*loc, key]), "detail": detail})
            continue
        if error["type"] == "json_invalid":
            loc, detail = [], f"is not JSON: {context.get('error', '')}"
        elif loc == ["levers"] and error["type"] == "too_long":
            detail = "there are no levers yet: leave them out"
        elif loc == ["as_of"] and error["type"] == "string_pattern_mismatch":
            detail = "is no date: write it as YYYY-MM-DD"
        else:
            detail = _SAID.get(error["type"], error["msg"])
        found.append({"field": ".".join(loc), "detail": detail})
    return found
