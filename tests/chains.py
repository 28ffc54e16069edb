"""Small nasty chains and scenarios, drawn at random, on which the engines must agree.

Each company, link and shock draws from a source of its own, named by its place: fewer of them leave the
others nearly as they were, so hypothesis shrinks well. The same `rng` state gives the same tables.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

from hypothesis import strategies as st

from tests.naive_chain import PARAMETERS, TRADE, Row, Tables

Scenario = dict[str, Any]
Choices = tuple[str, ...]

MARKETS: list[Row] = [
    {"id": "m1", "name": "Water", "structure": "monopoly"},
    {"id": "m2", "name": "Cars", "structure": "differentiated"},
    {"id": "m3", "name": "Coffee", "structure": "homogeneous"},
    {"id": "m4", "name": "Unknown", "structure": ""},
]

# Two sources of each so that everybody can be somebody's partner; some play several roles, one none.
ROLES: Choices = (
    "brand",
    "supplier",
    "dealer",
    "logistics",
    "brand;supplier",
    "platform",
    "supplier;dealer;brand",
    "supplier;logistics",
    "supplier",
    "financier",
    "",
)
FIRST_ROLES: Choices = ("brand", "supplier", "dealer", "logistics")
# "delivery" shares the slot of the couriers, "goods:c00" that of a brand's dealers.
CATEGORIES: Choices = ("", "", "tyres", "tyres", "cells", "电池", "delivery", "goods:c00")

# What a cell may hold: blank, the ends of its range, ties, and "?" for any number from 0 to 1.
COMPANY_CELLS: dict[str, Choices] = {
    "currency": ("", "EUR"),
    "consumer_share": ("", "", "", "0", "0.2", "1"),
    "market": ("", "m1", "m2", "m3", "m3", "m4"),
    "value_added": ("", "", "", "0", "7.5"),
    "resale": ("", "0", "0.3", "1", "?"),
    "cash": ("", "", "0", "5"),
    "fixed_cost_per_week": ("", "0", "0.4"),
    "contribution_margin": ("", "0", "0.35"),
}
TRADE_CELLS: dict[str, Choices] = {
    "seller_share": ("", "", "", "", "", "", "0", "0.1", "0.3", "0.7"),
    "essential": ("", "", "true", "false"),
    "criticality": ("", "", "0", "0.3", "1", "?"),
    "inventory_weeks": ("", "0", "0.02", "0.5", "2", "?"),
    "substitutability": ("", "", "0", "0.2", "0.9", "1", "?"),
    "switching_cost": ("", "", "0", "0.1", "0.9", "1", "?"),
    "contract_weeks": ("", "", "0", "4", "30"),
    "take_or_pay": ("", "", "0", "0.5", "1"),
    "recovery_rate": ("", "0", "0.5", "1", "?"),
    "touch": ("", "", "0", "0", "0.02", "0.3", "1"),
    "attribution": ("", "", "0", "0.25", "0.95", "1"),
}
PAIR_CELLS: dict[str, dict[str, Choices]] = {
    "COMPETES_WITH": {"closeness": ("", "0", "0.4", "1", "?"), "informed": ("", "0", "0.3", "1", "?")},
    "REGULATED_WITH": {"regulatory_exposure": ("", "0", "0.3", "1", "?")},
}
LINK_COLUMNS = (
    *("source", "target", "kind", "category", "annual_value", "share", *TRADE_CELLS),
    *("closeness", "informed", "regulatory_exposure"),
)


def _cells(rng: random.Random, choices: dict[str, Choices]) -> Row:
    """One cell of each of these columns."""
    row = {column: rng.choice(texts) for column, texts in choices.items()}
    return {column: f"{rng.random():.3f}" if text == "?" else text for column, text in row.items()}


def _money(rng: random.Random, most: float) -> str:
    """A sum of money: blank, zero, one that ties with others, or any."""
    return rng.choice(("", "0", "10", "10", *(f"{rng.uniform(0.5, most):.2f}" for _ in range(6))))


def _company(rng: random.Random, place: int) -> Row:
    """One company; the first four play the four roles that links need."""
    return {
        "id": f"c{place:02d}",
        "name": f"Company {place}",
        "roles": FIRST_ROLES[place] if place < len(FIRST_ROLES) else rng.choice(ROLES),
        "annual_revenue": _money(rng, 160),
        **_cells(rng, COMPANY_CELLS),
    }


def _link(rng: random.Random, playing: dict[str, list[str]], everybody: list[str]) -> Row | None:
    """One link between companies that may have it, None where there is no such pair."""
    kind = rng.choices((*TRADE, "COMPETES_WITH", "REGULATED_WITH"), (10, 3, 5, 2, 2))[0]
    sellers = {
        "SUPPLIES": playing["supplier"],
        "CARRIES_FOR": playing["logistics"],
        "SELLS_THROUGH": playing["brand"],
    }
    shops = sorted({*playing["dealer"], *playing["platform"]})
    sources, targets = sellers.get(kind, everybody), shops if kind == "SELLS_THROUGH" else everybody
    if not sources or not targets:
        return None
    row = dict.fromkeys(LINK_COLUMNS, "")
    row["kind"], row["source"], row["target"] = kind, rng.choice(sources), rng.choice(targets)
    if row["source"] == row["target"]:
        return None
    if kind not in TRADE:
        return row | _cells(rng, PAIR_CELLS[kind])
    categories = {
        "SUPPLIES": CATEGORIES,
        "CARRIES_FOR": ("", "", "delivery", "cells"),
        "SELLS_THROUGH": ("", "", "", f"goods:{row['source']}", "tyres"),
    }
    row["category"] = rng.choice(categories[kind])
    row["annual_value"] = _money(rng, 40)
    return row | _cells(rng, TRADE_CELLS)


def _category(link: Row) -> str:
    """The category of a trade link, its default filled in."""
    default = {"SUPPLIES": "", "CARRIES_FOR": "delivery", "SELLS_THROUGH": f"goods:{link['source']}"}
    return link["category"] or default[link["kind"]]


def _identity(link: Row) -> tuple[str, ...]:
    """What no second row of a load may share."""
    if link["kind"] in TRADE:
        return (link["source"], link["kind"], link["target"], _category(link))
    return (link["kind"], *sorted((link["source"], link["target"])))


def _give_shares(base: int, links: list[Row]) -> None:
    """Fill the column `share`: in each slot for no link, for some or for all; in sum 1 or less."""
    slots: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for link in links:
        if link["kind"] in TRADE:
            slots[link["target"], _category(link)].append(link)
    for slot, members in slots.items():
        rng = random.Random(f"{base} slot {slot}")
        if rng.random() < 0.6:
            continue
        chosen = [link for link in members if rng.random() < 0.7]
        left = rng.choice((100, 100, 100, 65, 0))  # percent
        for place, link in enumerate(chosen):
            last = place == len(chosen) - 1
            share = left if last and rng.random() < 0.5 else rng.randint(0, left)
            link["share"] = f"{share / 100:g}"
            left -= share


def _products(base: int, companies: list[Row], links: list[Row]) -> tuple[list[Row], list[Row]]:
    """Products of some buyers, and the parts in them; what is bought without being a part stays so."""
    products: list[Row] = []
    parts: list[Row] = []
    for company in companies:
        rng = random.Random(f"{base} products {company['id']}")
        bought = [link for link in links if link["target"] == company["id"] and link["kind"] == "SUPPLIES"]
        if not bought or rng.random() < 0.5:
            continue
        for place in range(rng.randint(1, 3)):
            product = f"{company['id']}-p{place}"
            share = rng.choice(("", "0", "0.1", "0.25", "0.3"))
            products.append(
                {"id": product, "company": company["id"], "name": product, "revenue_share": share}
            )
            chosen = [link for link in bought if rng.random() < 0.5]
            for category, supplier in sorted({(_category(link), link["source"]) for link in chosen}):
                parts.append({"product": product, "category": category, "supplier": supplier, "share": ""})
    return products, parts


def random_chain(rng: random.Random, companies: int, links: int) -> Tables:
    """Tables of so many companies and at most so many links, each row with all its columns."""
    base = rng.getrandbits(64)
    rows = [_company(random.Random(f"{base} company {i}"), i) for i in range(companies)]
    playing: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for role in row["roles"].split(";"):
            playing[role].append(row["id"])
    everybody = [row["id"] for row in rows]
    found: dict[tuple[str, ...], Row] = {}
    for place in range(links):
        link = _link(random.Random(f"{base} link {place}"), playing, everybody)
        if link is not None:
            found.setdefault(_identity(link), link)
    kept = list(found.values())
    _give_shares(base, kept)
    products, parts = _products(base, rows, kept)
    return {
        "companies": rows,
        "links": kept,
        "markets": [dict(market) for market in MARKETS],
        "products": products,
        "parts": parts,
    }


def _outage(rng: random.Random, tables: Tables) -> dict[str, Any]:
    """An outage of a company, or of those of its sales that a category, a target or both pick out."""
    sales = [link for link in tables["links"] if link["kind"] in TRADE]
    shock: dict[str, Any] = {"kind": "outage", "company": rng.choice(tables["companies"])["id"]}
    if sales and rng.random() < 0.6:
        link = rng.choice(sales)
        shock["company"] = link["source"]
        picks = rng.choice(("company", "category", "target", "both"))
        if picks in ("category", "both") and _category(link):
            shock["category"] = _category(link)
        if picks in ("target", "both"):
            shock["target"] = link["target"]
    shock["severity"] = rng.choice((0, 0.01, 0.02, 0.5, 1, 1, round(rng.random(), 3)))
    shock["duration_weeks"] = rng.choice((0, 1, 3, 8, 20))
    shock["start_week"] = rng.choice((0, 0, 1, 7, 30))
    if rng.random() < 0.8:
        shock["recovery"] = rng.choice(("step", "linear", "exponential"))
        shock["recovery_weeks"] = rng.choice((0, 1, 4))
    return shock


def _scandal(rng: random.Random, tables: Tables) -> dict[str, Any]:
    """A scandal; what is not given is left to its default."""
    shock: dict[str, Any] = {"kind": "scandal", "company": rng.choice(tables["companies"])["id"]}
    shock["harm"] = rng.choice((0, 0.2, 0.35, 0.5, 0.7, 1, 1, round(rng.random(), 3)))
    if rng.random() < 0.7:
        shock["culpability"] = rng.choice((0, 0.1, 0.3, 0.7, 1))
    if rng.random() < 0.5:
        shock["victims"] = rng.choice(("buyers", "third_parties"))
    if rng.random() < 0.5:
        shock["reach"] = rng.choice(("national", "regional", "trade"))
    if rng.random() < 0.7:
        shock["start_week"] = rng.choice((0, 1, 5, 30))
    return shock


def _of_customers(rng: random.Random, tables: Tables) -> dict[str, Any]:
    """A shock that moves customers or changes a market."""
    kind = rng.choice(("demand", "boycott", "boon", "experience", "substitute", "opening"))
    shock: dict[str, Any] = {"kind": kind, "company": rng.choice(tables["companies"])["id"]}
    if rng.random() < 0.8:
        shock["start_week"] = rng.choice((0, 0, 3, 20))
    size = rng.choice((0, 0.1, 0.5, 1, round(rng.random(), 3)))
    if kind == "opening":
        # One week for all openings of a company, so that no two contradict each other.
        return shock | {"structure": "homogeneous" if shock.get("start_week") else "differentiated"}
    if kind == "substitute":
        return shock | {"pull": size}
    if kind == "experience":
        shock |= {"perceived": round(rng.random(), 3), "expected": rng.choice((0, 0.5, 0.9, 1))}
        if rng.random() < 0.5:
            shock["segment"] = size
    else:
        shock["size"] = size
    if rng.random() < 0.6:
        shock["duration_weeks"] = rng.choice((0, 1, 8, 20))
        shock["recovery"] = rng.choice(("step", "linear", "exponential"))
        shock["recovery_weeks"] = rng.choice((0, 1, 4))
    return shock


def _direct_cost(rng: random.Random, tables: Tables) -> dict[str, Any]:
    """A recall that a supplier on a link shares, or a fine that nobody does."""
    trade = [link for link in tables["links"] if link["kind"] in TRADE]
    amount = rng.choice((0, 3, 40))
    if trade and rng.random() < 0.7:
        link = rng.choice(trade)
        return {"bearer": link["target"], "supplier": link["source"], "amount": amount}
    return {"bearer": rng.choice(tables["companies"])["id"], "supplier": None, "amount": amount}


def _parameter(rng: random.Random, name: str) -> float:
    """A value that the parameter may take: half-lives above 0, exponents and weeks free, the rest a share."""
    if name.endswith("half_life"):
        return rng.choice((0.25, 1, 6, 40))
    if name.endswith(("exponent", "_weeks", "_rate")):
        return rng.choice((0, 0.5, 1, 3, 12))
    return rng.choice((0, 1, round(rng.random(), 3), round(rng.random(), 3)))


def random_scenario(
    rng: random.Random, tables: Tables, shocks: int | None = None, *, customers: bool = False
) -> Scenario:
    """A scenario on these tables, with up to six outages and scandals where `shocks` does not say.

    With `customers` also shocks that move customers or change a market.
    """
    base = rng.getrandbits(64)
    head = random.Random(f"{base} head")
    count = head.randint(0, 6) if shocks is None else shocks
    scenario: Scenario = {"name": f"random {base:x}", "horizon_weeks": head.choice((1, 2, 13, 40, 60))}
    scenario["shocks"] = []
    for place in range(count):
        one = random.Random(f"{base} shock {place}")
        shock = _outage(one, tables) if one.random() < 0.55 else _scandal(one, tables)
        if customers and one.random() < 0.5:
            shock = _of_customers(one, tables)
        if one.random() < 0.2:
            shock["direct_costs"] = [_direct_cost(one, tables) for _ in range(one.randint(1, 2))]
        scenario["shocks"].append(shock)
    parameters: dict[str, float] = {}
    if head.random() < 0.4:
        parameters["feedback"] = head.choice((0.3, 1))
    if head.random() < 0.4:
        names = head.sample(sorted(PARAMETERS), head.randint(1, 8))
        parameters |= {name: _parameter(head, name) for name in names}
    if head.random() < 0.3:
        parameters["word_of_mouth"] = head.choice((0.3, 1))
    if parameters or head.random() < 0.5:
        scenario["parameters"] = parameters
    return scenario


@st.composite
def chains(draw: st.DrawFn, most_companies: int = 12, most_links: int = 30) -> Tables:
    """Hypothesis: a random chain; shrinks towards fewer companies and links."""
    companies = draw(st.integers(1, most_companies))
    links = draw(st.integers(0, most_links))
    return random_chain(random.Random(draw(st.integers(0, 2**32 - 1))), companies, links)


@st.composite
def scenarios(draw: st.DrawFn, tables: Tables, most_shocks: int = 6, *, customers: bool = False) -> Scenario:
    """Hypothesis: a random scenario on these tables; shrinks towards fewer shocks."""
    shocks = draw(st.integers(0, most_shocks))
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    return random_scenario(rng, tables, shocks, customers=customers)
