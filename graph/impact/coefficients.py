"""From facts and parameters to the numbers that the weekly equations use (docs/model.md, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.impact.layout import (
    Entries,
    Places,
    Sorted,
    Starts,
    Terms,
    Walked,
    Weights,
    by_seller,
    largest,
    symmetric,
    terms,
    walked,
    weights,
)
from graph.impact.notices import Notice, notices
from graph.network import KINDS, STRUCTURES, Floats, Ints, Network, Pairs
from graph.ontology import CUSTOMER_FACING, LinkKind, Structure

SUPPLIES, CARRIES_FOR, SELLS_THROUGH = (
    KINDS.index(k) for k in (LinkKind.SUPPLIES, LinkKind.CARRIES_FOR, LinkKind.SELLS_THROUGH)
)
TINY = 1e-12  # what is left of a share below this is nothing


class Coefficients(NamedTuple):
    """What the kernels read. Companies, trade links and slots each have arrays of their own length.

    A slot is a run of trade links (slot_start), a buyer a run of slots (buyer_start). `drift` is the
    severance rate k of a link [1/week]. Shares are in [0, 1].
    """

    final_share: Floats  # f
    other_share: Floats  # phi: sold to businesses that are not recorded
    resale: Floats
    churn_ceiling: Floats  # L
    churn_exponent: Floats  # nu
    churn_out: Floats  # 1 - keep(H_out)
    churn_back: Floats
    seller: Places
    buyer: Places
    seller_share: Floats  # delta
    need_share: Floats  # g
    substitutability: Floats
    drift: Floats  # k
    contract: Floats  # weeks
    slot_start: Starts
    buyer_start: Starts
    criticality: Floats  # chi of an essential slot, else 0
    spend_share: Floats  # a of the other slots, else 0
    stock: Floats  # b_0, weeks
    sales: Walked  # delta: seller (row), its links (column)
    terms: Terms
    blame: Walked  # m: who is blamed (row) for whom (column)
    taint: Walked  # beta of step 3: who is tainted (row) by whom (column)
    probe: Walked  # pi of step 6
    brands: Weights  # q: dealer (row), brand (column)


@dataclass(frozen=True)
class Chain:
    """A network under given parameters.

    `revenue`, `value_added`, `purchases` and the links' `annual_value` are [currency/year]; `rivals` holds,
    for company i (row) and competitor k (column), the weight of step 3 of their COMPETES_WITH link. `blame`
    and `taint` are what each link would give to those of the coefficients, `order` where that comes to stand.
    `essential` has one entry a slot. `assumed` counts defaults by table.column, `notices` are for a person.
    """

    network: Network
    coefficients: Coefficients
    revenue: Floats
    value_added: Floats
    purchases: Floats
    annual_value: Floats
    essential: NDArray[np.bool_]
    rivals: Weights
    blame: Entries
    taint: Entries
    order: tuple[Sorted, Sorted]
    assumed: Mapping[str, int]
    notices: tuple[Notice, ...]


def keep(half_life: float | Floats) -> Floats:
    """What is left after a week, of something that halves in `half_life` weeks."""
    with np.errstate(over="ignore"):  # next to nothing is left of what halves at once
        return np.asarray(np.exp2(-1.0 / np.asarray(half_life, np.float64)))


def total(place: NDArray[Any], value: NDArray[Any], size: int) -> Floats:
    """The values summed by their place, shape (size,)."""
    return np.bincount(place, value, size).astype(np.float64)


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """part / whole, and 0 / 0 = 0."""
    result: Floats = np.zeros(np.shape(part), np.float64)
    return np.divide(part, whole, out=result, where=whole != 0)  # type: ignore[no-any-return]


def derive(network: Network, p: Mapping[str, float], like: Chain | None = None) -> Chain:
    """The chain's coefficients under parameters `p` (all of them, graph.parameters.parameters).

    `like` is a chain of the same companies and links with other figures: what lies as there is not put in
    order again. No byte depends on it.
    """
    trade, size = network.trade, len(network)
    filled = _Blanks(network, p)
    value, annual_revenue = _annual_value(network, filled)
    sold, bought = (total(ends, value, size) for ends in (trade.seller, trade.buyer))
    revenue = np.maximum(annual_revenue, sold)
    purchases = np.maximum(bought, p["purchases_share"] * revenue)
    seller_share, above = _seller_share(network, value, revenue)
    final_share, other_share = _sold_outside(network, seller_share, filled)
    slots = _slots(network, value, filled)
    touch = _touch(network, filled, slots.need_share, seller_share)
    peers = _peer_weight(network.competes, filled, p)
    blame, taint = _ties(network, filled, touch, peers, p)
    blamed, blame_order = largest(blame, size, like.order[0] if like else None)
    tainted, taint_order = largest(taint, size, like.order[1] if like else None)
    on = terms(trade.buyer, trade.seller, trade.kind == SELLS_THROUGH, 1.0 - filled.trade("take_or_pay"))
    churn = _churn(network, p)
    value_added = _value_added(network, revenue, purchases, bought, filled)
    coefficients = Coefficients(
        final_share=final_share,
        other_share=other_share,
        resale=filled.company("resale"),
        churn_ceiling=churn["ceiling"],
        churn_exponent=churn["exponent"],
        churn_out=1.0 - keep(churn["out_half_life"]),
        churn_back=1.0 - keep(churn["back_half_life"]),
        seller=trade.seller.astype(np.uint32),
        buyer=trade.buyer.astype(np.uint32),
        seller_share=seller_share,
        need_share=slots.need_share,
        substitutability=filled.trade("substitutability"),
        drift=p["severance_rate"] * (1.0 - filled.trade("switching_cost")) ** p["severance_exponent"],
        contract=filled.trade("contract_weeks"),
        slot_start=slots.start,
        buyer_start=slots.buyer_start,
        criticality=np.where(slots.essential, slots.criticality, 0.0),
        spend_share=np.where(slots.essential, 0.0, ratio(slots.value, purchases[slots.buyer])),
        stock=slots.stock,
        sales=by_seller(trade.seller, seller_share, size, _sales(like, network)),
        terms=on,
        blame=blamed,
        taint=tainted,
        probe=_probe(network, filled),
        brands=_brands(network, value),
    )
    return Chain(
        network=network,
        coefficients=coefficients,
        revenue=revenue,
        value_added=value_added,
        purchases=purchases,
        annual_value=value,
        essential=slots.essential,
        rivals=symmetric(network.competes.source, network.competes.target, peers, size),
        blame=blame,
        taint=taint,
        order=(blame_order, taint_order),
        assumed={name: n for name, n in sorted(filled.assumed.items()) if n},
        notices=notices(network, (revenue, value_added), above, slots.oversold),
    )


def _sales(like: Chain | None, network: Network) -> Walked | None:
    """How the links of the same sellers lie, if they do."""
    if like is None or len(like.network) != len(network):
        return None
    same = np.array_equal(like.network.trade.seller, network.trade.seller)
    return like.coefficients.sales if same else None


class _Blanks:
    """Fills blanks by the columns' defaults and counts them."""

    def __init__(self, network: Network, p: Mapping[str, float]) -> None:
        self.network, self.p = network, p
        self.assumed: dict[str, int] = {"companies.market": int(np.count_nonzero(network.structure < 0))}

    def fill(self, table: str, name: str, values: Floats, default: float | Floats) -> Floats:
        blank = np.isnan(values)
        self.assumed[f"{table}.{name}"] = self.assumed.get(f"{table}.{name}", 0) + int(
            np.count_nonzero(blank)
        )
        return np.where(blank, default, values)

    def company(self, name: str) -> Floats:
        return self.fill("companies", name, self.network.numbers[name], self.p[name])

    def trade(self, name: str) -> Floats:
        return self.fill("links", name, self.network.trade.numbers[name], self.p[name])

    def pairs(self, pairs: Pairs, name: str) -> Floats:
        return self.fill("links", name, pairs.numbers[name], self.p[name])


def told_values(network: Network) -> Floats:
    """What each trade link carries, given or inferred [currency/year], NaN where nothing is told."""
    trade = network.trade
    inferred = trade.numbers["seller_share"] * network.numbers["annual_revenue"][trade.seller]
    given = trade.numbers["annual_value"]
    return np.where(np.isnan(given), inferred, given)


def _annual_value(network: Network, filled: _Blanks) -> tuple[Floats, Floats]:
    """What each link carries [currency/year], and the companies' revenues as given, 0 for a blank."""
    annual_revenue = filled.fill("companies", "annual_revenue", network.numbers["annual_revenue"], 0.0)
    return filled.fill("links", "annual_value", told_values(network), 0.0), annual_revenue


def _seller_share(network: Network, value: Floats, revenue: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """delta, and the sellers whose given shares summed to more than 1 and were divided by the sum."""
    seller, given = network.trade.seller, network.trade.numbers["seller_share"]
    share = np.where(np.isnan(given), ratio(value, revenue[seller]), given)
    summed = total(seller, share, len(network))
    above = np.flatnonzero(summed > 1.0 + TINY)
    return share / np.maximum(1.0, summed)[seller], above


def _value_added(
    network: Network, revenue: Floats, purchases: Floats, bought: Floats, filled: _Blanks
) -> Floats:
    """Value added [currency/year]; blank ones that rest on purchases_share are assumed."""
    given = network.numbers["value_added"]
    by_share = np.isnan(given) & (purchases > bought)
    filled.assumed["companies.value_added"] = int(np.count_nonzero(by_share))
    return np.where(np.isnan(given), np.maximum(0.0, revenue - purchases), given)


def _sold_outside(network: Network, seller_share: Floats, filled: _Blanks) -> tuple[Floats, Floats]:
    """f and phi: what final customers and businesses that are not recorded buy."""
    left = 1.0 - total(network.trade.seller, seller_share, len(network))
    left = np.where(left < TINY, 0.0, left)
    given = network.numbers["consumer_share"]
    facing = np.where(network.plays(*CUSTOMER_FACING), left, 0.0)
    final = np.where(np.isnan(given), facing, np.minimum(given, left))
    filled.assumed["companies.consumer_share"] = int(np.count_nonzero(np.isnan(given) & (left > 0)))
    other = left - final
    return final, np.where(other < TINY, 0.0, other)


class _Slots(NamedTuple):
    start: Starts
    buyer_start: Starts
    buyer: Ints
    value: Floats
    need_share: Floats
    essential: NDArray[np.bool_]
    criticality: Floats
    stock: Floats
    oversold: int


def _slots(network: Network, value: Floats, filled: _Blanks) -> _Slots:
    trade, size = network.trade, len(network)
    change = (np.diff(trade.buyer, prepend=-1) != 0) | (np.diff(trade.category, prepend=-1) != 0)
    first = np.flatnonzero(change)
    slot = np.cumsum(change) - 1
    count = len(first)
    buyer = trade.buyer[first]

    given = trade.numbers["share"]
    blank = np.isnan(given)
    taken = total(slot, np.where(blank, 0.0, given), count)
    left = np.maximum(0.0, 1.0 - taken)
    left[left < TINY] = 0.0
    worth = total(slot, np.where(blank, value, 0.0), count)
    blanks = total(slot, blank, count)
    equal = blank & (worth == 0)[slot]
    divided = np.where(equal, ratio(np.ones(count), blanks)[slot], ratio(value, worth[slot]))
    filled.assumed["links.share"] = int(np.count_nonzero(equal & (blanks > 1)[slot]))

    criticality = np.where(
        np.isnan(trade.numbers["criticality"]), trade.inferred_criticality, trade.numbers["criticality"]
    )
    essential = filled.fill(
        "links", "essential", trade.numbers["essential"], np.where(trade.kind == SELLS_THROUGH, 0.0, 1.0)
    )

    def most(values: Floats) -> Floats:
        return np.maximum.reduceat(values, first) if count else values

    return _Slots(
        start=np.append(first, len(trade)).astype(np.uint64),
        buyer_start=np.searchsorted(buyer, np.arange(size + 1)).astype(np.uint64),
        buyer=buyer,
        value=total(slot, value, count),
        need_share=np.where(blank, left[slot] * divided, given),
        essential=most(essential) > 0,
        criticality=most(filled.fill("links", "criticality", criticality, filled.p["criticality"])),
        stock=most(filled.trade("inventory_weeks")),
        oversold=int(np.count_nonzero(taken > 1.0 + 1e-9)),
    )


def _touch(network: Network, filled: _Blanks, need_share: Floats, seller_share: Floats) -> Floats:
    kind = network.trade.kind
    default = np.where(
        kind == CARRIES_FOR, need_share, np.where(kind == SELLS_THROUGH, seller_share, filled.p["touch"])
    )
    return filled.fill("links", "touch", network.trade.numbers["touch"], default)


def _ties(
    network: Network, filled: _Blanks, touch: Floats, peers: Floats, p: Mapping[str, float]
) -> tuple[Entries, Entries]:
    """Who is blamed for whom, and who is tainted by whom; `peers` is each competing pair's weight."""
    trade, links = network.trade, np.arange(len(network.trade))
    through = trade.kind == SELLS_THROUGH
    alpha = np.array([p["attribution_component"], p["attribution_logistics"], p["attribution_dealer"]])
    by_kind = np.select([trade.kind == CARRIES_FOR, through], [alpha[1], alpha[2]], alpha[0])
    given = filled.fill("links", "attribution", trade.numbers["attribution"], by_kind)
    m = np.where(touch > 0, given * np.maximum(touch, TINY * TINY) ** p["touch_exponent"], 0.0)
    blamed, cause = np.where(through, trade.seller, trade.buyer), np.where(through, trade.buyer, trade.seller)
    # The customer's scandal taints its supplier, the brand's its dealer: the cause of blame, the other way.
    unseen = ~through & (touch == 0)
    a, b = network.competes.source, network.competes.target
    pairs = len(trade) + np.arange(len(a))
    taint = Entries(
        np.concatenate([cause, blamed[unseen], a, b]),
        np.concatenate([blamed, cause[unseen], b, a]),
        np.concatenate(
            [
                np.full(len(trade), p["association_partner"]),
                np.full(np.count_nonzero(unseen), p["association_no_contact"]),
                peers,
                peers,
            ]
        ),
        np.concatenate([links, links[unseen], pairs, pairs]),
    )
    return Entries(blamed, cause, m, links), taint


def _peer_weight(competes: Pairs, filled: _Blanks, p: Mapping[str, float]) -> Floats:
    closeness, informed = filled.pairs(competes, "closeness"), filled.pairs(competes, "informed")
    weight = closeness * (p["association_peer_base"] + p["association_peer_uninformed"] * (1.0 - informed))
    return np.minimum(1.0, weight)


def _churn(network: Network, p: Mapping[str, float]) -> Mapping[str, Floats]:
    """The parameters of step 5 by company."""
    structure = np.where(network.structure < 0, STRUCTURES.index(Structure.DIFFERENTIATED), network.structure)
    return {
        name: np.array([p[f"churn_{s}_{name}"] for s in STRUCTURES])[structure]
        for name in ("ceiling", "exponent", "out_half_life", "back_half_life")
    }


def _probe(network: Network, filled: _Blanks) -> Walked:
    """pi: who is looked into for whom, both ways."""
    pairs = network.regulated
    exposure = filled.pairs(pairs, "regulatory_exposure")
    return walked(symmetric(pairs.source, pairs.target, exposure, len(network)))


def _brands(network: Network, value: Floats) -> Weights:
    """q: each brand's share of what a dealer buys on SELLS_THROUGH links."""
    trade, size = network.trade, len(network)
    rows = np.flatnonzero(trade.kind == SELLS_THROUGH)
    dealer, brand, worth = trade.buyer[rows], trade.seller[rows], value[rows]
    place = dealer.astype(np.int64) * size + brand
    unique, inverse = np.unique(place, return_inverse=True)
    summed = total(inverse, worth, len(unique))
    row = (unique // max(size, 1)).astype(np.int32)
    bought = total(dealer, worth, size)
    return weights(row, (unique % max(size, 1)).astype(np.int32), ratio(summed, bought[row]), size)
