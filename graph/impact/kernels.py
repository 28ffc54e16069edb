"""The weekly equations as compiled loops over arrays (docs/model.md, section 3): arrays in, arrays out.

Each function is one step and carries its number. A product 1 - prod(1 - a) is the model's a (+) b.
Sums run in the order of the arrays, so the same chain gives the same bytes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.coefficients import Coefficients, Weights

Floats = NDArray[np.float64]

SERIES = (
    "revenue_loss_share",
    "output_loss",
    "demand_loss",
    "reputation_damage",
    "churn",
    "legal_loss",
    "trust_loss",
    "attributed",
    "associated",
)
RECORDED = (*SERIES, "attention")


class State(NamedTuple):
    """What a week hands on: of companies to `loss`, of links to `withheld`, of slots the last two."""

    attention: Floats  # E
    attributed: Floats  # A
    blamed: Floats  # X
    associated: Floats  # C
    reputation: Floats  # r
    churn: Floats  # c
    legal: Floats  # l
    trust: Floats  # T
    others_left: Floats  # 1 - eta
    resold: Floats  # rho_i
    shortage: Floats  # x
    output: Floats  # o
    own: Floats  # n
    loss: Floats  # v
    buyer_stays: Floats  # beta_e
    seller_stays: Floats  # sigma_e
    withheld: Floats  # D_e
    substituted: Floats  # rho_slot
    stock: Floats  # b


class Rates(NamedTuple):
    """Parameters as the steps use them: what is kept each week, gains, thresholds."""

    feedback: float
    feedback_threshold: float
    reputation_kept: float
    reputation_gain: float
    legal_kept: float
    legal_gain: float
    trust_kept: float
    trust_gain: float
    other_drift: float
    other_contract: float
    search_kept: float
    search_threshold: float
    order_adjustment: float
    refill_kept: float


class Shocks(NamedTuple):
    """Shocks by week: who is in the news and how much, who is out, which links are out (all ⊕-added)."""

    news_company: NDArray[np.int64]
    news: Floats  # (weeks, len(news_company))
    out_company: NDArray[np.int64]
    out: Floats
    out_link: NDArray[np.int64]
    link_out: Floats


class Work(NamedTuple):
    """Room to work in, zeros at the start. Companies: out, heard, probed; links: link_out.

    `lost` is (blocks, companies): the orders that each block of links lost.
    """

    out: Floats
    heard: Floats
    probed: Floats
    link_out: Floats
    lost: Floats


@njit(cache=True, nogil=True)
def _clear(values: Floats) -> None:
    for i in range(len(values)):
        values[i] = 0.0


@njit(cache=True, nogil=True)
def _spread(ties: Weights, source: Floats, result: Floats, lo: int, hi: int) -> None:
    """result_i = (+)_j value_ij * source_j for the rows lo to hi."""
    for i in range(lo, hi):
        left = 1.0
        for e in range(ties.start[i], ties.start[i + 1]):
            left *= 1.0 - ties.value[e] * source[ties.column[e]]
        result[i] = 1.0 - left


@njit(cache=True, nogil=True)
def begin(s: State, k: Rates, shocks: Shocks, number: int, work: Work) -> bool:
    """Step 1, shocks and feedback; `work.heard` becomes E (+) A of last week. True if it is not all 0."""
    _clear(s.attention)
    for q in range(len(shocks.news_company)):
        s.attention[shocks.news_company[q]] = shocks.news[number, q]
    for q in range(len(shocks.out_company)):
        work.out[shocks.out_company[q]] = shocks.out[number, q]
    for q in range(len(shocks.out_link)):
        work.link_out[shocks.out_link[q]] = shocks.link_out[number, q]
    news = False
    for i in range(len(s.attention)):
        if k.feedback > 0.0:
            more = k.feedback * max(0.0, s.loss[i] - k.feedback_threshold)
            s.attention[i] = 1.0 - (1.0 - s.attention[i]) * (1.0 - more)
        work.heard[i] = 1.0 - (1.0 - s.attention[i]) * (1.0 - s.attributed[i])
        news = news or work.heard[i] > 0.0
    return news


@njit(cache=True, nogil=True)
def blame(c: Coefficients, s: State, work: Work, news: bool, lo: int, hi: int) -> None:
    """Step 2 for the companies lo to hi: what they are blamed for, A and X."""
    if news:
        _spread(c.blame, work.heard, s.attributed, lo, hi)
    else:
        _clear(s.attributed[lo:hi])
    for i in range(lo, hi):
        s.blamed[i] = 1.0 - (1.0 - s.attention[i]) * (1.0 - s.attributed[i])


@njit(cache=True, nogil=True)
def react(c: Coefficients, s: State, k: Rates, work: Work, news: bool, lo: int, hi: int) -> None:
    """Steps 3 to 6 for the companies lo to hi: taint, reputation, churn, legal burden."""
    if news:
        _spread(c.taint, s.blamed, s.associated, lo, hi)
        _spread(c.probe, s.blamed, work.probed, lo, hi)
    else:
        _clear(s.associated[lo:hi])
        _clear(work.probed[lo:hi])
    for i in range(lo, hi):
        heard = 1.0 - (1.0 - s.blamed[i]) * (1.0 - s.associated[i])
        r = 1.0 - (1.0 - k.reputation_kept * s.reputation[i]) * (1.0 - k.reputation_gain * heard)
        s.reputation[i] = r
        nu = c.churn_exponent[i]
        target = 0.0
        if r > 0.0:
            target = c.churn_ceiling[i] * (r if nu == 1.0 else r**nu)
        speed = c.churn_out[i] if target > s.churn[i] else c.churn_back[i]
        s.churn[i] += speed * (target - s.churn[i])
        probed = 1.0 - (1.0 - s.blamed[i]) * (1.0 - work.probed[i])
        s.legal[i] = 1.0 - (1.0 - k.legal_kept * s.legal[i]) * (1.0 - k.legal_gain * probed)


@njit(cache=True, nogil=True)
def trust(s: State, k: Rates, week: int) -> bool:
    """Step 7 for companies: distrust, and how unrecorded businesses leave. True if anybody is distrusted."""
    any_distrust = False
    for i in range(len(s.trust)):
        t = 1.0 - (1.0 - k.trust_kept * s.trust[i]) * (1.0 - k.trust_gain * s.attention[i])
        s.trust[i] = t
        if t > 0.0:
            any_distrust = True
            if week >= k.other_contract:
                s.others_left[i] = 1.0 - (1.0 - s.others_left[i]) * np.exp(-k.other_drift * t)
    return any_distrust


@njit(cache=True, nogil=True)
def orders(
    c: Coefficients, s: State, link_out: Floats, week: int, distrust: bool, lo: int, hi: int, lost: Floats
) -> None:
    """Step 7 for the links lo to hi (who leaves whom), and their part of W of step 9, by seller in `lost`."""
    _clear(lost)
    for e in range(lo, hi):
        i, j = c.seller[e], c.buyer[e]
        if distrust and week >= c.contract[e]:
            if s.trust[i] > 0.0:
                s.buyer_stays[e] *= np.exp(-c.drift[e] * s.trust[i])
            if s.trust[j] > 0.0:
                s.seller_stays[e] *= np.exp(-c.drift[e] * s.trust[j])
        left = 1.0 - s.buyer_stays[e] * s.seller_stays[e] * (1.0 - s.withheld[e])
        lost[i] += c.seller_share[e] * max(left, link_out[e])


@njit(cache=True, nogil=True)
def losses(c: Coefficients, s: State, k: Rates, work: Work, record: Floats, lo: int, hi: int) -> None:
    """Steps 8 to 10 for the companies lo to hi: what cannot be made, is not asked for, is lost.

    `record` is (recorded series, companies).
    """
    out = work.out
    for i in range(lo, hi):
        o = max(out[i], s.shortage[i])
        s.output[i] = o
        unmade = 1.0 - (1.0 - o) * (1.0 - s.legal[i])
        lost = 0.0
        for block in range(len(work.lost)):
            lost += work.lost[block, i]
        lost += c.other_share[i] * s.others_left[i]
        orders_lost = (1.0 - c.resale[i] * s.resold[i]) * lost
        shunned = 0.0
        for e in range(c.brands.start[i], c.brands.start[i + 1]):
            shunned += c.brands.value[e] * s.churn[c.brands.column[e]]
        customers = 1.0 - (1.0 - s.churn[i]) * (1.0 - shunned)
        demand = c.final_share[i] * customers + orders_lost
        own = 1.0 - (1.0 - out[i]) * (1.0 - s.legal[i])
        s.own[i] = max(own, c.final_share[i] * s.churn[i] + orders_lost)
        if lost > k.search_threshold + 1e-12:
            s.resold[i] = 1.0 - (1.0 - s.resold[i]) * k.search_kept
        s.loss[i] = max(unmade, demand)
        record[0, i] = s.loss[i]
        record[1, i] = o
        record[2, i] = demand
        record[3, i] = s.reputation[i]
        record[4, i] = s.churn[i]
        record[5, i] = s.legal[i]
        record[6, i] = s.trust[i]
        record[7, i] = s.attributed[i]
        record[8, i] = s.associated[i]
        record[9, i] = s.attention[i]


@njit(cache=True, nogil=True)
def next_week(c: Coefficients, s: State, k: Rates, link_out: Floats, flows: Floats, lo: int, hi: int) -> None:
    """Step 11 for the buyers lo to hi: orders withheld, shortages, stocks, the search, x of the week to come.

    `flows` is (2, links) for what was missing (h) and withheld (D) this week, or (2, 0) for no record.
    """
    traced = flows.shape[1] > 0
    for j in range(lo, hi):
        worst, sum_of_others = 0.0, 0.0
        for slot in range(c.buyer_start[j], c.buyer_start[j + 1]):
            missing, short = 0.0, 0.0
            for e in range(c.slot_start[slot], c.slot_start[slot + 1]):
                i = c.seller[e]
                target = s.loss[j]
                if c.through[e]:
                    target = 1.0 - (1.0 - s.own[j]) * (1.0 - s.churn[i])
                if traced:
                    flows[1, e] = s.withheld[e]
                s.withheld[e] += k.order_adjustment * (c.orders[e] * target - s.withheld[e])
                gone = 1.0 - (1.0 - s.output[i]) * (1.0 - link_out[e])
                h = c.need_share[e] * s.buyer_stays[e] * (1.0 - s.seller_stays[e] * (1.0 - gone))
                if traced:
                    flows[0, e] = h
                missing += h
                short += h * (1.0 - c.substitutability[e] * s.substituted[slot])
            stock = s.stock[slot]
            felt = max(0.0, short - stock)
            left = max(0.0, stock - short)
            refilled = c.stock[slot] - k.refill_kept * (c.stock[slot] - left)
            s.stock[slot] = refilled if short <= 0.01 + 1e-12 else left
            rho = s.substituted[slot]
            found = 1.0 - (1.0 - rho) * k.search_kept
            s.substituted[slot] = found if missing > k.search_threshold + 1e-12 else rho
            worst = max(worst, c.criticality[slot] * felt)
            sum_of_others += c.spend_share[slot] * felt
        s.shortage[j] = max(worst, sum_of_others)


@njit(cache=True, nogil=True)
def week(
    c: Coefficients,
    s: State,
    k: Rates,
    shocks: Shocks,
    number: int,
    work: Work,
    record: Floats,
    flows: Floats,
) -> None:
    """One week, all steps, in one block; `record` is (recorded series, companies), `flows` see next_week."""
    size = len(s.attention)
    news = begin(s, k, shocks, number, work)
    blame(c, s, work, news, 0, size)
    react(c, s, k, work, news, 0, size)
    distrust = trust(s, k, number)
    orders(c, s, work.link_out, number, distrust, 0, len(c.seller), work.lost[0])
    losses(c, s, k, work, record, 0, size)
    next_week(c, s, k, work.link_out, flows, 0, size)
