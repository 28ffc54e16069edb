"""The customers that the shocks moved, beside those that a bad name drove away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.console import Call
from api.words import Speech
from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.scenario import kind_of
from viz.story import name_of

MOST = 8


def moved(impact: Impact) -> list[dict[str, Any]]:
    """By shock and company whose customers go: the largest share in a week, and what they bought [currency].

    Each for itself: where two reasons meet, a customer counts in both.
    """
    return list(_moved(impact))


def _moved(impact: Impact) -> Iterator[dict[str, Any]]:
    worth = impact.chain.coefficients.final_share * impact.chain.revenue / WEEKS_A_YEAR
    for source in impact.trajectory.leaving.sources:
        bought = source.course.sum(axis=0) * worth[source.company]
        for at, company in enumerate(source.company.tolist()):
            yield {
                "shock": source.shock,
                "company": impact.network.ids[company],
                "goes": source.goes,
                "at_most": float(source.course[:, at].max(initial=0.0)),
                "bought": float(bought[at]),
            }


def tell_moved(call: Call, impact: Impact, say: Speech) -> None:
    """Whose customers the shocks moved, the most first."""
    found = sorted(moved(impact), key=lambda each: (-each["bought"], each["shock"], each["company"]))[:MOST]
    if not found:
        return
    call.print()
    call.print(say("moved_customers"), style="bold")
    for each in found:
        shock = impact.scenario.shocks[each["shock"]]
        call.print(
            say(
                f"moved_{each['goes']}",
                company=name_of(impact, each["company"]),
                to=name_of(impact, shock.company),
                why=say(f"why_{kind_of(shock)}"),
                share=say.words.percent(100.0 * each["at_most"]),
                money=say.words.money(each["bought"]),
            ),
            indent=2,
        )
