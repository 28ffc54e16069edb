"""Steps 1 to 7 backward: partners and customers that left, burdens, reputation, blame, to their scandals.

As in backward_goods.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from graph.impact.credit import BEREFT, BUYER_LEFT, SELLER_LEFT, Layer, parts
from graph.impact.replay import (
    ATTENTION,
    BLAME,
    BLAMED,
    BUYER,
    CEILING,
    CHURN,
    CONTRACT,
    DRIFT,
    EXPONENT,
    HURT,
    LEGAL,
    LOST,
    OTHERS_LEFT,
    PROBE,
    REPUTATION,
    SELLER,
    SPEED_BACK,
    SPEED_OUT,
    TAINT,
    TAINTED,
    TRUST,
    Past,
)


@njit(cache=True, nogil=True)
def sever_back(past: Past, layer: Layer, entry: int, t: int) -> None:
    """Step 7 for a loose link: those who left to those who left before, and to the T that drove them."""
    ways, credit, w = past.ways, layer.loose, t + 1
    e = ways.loose[entry]
    drift = ways.link[DRIFT, e] if t >= ways.link[CONTRACT, e] else 0.0
    seller, buyer = ways.seller[e], ways.buyer[e]
    new = -np.expm1(-drift * past.at[TRUST, w, seller])
    before = 1.0 - past.stays[BUYER, t, entry]
    credit[BUYER_LEFT, entry], driven = parts(credit[BUYER_LEFT, entry], before, new)
    layer.firm[TRUST, seller] += driven
    new = -np.expm1(-drift * past.at[TRUST, w, buyer])
    before = 1.0 - past.stays[SELLER, t, entry]
    credit[SELLER_LEFT, entry], driven = parts(credit[SELLER_LEFT, entry], before, new)
    layer.severed[entry] += driven
    credit[BEREFT, entry], driven = parts(credit[BEREFT, entry], before, new)
    layer.firm[TRUST, buyer] += driven


@njit(cache=True, nogil=True)
def others_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 7 for businesses that are not recorded, and for trust: to E."""
    k, at, w, credit = past.ways.rates, past.at, t + 1, layer.firm
    if credit[OTHERS_LEFT, i] > 0.0:
        drift = k.other_drift if t >= k.other_contract else 0.0
        new = -np.expm1(-drift * at[TRUST, w, i])
        credit[OTHERS_LEFT, i], driven = parts(credit[OTHERS_LEFT, i], at[OTHERS_LEFT, t, i], new)
        credit[TRUST, i] += driven
    if credit[TRUST, i] > 0.0:
        before, new = k.trust_kept * at[TRUST, t, i], k.trust_gain * at[ATTENTION, w, i]
        credit[TRUST, i], new = parts(credit[TRUST, i], before, new)
        credit[ATTENTION, i] += new


@njit(cache=True, nogil=True)
def react_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Steps 6 to 4: churn, legal burden, reputation to what stood before, to X, and to the others' X."""
    ways, k, at, w, credit = past.ways, past.ways.rates, past.at, t + 1, layer.firm
    hurt = at[HURT, w, i]
    if credit[CHURN, i] > 0.0:
        r, nu = at[REPUTATION, w, i], ways.firm[EXPONENT, i]
        target = ways.firm[CEILING, i] * (r if nu == 1.0 else r**nu) if r > 0.0 else 0.0
        speed = ways.firm[SPEED_OUT if target > at[CHURN, t, i] else SPEED_BACK, i]
        credit[CHURN, i], new = parts(credit[CHURN, i], (1.0 - speed) * at[CHURN, t, i], speed * target)
        credit[REPUTATION, i] += new
    if credit[LEGAL, i] > 0.0:
        probed, row = 1.0, PROBE * at.shape[2] + i
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            probed *= 1.0 - ways.tie_weight[n] * at[HURT, w, ways.tie[n]]
        new = k.legal_gain * (1.0 - (1.0 - hurt) * probed)
        credit[LEGAL, i], new = parts(credit[LEGAL, i], k.legal_kept * at[LEGAL, t, i], new)
        own, others = parts(new, hurt, 1.0 - probed)
        credit[HURT, i] += own
        _spread_back(past, layer, row, others, t)
    if credit[REPUTATION, i] > 0.0:
        tainted = at[TAINTED, w, i]
        new = k.reputation_gain * (1.0 - (1.0 - hurt) * (1.0 - tainted))
        kept = k.reputation_kept * at[REPUTATION, t, i]
        credit[REPUTATION, i], new = parts(credit[REPUTATION, i], kept, new)
        own, others = parts(new, hurt, tainted)
        credit[HURT, i] += own
        _spread_back(past, layer, TAINT * at.shape[2] + i, others, t)


@njit(cache=True, nogil=True)
def _spread_back(past: Past, layer: Layer, row: int, amount: float, t: int) -> None:
    """A row of (+)_j weight * X_j to its ties."""
    if amount <= 0.0:
        return
    ways, hurt, whole = past.ways, past.at[HURT, t + 1], 0.0
    for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
        whole += ways.tie_weight[n] * hurt[ways.tie[n]]
    for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
        layer.tied[n] += amount * (ways.tie_weight[n] * hurt[ways.tie[n]] / whole)


@njit(cache=True, nogil=True)
def blame_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 2: X to E and A, A to the partners that i is blamed for: their E, and their A of last week."""
    ways, credit = past.ways, layer.firm
    news, before = past.at[ATTENTION, t + 1], past.at[BLAMED, t]
    if credit[HURT, i] > 0.0:
        own, blamed = parts(credit[HURT, i], news[i], past.at[BLAMED, t + 1, i])
        credit[HURT, i] = 0.0
        credit[ATTENTION, i] += own
        credit[BLAMED, i] += blamed
    if credit[BLAMED, i] <= 0.0:
        return
    row, whole = BLAME * past.at.shape[2] + i, 0.0
    for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
        j = ways.tie[n]
        whole += ways.tie_weight[n] * (1.0 - (1.0 - news[j]) * (1.0 - before[j]))
    for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
        j = ways.tie[n]
        heard = ways.tie_weight[n] * (1.0 - (1.0 - news[j]) * (1.0 - before[j]))
        now, earlier = parts(credit[BLAMED, i] * (heard / whole), news[j], before[j])
        layer.tied[n] += now
        layer.blamed[n] += earlier
    credit[BLAMED, i] = 0.0


@njit(cache=True, nogil=True)
def attention_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 1: E to its scandals, and to v of last week where losses make news."""
    amount = layer.firm[ATTENTION, i]
    if amount <= 0.0:
        return
    layer.firm[ATTENTION, i] = 0.0
    k, column = past.ways.rates, past.ways.news[i]
    told = past.ways.news_course[t, column] if column >= 0 else 0.0
    more = 0.0
    if k.feedback > 0.0:
        more = k.feedback * max(0.0, past.at[LOST, t, i] - k.feedback_threshold)
    news, again = parts(amount, told, more)
    layer.firm[LOST, i] += again
    if news > 0.0:
        layer.news[t, column] += news
