"""The model's parameters: default, allowed range, prior range, and the evidence for each."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from graph.errors import ScenarioError
from graph.ontology import Structure

_FITTED = "fitted to Chipotle 2015-16 and Yum China 2014"
_TOYOTA = "fitted to Toyota 2010"
# Bounds far beyond what can be meant, within what floating point can reckon with.
_WEEKS, _POWER, _A_WEEK, _TIMES = 100_000.0, 100.0, 100.0, 1_000.0


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the model: `low`-`high` is allowed, `prior` is where it plausibly lies.

    `status`: evidence (source given), fitted (to the cases named), or assumption.
    """

    name: str
    default: float
    doc: str
    unit: str = "0-1"
    low: float = 0.0
    high: float = 1.0
    above: bool = False  # the low end itself is not allowed
    prior: tuple[float, float] | None = None
    status: str = "assumption"
    source: str = ""
    drawn: bool = True  # False: no figure that draws tell of hangs on it


def _half_life(
    name: str,
    default: float,
    doc: str,
    prior: tuple[float, float] | None = None,
    status: str = "assumption",
    source: str = "",
) -> Parameter:
    return Parameter(name, default, doc, "weeks", 0.0, _WEEKS, True, prior, status, source)


def _churn(
    structure: str, values: tuple[float, float, float, float], status: str, source: str
) -> Iterator[Parameter]:
    ceiling, exponent, out, back = values
    homogeneous = structure == Structure.HOMOGENEOUS
    yield Parameter(
        f"churn_{structure}_ceiling",
        ceiling,
        f"{structure} market: most customers that leave (L)",
        prior=(0.6, 0.9) if homogeneous else None,
        status=status,
        source=source,
    )
    yield Parameter(
        f"churn_{structure}_exponent",
        exponent,
        f"{structure} market: power of reputation damage (nu)",
        "",
        0.0,
        _POWER,
        prior=(0.4, 1.0) if homogeneous else None,
        status=status,
        source=source,
    )
    yield _half_life(
        f"churn_{structure}_out_half_life",
        out,
        f"{structure} market: how fast they leave",
        None,
        status,
        source,
    )
    yield _half_life(
        f"churn_{structure}_back_half_life",
        back,
        f"{structure} market: how fast they come back",
        (13.0, 52.0) if homogeneous else None,
        status,
        source,
    )


def _voices() -> Iterator[Parameter]:
    tellis = "Borah & Tellis 2016: wear-out in days, long tail"
    yield Parameter(
        "attention_fast_share", 0.9, "share of attention that fades fast", status="evidence", source=tellis
    )
    yield _half_life("attention_fast_half_life", 1.0, "fast attention", None, "evidence", tellis)
    yield _half_life("attention_slow_half_life", 8.0, "slow attention", None, "evidence", tellis)
    yield Parameter(
        "attention_rise_half_life",
        0.0,
        "how slowly news spreads; 0: everybody has it in its first week",
        "weeks",
        0.0,
        _WEEKS,
    )
    yield Parameter(
        "attribution_component",
        0.8,
        "blame for a supplier's fault (alpha)",
        prior=(0.6, 0.9),
        status="evidence",
        source="Hartmann & Moeller, J. Operations Management 2014: blame rises with severity, not distance",
    )
    yield Parameter("attribution_dealer", 0.5, "blame for a dealer's fault", prior=(0.2, 0.8))
    yield Parameter("attribution_logistics", 0.5, "blame for a courier's fault", prior=(0.2, 0.8))
    yield Parameter("touch_exponent", 0.05, "power of the share of customers touched", "", 0.0, _POWER)
    yield Parameter("touch", 1.0, "default of the column touch on SUPPLIES links")
    yield Parameter(
        "association_partner",
        0.15,
        "taint of a partner by its customer or brand",
        prior=(0.05, 0.3),
        status="evidence",
        source="Jacobs & Singhal 2020; Barth et al. 2022: suppliers lost .15 of VW's value loss, as a ratio",
    )
    yield Parameter(
        "association_no_contact", 0.03, "taint of a buyer by a supplier whose work its customers never touch"
    )
    peers = "VW's peers .21 of its loss; melamine: 64 % spill-over (Bai et al. 2022)"
    yield Parameter("association_peer_base", 0.2, "taint of a competitor", status="evidence", source=peers)
    yield Parameter(
        "association_peer_uninformed",
        0.45,
        "the same, more, among uninformed customers",
        status="evidence",
        source=peers,
    )


def _reactions() -> Iterator[Parameter]:
    yield _half_life("reputation_half_life", 4.0, "reputation damage", (3.0, 8.0), "fitted", _FITTED)
    yield Parameter(
        "reputation_gain",
        0.3,
        "reputation damage a week of full attention does",
        prior=(0.1, 0.8),
        status="fitted",
        source=_FITTED,
    )
    yield _half_life("trust_half_life", 52.0, "partners' distrust")
    yield Parameter("trust_gain", 0.15, "distrust a week of full attention makes")
    frauds = "top customers of Chinese frauds, -44 to -55 % in three years (Xin et al. 2018)"
    yield Parameter(
        "severance_rate",
        0.8,
        "how fast partners leave",
        "1/week",
        0.0,
        _A_WEEK,
        status="fitted",
        source=frauds,
    )
    yield Parameter("severance_exponent", 4.0, "power of the ease of switching", "", 0.0, _POWER)
    yield _half_life("legal_half_life", 26.0, "legal and regulatory burden")
    yield Parameter("legal_gain", 0.02, "legal burden a week of full blame makes")


def _supply_and_orders() -> Iterator[Parameter]:
    yield Parameter("order_adjustment", 0.3, "share of the gap that orders close in a week")
    yield _half_life("substitution_half_life", 8.0, "finding substitutes or other customers")
    yield Parameter("search_threshold", 0.01, "shortage above which a company searches")
    yield _half_life("refill_half_life", 13.0, "filling up the stock again")
    yield Parameter("feedback", 0.0, "own losses that become news (kappa)")
    yield Parameter("feedback_threshold", 0.2, "loss above which they do")
    yield Parameter("word_of_mouth", 0.0, "how far customers that left are heard as news is")
    yield Parameter("rival_capture", 0.7, "share of lost customers that rivals win")
    yield Parameter(
        "purchases_share",
        0.5,
        "purchases as a share of revenue where fewer are recorded",
        prior=(0.3, 0.7),
        source="BEA summary use table 2022: .44 of output, .33-.66 for four industries in five",
    )


def _costs() -> Iterator[Parameter]:
    yield Parameter(
        "acquisition_cost",
        0.2,
        "cost of winning a new customer for one lost, of its yearly purchases",
        high=_TIMES,
        drawn=False,
    )
    yield Parameter(
        "partner_cost",
        0.05,
        "cost of finding a partner for one that left, of the yearly trade with it, to each side",
        high=_TIMES,
        drawn=False,
    )


def _leaving() -> Iterator[Parameter]:
    yield Parameter("boon_lure", 1.0, "share of the customers free to move that a boon of size 1 lures")
    yield Parameter(
        "disappointment_gain", 1.0, "how far a shortfall of satisfaction works as a bad name does"
    )
    yield Parameter("substitute_loosening", 1.0, "how far a substitute of pull 1 frees the other customers")


def _columns() -> Iterator[Parameter]:
    barrot = (
        "Barrot & Sauvagnat 2016: customers of a hit supplier lose .4 of its loss; "
        "Boehm et al. 2019: specific parts near 1"
    )
    yield Parameter("substitutability", 0.5, "default of the column", status="evidence", source=barrot)
    yield Parameter("criticality", 0.8, "default of the column", status="evidence", source=barrot)
    yield Parameter("inventory_weeks", 0.0, "default of the column", "weeks", 0.0, _WEEKS)
    yield Parameter("switching_cost", 0.5, "default of the column")
    yield Parameter(
        "contract_weeks",
        26.0,
        "default of the column",
        "weeks",
        0.0,
        _WEEKS,
        prior=(0.0, 104.0),
        status="evidence",
        source="in kind: Takata's and Spirit's sales rose long after the failure",
    )
    yield Parameter("take_or_pay", 0.0, "default of the column")
    yield Parameter("resale", 0.0, "default of the column")
    yield Parameter("closeness", 1.0, "default of the column")
    yield Parameter("informed", 0.5, "default of the column")
    yield Parameter("regulatory_exposure", 0.1, "default of the column")


def _all() -> Iterator[Parameter]:
    yield from _voices()
    yield from _reactions()
    yield from _supply_and_orders()
    yield from _costs()
    yield from _leaving()
    yield from _columns()
    yield from _churn("monopoly", (0.10, 3.0, 26.0, 52.0), "assumption", "shape: Jones & Sasser 1995")
    yield from _churn("differentiated", (0.65, 1.0, 13.0, 52.0), "fitted", _TOYOTA)
    yield from _churn("homogeneous", (0.80, 0.7, 1.0, 39.0), "fitted", _FITTED)


PARAMETERS: Mapping[str, Parameter] = MappingProxyType({p.name: p for p in _all()})


def parameters(overrides: Mapping[str, float]) -> Mapping[str, float]:
    """All parameters by name, with these overridden.

    Raises ScenarioError for an unknown name (naming the nearest) or a value outside its range.
    """
    values = {name: p.default for name, p in PARAMETERS.items()}
    for name, value in overrides.items():
        field = f"parameters.{name}"
        known = PARAMETERS.get(name)
        if known is None:
            near = difflib.get_close_matches(name, PARAMETERS, 1, 0.0)
            raise ScenarioError(
                f"there is no parameter {name!r}",
                field=field,
                remedy=f"the nearest is {near[0] if near else 'feedback'}",
            )
        if not _finite(value):
            raise ScenarioError(f"{name} is not a finite number", field=field, remedy="write a number")
        if not known.low <= value <= known.high or (known.above and value == known.low):
            raise ScenarioError(
                f"{name} = {value:g} is out of range", field=field, remedy=f"write a number {_range(known)}"
            )
        values[name] = float(value)
    return MappingProxyType(values)


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _range(p: Parameter) -> str:
    return f"above {p.low:g} and up to {p.high:g}" if p.above else f"from {p.low:g} to {p.high:g}"
