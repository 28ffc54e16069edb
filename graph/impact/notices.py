"""What a person should know before trusting an answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.network import Floats, Network


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know before trusting an answer; viz/words.py says it in each language.

    `kind`: shares_above_one, no_revenue, value_added_above_revenue, no_recovery_rate and no_rivals, `about`
    being the companies; cash_out, being the companies, each with its week; slots_oversold
    and not_on_date, being how many.
    """

    kind: str
    about: str


def notices(
    network: Network, money: tuple[Floats, Floats], above: NDArray[np.intp], oversold: int
) -> tuple[Notice, ...]:
    """Of a chain: `money` is revenue and value added, `above` are sellers whose shares exceed 1."""
    revenue, value_added = money
    told = []
    if network.not_on_date:
        told.append(Notice("not_on_date", str(network.not_on_date)))
    if len(above):
        told.append(Notice("shares_above_one", _named(network, above)))
    if oversold:
        told.append(Notice("slots_oversold", str(oversold)))
    if len(without := np.flatnonzero(revenue == 0)):
        told.append(Notice("no_revenue", _named(network, without)))
    if len(more := np.flatnonzero((value_added > revenue) & (revenue > 0))):
        told.append(Notice("value_added_above_revenue", _named(network, more)))
    return tuple(told)


def _named(network: Network, which: NDArray[np.intp], most: int = 20) -> str:
    names = ", ".join(network.ids[i] for i in which[:most])
    return names if len(which) <= most else f"{names} and {len(which) - most} more"
