"""Steps 8 to 11 backward: losses to what was not made, not asked for, not delivered (docs/explanation.md).

The numbers are those of the steps in kernels.py. A step works for companies lo to hi in one week: it takes
the credit that stands on a quantity and leaves it on the quantities that made it, of that week or, where it
was carried over, of the week before. Credit that passes to another company goes to a port.
"""

from __future__ import annotations

from graph.impact.credit import (
    BEREFT,
    BUYER_LEFT,
    SELLER_LEFT,
    TIE,
    Layer,
    course_of,
    either,
    larger,
    parts,
    step,
)
from graph.impact.replay import (
    BRANDS,
    BUYER,
    CRITICALITY,
    DEMAND,
    FINAL_SHARE,
    LEFT,
    LEGAL,
    LOST,
    NEED,
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

_SHORT, _ALONE, _OTHERS = range(3)  # of Layer.of_slot: z (then credit for each of z), chi y, a y
# Of Layer.of_firm: W, the customers and the need lost with brands, credit for each of W.
_LOST, _SHUNNED, _IDLE, _RATE = range(4)


@step
def orders_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 11 for links, by seller: D of the next week to D, and to what the buyer missed."""
    ways, w, orders, ports, credit = past.ways, t + 1, layer.orders, layer.withheld, layer.firm
    own, left, lost, need = past.at[OWN, w], past.at[LEFT, w], past.at[LOST, w], past.at[NEED, w]
    before, taken, final = past.withheld[t], ways.link[ORDERS], ways.firm[FINAL_SHARE]
    adjusted = ways.rates.order_adjustment
    sale, buyer, through, terms = ways.sale, ways.buyer, ways.through, ways.terms
    for i in range(lo, hi):
        for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
            e = sale[n]
            if orders[e] <= 0.0:
                continue
            j = buyer[e]
            target, behind, needless = lost[j], 0.0, 0.0
            if through[e]:
                behind, needless = either(own[j], left[i]), max(final[j] * need[j], need[i])
                target = either(behind, needless)
            kept, new = (1.0 - adjusted) * before[terms[e]], adjusted * taken[e] * target
            orders[e], passing = parts(orders[e], kept, new)
            if through[e]:
                passing, without = parts(passing, behind, needless)
                passing, customers = parts(passing, own[j], left[i])
                credit[LEFT, i] += customers
                theirs, mine = larger(without, final[j] * need[j], need[i])
                credit[NEED, i] += mine
                layer.needless[e] += theirs
            ports[e] += passing


@step
def shortage_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 11 for buyers: x of the next week to the sellers that did not deliver."""
    _weigh_slots(past, layer, lo, hi, t)
    ways, short, rates = past.ways, layer.firm[SHORTAGE], layer.of_slot[_SHORT]
    alone, others = layer.of_slot[_ALONE], layer.of_slot[_OTHERS]
    for i in range(lo, hi):
        if short[i] <= 0.0:
            continue
        worst, together = 0.0, 0.0
        for slot in range(ways.buyer_start[i], ways.buyer_start[i + 1]):
            worst = max(worst, alone[slot])
            together += others[slot]
        least = max(worst, together) - TIE
        among = 1 if together > 0.0 and together >= least else 0
        for slot in range(ways.buyer_start[i], ways.buyer_start[i + 1]):
            among += alone[slot] > 0.0 and alone[slot] >= least
        for slot in range(ways.buyer_start[i], ways.buyer_start[i + 1]):
            part = 0.0
            if alone[slot] > 0.0 and alone[slot] >= least:
                part = short[i] / among
            if others[slot] > 0.0 and together >= least:
                part += short[i] / among * (others[slot] / together)
            rates[slot] = part / rates[slot] if part > 0.0 else 0.0
    _missed_back(past, layer, lo, hi, t)


@step
def _short(need: float, buyer: float, seller: float, gone: float, found: float) -> float:
    """What is missing of a link's goods and not replaced: a term of z."""
    return need * buyer * (1.0 - seller * (1.0 - gone)) * (1.0 - found)


@step
def _weigh_slots(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """z, and what y counts alone and with the others, for the slots of buyers with credit."""
    ways, w, credit, entry = past.ways, t + 1, layer.firm[SHORTAGE], past.ways.entry
    output, stops = past.at[OUTPUT, w], ways.stopped_course[t]
    buyer, seller = past.stays[BUYER, w], past.stays[SELLER, w]
    need, replaced = ways.link[NEED_SHARE], ways.link[SUBSTITUTABILITY]
    rho, stock = past.slots[SUBSTITUTED, t], past.slots[STOCK, t]
    for i in range(lo, hi):
        if credit[i] <= 0.0:
            continue
        for slot in range(ways.buyer_start[i], ways.buyer_start[i + 1]):
            z = 0.0
            for e in range(ways.slot_start[slot], ways.slot_start[slot + 1]):
                at = entry[e]
                gone = either(output[ways.seller[e]], course_of(stops, ways.stopped, at))
                z += _short(need[e], buyer[at], seller[at], gone, replaced[e] * rho[slot])
            y = max(0.0, z - stock[slot])
            layer.of_slot[_SHORT, slot] = z
            layer.of_slot[_ALONE, slot] = ways.slot[CRITICALITY, slot] * y
            layer.of_slot[_OTHERS, slot] = ways.slot[SPEND_SHARE, slot] * y


@step
def _missed_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """z to the terms of its links."""
    ways, w, credit, entry = past.ways, t + 1, layer.firm[SHORTAGE], past.ways.entry
    output, stops = past.at[OUTPUT, w], ways.stopped_course[t]
    buyer, seller = past.stays[BUYER, w], past.stays[SELLER, w]
    need, replaced = ways.link[NEED_SHARE], ways.link[SUBSTITUTABILITY]
    rho, rates = past.slots[SUBSTITUTED, t], layer.of_slot[_SHORT]
    missing, bereft = layer.missing, layer.loose[BEREFT]
    for i in range(lo, hi):
        if credit[i] <= 0.0:
            continue
        credit[i] = 0.0
        for slot in range(ways.buyer_start[i], ways.buyer_start[i + 1]):
            if rates[slot] <= 0.0:
                continue
            for e in range(ways.slot_start[slot], ways.slot_start[slot + 1]):
                at, o = entry[e], output[ways.seller[e]]
                s_e = course_of(stops, ways.stopped, at)
                gone = either(o, s_e)
                short = _short(need[e], buyer[at], seller[at], gone, replaced[e] * rho[slot])
                left, undelivered = parts(rates[slot] * short, 1.0 - seller[at], gone)
                bereft[at] += left
                short, cut = parts(undelivered, o, s_e)
                missing[e] += short
                if cut > 0.0:
                    layer.cut[t, ways.stopped[at]] += cut


@step
def losses_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Steps 10 to 8: v and n to what cannot be made and what is not asked for; o to its shocks and x."""
    _weigh_orders(past, layer, lo, hi, t)
    _demand_back(past, layer, lo, hi, t)
    _orders_back(past, layer, lo, hi, t)
    ways, output, short = past.ways, layer.firm[OUTPUT], layer.firm[SHORTAGE]
    shocks, x = ways.out_course[t], past.at[SHORTAGE, t]
    for i in range(lo, hi):
        if output[i] > 0.0:
            stopped, missing = larger(output[i], course_of(shocks, ways.out, i), x[i])
            output[i] = 0.0
            short[i] += missing
            if stopped > 0.0:
                layer.out[t, ways.out[i]] += stopped


@step
def _unsold(buyer: float, seller: float, withheld: float) -> float:
    """1 - beta sigma (1 - D)."""
    return 1.0 - buyer * seller * (1.0 - withheld)


@step
def _weigh_orders(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """W, and the customers and the need lost with the brands, for companies with credit."""
    ways, w, size, room = past.ways, t + 1, past.at.shape[2], layer.of_firm
    lost, own = layer.firm[LOST], layer.firm[OWN]
    buyer, seller, withheld = past.stays[BUYER, w], past.stays[SELLER, w], past.withheld[t]
    share, stops = ways.link[SELLER_SHARE], ways.stopped_course[t]
    left, need = past.at[LEFT, w], past.at[NEED, w]
    others, others_left = ways.firm[OTHER_SHARE], past.at[OTHERS_LEFT, w]
    for i in range(lo, hi):
        if lost[i] <= 0.0 and own[i] <= 0.0:
            continue
        summed = others[i] * either(others_left[i], need[i])
        for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
            e = ways.sale[n]
            at = ways.entry[e]
            unsold = _unsold(buyer[at], seller[at], withheld[ways.terms[e]])
            summed += share[e] * max(unsold, course_of(stops, ways.stopped, at))
        room[_LOST, i] = summed
        room[_SHUNNED, i], room[_IDLE, i], row = 0.0, 0.0, BRANDS * size + i
        for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
            room[_SHUNNED, i] += ways.tie_weight[n] * left[ways.tie[n]]
            room[_IDLE, i] += ways.tie_weight[n] * need[ways.tie[n]]


@step
def _demand_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Steps 10 and 9 to B: v and n to o, l, the customers and the orders that are gone, and to s."""
    ways, at, w, credit = past.ways, past.at, t + 1, layer.firm
    rate = layer.of_firm[_RATE]
    for i in range(lo, hi):
        rate[i] = 0.0
        if credit[LOST, i] <= 0.0 and credit[OWN, i] <= 0.0:
            continue
        s = course_of(ways.out_course[t], ways.out, i)
        o, legal, left, final = at[OUTPUT, w, i], at[LEGAL, w, i], at[LEFT, w, i], ways.firm[FINAL_SHARE, i]
        lost, need = layer.of_firm[_LOST, i], at[NEED, w, i]
        shunned, idle = layer.of_firm[_SHUNNED, i], layer.of_firm[_IDLE, i]
        orders = (1.0 - ways.firm[RESALE, i] * at[RESOLD, t, i]) * lost
        unmade, unasked = larger(credit[LOST, i], either(o, legal), at[DEMAND, w, i])
        own_unmade, own_unasked = larger(credit[OWN, i], either(s, legal), final * left + orders)
        credit[LOST, i] = credit[OWN, i] = 0.0
        unmade, burden = parts(unmade, o, legal)
        stopped, more = parts(own_unmade, s, legal)
        credit[OUTPUT, i] += unmade
        credit[LEGAL, i] += burden + more
        if stopped > 0.0:
            layer.out[t, ways.out[i]] += stopped
        gone, needless = either(left, shunned), max(need, idle)
        customers, business = parts(unasked, final * either(gone, needless), orders)
        own_left, own_business = parts(own_unasked, final * left, orders)
        customers, without = parts(customers, gone, needless)
        kept, with_brands = parts(customers, left, shunned)
        mine, of_brands = larger(without, need, idle)
        credit[LEFT, i] += own_left + kept
        credit[NEED, i] += mine
        if with_brands + of_brands > 0.0:
            _with_brands(past, layer, i, with_brands, of_brands, t)
        if business + own_business > 0.0:
            rate[i] = (business + own_business) / lost


@step
def _with_brands(past: Past, layer: Layer, i: int, gone: float, needless: float, t: int) -> None:
    """Customers, and need, lost with the brands that i sells: to each brand."""
    ways, w, row = past.ways, t + 1, BRANDS * past.at.shape[2] + i
    for n in range(ways.tie_start[row], ways.tie_start[row + 1]):
        left, need = past.at[LEFT, w, ways.tie[n]], past.at[NEED, w, ways.tie[n]]
        if gone > 0.0:
            layer.tied[n] += gone * (ways.tie_weight[n] * left / layer.of_firm[_SHUNNED, i])
        if needless > 0.0:
            layer.second[n] += needless * (ways.tie_weight[n] * need / layer.of_firm[_IDLE, i])


@step
def _orders_back(past: Past, layer: Layer, lo: int, hi: int, t: int) -> None:
    """Step 9 from B: W to the links that are sold over and to the unrecorded."""
    ways, w, rate = past.ways, t + 1, layer.of_firm[_RATE]
    buyer, seller, withheld = past.stays[BUYER, w], past.stays[SELLER, w], past.withheld[t]
    share, stops, orders = ways.link[SELLER_SHARE], ways.stopped_course[t], layer.orders
    buyer_left, seller_left = layer.loose[BUYER_LEFT], layer.loose[SELLER_LEFT]
    for i in range(lo, hi):
        if rate[i] <= 0.0:
            continue
        gone, need = past.at[OTHERS_LEFT, w, i], past.at[NEED, w, i]
        gone, need = parts(rate[i] * ways.firm[OTHER_SHARE, i] * either(gone, need), gone, need)
        layer.firm[OTHERS_LEFT, i] += gone
        layer.firm[NEED, i] += need
        for n in range(ways.sale_start[i], ways.sale_start[i + 1]):
            e = ways.sale[n]
            at = ways.entry[e]
            before, s_e = withheld[ways.terms[e]], course_of(stops, ways.stopped, at)
            unsold = _unsold(buyer[at], seller[at], before)
            part, stopped = larger(rate[i] * share[e] * max(unsold, s_e), unsold, s_e)
            if stopped > 0.0:
                layer.stopped[t, ways.stopped[at]] += stopped
            if part > 0.0:
                left, held = parts(part, 2.0 - buyer[at] - seller[at], before)
                orders[e] += held
                by_buyer, by_seller = parts(left, 1.0 - buyer[at], 1.0 - seller[at])
                buyer_left[at] += by_buyer
                seller_left[at] += by_seller
