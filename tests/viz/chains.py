"""Chains to draw: a small true-to-life one, a large random one, one whose every text attacks the page."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from graph.impact.impact import Impact, reckon
from graph.model import LONGEST_ID, Fact, fact
from graph.network import compile_network
from graph.scenario import DirectCost, Outage, Scandal, Scenario
from graph.stores.base import Store
from graph.stores.registry import open_store

SMALL = Scenario(
    "Cells missing, then a scandal",
    (
        Outage(
            "lg",
            1.0,
            8,
            category="cells",
            start_week=1,
            recovery="linear",
            recovery_weeks=4,
            direct_costs=(DirectCost("gm", 2e9, "lg"),),
        ),
        Scandal("gm", 0.5, start_week=3),
    ),
    26,
)


def company(id: str, name: str, role: str = "", **values: object) -> Fact:
    """A company."""
    told = {"id": id, "name": name, "roles": (role,) if role else (), **values}
    return fact("companies", told, source_ref="companies.csv:2")


def link(source: str, target: str, kind: str = "SUPPLIES", **values: object) -> Fact:
    """A link."""
    told = {"source": source, "target": target, "kind": kind, **values}
    return fact("links", told, source_ref="links.csv:7")


def small() -> list[Fact]:
    """Twelve companies: three tiers of suppliers, two brands, a carrier, dealers, a customer, a regulator."""
    companies = [
        ("ganfeng", "赣锋锂业", "supplier", 3.3),
        ("posco", "POSCO Future M", "supplier", 2.4),
        ("lg", "LG Energy Solution", "supplier", 14.9),
        ("takata", "Takata", "supplier", 6.2),
        ("gm", "General Motors", "brand", 127.0),
        ("hyundai", "Hyundai Motor", "brand", 98.0),
        ("xpo", "XPO Logistics", "logistics", 7.7),
        ("autonation", "AutoNation", "dealer", 26.0),
        ("lithia", "Lithia Motors", "dealer", 28.0),
        ("hertz", "Hertz", "", 9.0),
        ("driver", "Driver's Union", "", 0.1),
        ("nhtsa", "NHTSA", "regulator", 0.0),
    ]
    trade = [
        ("ganfeng", "posco", "SUPPLIES", "lithium", 0.6),
        ("posco", "lg", "SUPPLIES", "anodes", 0.9),
        ("lg", "gm", "SUPPLIES", "cells", 2.6),
        ("lg", "gm", "SUPPLIES", "displays", 0.2),
        ("lg", "hyundai", "SUPPLIES", "cells", 2.2),
        ("takata", "gm", "SUPPLIES", "inflators", 0.4),
        ("xpo", "gm", "CARRIES_FOR", "", 1.1),
        ("gm", "autonation", "SELLS_THROUGH", "", 8.0),
        ("gm", "lithia", "SELLS_THROUGH", "", 6.0),
        ("hyundai", "lithia", "SELLS_THROUGH", "", 5.0),
        ("gm", "hertz", "SUPPLIES", "cars", 3.0),
        ("hertz", "driver", "SUPPLIES", "hire", 0.1),
    ]
    cash = {"gm": {"cash": 5e9, "fixed_cost_per_week": 1.6e9, "contribution_margin": 0.5}}
    return [
        *(
            company(i, n, r, annual_revenue=v * 1e9, currency="USD", **cash.get(i, {}))
            for i, n, r, v in companies
        ),
        *(link(a, b, k, category=c, annual_value=v * 1e9) for a, b, k, c, v in trade),
        link("gm", "hyundai", "COMPETES_WITH", informed=0.5),
        link("gm", "nhtsa", "REGULATED_WITH", regulatory_exposure=0.0),
    ]


def large(companies: int, seed: int = 3) -> list[Fact]:
    """Brands, three tiers of suppliers, carriers and dealers at random."""
    chance = random.Random(seed)
    brands = [f"b{i}" for i in range(4)]
    facts = [company(b, f"Brand {b}", "brand", annual_revenue=1e9 * chance.uniform(40, 150)) for b in brands]
    links: dict[tuple[str, ...], Fact] = {}
    tiers = [brands]
    for tier, share in enumerate((0.27, 0.3, 0.15), 1):
        tiers.append([f"s{tier}-{i}" for i in range(int(companies * share))])
        for s in tiers[tier]:
            revenue = 1e9 * chance.lognormvariate(0.3, 1) * 4 / tier
            facts.append(company(s, f"精密 Vendor {s}", "supplier", annual_revenue=revenue))
            for buyer in chance.sample(
                tiers[tier - 1], min(len(tiers[tier - 1]), chance.choice((1, 1, 2, 3)))
            ):
                made = link(s, buyer, category=chance.choice(("cells", "steel")), annual_value=revenue / 4)
                links[made.key] = made
    while len(facts) < companies:
        dealer = f"d{len(facts)}"
        facts.append(
            company(dealer, f"Dealer {dealer}", "dealer", annual_revenue=1e9 * chance.uniform(1, 12))
        )
        for brand in chance.sample(brands, chance.choice((1, 1, 2))):
            made = link(brand, dealer, "SELLS_THROUGH", annual_value=1e9 * chance.uniform(0.3, 2))
            links[made.key] = made
    return [*facts, *links.values(), link("b0", "b1", "COMPETES_WITH")]


LARGE = Scenario(
    "Two suppliers and a scandal",
    (Outage("s2-3", 1.0, 6), Outage("s1-5", 1.0, 6), Scandal("b1", 0.5, start_week=4)),
)

ATTACKS = (
    "</script><script>window.pwned=1;alert(1)</script>",
    '"><img src=x onerror="window.pwned=1;alert(1)">',
    "<!--<script>alert(1)",
    "{{7*7}}{% for x in y %}${7*7}",
    "\u202eevil\u2066 left",
    "line\u2028sep\u2029arated",
    "javascript:alert(1)",
    "x" * 10_000,
    "'; alert(1); '",
    "<svg/onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "bell\x07 and\ttab\nand line",
)


def hostile() -> list[Fact]:
    """Every text that a fact may hold is an attack: ids, names, categories, evidence, file names."""
    facts = []
    for n, text in enumerate(ATTACKS):
        told: dict[str, object] = {
            "id": f"{n}{text}"[:LONGEST_ID],
            "name": text,
            "roles": ("brand",) if n == 3 else ("supplier",),
            "annual_revenue": 1e9 if n != 5 else None,
            "evidence": f"{text} javascript:alert(2)",
            "assumed": (text, "annual_revenue"),
        }
        facts.append(fact("companies", told, source_ref=f"{text}.csv:2"))
    hub = facts[3].id
    for n, made in enumerate(tuple(facts)):
        if made.id != hub:
            told = {
                "source": made.id,
                "target": hub,
                "kind": "SUPPLIES",
                "category": ATTACKS[n],
                "seller_share": 0.6,
            }
            facts.append(fact("links", {**told, "evidence": ATTACKS[n]}, source_ref=f"{ATTACKS[n]}:3"))
            if n < 3:  # shares that sum to more than 1 make a warning that names the company
                other = {**told, "category": "more", "annual_value": 1e8}
                facts.append(fact("links", other, source_ref="links.csv:4"))
    return facts


def attack() -> Scenario:
    """A scenario whose name, companies and category attack too."""
    ids = [f.id for f in hostile() if f.table == "companies"]
    return Scenario(
        ATTACKS[0],
        (
            Outage(ids[0], 1.0, 4, direct_costs=(DirectCost(ids[1], 1e6, ids[0]),)),
            Outage(ids[1], 0.5, 4, category=ATTACKS[1], target=ids[3]),
            Scandal(ids[2], 0.7),
        ),
        12,
    )


@contextmanager
def kept(facts: Sequence[Fact], folder: Path) -> Iterator[Store]:
    """A store that holds the facts."""
    with open_store(str(folder / "chain.db")) as store:
        store.set_currency("USD")
        for table in ("companies", "links"):
            assert not store.upsert([f for f in facts if f.table == table]).refused
        yield store


def impact_of(facts: Sequence[Fact], scenario: Scenario, folder: Path) -> Impact:
    """What the scenario does to the chain of these facts."""
    with kept(facts, folder) as store:
        return reckon(compile_network(store), scenario, flows=True)
