"""Steps 1 to 7 backward: partners and customers that left, burdens, reputation, blame, to their scandals.

As in backward_goods.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from graph.impact.credit import Layer, parts
from graph.impact.layout import Walked
from graph.impact.replay import Past
from graph.network import Floats


@njit(cache=True, nogil=True)
def _leaving(past: Past, entry: int, trust: float, t: int) -> float:
    """What a partner's mistrust of one week adds to those that left, of those that were there."""
    c, e = past.given.c, past.given.loose.link[entry]
    return -np.expm1(-c.drift[e] * trust) if t >= c.contract[e] else 0.0


@njit(cache=True, nogil=True)
def sever_back(past: Past, layer: Layer, entry: int, t: int) -> None:
    """Step 7 for a loose link: who left to who left before, and to the T that drove them."""
    credit, kept, c = layer.credit, past.kept, past.given.c
    e = past.given.loose.link[entry]
    seller, buyer = c.seller[e], c.buyer[e]
    if credit.buyer_left[entry] > 0.0:
        new = _leaving(past, entry, past.at.trust_loss[t + 1, seller], t)
        before = 1.0 - kept.buyer_stays[t, entry]
        credit.buyer_left[entry], driven = parts(credit.buyer_left[entry], before, new)
        credit.trust[seller] += driven
    if credit.seller_left[entry] > 0.0 or credit.bereft[entry] > 0.0:
        new = _leaving(past, entry, past.at.trust_loss[t + 1, buyer], t)
        before = 1.0 - kept.seller_stays[t, entry]
        credit.seller_left[entry], driven = parts(credit.seller_left[entry], before, new)
        layer.ports.severed[entry] += driven
        credit.bereft[entry], driven = parts(credit.bereft[entry], before, new)
        credit.trust[buyer] += driven


@njit(cache=True, nogil=True)
def others_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 7 for businesses that are not recorded."""
    credit, k = layer.credit, past.given.k
    if credit.others_left[i] > 0.0:
        new = 0.0
        if t >= k.other_contract:
            new = -np.expm1(-k.other_drift * past.at.trust_loss[t + 1, i])
        credit.others_left[i], driven = parts(credit.others_left[i], past.kept.others_left[t, i], new)
        credit.trust[i] += driven


@njit(cache=True, nogil=True)
def _hurt(past: Past, j: int, t: int) -> float:
    """X."""
    return 1.0 - (1.0 - past.at.attention[t + 1, j]) * (1.0 - past.at.attributed[t + 1, j])  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def react_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Steps 7 to 4: trust, churn, legal burden, reputation to what stood before, to news and taint."""
    credit, c, k, at, w = layer.credit, past.given.c, past.given.k, past.at, t + 1
    if credit.trust[i] > 0.0:
        credit.trust[i], new = parts(
            credit.trust[i], k.trust_kept * at.trust_loss[t, i], k.trust_gain * at.attention[w, i]
        )
        credit.attention[i] += new
    if credit.left[i] > 0.0:
        r, nu = at.reputation_damage[w, i], c.churn_exponent[i]
        target = c.churn_ceiling[i] * (r if nu == 1.0 else r**nu) if r > 0.0 else 0.0
        speed = c.churn_out[i] if target > at.churn[t, i] else c.churn_back[i]
        credit.left[i], new = parts(credit.left[i], (1.0 - speed) * at.churn[t, i], speed * target)
        credit.reputation[i] += new
    hurt = _hurt(past, i, t)
    if credit.legal[i] > 0.0:
        probed, q = 1.0, past.where.probe[i]
        for n in range(c.probe.start[q], c.probe.start[q + 1]):
            probed *= 1.0 - c.probe.value[n] * _hurt(past, c.probe.column[n], t)
        new = k.legal_gain * (1.0 - (1.0 - hurt) * probed)
        credit.legal[i], new = parts(credit.legal[i], k.legal_kept * at.legal_loss[t, i], new)
        own, others = parts(new, hurt, 1.0 - probed)
        credit.hurt[i] += own
        _spread_back(past, c.probe, q, others, layer.ports.probe, t)
    if credit.reputation[i] > 0.0:
        tainted = at.associated[w, i]
        new = k.reputation_gain * (1.0 - (1.0 - hurt) * (1.0 - tainted))
        kept = k.reputation_kept * at.reputation_damage[t, i]
        credit.reputation[i], new = parts(credit.reputation[i], kept, new)
        own, others = parts(new, hurt, tainted)
        credit.hurt[i] += own
        _spread_back(past, c.taint, past.where.taint[i], others, layer.ports.taint, t)


@njit(cache=True, nogil=True)
def _spread_back(past: Past, ties: Walked, q: int, amount: float, port: Floats, t: int) -> None:
    """Row q of (+)_j value * X_j, to the entries in `port`."""
    if amount <= 0.0:
        return
    whole = 0.0
    for n in range(ties.start[q], ties.start[q + 1]):
        whole += ties.value[n] * _hurt(past, ties.column[n], t)
    for n in range(ties.start[q], ties.start[q + 1]):
        port[n] += amount * (ties.value[n] * _hurt(past, ties.column[n], t) / whole)


@njit(cache=True, nogil=True)
def blame_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 2: X to E and A, A to the partners that it is blamed for: their E, and their A of last week."""
    credit, c, at, w = layer.credit, past.given.c, past.at, t + 1
    if credit.hurt[i] > 0.0:
        news, blamed = parts(credit.hurt[i], at.attention[w, i], at.attributed[w, i])
        credit.hurt[i] = 0.0
        credit.attention[i] += news
        credit.blamed[i] += blamed
    amount = credit.blamed[i]
    if amount <= 0.0:
        return
    credit.blamed[i] = 0.0
    q, whole = past.where.blame[i], 0.0
    for n in range(c.blame.start[q], c.blame.start[q + 1]):
        j = c.blame.column[n]
        whole += c.blame.value[n] * (1.0 - (1.0 - at.attention[w, j]) * (1.0 - at.attributed[t, j]))
    for n in range(c.blame.start[q], c.blame.start[q + 1]):
        j = c.blame.column[n]
        heard = 1.0 - (1.0 - at.attention[w, j]) * (1.0 - at.attributed[t, j])
        news, blamed = parts(
            amount * (c.blame.value[n] * heard / whole), at.attention[w, j], at.attributed[t, j]
        )
        layer.ports.blame[n] += news
        layer.ports.blamed[n] += blamed


@njit(cache=True, nogil=True)
def attention_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 1: E to its scandals, and to v of last week where losses make news."""
    amount = layer.credit.attention[i]
    if amount <= 0.0:
        return
    layer.credit.attention[i] = 0.0
    k, column = past.given.k, past.where.news[i]
    told = past.given.shocks.news[t, column] if column >= 0 else 0.0
    more = 0.0
    if k.feedback > 0.0:
        more = k.feedback * max(0.0, past.at.revenue_loss_share[t, i] - k.feedback_threshold)
    news, again = parts(amount, told, more)
    layer.credit.lost[i] += again
    if news > 0.0:
        layer.closed.news[t, column] += news
