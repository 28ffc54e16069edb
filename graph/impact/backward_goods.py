"""Steps 8 to 11 backward: losses to what was not made, not asked for, not delivered (docs/explanation.md).

The numbers are those of the steps in kernels.py. A step works for one company in one week: it takes the
credit that stands on a quantity and leaves it on the quantities that made it, of that week or, where it was
carried over, of the week before. Credit that passes to another company goes to a port.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from graph.impact.credit import BEREFT, BUYER_LEFT, SELLER_LEFT, TIE, Layer, larger, parts
from graph.impact.replay import (
    BRANDS,
    BUYER,
    CHURN,
    CRITICALITY,
    DEMAND,
    FINAL_SHARE,
    LEGAL,
    LOST,
    NEED_SHARE,
    ORDERS,
    OTHER_SHARE,
    OTHERS_LEFT,
    OUTPUT,
    OWN,
    RESALE,
    RESOLD,
    SELLER,
    SELLER_SHARE,
    SHORTAGE,
    SPEND_SHARE,
    STOCK,
    SUBSTITUTABILITY,
    SUBSTITUTED,
    Past,
)


@njit(cache=True, nogil=True)
def orders_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 11 for the links over which i sells: D of the next week to D, and to what the buyer missed."""
    ways, at, w, orders = past.ways, past.at, t + 1, layer.orders
    adjusted = ways.rates.order_adjustment
    for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
        e = ways.sale[n]
        if orders[e] <= 0.0:
            continue
        j, through = ways.buyer[e], ways.through[e]
        own, churn, target = at[OWN, w, j], at[CHURN, w, i], at[LOST, w, j]
        if through:
            target = 1.0 - (1.0 - own) * (1.0 - churn)
        before = (1.0 - adjusted) * past.withheld[t, ways.terms[e]]
        orders[e], new = parts(orders[e], before, adjusted * ways.link[ORDERS, e] * target)
        if through:
            new, left = parts(new, own, churn)
            layer.firm[CHURN, i] += left
        layer.withheld[e] += new


@njit(cache=True, nogil=True)
def _stopped(past: Past, e: int, t: int) -> float:
    """s_e."""
    column = past.ways.stopped[past.ways.entry[e]]
    return past.ways.stopped_course[t, column] if column >= 0 else 0.0


@njit(cache=True, nogil=True)
def _short(past: Past, slot: int, e: int, t: int) -> float:
    """What the slot misses of the link's goods: a term of z."""
    ways, at, w = past.ways, past.ways.entry[e], t + 1
    gone = 1.0 - (1.0 - past.at[OUTPUT, w, ways.seller[e]]) * (1.0 - _stopped(past, e, t))
    missing = past.stays[BUYER, w, at] * (1.0 - past.stays[SELLER, w, at] * (1.0 - gone))
    found = ways.link[SUBSTITUTABILITY, e] * past.slots[SUBSTITUTED, t, slot]
    return ways.link[NEED_SHARE, e] * missing * (1.0 - found)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def shortage_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 11 for i as a buyer: x of the next week to the sellers that did not deliver."""
    amount = layer.firm[SHORTAGE, i]
    if amount <= 0.0:
        return
    layer.firm[SHORTAGE, i] = 0.0
    ways, first, last = past.ways, past.ways.buyer_start[i], past.ways.buyer_start[i + 1]
    short = np.zeros(int(last - first))  # z
    alone, others = np.zeros_like(short), np.zeros_like(short)
    for slot in range(first, last):
        q = slot - first
        for e in range(ways.slot_start[slot], ways.slot_start[slot + 1]):
            short[q] += _short(past, slot, e, t)
        felt = max(0.0, short[q] - past.slots[STOCK, t, slot])
        alone[q] = ways.slot[CRITICALITY, slot] * felt
        others[q] = ways.slot[SPEND_SHARE, slot] * felt
    together = others.sum()
    least = max(alone.max(), together) - TIE
    among = (together > 0.0 and together >= least) + np.sum((alone > 0.0) & (alone >= least))
    for slot in range(first, last):
        q = slot - first
        part = 0.0
        if alone[q] > 0.0 and alone[q] >= least:
            part = amount / among
        if others[q] > 0.0 and together >= least:
            part += amount / among * (others[q] / together)
        if part > 0.0:
            _missed_back(past, layer, slot, part / short[q], t)


@njit(cache=True, nogil=True)
def _missed_back(past: Past, layer: Layer, slot: int, rate: float, t: int) -> None:
    """z to the terms of its links; `rate` is credit for each of z."""
    ways, w = past.ways, t + 1
    for e in range(ways.slot_start[slot], ways.slot_start[slot + 1]):
        amount = rate * _short(past, slot, e, t)
        if amount <= 0.0:
            continue
        entry, o, s_e = ways.entry[e], past.at[OUTPUT, w, ways.seller[e]], _stopped(past, e, t)
        bereft, gone = parts(amount, 1.0 - past.stays[SELLER, w, entry], 1.0 - (1.0 - o) * (1.0 - s_e))
        layer.loose[BEREFT, entry] += bereft
        missing, cut = parts(gone, o, s_e)
        layer.missing[e] += missing
        if cut > 0.0:
            layer.cut[t, ways.stopped[entry]] += cut


@njit(cache=True, nogil=True)
def losses_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Steps 10 to 8: v and n to what cannot be made and what is not asked for; o to its shocks and x."""
    ways, credit = past.ways, layer.firm
    column = ways.out[i]
    s = ways.out_course[t, column] if column >= 0 else 0.0
    out = 0.0
    if credit[LOST, i] > 0.0 or credit[OWN, i] > 0.0:
        out = _demand_back(past, layer, i, s, t)
    stopped, short = larger(credit[OUTPUT, i], s, past.at[SHORTAGE, t, i])
    credit[OUTPUT, i] = 0.0
    credit[SHORTAGE, i] += short
    if out + stopped > 0.0:
        layer.out[t, column] += out + stopped


@njit(cache=True, nogil=True)
def _demand_back(past: Past, layer: Layer, i: int, s: float, t: int) -> float:
    """Steps 10 and 9: v and n to o, l, the customers and the orders that are gone; what s closes."""
    ways, at, w, credit = past.ways, past.at, t + 1, layer.firm
    o, legal, churn, final = at[OUTPUT, w, i], at[LEGAL, w, i], at[CHURN, w, i], ways.firm[FINAL_SHARE, i]
    recorded, shunned = _recorded(past, i, t), _shunned(past, i, t)
    lost = recorded + ways.firm[OTHER_SHARE, i] * at[OTHERS_LEFT, w, i]
    orders = (1.0 - ways.firm[RESALE, i] * at[RESOLD, t, i]) * lost

    unmade, unasked = larger(credit[LOST, i], 1.0 - (1.0 - o) * (1.0 - legal), at[DEMAND, w, i])
    idle, unwanted = larger(credit[OWN, i], 1.0 - (1.0 - s) * (1.0 - legal), final * churn + orders)
    credit[LOST, i] = credit[OWN, i] = 0.0
    unmade, burden = parts(unmade, o, legal)
    out, more = parts(idle, s, legal)
    credit[OUTPUT, i] += unmade
    credit[LEGAL, i] += burden + more

    customers, business = parts(unasked, final * (1.0 - (1.0 - churn) * (1.0 - shunned)), orders)
    left, others = parts(unwanted, final * churn, orders)
    gone, with_brands = parts(customers, churn, shunned)
    credit[CHURN, i] += left + gone
    if with_brands > 0.0:
        row = BRANDS * at.shape[2] + i
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            layer.tied[n] += with_brands * (ways.tie_weight[n] * at[CHURN, w, ways.tie[n]] / shunned)
    if business + others > 0.0:
        _orders_back(past, layer, i, (business + others) / lost, t)
    return out


@njit(cache=True, nogil=True)
def _unsold(past: Past, e: int, t: int) -> float:
    """1 - beta sigma (1 - D)."""
    entry, w = past.ways.entry[e], t + 1
    stays = past.stays[BUYER, w, entry] * past.stays[SELLER, w, entry]
    return 1.0 - stays * (1.0 - past.withheld[t, past.ways.terms[e]])  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _recorded(past: Past, i: int, t: int) -> float:
    """The recorded links' part of W."""
    ways, lost = past.ways, 0.0
    for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
        e = ways.sale[n]
        lost += ways.link[SELLER_SHARE, e] * max(_unsold(past, e, t), _stopped(past, e, t))
    return lost


@njit(cache=True, nogil=True)
def _shunned(past: Past, i: int, t: int) -> float:
    """The customers that i lost with the brands that it sells."""
    ways, row, shunned = past.ways, BRANDS * past.at.shape[2] + i, 0.0
    for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
        shunned += ways.tie_weight[n] * past.at[CHURN, t + 1, ways.tie[n]]
    return shunned


@njit(cache=True, nogil=True)
def _orders_back(past: Past, layer: Layer, i: int, rate: float, t: int) -> None:
    """Step 9: W to the links that are sold over and to the unrecorded; `rate` is credit for each of W."""
    ways, w = past.ways, t + 1
    layer.firm[OTHERS_LEFT, i] += rate * ways.firm[OTHER_SHARE, i] * past.at[OTHERS_LEFT, w, i]
    for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
        e = ways.sale[n]
        unsold, s_e = _unsold(past, e, t), _stopped(past, e, t)
        part, stopped = larger(rate * ways.link[SELLER_SHARE, e] * max(unsold, s_e), unsold, s_e)
        if part + stopped <= 0.0:
            continue
        entry = ways.entry[e]
        if stopped > 0.0:
            layer.stopped[t, ways.stopped[entry]] += stopped
        buyer, seller = 1.0 - past.stays[BUYER, w, entry], 1.0 - past.stays[SELLER, w, entry]
        left, withheld = parts(part, buyer + seller, past.withheld[t, ways.terms[e]])
        layer.orders[e] += withheld
        buyer, seller = parts(left, buyer, seller)
        layer.loose[BUYER_LEFT, entry] += buyer
        layer.loose[SELLER_LEFT, entry] += seller
