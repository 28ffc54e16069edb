"""From rows as a CSV holds them to a compiled network, through a real store."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graph.model import Fact, fact
from graph.network import Network, compile_network
from graph.ontology import NUMERIC, TABLES, Kind
from graph.scenario import (
    Boon,
    Boycott,
    Demand,
    DirectCost,
    Experience,
    Opening,
    Outage,
    Scandal,
    Scenario,
    Shock,
    Substitute,
)
from graph.stores.base import Store
from graph.stores.registry import open_store
from tests.naive_chain import Tables

GOLDEN = Path(__file__).parent / "golden"
KINDS: dict[str, Callable[..., Shock]] = {
    "outage": Outage,
    "scandal": Scandal,
    "demand": Demand,
    "boycott": Boycott,
    "boon": Boon,
    "experience": Experience,
    "substitute": Substitute,
    "opening": Opening,
}
MOMENT = "2026-01-01T00:00:00Z"
# Hundreds of small stores: where the system keeps files in memory, there.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def facts_of(tables: Tables) -> dict[str, list[Fact]]:
    """The rows as facts, by table, in the order in which they can be stored."""
    return {
        name: [
            fact(name, values(name, row), source_ref=f"{name}.csv:{number}", loaded_at=MOMENT)
            for number, row in enumerate(tables[name], 2)
        ]
        for name in TABLES
        if tables.get(name)
    }


def values(table: str, row: dict[str, str]) -> dict[str, object]:
    """The cells as values of their columns."""
    result: dict[str, object] = {}
    for name, cell in row.items():
        if cell in ("", None):
            continue
        kind = TABLES[table].by_name[name].kind
        if kind is Kind.FLAG:
            result[name] = cell == "true"
        elif kind in NUMERIC:
            result[name] = float(cell)
        elif kind in (Kind.TEXTS, Kind.CHOICES):
            result[name] = tuple(cell.split(";"))
        else:
            result[name] = cell
    return result


@contextmanager
def store_of(tables: Tables) -> Iterator[Store]:
    """A store, in a folder of its own, that holds the rows."""
    with TemporaryDirectory(dir=MEMORY) as folder, open_store(f"{folder}/chain.db") as store:
        for facts in facts_of(tables).values():
            written = store.upsert(facts)
            assert not written.refused
        yield store


def network_of(tables: Tables) -> Network:
    """The rows compiled."""
    with store_of(tables) as store:
        return compile_network(store)


def golden_tables(folder: str) -> Tables:
    """A golden chain's tables."""
    tables: Tables = {}
    for table in ("companies", "links", "markets"):
        with (GOLDEN / folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            tables[table] = list(csv.DictReader(file))
    return tables


def scenario_of(question: dict[str, Any]) -> Scenario:
    """A scenario as JSON holds it."""
    return Scenario(
        name=question.get("name", ""),
        shocks=tuple(_shock(s) for s in question["shocks"]),
        horizon_weeks=question["horizon_weeks"],
        parameters=question.get("parameters", {}),
    )


def _shock(said: dict[str, Any]) -> Shock:
    given = {name: value for name, value in said.items() if name != "kind" and value is not None}
    costs = given.pop("direct_costs", ())
    given["direct_costs"] = tuple(DirectCost(c["bearer"], c["amount"], c["supplier"] or "") for c in costs)
    return KINDS[said["kind"]](**given)
