"""Steps 8 to 11 backward: losses to what was not made, not asked for, not delivered (docs/explanation.md).

The numbers are those of the steps in kernels.py. A step works for one company in one week: it takes the
credit that stands on a quantity and leaves it on the quantities that made it, of that week or, where it was
carried over, of the week before. Credit that passes to another company goes to a port.
"""

from __future__ import annotations

from numba import njit

from graph.impact.credit import TIE, Layer, larger, parts
from graph.impact.replay import Past


@njit(cache=True, nogil=True)
def orders_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 11 for the links over which i sells: D of the next week to D, and to what the buyer missed."""
    c, at, w = past.given.c, past.at, t + 1
    orders, adjusted = layer.credit.orders, past.given.k.order_adjustment
    q = past.where.sales[i]
    for n in range(c.sales.start[q], c.sales.start[q + 1]):
        e = c.sales.column[n]
        if orders[e] <= 0.0:
            continue
        run = past.where.terms[e]
        j, target = c.buyer[e], at.revenue_loss_share[w, c.buyer[e]]
        if c.terms.through[run]:
            target = 1.0 - (1.0 - past.kept.own[w, j]) * (1.0 - at.churn[w, i])
        before = (1.0 - adjusted) * past.kept.withheld[t, run]
        orders[e], new = parts(orders[e], before, adjusted * c.terms.orders[run] * target)
        if c.terms.through[run]:
            new, left = parts(new, past.kept.own[w, j], at.churn[w, i])
            layer.credit.left[i] += left
        layer.ports.orders[e] += new


@njit(cache=True, nogil=True)
def _stopped(past: Past, e: int, t: int) -> float:
    """s_e."""
    column = past.where.stopped[past.given.loose.of_link[e]]
    return past.given.shocks.link_out[t, column] if column >= 0 else 0.0


@njit(cache=True, nogil=True)
def _short(past: Past, slot: int, e: int, t: int) -> float:
    """What the slot misses of the link's goods: a term of z."""
    c, at, w = past.given.c, past.given.loose.of_link[e], t + 1
    gone = 1.0 - (1.0 - past.at.output_loss[w, c.seller[e]]) * (1.0 - _stopped(past, e, t))
    h = c.need_share[e] * past.kept.buyer_stays[w, at] * (1.0 - past.kept.seller_stays[w, at] * (1.0 - gone))
    return h * (1.0 - c.substitutability[e] * past.kept.substituted[t, slot])  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _missed(past: Past, slot: int, t: int) -> tuple[float, float]:
    """z and y of a slot."""
    c, short = past.given.c, 0.0
    for e in range(c.slot_start[slot], c.slot_start[slot + 1]):
        short += _short(past, slot, e, t)
    return short, max(0.0, short - past.kept.stock[t, slot])


@njit(cache=True, nogil=True)
def shortage_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Step 11 for i as a buyer: x of the next week to the sellers that did not deliver."""
    amount = layer.credit.shortage[i]
    if amount <= 0.0:
        return
    layer.credit.shortage[i] = 0.0
    c = past.given.c
    worst, others = 0.0, 0.0
    for slot in range(c.buyer_start[i], c.buyer_start[i + 1]):
        felt = _missed(past, slot, t)[1]
        worst = max(worst, c.criticality[slot] * felt)
        others += c.spend_share[slot] * felt
    most = max(worst, others)
    equals = 1 if others > 0.0 and others >= most - TIE else 0
    for slot in range(c.buyer_start[i], c.buyer_start[i + 1]):
        felt = c.criticality[slot] * _missed(past, slot, t)[1]
        equals += felt > 0.0 and felt >= most - TIE
    for slot in range(c.buyer_start[i], c.buyer_start[i + 1]):
        short, felt = _missed(past, slot, t)
        part = 0.0
        if c.criticality[slot] * felt > 0.0 and c.criticality[slot] * felt >= most - TIE:
            part = amount / equals
        if c.spend_share[slot] * felt > 0.0 and others >= most - TIE:
            part += amount / equals * (c.spend_share[slot] * felt / others)
        if part > 0.0:
            _missed_back(past, layer, slot, part / short, t)


@njit(cache=True, nogil=True)
def _missed_back(past: Past, layer: Layer, slot: int, rate: float, t: int) -> None:
    """z to the terms of its links; `rate` is credit for each of z."""
    c, entry, w = past.given.c, past.given.loose.of_link, t + 1
    for e in range(c.slot_start[slot], c.slot_start[slot + 1]):
        amount = rate * _short(past, slot, e, t)
        if amount <= 0.0:
            continue
        o, s_e = past.at.output_loss[w, c.seller[e]], _stopped(past, e, t)
        bereft, gone = parts(amount, 1.0 - past.kept.seller_stays[w, entry[e]], 1.0 - (1.0 - o) * (1.0 - s_e))
        layer.credit.bereft[entry[e]] += bereft
        short, stopped = parts(gone, o, s_e)
        layer.ports.shortage[e] += short
        if stopped > 0.0:
            layer.ports.stopped[t, past.where.stopped[entry[e]]] += stopped


@njit(cache=True, nogil=True)
def _unsold(past: Past, e: int, t: int) -> tuple[float, float]:
    """Of a link that is sold over: 1 - beta sigma (1 - D), and s_e."""
    entry, w = past.given.loose.of_link[e], t + 1
    stays = past.kept.buyer_stays[w, entry] * past.kept.seller_stays[w, entry]
    return 1.0 - stays * (1.0 - past.kept.withheld[t, past.where.terms[e]]), _stopped(past, e, t)


@njit(cache=True, nogil=True)
def losses_back(past: Past, layer: Layer, i: int, t: int) -> None:
    """Steps 10 to 8: v and n to what cannot be made and what is not asked for; o to its shocks and x."""
    credit, c, at, w = layer.credit, past.given.c, past.at, t + 1
    lost, own = credit.lost[i], credit.own[i]
    credit.lost[i] = credit.own[i] = 0.0
    column = past.where.out[i]
    s = past.given.shocks.out[t, column] if column >= 0 else 0.0
    out = 0.0
    if lost > 0.0 or own > 0.0:
        legal, churn = at.legal_loss[w, i], at.churn[w, i]
        o = at.output_loss[w, i]
        unmade, unasked = larger(lost, 1.0 - (1.0 - o) * (1.0 - legal), at.demand_loss[w, i])
        unmade, probed = parts(unmade, o, legal)
        credit.output[i] += unmade
        recorded, shunned = _asked(past, i, t)
        orders = (1.0 - c.resale[i] * past.kept.resold[t, i]) * (
            recorded + c.other_share[i] * past.kept.others_left[w, i]
        )
        idle, unwanted = larger(own, 1.0 - (1.0 - s) * (1.0 - legal), c.final_share[i] * churn + orders)
        out, more = parts(idle, s, legal)
        credit.legal[i] += probed + more
        customers, business = parts(
            unasked, c.final_share[i] * (1.0 - (1.0 - churn) * (1.0 - shunned)), orders
        )
        left, others = parts(unwanted, c.final_share[i] * churn, orders)
        left_own, left_brands = parts(customers, churn, shunned)
        credit.left[i] += left + left_own
        if left_brands > 0.0:
            for n in range(c.brands.start[i], c.brands.start[i + 1]):
                part = c.brands.value[n] * at.churn[w, c.brands.column[n]] / shunned
                layer.ports.brands[n] += left_brands * part
        if business + others > 0.0:
            _orders_lost(past, layer, i, business + others, t)
    stopped, short = larger(credit.output[i], s, past.kept.shortage[t, i])
    credit.output[i] = 0.0
    credit.shortage[i] += short
    if out + stopped > 0.0:
        layer.closed.out[t, column] += out + stopped


@njit(cache=True, nogil=True)
def _asked(past: Past, i: int, t: int) -> tuple[float, float]:
    """The recorded links' part of W, and the brands' customers that i lost."""
    c, lost, shunned = past.given.c, 0.0, 0.0
    q = past.where.sales[i]
    for n in range(c.sales.start[q], c.sales.start[q + 1]):
        unsold, stopped = _unsold(past, c.sales.column[n], t)
        lost += c.sales.value[n] * max(unsold, stopped)
    for n in range(c.brands.start[i], c.brands.start[i + 1]):
        shunned += c.brands.value[n] * past.at.churn[t + 1, c.brands.column[n]]
    return lost, shunned


@njit(cache=True, nogil=True)
def _orders_lost(past: Past, layer: Layer, i: int, amount: float, t: int) -> None:
    """Step 9: B, so W, to the links that are sold over and to the unrecorded."""
    c, credit, kept, w = past.given.c, layer.credit, past.kept, t + 1
    others = c.other_share[i] * kept.others_left[w, i]
    rate = amount / (_asked(past, i, t)[0] + others)
    credit.others_left[i] += rate * others
    q = past.where.sales[i]
    for n in range(c.sales.start[q], c.sales.start[q + 1]):
        e = c.sales.column[n]
        unsold, s_e = _unsold(past, e, t)
        part, stopped = larger(rate * c.sales.value[n] * max(unsold, s_e), unsold, s_e)
        if part + stopped <= 0.0:
            continue
        entry = past.given.loose.of_link[e]
        if stopped > 0.0:
            layer.closed.stopped[t, past.where.stopped[entry]] += stopped
        buyer, seller = 1.0 - kept.buyer_stays[w, entry], 1.0 - kept.seller_stays[w, entry]
        left, withheld = parts(part, buyer + seller, kept.withheld[t, past.where.terms[e]])
        credit.orders[e] += withheld
        buyer, seller = parts(left, buyer, seller)
        credit.buyer_left[entry] += buyer
        credit.seller_left[entry] += seller
