"""Customers that leave for other reasons than a bad name, and markets that change (docs/scenarios.md).

All of it is known before the weeks are run: nothing here depends on what happens in the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.coefficients import Chain, Coefficients, keep
from graph.network import Floats, Network
from graph.ontology import Structure
from graph.scenario import Boon, Boycott, Demand, Exit, Experience, Opening, Scenario, Substitute

Places = NDArray[np.int64]

# Where the customers go that a source moves: to the rivals as those that churn, to the company of the
# shock, or to nobody in the chain.
TO_RIVALS, TO_COMPANY, TO_NOBODY = "rivals", "company", "nobody"


class Retention(NamedTuple):
    """What holds customers back, of each company: L, nu and the speeds of step 5."""

    churn_ceiling: Floats
    churn_exponent: Floats
    churn_out: Floats
    churn_back: Floats


@dataclass(frozen=True)
class Source:
    """The customers that one shock moves: `course` is (weeks, len(company)) [0-1] of each company's.

    `whose` is the company of the shock.
    """

    shock: int
    whose: int
    company: Places
    course: Floats
    goes: str


@dataclass(frozen=True)
class Leaving:
    """All sources of a scenario, and what holds customers back in each week.

    m of the model is the (+) of the sources that go to rivals or a company, w of those that go to nobody.
    `retention` has an entry a week; weeks in which nothing changed share one. `lonely` are companies whose
    boon lures nobody, since no rival is recorded.
    """

    sources: tuple[Source, ...]
    retention: tuple[Retention, ...]
    lonely: tuple[int, ...]

    def moved(self) -> Mapping[int, Floats]:
        """m by company: the share of its customers that went elsewhere in each week, shape (weeks,)."""
        return together(s for s in self.sources if s.goes != TO_NOBODY)

    def need(self) -> Mapping[int, Floats]:
        """w by company: the share of its customers that no longer needs what it sells, shape (weeks,)."""
        return together(s for s in self.sources if s.goes == TO_NOBODY)


def together(sources: Iterable[Source]) -> dict[int, Floats]:
    """The (+) of the sources, by company."""
    found: dict[int, Floats] = {}
    for source in sources:
        for at, company in enumerate(source.company.tolist()):
            course = source.course[:, at]
            before = found.get(company)
            found[company] = course if before is None else 1.0 - (1.0 - before) * (1.0 - course)
    return found


class _Drawn(NamedTuple):
    """What a shock draws customers with, before they follow: `force` is (weeks, len(company)) [0-1].

    `part` is the share of the customers that it is about.
    """

    shock: int
    whose: int
    company: Places
    force: Floats
    how: int
    goes: str
    part: float = 1.0


# How customers follow: at once; towards L force; towards L force^nu.
_AT_ONCE, _ADAPTING, _DISAPPOINTED = range(3)


def leaving(chain: Chain, scenario: Scenario, p: Mapping[str, float]) -> Leaving:
    """What the scenario's shocks do to customers and markets. Raises ScenarioError."""
    retention = _retention(chain, scenario, p)
    drawn = list(_drawn(chain, scenario, p))
    followed = np.concatenate([d.force for d in drawn], axis=1) if drawn else np.zeros((0, 0))
    company = np.concatenate([d.company for d in drawn]) if drawn else np.zeros(0, np.int64)
    sizes = [len(d.company) for d in drawn]
    how, part = np.repeat([d.how for d in drawn], sizes), np.repeat([d.part for d in drawn], sizes)
    slow = np.flatnonzero(how != _AT_ONCE)
    if len(slow):
        powered = how[slow] == _DISAPPOINTED
        followed[:, slow] = _followed(retention, company[slow], followed[:, slow], powered) * part[slow]
    ends = np.cumsum([0, *sizes])
    sources = (
        Source(d.shock, d.whose, d.company, followed[:, lo:hi], d.goes)
        for d, lo, hi in zip(drawn, ends[:-1], ends[1:], strict=True)
    )
    lonely = (d.whose for d in drawn if not len(d.company))
    return Leaving(tuple(sources), retention, tuple(dict.fromkeys(lonely)))


def _drawn(chain: Chain, scenario: Scenario, p: Mapping[str, float]) -> Iterator[_Drawn]:
    network, weeks = chain.network, scenario.horizon_weeks
    for number, shock in enumerate(scenario.shocks):
        if not isinstance(shock, Demand | Boycott | Boon | Experience | Substitute | Exit):
            continue
        company = place(network, shock.company, f"shocks.{number}.company")
        alone, force = np.array([company]), shock.course(weeks)[:, None]
        if isinstance(shock, Demand):
            yield _Drawn(number, company, alone, force, _AT_ONCE, TO_NOBODY)
        elif isinstance(shock, Exit):
            if chain.coefficients.final_share[company] > 0.0:
                yield _Drawn(number, company, alone, force, _AT_ONCE, TO_RIVALS)
        elif isinstance(shock, Boycott):
            yield _Drawn(number, company, alone, force, _AT_ONCE, TO_RIVALS)
        elif isinstance(shock, Substitute):
            yield _Drawn(number, company, alone, force, _ADAPTING, TO_NOBODY)
        elif isinstance(shock, Experience) and shock.satisfaction < 0:
            force = p["disappointment_gain"] * force
            yield _Drawn(number, company, alone, force, _DISAPPOINTED, TO_RIVALS, shock.segment)
        else:
            rivals, closeness = _rivals(network, company, p)
            part = shock.segment if isinstance(shock, Experience) else 1.0
            force = p["boon_lure"] * closeness * force
            yield _Drawn(number, company, rivals, force, _ADAPTING, TO_COMPANY, part)


def place(network: Network, company: str, field: str) -> int:
    """Where the company with this id stands. Raises ScenarioError."""
    found = network.index.get(company)
    if found is None:
        raise ScenarioError(
            f"there is no company {company!r} in the chain", field=field, remedy="name one that is"
        )
    return found


def _followed(
    retention: Sequence[Retention], company: Places, force: Floats, powered: NDArray[np.bool_]
) -> Floats:
    """m <- m + speed (target - m), as churn does in step 5."""
    course, m = np.empty_like(force), np.zeros(len(company))
    for t, held in enumerate(retention):
        power = np.where(powered, held.churn_exponent[company], 1.0)
        target = held.churn_ceiling[company] * np.where(force[t] > 0.0, force[t] ** power, 0.0)
        m = m + np.where(target > m, held.churn_out[company], held.churn_back[company]) * (target - m)
        course[t] = m
    return course


def _rivals(network: Network, company: int, p: Mapping[str, float]) -> tuple[Places, Floats]:
    """Whom the company competes with, and how closely."""
    pairs = network.competes
    first, second = pairs.source == company, pairs.target == company
    given = pairs.numbers["closeness"]
    closeness = np.where(np.isnan(given), p["closeness"], given)
    rivals = np.concatenate([pairs.target[first], pairs.source[second]]).astype(np.int64)
    return rivals, np.concatenate([closeness[first], closeness[second]])


def _retention(chain: Chain, scenario: Scenario, p: Mapping[str, float]) -> tuple[Retention, ...]:
    """What holds customers back in each week: the structure of the market, loosened by substitutes."""
    known = _of(chain.coefficients)
    weeks = scenario.horizon_weeks
    changes: dict[int, list[tuple[int, Opening | Substitute]]] = {}
    for number, shock in enumerate(scenario.shocks):
        if isinstance(shock, Opening | Substitute):
            company = place(chain.network, shock.company, f"shocks.{number}.company")
            changes.setdefault(shock.start_week, []).append((company, shock))
    _contradictions(changes)
    by_week: list[Retention] = []
    structured, stays = known, np.ones(len(chain.network))  # stays: the (1 - pull) multiplied
    for t in range(weeks):
        if t in changes:
            structured = Retention(*(values.copy() for values in structured))
            stays = stays.copy()
            for company, shock in changes[t]:
                if isinstance(shock, Opening):
                    for values, value in zip(structured, _under(shock.structure, p), strict=True):
                        values[company] = value
                else:
                    stays[company] *= 1.0 - p["substitute_loosening"] * shock.pull
            known = _loosened(structured, 1.0 - stays, p)
        by_week.append(known)
    return tuple(by_week)


def _contradictions(changes: Mapping[int, Sequence[tuple[int, Opening | Substitute]]]) -> None:
    for week, of_week in changes.items():
        openings = [(company, shock) for company, shock in of_week if isinstance(shock, Opening)]
        structures: dict[int, str] = {}
        for company, shock in openings:
            if structures.setdefault(company, shock.structure) != shock.structure:
                raise ScenarioError(
                    f"{shock.company} opens to two structures in week {week}",
                    field="shocks",
                    remedy="keep one of the two",
                )


def _of(c: Coefficients) -> Retention:
    return Retention(c.churn_ceiling, c.churn_exponent, c.churn_out, c.churn_back)


def _under(structure: str, p: Mapping[str, float]) -> tuple[float, float, float, float]:
    """The four numbers of step 5 in a market of this structure."""
    out, back = (float(1.0 - keep(p[f"churn_{structure}_{way}_half_life"])) for way in ("out", "back"))
    return p[f"churn_{structure}_ceiling"], p[f"churn_{structure}_exponent"], out, back


def _loosened(held: Retention, pull: Floats, p: Mapping[str, float]) -> Retention:
    """A part `pull` of the way to a homogeneous market, where that is looser; the way back stays."""
    ceiling, exponent, out, _ = _under(Structure.HOMOGENEOUS, p)
    return Retention(
        held.churn_ceiling + pull * np.maximum(0.0, ceiling - held.churn_ceiling),
        held.churn_exponent + pull * np.minimum(0.0, exponent - held.churn_exponent),
        held.churn_out + pull * np.maximum(0.0, out - held.churn_out),
        held.churn_back,
    )


def retained(c: Coefficients, held: Retention) -> Coefficients:
    """The coefficients of a week."""
    return c._replace(**held._asdict())
