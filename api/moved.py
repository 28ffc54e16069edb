"""The customers that the shocks moved, beside those that a bad name drove away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph.impact.impact import WEEKS_A_YEAR, Impact


def moved(impact: Impact) -> list[dict[str, Any]]:
    """By shock and company whose customers go: the largest share in a week, and what they bought [currency].

    Each for itself: where two reasons meet, a customer counts in both. `contribution` is what the company
    earned on them, below 0 where it lost by serving them; None where no margin is given.
    """
    return list(_moved(impact))


def _moved(impact: Impact) -> Iterator[dict[str, Any]]:
    worth = impact.chain.coefficients.final_share * impact.chain.revenue / WEEKS_A_YEAR
    for source in impact.trajectory.leaving.sources:
        bought = source.course.sum(axis=0) * worth[source.company]
        margin = getattr(impact.settled.shocks[source.shock], "margin", None)
        for at, company in enumerate(source.company.tolist()):
            yield {
                "shock": source.shock,
                "company": impact.network.ids[company],
                "goes": source.goes,
                "at_most": float(source.course[:, at].max(initial=0.0)),
                "bought": float(bought[at]),
                "contribution": None if margin is None else margin * float(bought[at]),
            }
