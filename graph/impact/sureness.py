"""How sure an answer is, gathered: its draws, what they hang on, what the figures are, other forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from graph.impact.costs import cash_out_week
from graph.impact.coverage import Coverage, coverage, recorded
from graph.impact.forms import Form, forms
from graph.impact.impact import NEVER, WEEKS_A_YEAR, Impact, first_and_last, time_to_survive
from graph.impact.kernels import SERIES
from graph.impact.propagation import Progress
from graph.impact.sensitivity import Sensitivity, sensitivities
from graph.impact.uncertainty import DRAWS, Draws, Functional, Interval, draws, interval
from graph.network import Floats

_COURSES, _SURVIVE = "courses", "time_to_survive"


class When(NamedTuple):
    """A week that may never come, at the defaults and over the draws: infinite where it does not.

    It is NaN where it cannot be asked for: where cash is not known, or nothing was lost to recover from. Over
    the other draws are `band` and `chance`, the share of them in which it comes within the horizon [0-1];
    both are NaN where there are none. Of several companies, arrays of one entry a company.
    """

    default: Floats
    band: Interval
    chance: Floats


@dataclass(frozen=True)
class Sureness:
    """What is known of how sure an impact is.

    `hangs_on` holds the sensitivities of `value_added_loss` and of `revenue_loss.ID` of `company`, the one
    asked about, else the one that loses most, None where nobody loses anything. `courses` are the bands of
    each published series of `company`, (weeks,) [0-1]. `survives` is its time to survive. `coverage` is None
    where it was not recorded what travelled along the links.
    """

    drawn: Draws
    forms: tuple[Form, ...]
    coverage: Coverage | None
    company: int | None
    hangs_on: Mapping[str, tuple[Sensitivity, ...]]
    courses: Mapping[str, Interval]
    survives: When | None

    def when(self, name: str, companies: int | slice = slice(None)) -> When:
        """One of WEEKS, of one company or each."""
        default = np.asarray(self.drawn.defaults[name])
        return _when(default[companies], self.drawn.figures[name][:, companies])


def sureness(
    impact: Impact,
    count: int = DRAWS,
    *,
    company: str = "",
    weekly: bool = True,
    progress: Progress | None = None,
) -> Sureness:
    """Draw `count` times around an impact; `company` is the id of the one asked about.

    Options as in uncertainty.draws. Raises ScenarioError.
    """
    about = impact.network.index[company] if company else _most_lost(impact)
    functionals = dict(WEEKS)
    if about is not None:
        functionals |= {_COURSES: _courses(about), _SURVIVE: _survives(about)}
    drawn = draws(
        impact.network,
        impact.scenario,
        count,
        functionals=functionals,
        weekly=weekly,
        progress=progress,
    )
    hangs_on = {"value_added_loss": sensitivities(drawn, drawn.figures["value_added_loss"])}
    courses: Mapping[str, Interval] = {}
    survives = None
    if about is not None:
        figure = f"revenue_loss.{impact.network.ids[about]}"
        hangs_on[figure] = sensitivities(drawn, drawn.revenue_loss[:, about])
        survives = _when(np.asarray(drawn.defaults[_SURVIVE]), drawn.figures[_SURVIVE])
        courses = {name: interval(drawn.figures[_COURSES][:, row]) for row, name in enumerate(SERIES)}
    return Sureness(
        drawn=drawn,
        forms=forms(impact),
        coverage=coverage(impact) if recorded(impact) else None,
        company=about,
        hangs_on=hangs_on,
        courses=courses,
        survives=survives,
    )


def _when(default: Floats, drawn: Floats) -> When:
    with np.errstate(invalid="ignore"):
        chance = np.isfinite(drawn).sum(axis=0) / (~np.isnan(drawn)).sum(axis=0)
    return When(default, interval(drawn), chance)


def _first_week(impact: Impact) -> Floats:
    """In which the loss first passes 1 %."""
    first, _ = first_and_last(_loss(impact))
    return np.where(first == NEVER, np.inf, first)


def _recovery_week(impact: Impact) -> Floats:
    """From which on the loss is 1 % at most again, NaN where it never was more."""
    first, recovered = first_and_last(_loss(impact))
    return np.where(first == NEVER, np.nan, np.where(recovered == NEVER, np.inf, recovered))


def _cash_out_week(impact: Impact) -> Floats:
    """At whose end cash is gone, NaN where it is not known."""
    return cash_out_week(impact.chain, _loss(impact), impact.chain.revenue / WEEKS_A_YEAR)


def _loss(impact: Impact) -> Floats:
    return impact.trajectory.series["revenue_loss_share"]


def _survives(company: int) -> Functional:
    def measure(impact: Impact) -> float:
        found = time_to_survive(impact.chain, impact.scenario, impact.parameters, _loss(impact), [company])
        return np.inf if found[0] == NEVER else float(found[0])

    return measure


# What may never come, of each company: where it does not, it counts as infinitely late.
WEEKS: Mapping[str, Functional] = MappingProxyType(
    {"first_week": _first_week, "recovery_week": _recovery_week, "cash_out_week": _cash_out_week}
)


def _courses(company: int) -> Functional:
    """What makes (series, weeks) of a draw, rounded as Draws.weekly is: both then say the same."""

    def measure(impact: Impact) -> Floats:
        rows = [series[:, company] for series in impact.series.values()]
        return np.stack(rows).astype(np.float32).astype(np.float64)

    return measure


def _most_lost(impact: Impact) -> int | None:
    return int(np.argmax(impact.revenue_loss)) if impact.revenue_loss.any() else None
