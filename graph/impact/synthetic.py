"""Made-up small chains and scenarios for calibration: recorded as real ones are, with blanks and doubts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graph.network import (
    COMPANY_NUMBERS,
    KINDS,
    PAIR_NUMBERS,
    STRUCTURES,
    TRADE_NUMBERS,
    Floats,
    Network,
    Pairs,
    Trade,
)
from graph.ontology import LinkKind, Role
from graph.scenario import Outage, Scandal, Scenario
from graph.stores.base import Snapshot

BRANDS, DEALERS, COURIERS, SUPPLIERS = 3, 4, 2, 15
SIZE = BRANDS + DEALERS + COURIERS + SUPPLIERS
WEEKS = 40
_ROLES = (
    *((Role.BRAND,),) * BRANDS,
    *((Role.DEALER,),) * DEALERS,
    *((Role.LOGISTICS,),) * COURIERS,
    *((Role.SUPPLIER,),) * SUPPLIERS,
)
_CATEGORIES = ("", "goods", "delivery", "cells", "steel", "chips", "glass")
_CONFIDENCE = (0.6, 0.8, 0.9, 1.0)
_RECORDED = 0.6  # of the cells that may be blank


def chain(rng: np.random.Generator) -> Network:
    """A chain of 24 companies; revenues and values are [currency/year]."""
    seller, buyer, kind, category = _links(rng)
    links = len(seller)

    def some(values: Floats, recorded: float = _RECORDED) -> Floats:
        return np.where(rng.random(len(values)) < recorded, values, np.nan)

    numbers = {name: np.full(links, np.nan) for name in TRADE_NUMBERS} | {
        "annual_value": np.round(np.exp(rng.normal(2.5, 0.8, links)), 2),
        "criticality": some(rng.uniform(0.2, 1.0, links)),
        "substitutability": some(rng.uniform(0.0, 0.9, links)),
        "switching_cost": some(rng.uniform(0.2, 0.8, links)),
        "take_or_pay": some(rng.uniform(0.0, 0.6, links)),
        "contract_weeks": some(rng.integers(0, 30, links).astype(np.float64)),
    }
    companies = {name: np.full(SIZE, np.nan) for name in COMPANY_NUMBERS} | {
        "annual_revenue": np.round(np.exp(rng.normal(4.5, 0.5, SIZE)), 1)
    }
    rivals = np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32)
    closeness = {name: some(rng.uniform(0.2, 0.9, 3)) for name in PAIR_NUMBERS}
    return Network(
        snapshot=Snapshot(0, "", "", ""),
        as_of="",
        day="",
        ids=tuple(f"c{i:02d}" for i in range(SIZE)),
        names=tuple(f"Company {i}" for i in range(SIZE)),
        roles=tuple(tuple(map(str, roles)) for roles in _ROLES),
        industries=("",) * SIZE,
        numbers=MappingProxyType(companies),
        structure=rng.integers(-1, len(STRUCTURES), SIZE).astype(np.int8),
        confidence=rng.choice(_CONFIDENCE, SIZE),
        marks=MappingProxyType({}),
        categories=_CATEGORIES,
        trade=Trade(
            *(seller, buyer, kind, category),
            MappingProxyType(numbers),
            np.full(links, np.nan),
            rng.choice(_CONFIDENCE, links),
            MappingProxyType({}),
        ),
        competes=Pairs(*rivals, MappingProxyType(closeness), rng.choice(_CONFIDENCE, 3)),
        regulated=_no_pairs(),
        marked=MappingProxyType({}),
        not_on_date=0,
    )


def scenario(rng: np.random.Generator, seed: int) -> Scenario:
    """An outage of a supplier and a scandal, at a brand or a supplier; as sure as severity and harm are."""
    supplier = int(rng.integers(SIZE - SUPPLIERS, SIZE))
    guilty = int(rng.choice([int(rng.integers(0, BRANDS)), int(rng.integers(SIZE - SUPPLIERS, SIZE))]))
    return Scenario(
        shocks=(
            Outage(f"c{supplier:02d}", float(rng.uniform(0.4, 1.0)), int(rng.integers(2, 13))),
            Scandal(f"c{guilty:02d}", float(rng.uniform(0.2, 0.9))),
        ),
        horizon_weeks=WEEKS,
        seed=seed,
    )


_Ints = NDArray[np.int32]


def _links(rng: np.random.Generator) -> tuple[_Ints, _Ints, NDArray[np.int8], _Ints]:
    """Seller, buyer, kind and category of distinct links in the order of Trade."""
    suppliers = np.arange(SIZE - SUPPLIERS, SIZE)
    couriers = np.arange(BRANDS + DEALERS, BRANDS + DEALERS + COURIERS)
    found: set[tuple[int, int, int, int]] = set()
    for buyer in (*range(BRANDS), *suppliers.tolist()):
        for _ in range(4 if buyer < BRANDS else 2):
            seller = int(rng.choice(suppliers))
            if seller != buyer:
                found.add((buyer, int(rng.integers(3, len(_CATEGORIES))), seller, _kind(LinkKind.SUPPLIES)))
    for brand in range(BRANDS):
        found.add((brand, 2, int(rng.choice(couriers)), _kind(LinkKind.CARRIES_FOR)))
        for dealer in rng.choice(DEALERS, 2, replace=False).tolist():
            found.add((BRANDS + dealer, 1, brand, _kind(LinkKind.SELLS_THROUGH)))
    buyer_, category, seller_, kind = np.array(sorted(found), np.int32).T
    return seller_, buyer_, kind.astype(np.int8), category


def _kind(kind: LinkKind) -> int:
    return KINDS.index(kind)


def _no_pairs() -> Pairs:
    numbers: Mapping[str, Floats] = MappingProxyType({name: np.zeros(0) for name in PAIR_NUMBERS})
    return Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32), numbers, np.zeros(0))
