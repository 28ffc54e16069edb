"""How sure an answer is, gathered: its draws, what they hang on, what the figures are, other forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graph.impact.coverage import Coverage, coverage, recorded
from graph.impact.forms import Form, forms
from graph.impact.impact import Impact
from graph.impact.propagation import Progress
from graph.impact.sensitivity import Sensitivity, sensitivities
from graph.impact.uncertainty import DRAWS, Draws, draws


@dataclass(frozen=True)
class Sureness:
    """What is known of how sure an impact is.

    `hangs_on` holds the sensitivities of `value_added_loss` and of `revenue_loss.ID` of `company`, the one
    asked about, else the one that loses most, None where nobody loses anything. `coverage` is None where it
    was not recorded what travelled along the links.
    """

    drawn: Draws
    forms: tuple[Form, ...]
    coverage: Coverage | None
    company: int | None
    hangs_on: Mapping[str, tuple[Sensitivity, ...]]


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
    drawn = draws(impact.network, impact.scenario, count, weekly=weekly, progress=progress)
    hangs_on = {"value_added_loss": sensitivities(drawn, drawn.figures["value_added_loss"])}
    about = impact.network.index[company] if company else _most_lost(impact)
    if about is not None:
        figure = f"revenue_loss.{impact.network.ids[about]}"
        hangs_on[figure] = sensitivities(drawn, drawn.revenue_loss[:, about])
    return Sureness(drawn, forms(impact), coverage(impact) if recorded(impact) else None, about, hangs_on)


def _most_lost(impact: Impact) -> int | None:
    return int(np.argmax(impact.revenue_loss)) if impact.revenue_loss.any() else None
