"""How sure an answer is, gathered: its draws, what they hang on, what the figures are, other forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graph.impact.coverage import Coverage, coverage, recorded
from graph.impact.forms import Form, forms
from graph.impact.impact import Impact
from graph.impact.kernels import SERIES
from graph.impact.propagation import Progress
from graph.impact.sensitivity import Sensitivity, sensitivities
from graph.impact.uncertainty import DRAWS, Draws, Functional, Interval, draws, interval
from graph.network import Floats

_COURSES = "courses"


@dataclass(frozen=True)
class Sureness:
    """What is known of how sure an impact is.

    `hangs_on` holds the sensitivities of `value_added_loss` and of `revenue_loss.ID` of `company`, the one
    asked about, else the one that loses most, None where nobody loses anything. `courses` are the bands of
    each published series of `company`, (weeks,) [0-1]. `coverage` is None where it was not recorded what
    travelled along the links.
    """

    drawn: Draws
    forms: tuple[Form, ...]
    coverage: Coverage | None
    company: int | None
    hangs_on: Mapping[str, tuple[Sensitivity, ...]]
    courses: Mapping[str, Interval]


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
    functionals = {} if about is None else {_COURSES: _courses(about)}
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
    if about is not None:
        figure = f"revenue_loss.{impact.network.ids[about]}"
        hangs_on[figure] = sensitivities(drawn, drawn.revenue_loss[:, about])
        courses = {name: interval(drawn.figures[_COURSES][:, row]) for row, name in enumerate(SERIES)}
    return Sureness(
        drawn=drawn,
        forms=forms(impact),
        coverage=coverage(impact) if recorded(impact) else None,
        company=about,
        hangs_on=hangs_on,
        courses=courses,
    )


def _courses(company: int) -> Functional:
    """What makes (series, weeks) of a draw, rounded as Draws.weekly is: both then say the same."""

    def measure(impact: Impact) -> Floats:
        rows = [series[:, company] for series in impact.series.values()]
        return np.stack(rows).astype(np.float32).astype(np.float64)

    return measure


def _most_lost(impact: Impact) -> int | None:
    return int(np.argmax(impact.revenue_loss)) if impact.revenue_loss.any() else None
