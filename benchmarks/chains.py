"""Made-up chains of any size for benchmarks: power-law degrees, five properties a link; given a seed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from graph.model import Fact, fact
from graph.stores.base import Store
from graph.stores.registry import open_store

CATEGORIES = tuple(f"category {k:02d}" for k in range(40))


def ends(companies: int, links: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seller, buyer and category of distinct links; a few buyers and sellers have very many."""
    rng = np.random.default_rng(seed)
    wanted, found = links, np.zeros((0, 3), np.int64)
    while len(found) < wanted:
        size = int(1.3 * (wanted - len(found))) + 100
        # rank ** -0.7: heavy tails on both sides, as in recorded trade networks
        seller = (companies * rng.random(size) ** 1.6).astype(np.int64)
        buyer = (companies * rng.random(size) ** 1.6).astype(np.int64)
        buyer = (buyer * 7919 + 13) % companies
        rows = np.stack([seller, buyer, rng.integers(0, len(CATEGORIES), size)], axis=1)
        found = np.unique(np.concatenate([found, rows[seller != buyer]]), axis=0)
    found = found[rng.permutation(len(found))[:wanted]]
    return found[:, 0], found[:, 1], found[:, 2]


def company_rows(companies: int, seed: int = 1) -> Iterator[dict[str, object]]:
    """Rows of the companies' table; every hundredth is a brand, the rest suppliers."""
    rng = np.random.default_rng(seed)
    revenue = np.round(np.exp(rng.normal(16, 1.5, companies)), 2)
    for i in range(companies):
        role = "brand" if i % 100 == 0 else "supplier"
        yield {
            "id": f"c{i:07d}",
            "name": f"Company {i}",
            "roles": (role,),
            "annual_revenue": float(revenue[i]),
        }


def link_rows(companies: int, links: int, seed: int = 1) -> Iterator[dict[str, object]]:
    """Rows of the links' table, with five properties each."""
    rng = np.random.default_rng(seed + 1)
    seller, buyer, category = ends(companies, links, seed)
    value = np.round(np.exp(rng.normal(10, 1.5, links)), 2)
    shares = np.round(rng.random((links, 3)), 3)
    for e in range(links):
        yield {
            "source": f"c{seller[e]:07d}",
            "target": f"c{buyer[e]:07d}",
            "kind": "SUPPLIES",
            "category": CATEGORIES[category[e]],
            "annual_value": float(value[e]),
            "substitutability": float(shares[e, 0]),
            "criticality": float(shares[e, 1]),
            "inventory_weeks": float(4 * shares[e, 2]),
        }


def facts(table: str, rows: Iterator[dict[str, object]]) -> list[Fact]:
    """The rows as validated facts."""
    moment = "2026-01-01T00:00:00Z"
    return [fact(table, row, source_ref=f"made.csv:{n}", loaded_at=moment) for n, row in enumerate(rows, 2)]


@contextmanager
def facts_in_store(companies: int, links: int, seed: int = 1) -> Iterator[Store]:
    """An embedded store, in a folder of its own, that holds the chain."""
    with TemporaryDirectory() as folder, open_store(f"{folder}/chain.db") as store:
        store.upsert(facts("companies", company_rows(companies, seed)))
        made = facts("links", link_rows(companies, links, seed))
        for first in range(0, links, 100_000):
            store.upsert(made[first : first + 100_000])
        yield store


def write_csv(path: Path, rows: Iterator[dict[str, object]]) -> None:
    """The rows as a CSV file."""
    first = next(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(first)
        writer.writerow([";".join(v) if isinstance(v, tuple) else v for v in first.values()])
        for row in rows:
            writer.writerow([";".join(v) if isinstance(v, tuple) else v for v in row.values()])
