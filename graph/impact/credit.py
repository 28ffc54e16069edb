"""Where credit for a loss stands, passes and is closed on its way back, and the two ways to divide it."""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from graph.network import Floats

TIE = 1e-12  # two candidates of a max that are nearer than this share


class Credit(NamedTuple):
    """Credit that stands on quantities, of companies, then of loose links, then of links. All zeros between.

    Which week a quantity is of, the steps say by their order: `orders` and `shortage` are of the week to
    come, all others of the week that is at hand, and after their step of the week before.
    """

    lost: Floats  # v
    own: Floats  # n
    output: Floats  # o
    shortage: Floats  # x
    left: Floats  # c
    reputation: Floats  # r
    legal: Floats  # l
    trust: Floats  # T
    others_left: Floats  # 1 - eta
    hurt: Floats  # X
    blamed: Floats  # A
    attention: Floats  # E
    buyer_left: Floats  # 1 - beta_e, of the seller
    seller_left: Floats  # 1 - sigma_e, of the seller
    bereft: Floats  # 1 - sigma_e, of the buyer
    orders: Floats  # D_e, of the seller


class Ports(NamedTuple):
    """Credit on its way to another company, by what it passes over.

    Over links `orders` (to the buyer's v or n) and `shortage` (to the seller's o); over loose links
    `severed` (to the buyer's T); over entries of the coefficients `brands` (to c), `taint` and `probe`
    (to X), `blame` (to E) and `blamed` (to A of the week before). `stopped` (weeks, stopped links) is a
    shortage that the seller's shocks close.
    """

    orders: Floats
    shortage: Floats
    severed: Floats
    brands: Floats
    taint: Floats
    probe: Floats
    blame: Floats
    blamed: Floats
    stopped: Floats


class Closed(NamedTuple):
    """Credit that shocks close, by week and by the columns of Shocks: news, out, link_out."""

    news: Floats
    out: Floats
    stopped: Floats


class Layer(NamedTuple):
    """Credit of one kind on its way back: what stands, what passes, what has passed, what is closed."""

    credit: Credit
    ports: Ports
    passed: Ports
    closed: Closed


@njit(cache=True, nogil=True)
def larger(amount: float, one: float, other: float) -> tuple[float, float]:
    """All to the larger, halves where they tie; nothing to what is not above 0."""
    if one > other + TIE or other <= 0.0:
        return (amount, 0.0) if one > 0.0 else (0.0, 0.0)
    if other > one + TIE or one <= 0.0:
        return 0.0, amount
    return 0.5 * amount, 0.5 * amount


@njit(cache=True, nogil=True)
def parts(amount: float, one: float, other: float) -> tuple[float, float]:
    """In proportion to two sizes."""
    whole = one + other
    if whole <= 0.0:
        return 0.0, 0.0
    return amount * (one / whole), amount * (other / whole)
