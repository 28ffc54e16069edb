"""Steps 1 to 7 backward: partners and customers that left, burdens, reputation, blame, to their scandals.

As in backward_goods.py.
"""

from __future__ import annotations

import numpy as np

from graph.impact.credit import BEREFT, BUYER_LEFT, SELLER_LEFT, Layer, course_of, either, parts, step
from graph.impact.layout import Places, Starts
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
    LEFT,
    LEGAL,
    LOST,
    MOVED,
    NEED,
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
from graph.network import Floats

# Of Layer.of_firm, zeros between: credit for the burden and the taint that others brought.
_PROBED, _TAINTED = range(4, 6)


@step
def sever_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 7 for loose links: those who left to those before, and to the T that drove them."""
    ways, credit, trust, pushed = past.ways, layer.loose, past.at[TRUST, t + 1], layer.firm[TRUST]
    buyers, sellers = past.stays[BUYER, t], past.stays[SELLER, t]
    if len(ways.loose) == 1:
        return
    for i in range(lo, hi):
        for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
            entry = ways.entry[ways.sale[n]]
            if credit[BUYER_LEFT, entry] + credit[SELLER_LEFT, entry] > 0.0:
                e, drift = ways.sale[n], _drift(ways.link, ways.sale[n], t)
                before, new = 1.0 - buyers[entry], -np.expm1(-drift * trust[i])
                credit[BUYER_LEFT, entry], driven = parts(credit[BUYER_LEFT, entry], before, new)
                pushed[i] += driven
                before, new = 1.0 - sellers[entry], -np.expm1(-drift * trust[ways.buyer[e]])
                credit[SELLER_LEFT, entry], driven = parts(credit[SELLER_LEFT, entry], before, new)
                layer.severed[entry] += driven
        for e in range(ways.slot_start[ways.buyer_start[i]], ways.slot_start[ways.buyer_start[i + 1]]):
            entry = ways.entry[e]
            if credit[BEREFT, entry] > 0.0:
                new = -np.expm1(-_drift(ways.link, e, t) * trust[i])
                credit[BEREFT, entry], driven = parts(credit[BEREFT, entry], 1.0 - sellers[entry], new)
                pushed[i] += driven


@step
def _drift(link: Floats, e: int, t: int) -> float:
    """k of a link once its contract allows."""
    return link[DRIFT, e] if t >= link[CONTRACT, e] else 0.0


@step
def trust_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 7 for businesses that are not recorded, and for trust: to E."""
    k, at, w, credit = past.ways.rates, past.at, t + 1, layer.firm
    drift = k.other_drift if t >= k.other_contract else 0.0
    for i in range(lo, hi):
        if credit[OTHERS_LEFT, i] > 0.0:
            before, new = at[OTHERS_LEFT, t, i], -np.expm1(-drift * at[TRUST, w, i])
            credit[OTHERS_LEFT, i], driven = parts(credit[OTHERS_LEFT, i], before, new)
            credit[TRUST, i] += driven
        if credit[TRUST, i] > 0.0:
            before, new = k.trust_kept * at[TRUST, t, i], k.trust_gain * at[ATTENTION, w, i]
            credit[TRUST, i], news = parts(credit[TRUST, i], before, new)
            credit[ATTENTION, i] += news


@step
def left_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Customers that left to c and to the shocks that moved them; who needs no more, to its shocks."""
    ways, left, need, at = past.ways, layer.firm[LEFT], layer.firm[NEED], past.at[:, t + 1]
    for i in range(lo, hi):
        if left[i] > 0.0:
            shunned, moved = parts(left[i], at[CHURN, i], at[MOVED, i])
            left[i] = 0.0
            layer.firm[CHURN, i] += shunned
            if moved > 0.0:
                layer.moved[t, ways.moved[i]] += moved
        if need[i] > 0.0:
            layer.need[t, ways.need[i]] += need[i]
            need[i] = 0.0


@step
def react_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Steps 6 to 4: churn, legal burden, reputation to what stood before, to X, and to the others' X."""
    ways, k, at, w, credit = past.ways, past.ways.rates, past.at, t + 1, layer.firm
    hurt, held = at[HURT, w], ways.retention[ways.held[t]]
    for i in range(lo, hi):
        if credit[CHURN, i] > 0.0:
            r, nu = at[REPUTATION, w, i], held[EXPONENT, i]
            target = held[CEILING, i] * (r if nu == 1.0 else r**nu) if r > 0.0 else 0.0
            speed = held[SPEED_OUT if target > at[CHURN, t, i] else SPEED_BACK, i]
            credit[CHURN, i], new = parts(credit[CHURN, i], (1.0 - speed) * at[CHURN, t, i], speed * target)
            credit[REPUTATION, i] += new
        if credit[LEGAL, i] > 0.0:
            row = PROBE * at.shape[2] + i
            probed = _spread(ways.tie_start, ways.tie, ways.tie_weight, hurt, row)
            before, new = k.legal_kept * at[LEGAL, t, i], k.legal_gain * either(hurt[i], probed)
            credit[LEGAL, i], new = parts(credit[LEGAL, i], before, new)
            own, layer.of_firm[_PROBED, i] = parts(new, hurt[i], probed)
            credit[HURT, i] += own
        if credit[REPUTATION, i] > 0.0:
            tainted = at[TAINTED, w, i]
            before = k.reputation_kept * at[REPUTATION, t, i]
            new = k.reputation_gain * either(hurt[i], tainted)
            credit[REPUTATION, i], new = parts(credit[REPUTATION, i], before, new)
            own, layer.of_firm[_TAINTED, i] = parts(new, hurt[i], tainted)
            credit[HURT, i] += own
    _spread_back(past, layer, PROBE, lo, hi, t)
    _spread_back(past, layer, TAINT, lo, hi, t)


@step
def _spread(start: Starts, tie: Places, weight: Floats, source: Floats, row: int) -> float:
    """(+)_j weight_j * source_j of one row of ties."""
    left = 1.0
    for n in range(start[row], start[row + 1]):
        left *= 1.0 - weight[n] * source[tie[n]]
    return 1.0 - left


@step
def _spread_back(past: Past, layer: Layer, matrix: int, lo: int, hi: int, t: int) -> None:
    """(+)_j weight * X_j to its ties."""
    ways, hurt, tied = past.ways, past.at[HURT, t + 1], layer.tied
    amount = layer.of_firm[_PROBED if matrix == PROBE else _TAINTED]
    for i in range(lo, hi):
        if amount[i] <= 0.0:
            continue
        row, whole = matrix * len(hurt) + i, 0.0
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            whole += ways.tie_weight[n] * hurt[ways.tie[n]]
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            tied[n] += amount[i] * (ways.tie_weight[n] * hurt[ways.tie[n]] / whole)
        amount[i] = 0.0


@step
def blame_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 2: X to E and A, A to the partners that one is blamed for: their E, and their A of last week."""
    ways, credit, size = past.ways, layer.firm, past.at.shape[2]
    news, blamed, before = past.at[ATTENTION, t + 1], past.at[BLAMED, t + 1], past.at[BLAMED, t]
    for i in range(lo, hi):
        if credit[HURT, i] > 0.0:
            own, others = parts(credit[HURT, i], news[i], blamed[i])
            credit[HURT, i] = 0.0
            credit[ATTENTION, i] += own
            credit[BLAMED, i] += others
        if credit[BLAMED, i] <= 0.0:
            continue
        row, whole = BLAME * size + i, 0.0
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            whole += ways.tie_weight[n] * either(news[ways.tie[n]], before[ways.tie[n]])
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            j = ways.tie[n]
            part = credit[BLAMED, i] * (ways.tie_weight[n] * either(news[j], before[j]) / whole)
            now, earlier = parts(part, news[j], before[j])
            layer.tied[n] += now
            layer.second[n] += earlier
        credit[BLAMED, i] = 0.0


@step
def attention_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 1: E to its scandals, and to v and c of last week where losses and customers that left do."""
    ways, k, amount, lost = past.ways, past.ways.rates, layer.firm[ATTENTION], past.at[LOST, t]
    for i in range(lo, hi):
        if amount[i] <= 0.0:
            continue
        told = course_of(ways.news_course[t], ways.news, i)
        more = k.feedback * max(0.0, lost[i] - k.feedback_threshold)
        before, heard = parts(amount[i], either(told, more), k.word_of_mouth * past.at[CHURN, t, i])
        news, again = parts(before, told, more)
        amount[i] = 0.0
        layer.firm[CHURN, i] += heard
        layer.firm[LOST, i] += again
        if news > 0.0:
            layer.news[t, ways.news[i]] += news
