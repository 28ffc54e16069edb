"""Where credit for a loss stands, passes and is closed on its way back, and the two ways to divide it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.replay import QUANTITIES, Past
from graph.network import Floats

TIE = 1e-12  # candidates of a max that are no further below it share
# Rows of Layer.loose: 1 - beta and 1 - sigma of the seller's W, 1 - sigma of the buyer's h.
BUYER_LEFT, SELLER_LEFT, BEREFT = range(3)


class Layer(NamedTuple):
    """Credit of one kind on its way back; all zeros between two sweeps.

    It stands on quantities: `firm` (quantities of replay.py, companies), `loose` (3, loose links), `orders`
    (links; D, the seller's). Which week they are of, the order of the steps says: orders and shortages of the
    week to come, all others of the week at hand, and after their step of the week before.

    It waits at ports to pass to another company: over links `withheld` (to the buyer's v or n), `needless`
    (to its w) and `missing` (to the seller's o); over loose links `severed` (to the buyer's T) and `cut`
    (weeks, stopped links; a shortage that the seller's shocks close); over ties `tied` (to E, X or c (+) m)
    and `second` (of blame to A of the week before, of brands to w).

    Shocks close it: `news`, `out`, `moved`, `need`, `stopped`, by week and by column of their courses.

    `of_firm` (6, companies) and `of_slot` (3, slots) are room in which a step weighs terms before it divides.
    """

    firm: Floats
    loose: Floats
    orders: Floats
    withheld: Floats
    needless: Floats
    missing: Floats
    severed: Floats
    cut: Floats
    tied: Floats
    second: Floats
    news: Floats
    out: Floats
    moved: Floats
    need: Floats
    stopped: Floats
    of_firm: Floats
    of_slot: Floats


def layer(past: Past) -> Layer:
    """Room for credit."""
    ways = past.ways
    links, ties, loose = len(ways.seller), len(ways.tie), len(ways.loose)
    return Layer(
        firm=np.zeros((QUANTITIES, past.at.shape[2])),
        loose=np.zeros((3, loose)),
        orders=np.zeros(links),
        withheld=np.zeros(links),
        needless=np.zeros(links),
        missing=np.zeros(links),
        severed=np.zeros(loose),
        cut=np.zeros_like(ways.stopped_course),
        tied=np.zeros(ties),
        second=np.zeros(ties),
        news=np.zeros_like(ways.news_course),
        out=np.zeros_like(ways.out_course),
        moved=np.zeros_like(ways.moved_course),
        need=np.zeros_like(ways.need_course),
        stopped=np.zeros_like(ways.stopped_course),
        of_firm=np.zeros((6, past.at.shape[2])),
        of_slot=np.zeros((3, past.slots.shape[2])),
    )


_Function = TypeVar("_Function", bound=Callable[..., Any])


def step(function: _Function) -> _Function:
    """Compiled, for compiled functions alone: a door for Python would take most of the time to compile."""
    doors: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: _Function = njit(cache=True, nogil=True, error_model="numpy", **doors)(function)
    return compiled


@step
def larger(amount: float, one: float, other: float) -> tuple[float, float]:
    """All to the larger, halves where they tie; nothing to what is not above 0."""
    if one > other + TIE or other <= 0.0:
        return (amount, 0.0) if one > 0.0 else (0.0, 0.0)
    if other > one + TIE or one <= 0.0:
        return 0.0, amount
    return 0.5 * amount, 0.5 * amount


@step
def either(one: float, other: float) -> float:
    """one (+) other."""
    return 1.0 - (1.0 - one) * (1.0 - other)


@step
def course_of(row: Floats, columns: NDArray[np.int64], place: int) -> float:
    """What a week's row of a course says of a place, 0 where it has no column."""
    column = columns[place]
    return row[column] if column >= 0 else 0.0


@step
def parts(amount: float, one: float, other: float) -> tuple[float, float]:
    """In proportion to two sizes."""
    whole = one + other
    if whole <= 0.0:
        return 0.0, 0.0
    return amount * (one / whole), amount * (other / whole)
