"""The plain engine's chain: section 1 of the model, and the weights of steps 2, 3, 6 and 9.

Tables are lists of rows as `csv.DictReader` gives them; a blank cell is '' or missing. They are taken as
of their date (`since` and `until` are not looked at) and to be valid: nothing is checked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

Row = dict[str, str]
Tables = dict[str, list[Row]]
Parameters = dict[str, float]
Weights = dict[str, dict[str, float]]  # company i that suffers → company j whose doing it is → weight
Slot = tuple[str, str]  # (buyer, category)

PARAMETERS: Parameters = {
    "attention_fast_share": 0.9,
    "attention_fast_half_life": 1,
    "attention_slow_half_life": 8,
    "attention_rise_half_life": 0,
    "attribution_component": 0.8,
    "attribution_dealer": 0.5,
    "attribution_logistics": 0.5,
    "touch_exponent": 0.05,
    "touch": 1,
    "association_partner": 0.15,
    "association_no_contact": 0.03,
    "association_peer_base": 0.2,
    "association_peer_uninformed": 0.45,
    "reputation_half_life": 4,
    "reputation_gain": 0.3,
    "trust_half_life": 52,
    "trust_gain": 0.15,
    "severance_rate": 0.8,
    "severance_exponent": 4,
    "legal_half_life": 26,
    "legal_gain": 0.02,
    "order_adjustment": 0.3,
    "substitution_half_life": 8,
    "search_threshold": 0.01,
    "refill_half_life": 13,
    "feedback": 0,
    "feedback_threshold": 0.2,
    "word_of_mouth": 0,
    "rival_capture": 0.7,
    "acquisition_cost": 0.2,
    "partner_cost": 0.05,
    "boon_lure": 1,
    "disappointment_gain": 1,
    "substitute_loosening": 1,
    "purchases_share": 0.5,
    # The columns' defaults, under the columns' names.
    "substitutability": 0.5,
    "criticality": 0.8,
    "inventory_weeks": 0,
    "switching_cost": 0.5,
    "contract_weeks": 26,
    "take_or_pay": 0,
    "resale": 0,
    "closeness": 1,
    "informed": 0.5,
    "regulatory_exposure": 0.1,
    # Step 5, for each market structure: L, ν, H_out, H_back.
    "churn_monopoly_ceiling": 0.1,
    "churn_monopoly_exponent": 3,
    "churn_monopoly_out_half_life": 26,
    "churn_monopoly_back_half_life": 52,
    "churn_differentiated_ceiling": 0.65,
    "churn_differentiated_exponent": 1,
    "churn_differentiated_out_half_life": 13,
    "churn_differentiated_back_half_life": 52,
    "churn_homogeneous_ceiling": 0.8,
    "churn_homogeneous_exponent": 0.7,
    "churn_homogeneous_out_half_life": 1,
    "churn_homogeneous_back_half_life": 39,
}

TRADE = ("SUPPLIES", "CARRIES_FOR", "SELLS_THROUGH")
NOISE = 1e-12


def ratio(a: float, b: float) -> float:
    """a / b; 0/0 is 0."""
    return a / b if b else 0.0


def cell(row: Row, column: str) -> str:
    """The text of a cell, '' where it is blank or missing."""
    return (row.get(column) or "").strip()


def number(row: Row, column: str) -> float | None:
    """The number in a cell, None where it is blank."""
    text = cell(row, column)
    return float(text) if text else None


def given(row: Row, column: str, default: float) -> float:
    """The number in a cell, or the default."""
    value = number(row, column)
    return default if value is None else value


@dataclass(frozen=True)
class Link:
    """A trade link with its defaults filled in; `share`, `seller_share`, `touch` may be blank (None)."""

    seller: str
    kind: str
    buyer: str
    category: str
    annual_value: float
    seller_share: float | None
    share: float | None
    touch: float | None
    essential: bool
    criticality: float
    inventory_weeks: float
    substitutability: float
    take_or_pay: float
    contract_weeks: float
    switching_cost: float
    alpha: float  # α of step 2

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What identifies the link."""
        return (self.seller, self.kind, self.buyer, self.category)

    @property
    def slot(self) -> Slot:
        """The buyer's need that it serves."""
        return (self.buyer, self.category)


@dataclass(frozen=True)
class Chain:
    """Section 1: the chain with all that is derived from it. Links stand by their place in `links`."""

    companies: list[str]
    links: list[Link]
    sales: dict[str, list[int]]  # the links that a company sells on
    structure: dict[str, str]
    resale: dict[str, float]
    revenue: dict[str, float]
    value_added: dict[str, float]
    delta: list[float]  # δ_e
    f: dict[str, float]
    phi: dict[str, float]
    g: list[float]  # g_e
    slots: dict[Slot, list[int]]
    essential: dict[Slot, bool]
    chi: dict[Slot, float]
    inventory: dict[Slot, float]
    a: dict[Slot, float]
    blame: Weights  # m_ji, step 2
    taint: Weights  # β_ji, step 3
    exposure: Weights  # π_ji, step 6
    rivalry: Weights  # β of the COMPETES_WITH link, for the rival gain
    closeness: Weights  # of the same, for boons
    q: Weights  # q_b, step 9


def read_links(tables: Tables, p: Parameters) -> list[Link]:
    """Section 1: the trade links, each blank filled with its default."""
    revenue = {cell(row, "id"): given(row, "annual_revenue", 0) for row in tables["companies"]}
    alphas = {
        "SUPPLIES": p["attribution_component"],
        "CARRIES_FOR": p["attribution_logistics"],
        "SELLS_THROUGH": p["attribution_dealer"],
    }
    links = []
    for row in tables["links"]:
        kind, seller, buyer = cell(row, "kind"), cell(row, "source"), cell(row, "target")
        if kind not in TRADE:
            continue
        default_category = {"SUPPLIES": "", "CARRIES_FOR": "delivery", "SELLS_THROUGH": f"goods:{seller}"}
        category = cell(row, "category") or default_category[kind]
        essential = cell(row, "essential").lower()
        seller_share = number(row, "seller_share")
        link = Link(
            seller=seller,
            kind=kind,
            buyer=buyer,
            category=category,
            annual_value=given(row, "annual_value", (seller_share or 0) * revenue[seller]),
            seller_share=seller_share,
            share=number(row, "share"),
            touch=number(row, "touch"),
            essential=essential == "true" if essential else kind != "SELLS_THROUGH",
            criticality=given(row, "criticality", default_criticality(tables, buyer, category, p)),
            inventory_weeks=given(row, "inventory_weeks", p["inventory_weeks"]),
            substitutability=given(row, "substitutability", p["substitutability"]),
            take_or_pay=given(row, "take_or_pay", p["take_or_pay"]),
            contract_weeks=given(row, "contract_weeks", p["contract_weeks"]),
            switching_cost=given(row, "switching_cost", p["switching_cost"]),
            alpha=given(row, "attribution", alphas[kind]),
        )
        links.append(link)
    return links


def default_criticality(tables: Tables, buyer: str, category: str, p: Parameters) -> float:
    """Section 1: the revenue shares of the buyer's products that contain the category, else .8."""
    parts = [row for row in tables.get("parts", []) if cell(row, "category") == category]
    containing = {cell(row, "product") for row in parts}
    shares = [
        number(row, "revenue_share")
        for row in tables.get("products", [])
        if cell(row, "company") == buyer and cell(row, "id") in containing
    ]
    stated = [share for share in shares if share is not None]
    return min(1.0, math.fsum(stated)) if stated else p["criticality"]


def sales_shares(links: list[Link], revenue: dict[str, float]) -> list[float]:
    """Section 1: δ_e, divided by their sum where a seller's exceed 1."""
    delta = [
        ratio(link.annual_value, revenue[link.seller]) if link.seller_share is None else link.seller_share
        for link in links
    ]
    total: dict[str, float] = defaultdict(float)
    for e, link in enumerate(links):
        total[link.seller] += delta[e]
    return [delta[e] / max(1.0, total[link.seller]) for e, link in enumerate(links)]


def unrecorded_sales(
    tables: Tables, delta: list[float], sales: dict[str, list[int]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Section 1: f_i and φ_i, what is sold to final customers and to businesses not recorded."""
    f, phi = {}, {}
    for row in tables["companies"]:
        i = cell(row, "id")
        left = 1 - math.fsum(delta[e] for e in sales.get(i, []))
        if left < NOISE:
            left = 0.0
        roles = {role.strip() for role in cell(row, "roles").split(";")}
        to_customers = roles & {"brand", "dealer", "platform"}
        f[i] = min(left, given(row, "consumer_share", left if to_customers else 0.0))
        phi[i] = left - f[i] if left - f[i] >= NOISE else 0.0
    return f, phi


def slot_shares(links: list[Link], slots: dict[Slot, list[int]]) -> list[float]:
    """Section 1: g_e; links without a given share divide what the given ones leave."""
    g = [0.0] * len(links)
    for members in slots.values():
        left = 1 - math.fsum(links[e].share or 0.0 for e in members)
        if left < NOISE:
            left = 0.0
        others = [e for e in members if links[e].share is None]
        value = math.fsum(links[e].annual_value for e in others)
        for e in members:
            link = links[e]
            if link.share is not None:
                g[e] = link.share
            elif value > 0:
                g[e] = left * link.annual_value / value
            else:
                g[e] = left / len(others)
    return g


def default_touch(link: Link, g: float, delta: float, p: Parameters) -> float:
    """Step 2: the touch of a link, by default 1, g or δ."""
    if link.touch is not None:
        return link.touch
    return {"SUPPLIES": p["touch"], "CARRIES_FOR": g, "SELLS_THROUGH": delta}[link.kind]


def raise_to(weights: Weights, i: str, j: str, weight: float) -> None:
    """Step 2: between two companies the largest counts."""
    weights[i][j] = max(weights[i].get(j, 0.0), weight)


def trade_weights(links: list[Link], touches: list[float], p: Parameters) -> tuple[Weights, Weights]:
    """Steps 2 and 3: m_ji and β_ji of the trade links."""
    blame: Weights = defaultdict(dict)
    taint: Weights = defaultdict(dict)
    for link, touch in zip(links, touches, strict=True):
        m = link.alpha * touch ** p["touch_exponent"] if touch > 0 else 0.0
        if link.kind == "SELLS_THROUGH":
            raise_to(blame, link.seller, link.buyer, m)
            raise_to(taint, link.buyer, link.seller, p["association_partner"])
        else:
            raise_to(blame, link.buyer, link.seller, m)
            raise_to(taint, link.seller, link.buyer, p["association_partner"])
            if touch == 0:
                raise_to(taint, link.buyer, link.seller, p["association_no_contact"])
    return blame, taint


def rivalries(tables: Tables, p: Parameters) -> Weights:
    """Step 3: β_ji of the COMPETES_WITH links, both ways; at most 1, whatever the parameters."""
    rivalry: Weights = defaultdict(dict)
    for row in tables["links"]:
        if cell(row, "kind") == "COMPETES_WITH":
            uninformed = 1 - given(row, "informed", p["informed"])
            beta = p["association_peer_base"] + p["association_peer_uninformed"] * uninformed
            beta = min(1.0, given(row, "closeness", p["closeness"]) * beta)
            raise_to(rivalry, cell(row, "source"), cell(row, "target"), beta)
            raise_to(rivalry, cell(row, "target"), cell(row, "source"), beta)
    return rivalry


def closenesses(tables: Tables, p: Parameters) -> Weights:
    """The closeness of the COMPETES_WITH links, both ways."""
    close: Weights = defaultdict(dict)
    for row in tables["links"]:
        if cell(row, "kind") == "COMPETES_WITH":
            for one, other in (("source", "target"), ("target", "source")):
                close[cell(row, one)][cell(row, other)] = given(row, "closeness", p["closeness"])
    return close


def exposures(tables: Tables, p: Parameters) -> Weights:
    """Step 6: π_ji of the REGULATED_WITH links, both ways."""
    exposure: Weights = defaultdict(dict)
    for row in tables["links"]:
        if cell(row, "kind") == "REGULATED_WITH":
            pi = given(row, "regulatory_exposure", p["regulatory_exposure"])
            raise_to(exposure, cell(row, "source"), cell(row, "target"), pi)
            raise_to(exposure, cell(row, "target"), cell(row, "source"), pi)
    return exposure


def structures(tables: Tables) -> dict[str, str]:
    """Section 1: company → structure of its market; a blank one is differentiated."""
    of_market = {cell(row, "id"): cell(row, "structure") for row in tables.get("markets", [])}
    return {
        cell(row, "id"): of_market.get(cell(row, "market"), "") or "differentiated"
        for row in tables["companies"]
    }


def brand_shares(links: list[Link]) -> Weights:
    """Step 9: q_b, brand b's share of what i buys on SELLS_THROUGH links."""
    bought: Weights = defaultdict(lambda: defaultdict(float))
    for link in links:
        if link.kind == "SELLS_THROUGH":
            bought[link.buyer][link.seller] += link.annual_value
    return {
        i: {b: ratio(value, math.fsum(of_brand.values())) for b, value in of_brand.items()}
        for i, of_brand in bought.items()
    }


def compile_chain(tables: Tables, p: Parameters) -> Chain:
    """Section 1, and the weights of steps 2, 3, 6 and 9."""
    links = read_links(tables, p)
    rows = {cell(row, "id"): row for row in tables["companies"]}
    sold = {i: math.fsum(link.annual_value for link in links if link.seller == i) for i in rows}
    bought = {i: math.fsum(link.annual_value for link in links if link.buyer == i) for i in rows}
    revenue = {i: max(given(row, "annual_revenue", 0), sold[i]) for i, row in rows.items()}
    purchases = {i: max(bought[i], p["purchases_share"] * revenue[i]) for i in rows}
    delta = sales_shares(links, revenue)
    slots: dict[Slot, list[int]] = defaultdict(list)
    sales: dict[str, list[int]] = defaultdict(list)
    for e, link in enumerate(links):
        slots[link.slot].append(e)
        sales[link.seller].append(e)
    f, phi = unrecorded_sales(tables, delta, sales)
    g = slot_shares(links, slots)
    touches = [default_touch(link, g[e], delta[e], p) for e, link in enumerate(links)]
    blame, taint = trade_weights(links, touches, p)
    rivalry = rivalries(tables, p)
    for i, of_rival in rivalry.items():
        for j, beta in of_rival.items():
            raise_to(taint, i, j, beta)
    return Chain(
        companies=list(rows),
        links=links,
        sales=sales,
        structure=structures(tables),
        resale={i: given(row, "resale", p["resale"]) for i, row in rows.items()},
        revenue=revenue,
        value_added={
            i: given(row, "value_added", max(0.0, revenue[i] - purchases[i])) for i, row in rows.items()
        },
        delta=delta,
        f=f,
        phi=phi,
        g=g,
        slots=slots,
        essential={slot: any(links[e].essential for e in es) for slot, es in slots.items()},
        chi={slot: max(links[e].criticality for e in es) for slot, es in slots.items()},
        inventory={slot: max(links[e].inventory_weeks for e in es) for slot, es in slots.items()},
        a={
            slot: ratio(math.fsum(links[e].annual_value for e in es), purchases[slot[0]])
            for slot, es in slots.items()
        },
        blame=blame,
        taint=taint,
        exposure=exposures(tables, p),
        rivalry=rivalry,
        closeness=closenesses(tables, p),
        q=brand_shares(links),
    )
