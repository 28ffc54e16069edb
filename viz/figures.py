"""The figures of each company that is drawn, worded for the panel and the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from graph.impact.impact import NEVER, Impact
from graph.network import Floats
from viz.selection import Places, value_added_loss
from viz.texts import NAME, fit
from viz.words import NOTHING, Words

# What changes from week to week: the page's name of it, and the series.
WEEKLY: Mapping[str, str] = MappingProxyType(
    {
        "loss": "revenue_loss_share",
        "output": "output_loss",
        "demand": "demand_loss",
        "reputation": "reputation_damage",
        "churn": "churn",
    }
)


@dataclass(frozen=True)
class Figures:
    """One company: `fixed` are worded figures by phrase of viz.words, `weekly` percentages by week."""

    id: str
    name: str
    fixed: Mapping[str, str]
    weekly: Mapping[str, Floats]


def figures(impact: Impact, drawn: Places, words: Words) -> tuple[Figures, ...]:
    """The figures of the companies drawn, in their order."""
    weekly = {name: np.round(100.0 * impact.series[series][:, drawn], 3) for name, series in WEEKLY.items()}
    lost = value_added_loss(impact)
    return tuple(
        Figures(
            fit(impact.network.ids[i], NAME),
            fit(impact.network.names[i], NAME),
            _fixed(impact, i, float(lost[i]), words),
            {name: values[:, k] for name, values in weekly.items()},
        )
        for k, i in enumerate(drawn.tolist())
    )


def _fixed(impact: Impact, i: int, value_added_lost: float, words: Words) -> Mapping[str, str]:
    network, answers, weeks = impact.network, impact.answers, impact.weeks
    tier = network.tier[i]
    first, recovery = int(answers.first_week[i]), int(answers.recovery_week[i])
    survive, runway = int(answers.time_to_survive[i]), float(answers.runway_weeks[i])
    if first == NEVER:
        recovers = NOTHING
    elif recovery == NEVER:
        recovers = words("not_within", weeks=weeks)
    else:
        recovers = words("week_of", week=recovery)
    told = {
        "role": words("list").join(words(f"role_{role}") for role in network.roles[i]) or NOTHING,
        "tier": NOTHING if tier is None else f"{tier:+d}".replace("-", "−") if tier else "0",
        "revenue": words.money(float(impact.chain.revenue[i])),
        "revenue_loss": words.money(float(impact.revenue_loss[i])),
        "value_added": words.money(value_added_lost),
        "first_week": NOTHING if first == NEVER else words("week_of", week=first),
        "recovery_week": recovers,
        "time_to_survive": words("longer", weeks=weeks)
        if survive == NEVER
        else words("weeks", weeks=survive),
        "runway": NOTHING if np.isnan(runway) else words("weeks", weeks=words.number(runway)),
    }
    if impact.rival_gain[i] > 0:
        told["rival_gain"] = words.money(float(impact.rival_gain[i]))
    return told
