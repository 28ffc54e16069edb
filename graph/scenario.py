"""What is asked: shocks, their course over the weeks, and the scenario that holds them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.ontology import Structure
from graph.parameters import parameters

VICTIMS: Mapping[str, float] = MappingProxyType({"buyers": 1.0, "third_parties": 0.05})
REACH: Mapping[str, float] = MappingProxyType({"national": 1.0, "regional": 0.6, "trade": 0.2})
RECOVERIES = ("step", "linear", "exponential")
LONGEST_HORIZON = 1040  # weeks: twenty years, far beyond what the evidence covers
# Whom a shock hits, where no company is named: (key, value) pairs that all must match (graph/filters.py).
Filter = tuple[tuple[str, str], ...]


def _share(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ScenarioError(
            f"{name} = {value!r} is not in [0, 1]", field=name, remedy="write a number from 0 to 1"
        )


def _weeks(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ScenarioError(
            f"{name} = {value!r} is not a count of weeks", field=name, remedy="write 0, 1, 2 …"
        )


def _choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ScenarioError(
            f"{name} = {value!r} is unknown", field=name, remedy=f"write one of {', '.join(choices)}"
        )


def _range(name: str, given: tuple[float, float] | None, value: float) -> None:
    if given is None:
        return
    for end in given:
        _share(name, end)
    if not given[0] <= value <= given[1]:
        raise ScenarioError(
            f"{name} = {given[0]:g} to {given[1]:g} does not hold {value:g}",
            field=name,
            remedy="write the lowest and the highest value it may have",
        )


class Span(Protocol):
    """When something holds, and how it fades; without a duration it holds for good."""

    @property
    def start_week(self) -> int: ...
    @property
    def duration_weeks(self) -> int | None: ...
    @property
    def recovery(self) -> str: ...
    @property
    def recovery_weeks(self) -> int: ...


def _check_span(span: Span) -> None:
    _weeks("start_week", span.start_week)
    if span.duration_weeks is not None:
        _weeks("duration_weeks", span.duration_weeks)
    _weeks("recovery_weeks", span.recovery_weeks)
    _choice("recovery", span.recovery, RECOVERIES)


def course_of(size: float, span: Span, weeks: int) -> NDArray[np.float64]:
    """The size in each week: whole while the span lasts, less and less after it; shape (weeks,)."""
    t = np.arange(weeks, dtype=np.float64)
    if span.duration_weeks is None:
        return np.where(t >= span.start_week, size, 0.0)
    since = t - (span.start_week + span.duration_weeks)  # weeks since it ended
    during = (t >= span.start_week) & (since < 0)
    course = np.where(during, size, 0.0)
    if span.recovery_weeks == 0 or span.recovery == "step":
        return course
    after = np.where(since >= 0, since + 1.0, 0.0)
    if span.recovery == "linear":
        left = np.maximum(0.0, 1.0 - after / (span.recovery_weeks + 1.0))
    else:
        left = np.exp2(-after / span.recovery_weeks)
    return np.where(since >= 0, size * left, course)


@dataclass(frozen=True, slots=True)
class DirectCost:
    """A recall or a fine [currency]: the bearer pays, the supplier at fault repays a part."""

    bearer: str
    amount: float
    supplier: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.amount) or self.amount < 0:
            raise ScenarioError(
                f"amount = {self.amount!r} is not a cost",
                field="amount",
                remedy="write a number of at least 0",
            )


@dataclass(frozen=True, slots=True)
class Outage:
    """A company stops; with `category` or `target`, only the sales that match.

    `severity_range` is where the severity may lie, for draws.
    """

    company: str
    severity: float
    duration_weeks: int
    category: str = ""
    target: str = ""
    start_week: int = 0
    recovery: str = "step"
    recovery_weeks: int = 0
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()
    severity_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _share("severity", self.severity)
        _check_span(self)
        _range("severity_range", self.severity_range, self.severity)

    @property
    def partial(self) -> bool:
        """Whether it stops only some of the company's sales."""
        return bool(self.category or self.target)

    def course(self, weeks: int) -> NDArray[np.float64]:
        """s(t): the share that fails in each week, shape (weeks,) [0-1]."""
        return course_of(self.severity, self, weeks)


@dataclass(frozen=True, slots=True)
class Scandal:
    """A company is seen at fault; harm and culpability by the rubric of docs/model.md.

    `harm_range` is where the harm may lie, for draws.
    """

    company: str
    harm: float
    culpability: float = 0.7
    victims: str = "buyers"
    reach: str = "national"
    start_week: int = 0
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()
    harm_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _share("harm", self.harm)
        _share("culpability", self.culpability)
        _weeks("start_week", self.start_week)
        _choice("victims", self.victims, tuple(VICTIMS))
        _choice("reach", self.reach, tuple(REACH))
        _range("harm_range", self.harm_range, self.harm)

    def course(self, weeks: int, p: Mapping[str, float]) -> NDArray[np.float64]:
        """E(t): the attention it gets in each week, shape (weeks,) [0-1]; `p` are all parameters."""
        tau = np.arange(weeks, dtype=np.float64) - self.start_week
        fast, tau = p["attention_fast_share"], np.where(tau >= 0, tau, np.inf)
        with np.errstate(over="ignore"):  # nothing is left of what halves at once
            attention = fast * np.exp2(-tau / p["attention_fast_half_life"])
            attention += (1.0 - fast) * np.exp2(-tau / p["attention_slow_half_life"])
            if rise := p["attention_rise_half_life"]:
                attention *= -np.expm1(-math.log(2.0) * (tau + 1.0) / rise)
        return self.harm * self.culpability * VICTIMS[self.victims] * REACH[self.reach] * attention


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What the shocks that move customers have in common (docs/scenarios.md)."""

    company: str
    size: float
    start_week: int = 0
    duration_weeks: int | None = None
    recovery: str = "step"
    recovery_weeks: int = 0
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()

    def __post_init__(self) -> None:
        _share("size", self.size)
        _check_span(self)

    def course(self, weeks: int) -> NDArray[np.float64]:
        """The size in each week, shape (weeks,) [0-1]."""
        return course_of(self.size, self, weeks)


class Demand(_Leaving):
    """Customers, and businesses that are not recorded, need less of what a company sells: by `size`."""

    __slots__ = ()


class Boycott(_Leaving):
    """A share `size` of a company's customers buys from its rivals instead."""

    __slots__ = ()


class Boon(_Leaving):
    """A company shines: it lures its rivals' customers, `size` of those that the market lets move."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Experience:
    """What customers get beside what they expect: above it is a boon, below it they leave.

    `segment` is the share of the customers that it is about [0-1], `margin` what is left of what these pay
    when they are served: below 0 where they cost more than they bring.
    """

    company: str
    perceived: float
    expected: float
    start_week: int = 0
    duration_weeks: int | None = None
    recovery: str = "step"
    recovery_weeks: int = 0
    segment: float = 1.0
    margin: float | None = None
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()

    def __post_init__(self) -> None:
        for name in ("perceived", "expected", "segment"):
            _share(name, getattr(self, name))
        if self.margin is not None and not -math.inf < self.margin <= 1:
            raise ScenarioError(
                f"margin = {self.margin!r} is not at most 1", field="margin", remedy="write a number up to 1"
            )
        _check_span(self)

    @property
    def satisfaction(self) -> float:
        """Perceived value minus expectation, from -1 to 1."""
        return self.perceived - self.expected

    def course(self, weeks: int) -> NDArray[np.float64]:
        """The size of the satisfaction in each week, whatever its sign, shape (weeks,) [0-1]."""
        return course_of(abs(self.satisfaction), self, weeks)


@dataclass(frozen=True, slots=True)
class Substitute:
    """From a week on a product from outside pulls a company's customers away and loosens the others."""

    company: str
    pull: float
    start_week: int = 0
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()

    def __post_init__(self) -> None:
        _share("pull", self.pull)
        _weeks("start_week", self.start_week)

    def course(self, weeks: int) -> NDArray[np.float64]:
        """The pull in each week, shape (weeks,) [0-1]."""
        return np.where(np.arange(weeks) >= self.start_week, self.pull, 0.0)


@dataclass(frozen=True, slots=True)
class Opening:
    """From a week on a company's market has another structure."""

    company: str
    structure: str
    start_week: int = 0
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()

    def __post_init__(self) -> None:
        _choice("structure", self.structure, tuple(Structure))
        _weeks("start_week", self.start_week)


@dataclass(frozen=True, slots=True)
class Exit:
    """From a week on a company is out of business: it makes nothing, and its customers go to rivals.

    Nobody asks for one by name: it follows from a scenario that lets it (graph/impact/exits.py).
    """

    company: str
    start_week: int
    direct_costs: tuple[DirectCost, ...] = ()
    where: Filter = ()

    def course(self, weeks: int) -> NDArray[np.float64]:
        """The share that is gone in each week, shape (weeks,) [0-1]."""
        return np.where(np.arange(weeks) >= self.start_week, 1.0, 0.0)


OfCustomers = Demand | Boycott | Boon | Experience | Substitute | Opening
Shock = Outage | Scandal | OfCustomers | Exit


def kind_of(shock: Shock) -> str:
    """How a shock's kind is called in a scenario: outage, scandal, demand …"""
    return type(shock).__name__.lower()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A question: these shocks, over this many weeks, with these parameters overridden.

    `as_of` is the date whose chain is asked about (ISO), '' the latest known. With `exits` who runs out of
    cash by it goes out of business. Raises ScenarioError.
    """

    name: str = ""
    shocks: tuple[Shock, ...] = ()
    horizon_weeks: int = 52
    seed: int = 0
    parameters: Mapping[str, float] = field(default_factory=dict)
    as_of: str = ""
    exits: bool = False

    def __post_init__(self) -> None:
        _weeks("horizon_weeks", self.horizon_weeks)
        if not 1 <= self.horizon_weeks <= LONGEST_HORIZON:
            raise ScenarioError(
                f"horizon_weeks = {self.horizon_weeks} is out of range",
                field="horizon_weeks",
                remedy=f"write a number from 1 to {LONGEST_HORIZON}",
            )
        parameters(self.parameters)
        if self.as_of:
            try:
                object.__setattr__(self, "as_of", dt.date.fromisoformat(self.as_of).isoformat())
            except ValueError:
                raise ScenarioError(
                    f"as_of = {self.as_of!r} is not a date", field="as_of", remedy="write it as YYYY-MM-DD"
                ) from None

    def settled(self, exits: Iterable[Exit]) -> Scenario:
        """The same with these exits, and no others, as shocks after its own."""
        return replace(self, shocks=(*self.shocks, *exits), exits=False)

    def endless(self) -> Scenario:
        """The same with all that ends lasting through the horizon, for the time to survive."""
        return replace(self, shocks=tuple(self._endless(s) for s in self.shocks))

    def _endless(self, shock: Shock) -> Shock:
        if isinstance(shock, Scandal | Substitute | Opening | Exit):
            return shock
        return replace(shock, duration_weeks=self.horizon_weeks)

    @property
    def same_until(self) -> int:
        """The week before which it is the same as `endless`: nothing that ends has ended yet."""
        spans = [s for s in self.shocks if isinstance(s, Outage | Demand | Boycott | Boon | Experience)]
        ends = (s.start_week + s.duration_weeks for s in spans if s.duration_weeks is not None)
        return min([*ends, self.horizon_weeks])
