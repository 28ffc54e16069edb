"""The weekly equations as compiled loops over arrays (docs/model.md, section 3): arrays in, arrays out.

Each function is one step, or a few, and carries their numbers. A product 1 - prod(1 - a) is the model's
a (+) b. Every sum and product belongs to one company and runs in the order of the arrays, so the same chain
gives the same bytes however its companies are shared out among threads. `lo` and `hi` bound the companies
(or loose links, or terms) that a call is for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.coefficients import Coefficients
from graph.impact.layout import Loose, Places, Walked
from graph.network import Floats


class Course(NamedTuple):
    """What a week leaves behind, one entry a company [0-1]: recorded, and where the next week goes on from.

    Begins as zeros. A zero is not written where few companies have more: memory that nobody touches costs
    nothing.
    """

    revenue_loss_share: Floats  # v
    output_loss: Floats  # o
    demand_loss: Floats  # d
    reputation_damage: Floats  # r
    churn: Floats  # c
    legal_loss: Floats  # l
    trust_loss: Floats  # T
    attributed: Floats  # A
    associated: Floats  # C
    attention: Floats  # E


RECORDED = Course._fields
SERIES = RECORDED[:-1]


class State(NamedTuple):
    """What a week hands on beside its Course.

    Of companies to `stocked`, of loose links to `stopped`, then of terms, and of slots the last two; `unsold`
    is of terms and then of loose links: 1 - beta_e sigma_e (1 - D_e), at least s_e.
    """

    heard: Floats  # E (+) A of last week
    blamed: Floats  # X
    others_left: Floats  # 1 - eta
    resold: Floats  # rho_i
    shortage: Floats  # x
    own: Floats  # n
    stocked: NDArray[np.bool_]  # every stock is full
    buyer_stays: Floats  # beta_e
    seller_stays: Floats  # sigma_e
    stopped: Floats  # s_e
    withheld: Floats  # D
    unsold: Floats
    substituted: Floats  # rho_slot
    stock: Floats  # b


class Rates(NamedTuple):
    """Parameters as the steps use them: what is kept each week, gains, thresholds."""

    feedback: float
    feedback_threshold: float
    word_of_mouth: float
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
    """Shocks by week: who is in the news and how much, who is out, which links are out, whose customers
    went elsewhere, whose need it no more (all ⊕-added).

    `noticed` are the companies that can be in the news at all: no other has E or T above 0.
    """

    noticed: Places
    news_company: NDArray[np.int64]
    news: Floats  # (weeks, len(news_company))
    out_company: NDArray[np.int64]
    out: Floats
    out_loose: NDArray[np.int64]  # entries of Loose
    link_out: Floats
    moved_company: NDArray[np.int64]
    moved: Floats
    need_company: NDArray[np.int64]
    need: Floats


class Given(NamedTuple):
    """What stays the same through a scenario; `c` until a market changes (graph/impact/leaving.py)."""

    c: Coefficients
    k: Rates
    shocks: Shocks
    loose: Loose


class Work(NamedTuple):
    """Room to work in, of companies, zeros at the start."""

    out: Floats  # s
    probed: Floats
    lost: Floats  # W over the recorded links
    hit: NDArray[np.bool_]  # o > 0
    reached: NDArray[np.bool_]  # may miss something: buys from one that is hit, or over a loose link
    moved: Floats  # m
    need: Floats  # w


@njit(cache=True, nogil=True)
def _spread(ties: Walked, source: Floats, result: Floats, lo: int, hi: int) -> None:
    """result_i = (+)_j value_ij * source_j."""
    for q in range(lo, hi):
        left = 1.0
        for e in range(ties.start[q], ties.start[q + 1]):
            left *= 1.0 - ties.value[e] * source[ties.column[e]]
        result[ties.row[q]] = 1.0 - left


@njit(cache=True, nogil=True)
def _and(one: float, other: float) -> float:
    """one (+) other, and `one` to the bit where the other is 0."""
    return one if other == 0.0 else 1.0 - (1.0 - one) * (1.0 - other)


@njit(cache=True, nogil=True)
def begin(given: Given, now: Course, before: Course, s: State, number: int, work: Work) -> bool:
    """Step 1: shocks, feedback, word of mouth; trust, of step 7. True if E (+) A is not 0 for all."""
    k, shocks = given.k, given.shocks
    for q in range(len(shocks.news_company)):
        now.attention[shocks.news_company[q]] = shocks.news[number, q]
    for q in range(len(shocks.out_company)):
        work.out[shocks.out_company[q]] = shocks.out[number, q]
    for q in range(len(shocks.out_loose)):
        s.stopped[shocks.out_loose[q]] = shocks.link_out[number, q]
    for q in range(len(shocks.moved_company)):
        work.moved[shocks.moved_company[q]] = shocks.moved[number, q]
    for q in range(len(shocks.need_company)):
        work.need[shocks.need_company[q]] = shocks.need[number, q]
    news = False
    for i in range(len(s.heard)):
        s.heard[i] = before.attributed[i]  # E (+) A where E is 0, to the bit
        news = news or s.heard[i] > 0.0
    for i in shocks.noticed:
        if k.feedback > 0.0:
            more = k.feedback * max(0.0, before.revenue_loss_share[i] - k.feedback_threshold)
            now.attention[i] = 1.0 - (1.0 - now.attention[i]) * (1.0 - more)
        now.attention[i] = _and(now.attention[i], k.word_of_mouth * before.churn[i])
        s.heard[i] = 1.0 - (1.0 - now.attention[i]) * (1.0 - before.attributed[i])
        news = news or s.heard[i] > 0.0
        t = 1.0 - (1.0 - k.trust_kept * before.trust_loss[i]) * (1.0 - k.trust_gain * now.attention[i])
        now.trust_loss[i] = t
        if t > 0.0 and number >= k.other_contract:
            s.others_left[i] = 1.0 - (1.0 - s.others_left[i]) * np.exp(-k.other_drift * t)
    return news


@njit(cache=True, nogil=True)
def sever(given: Given, now: Course, s: State, number: int, lo: int, hi: int) -> None:
    """Step 7 for loose links: who leaves whom, and what is not sold over them, of step 9."""
    c, entries = given.c, given.loose
    for at in range(lo, hi):
        e = entries.link[at]
        if number >= c.contract[e]:
            seller, buyer = now.trust_loss[c.seller[e]], now.trust_loss[c.buyer[e]]
            if seller > 0.0:
                s.buyer_stays[at] *= np.exp(-c.drift[e] * seller)
            if buyer > 0.0:
                s.seller_stays[at] *= np.exp(-c.drift[e] * buyer)
        left = 1.0 - s.buyer_stays[at] * s.seller_stays[at] * (1.0 - s.withheld[entries.terms[at]])
        s.unsold[len(s.withheld) + at] = max(left, s.stopped[at])


@njit(cache=True, nogil=True)
def blame(c: Coefficients, now: Course, s: State, news: bool, lo: int, hi: int) -> None:
    """Step 2: what companies are blamed for, A and X."""
    if not news:
        s.blamed[lo:hi] = 0.0
        return
    _spread(c.blame, s.heard, now.attributed, lo, hi)
    for i in range(lo, hi):
        s.blamed[i] = 1.0 - (1.0 - now.attention[i]) * (1.0 - now.attributed[i])


@njit(cache=True, nogil=True)
def react(
    given: Given, now: Course, before: Course, s: State, work: Work, news: bool, lo: int, hi: int
) -> None:
    """Steps 3 to 6: taint, reputation, churn, legal burden."""
    c, k = given.c, given.k
    if news:
        _spread(c.taint, s.blamed, now.associated, lo, hi)
    if news and len(c.probe.column):
        _spread(c.probe, s.blamed, work.probed, lo, hi)
    else:
        work.probed[lo:hi] = 0.0
    for i in range(lo, hi):
        heard = 1.0 - (1.0 - s.blamed[i]) * (1.0 - now.associated[i])
        kept = k.reputation_kept * before.reputation_damage[i]
        r = 1.0 - (1.0 - kept) * (1.0 - k.reputation_gain * heard)
        now.reputation_damage[i] = r
        nu = c.churn_exponent[i]
        target = 0.0
        if r > 0.0:
            target = c.churn_ceiling[i] * (r if nu == 1.0 else r**nu)
        churn = before.churn[i]
        speed = c.churn_out[i] if target > churn else c.churn_back[i]
        now.churn[i] = churn + speed * (target - churn)
        probed = 1.0 - (1.0 - s.blamed[i]) * (1.0 - work.probed[i])
        now.legal_loss[i] = 1.0 - (1.0 - k.legal_kept * before.legal_loss[i]) * (1.0 - k.legal_gain * probed)


@njit(cache=True, nogil=True)
def _orders(given: Given, s: State, lost: Floats, lo: int, hi: int) -> None:
    """The recorded links' part of W of step 9, by seller in `lost`."""
    sales, place = given.c.sales, given.loose.unsold
    for q in range(lo, hi):
        summed = 0.0
        for n in range(sales.start[q], sales.start[q + 1]):
            summed += sales.value[n] * s.unsold[place[n]]
        lost[sales.row[q]] = summed


@njit(cache=True, nogil=True)
def losses(given: Given, now: Course, s: State, work: Work, lo: int, hi: int) -> None:
    """Steps 8 to 10: what cannot be made, is not asked for, is lost."""
    c, k = given.c, given.k
    _orders(given, s, work.lost, lo, hi)
    for i in range(lo, hi):
        o = max(work.out[i], s.shortage[i])
        work.hit[i] = o > 0.0
        if o > 0.0:
            now.output_loss[i] = o
        unmade = 1.0 - (1.0 - o) * (1.0 - now.legal_loss[i])
        lost = work.lost[i] + c.other_share[i] * _and(s.others_left[i], work.need[i])
        orders_lost = (1.0 - c.resale[i] * s.resold[i]) * lost
        shunned, idle = 0.0, 0.0
        for e in range(c.brands.start[i], c.brands.start[i + 1]):
            brand, share = c.brands.column[e], c.brands.value[e]
            shunned += share * _and(now.churn[brand], work.moved[brand])
            idle += share * work.need[brand]
        left = _and(now.churn[i], work.moved[i])
        customers = _and(1.0 - (1.0 - left) * (1.0 - shunned), max(work.need[i], idle))
        demand = c.final_share[i] * customers + orders_lost
        own = 1.0 - (1.0 - work.out[i]) * (1.0 - now.legal_loss[i])
        s.own[i] = max(own, c.final_share[i] * left + orders_lost)
        if lost > k.search_threshold + 1e-12:
            s.resold[i] = 1.0 - (1.0 - s.resold[i]) * k.search_kept
        now.demand_loss[i] = demand
        now.revenue_loss_share[i] = max(unmade, demand)


@njit(cache=True, nogil=True)
def withhold(given: Given, now: Course, s: State, work: Work, flows: Floats, lo: int, hi: int) -> None:
    """Step 11 for terms: the orders that buyers withhold. `flows` is (2, links), D of this week in [1]."""
    on = given.c.terms
    for q in range(lo, hi):
        j = on.buyer[q]
        target = now.revenue_loss_share[j]
        if on.through[q]:
            brand = on.seller[q]
            target = 1.0 - (1.0 - s.own[j]) * (1.0 - _and(now.churn[brand], work.moved[brand]))
            target = _and(target, max(given.c.final_share[j] * work.need[j], work.need[brand]))
        if flows.shape[1] > 0:
            flows[1, on.start[q] : on.start[q + 1]] = s.withheld[q]
        s.withheld[q] += given.k.order_adjustment * (on.orders[q] * target - s.withheld[q])
        s.unsold[q] = 1.0 - (1.0 - s.withheld[q])


@njit(cache=True, nogil=True)
def _reach(given: Given, work: Work, lo: int, hi: int) -> None:
    """Which buyers may miss something; all where looking would cost more than it spares."""
    c, hit = given.c, 0
    for i in range(len(work.hit)):
        hit += work.hit[i]
    many = 16 * hit > len(work.hit)
    for j in range(lo, hi):
        work.reached[j] = many or given.loose.buyer[j]
    if not many:
        for e in range(c.slot_start[c.buyer_start[lo]], c.slot_start[c.buyer_start[hi]]):
            if work.hit[c.seller[e]]:
                work.reached[c.buyer[e]] = True


@njit(cache=True, nogil=True)
def _refill(given: Given, s: State, j: int) -> None:
    """Step 11 for a buyer that misses nothing: its stocks fill up again."""
    c = given.c
    stocked = True
    for slot in range(c.buyer_start[j], c.buyer_start[j + 1]):
        full = c.stock[slot]
        s.stock[slot] = full - given.k.refill_kept * (full - s.stock[slot])
        stocked = stocked and s.stock[slot] == full
    s.stocked[j] = stocked


@njit(cache=True, nogil=True)
def shortages(given: Given, now: Course, s: State, work: Work, flows: Floats, lo: int, hi: int) -> None:
    """Step 11 for buyers: what is missing, stocks, the search for substitutes; x of the week to come.

    Where all sellers deliver, h, z and x are 0. `flows` is (2, links), h of this week in [0], or (2, 0).
    """
    c, k, entry, traced = given.c, given.k, given.loose.of_link, flows.shape[1] > 0
    _reach(given, work, lo, hi)
    for j in range(lo, hi):
        if not work.reached[j]:
            s.shortage[j] = 0.0
            if not s.stocked[j]:
                _refill(given, s, j)
            continue
        worst, sum_of_others, stocked = 0.0, 0.0, True
        for slot in range(c.buyer_start[j], c.buyer_start[j + 1]):
            missing, short, rho = 0.0, 0.0, s.substituted[slot]
            for e in range(c.slot_start[slot], c.slot_start[slot + 1]):
                at = entry[e]
                gone = 1.0 - (1.0 - now.output_loss[c.seller[e]]) * (1.0 - s.stopped[at])
                h = c.need_share[e] * s.buyer_stays[at] * (1.0 - s.seller_stays[at] * (1.0 - gone))
                missing += h
                short += h * (1.0 - c.substitutability[e] * rho)
                if traced:
                    flows[0, e] = h
            full, stock = c.stock[slot], s.stock[slot]
            felt = max(0.0, short - stock)
            stock = max(0.0, stock - short)
            if short <= 0.01 + 1e-12:
                stock = full - k.refill_kept * (full - stock)
            s.stock[slot] = stock
            stocked = stocked and stock == full
            if missing > k.search_threshold + 1e-12:
                s.substituted[slot] = 1.0 - (1.0 - rho) * k.search_kept
            worst = max(worst, c.criticality[slot] * felt)
            sum_of_others += c.spend_share[slot] * felt
        s.shortage[j] = max(worst, sum_of_others)
        s.stocked[j] = stocked


@njit(cache=True, nogil=True)
def week(given: Given, now: Course, before: Course, s: State, number: int, work: Work, flows: Floats) -> None:
    """One week, all steps, in one block; `flows` see withhold and shortages."""
    size = len(s.heard)
    first = int(np.int64(0))  # a plain 0 would have each step compiled once more, for that number alone
    news = begin(given, now, before, s, number, work)
    sever(given, now, s, number, first + 1, len(given.loose.link))
    if len(given.shocks.noticed):  # where nobody can be in the news, all that these two reckon stays 0
        blame(given.c, now, s, news, first, size)
        react(given, now, before, s, work, news, first, size)
    losses(given, now, s, work, first, size)
    withhold(given, now, s, work, flows, first, len(given.c.terms.buyer))
    shortages(given, now, s, work, flows, first, size)
