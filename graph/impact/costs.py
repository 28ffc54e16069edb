"""What the losses do to a company's purse: when its cash is gone, what it costs to replace who left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph.impact.coefficients import TINY, Chain, total
from graph.impact.propagation import rates
from graph.network import Floats, Network

_PURSE = ("cash", "fixed_cost_per_week", "contribution_margin")


def known_purses(network: Network) -> NDArray[np.int64]:
    """The companies, by place, of which it can be told when their cash is gone."""
    return np.flatnonzero(~np.isnan(sum(network.numbers[name] for name in _PURSE)))


def cash_out_week(chain: Chain, loss: Floats, weekly_revenue: Floats) -> Floats:
    """The first week at whose end cash is gone, shape (companies,); inf where it lasts, NaN if not known.

    Cash falls each week by fixed cost less the margin on what is still sold, `loss` being the share that is
    not, shape (weeks, companies) [0-1], and rises in weeks that earn more than they cost.
    """
    cash, fixed, margin = (chain.network.numbers[name] for name in _PURSE)
    known = known_purses(chain.network)
    burn = fixed[known] - margin[known] * weekly_revenue[known] * (1.0 - loss[:, known])
    left = cash[known] - burn.cumsum(axis=0)
    gone = (burn > 0) & (left <= TINY * cash[known])
    week = np.full(len(chain.network), np.nan)
    week[known] = np.where(gone.any(axis=0), gone.argmax(axis=0), np.inf)
    return week


@dataclass(frozen=True)
class Purses:
    """What the companies of a chain have over so many weeks, `weekly_revenue` (companies,) [currency]."""

    chain: Chain
    weekly_revenue: Floats
    weeks: int

    @cached_property
    def _quiet(self) -> Floats:
        """When cash is gone without any loss."""
        loss = np.zeros((self.weeks, len(self.chain.network)))
        return cash_out_week(self.chain, loss, self.weekly_revenue)

    def ruined(self, loss: Floats) -> dict[int, int]:
        """The companies, by place, whose cash is gone sooner than without the loss, each with the week.

        `loss` is the share of the revenue, shape (weeks, companies) [0-1].
        """
        if np.isnan(self._quiet).all():
            return {}
        week = cash_out_week(self.chain, loss, self.weekly_revenue)
        return {int(i): int(week[i]) for i in np.flatnonzero(week < self._quiet)}


def replacement_cost(chain: Chain, churn: Floats, p: Mapping[str, float]) -> Floats:
    """What it would cost to replace the final customers of the worst week at once [currency], (companies,).

    `churn` is shape (weeks, companies) [0-1]. Who waits gets some back for nothing.
    """
    lost = chain.coefficients.final_share * churn.max(axis=0, initial=0.0)
    cost: Floats = p["acquisition_cost"] * chain.revenue * lost
    return cost


def rematching_cost(chain: Chain, trust: Floats, p: Mapping[str, float]) -> Floats:
    """What it costs to find partners for those that left by the end [currency], shape (companies,).

    Each side of a broken link bears it; of businesses that are not recorded, the seller. `trust` is T, shape
    (weeks, companies) [0-1]: as it alone drives partners apart, it says what is left of each link.
    """
    c, size, weeks = chain.coefficients, len(chain.network), len(trust)
    known = np.flatnonzero(trust.any(axis=0))
    place = np.full(size, len(known))
    place[known] = np.arange(len(known))
    since = np.zeros((weeks + 1, len(known) + 1))  # T summed from each week to the end
    since[:-1, :-1] = trust[::-1, known].cumsum(axis=0)[::-1]
    bound = np.minimum(np.ceil(c.contract), weeks).astype(np.int64)
    driven = c.drift * (since[bound, place[c.seller]] + since[bound, place[c.buyer]])
    broken = c.seller_share * chain.revenue[c.seller] * -np.expm1(-driven)  # 1 - beta sigma
    k = rates(p)
    others = since[min(int(np.ceil(k.other_contract)), weeks), place]
    unrecorded = c.other_share * chain.revenue * -np.expm1(-k.other_drift * others)  # 1 - eta
    trade = total(c.seller, broken, size) + total(c.buyer, broken, size) + unrecorded
    cost: Floats = p["partner_cost"] * trade
    return cost


def rematching_weeks(
    chain: Chain, resold: Floats, substituted: Floats, p: Mapping[str, float]
) -> NDArray[np.int64]:
    """For how many weeks a company looked for others to buy from or to sell to, shape (companies,).

    Until nothing is missing any more, or nine tenths of what can be found are: of its searches the longest.
    `resold` and `substituted` are rho by company and by slot at the end [0-1], which says how long they went.
    """
    c, half_life = chain.coefficients, p["substitution_half_life"]
    found = resold.copy()
    if len(substituted):
        np.maximum.at(found, c.buyer[c.slot_start[:-1]], substituted)
    with np.errstate(divide="ignore"):
        searched = np.rint(-half_life * np.log2(1.0 - found))
    weeks: NDArray[np.int64] = np.minimum(searched, np.ceil(half_life * np.log2(10.0))).astype(np.int64)
    return weeks
