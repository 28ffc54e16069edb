"""What a person should know before trusting an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.network import Floats, Network


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know before trusting an answer; viz/story.py says it in each language.

    `kind`: shares_above_one, no_revenue, value_added_above_revenue, no_rivals: of `companies`, by id;
    no_recovery_rate: between the two; cash_out: of each in the week of `weeks`; slots_oversold, not_on_date:
    of so many (`count`); systemic_no_values, systemic_open: of the whole.
    """

    kind: str
    companies: tuple[str, ...] = ()
    count: int = 0
    weeks: tuple[int, ...] = ()


def notices(
    network: Network, money: tuple[Floats, Floats], above: NDArray[np.intp], oversold: int
) -> tuple[Notice, ...]:
    """Of a chain: `money` is revenue and value added, `above` are sellers whose shares exceed 1."""
    revenue, value_added = money
    more = (value_added > revenue) & (revenue > 0)
    return (
        *not_on_date(network),
        *_about("shares_above_one", network, above),
        *([Notice("slots_oversold", count=oversold)] if oversold else []),
        *_about("no_revenue", network, np.flatnonzero(revenue == 0)),
        *_about("value_added_above_revenue", network, np.flatnonzero(more)),
    )


def not_on_date(network: Network) -> Iterator[Notice]:
    """That links are left out of the chain of its day."""
    if network.not_on_date:
        yield Notice("not_on_date", count=network.not_on_date)


def _about(kind: str, network: Network, which: NDArray[np.intp]) -> Iterator[Notice]:
    if len(which):
        yield Notice(kind, tuple(network.ids[i] for i in which.tolist()))
