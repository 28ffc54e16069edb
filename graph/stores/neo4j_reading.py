"""What is read of a chain in Neo4j: its stamp, facts by their keys, facts about a company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graph.model import Fact
from graph.ontology import TABLES, LinkKind
from graph.stores import neo4j as cypher
from graph.stores.base import Key, Snapshot
from graph.stores.neo4j_facts import key_of, link, node

CHUNK = 5_000  # rows of one statement
VERSION = 1  # of the schema that this knockon writes

State = dict[str, Any]  # the properties of the chain's node


def new_state(chain: str) -> State:
    """The stamp of an empty chain."""
    empty: State = {"chain": chain, "version": VERSION, "revision": 0, "hash": "0" * 64}
    empty |= {"currency": "", "loaded_until": "", "epoch": 0, "companies_made": 0, "link_kinds": []}
    return empty | {f"count_{table}": 0 for table in TABLES}


def snapshot_of(state: State) -> Snapshot:
    """The stamp that a chain's node holds."""
    return Snapshot(state["revision"], state["hash"], state["currency"], state["loaded_until"])


def fill(state: State, table: str, facts: Sequence[Fact]) -> None:
    """Remember in a stamp which columns ever held a value: the others need not be read."""
    known = TABLES[table].by_name
    filled = set(state.get(f"filled_{table}", ()))
    more = filled.union(*(fact.values.keys() & known.keys() for fact in facts))
    if table == "links" and any(fact.values["source"] != fact.key[0] for fact in facts):
        more.add("turned")
    if more != filled:
        state[f"filled_{table}"] = sorted(more)
    if table == "links":
        kinds = set(state["link_kinds"])
        state["link_kinds"] = sorted(kinds.union(fact.key[1] for fact in facts))


def read_facts(run: cypher.Run, chain: str, table: str, keys: Sequence[Key]) -> dict[Key, Fact]:
    """The facts with these keys, as far as they are there."""
    found: list[Fact] = []
    if table != "links":
        texts = [key_of(chain, table, key) for key in keys]
        found += [node(table, told) for ((_, told),) in run(cypher.READ_NODES, keys=texts)] if texts else []
    for kind in LinkKind if table == "links" else ():
        if texts := [key_of(chain, table, key) for key in keys if key[1] == kind]:
            found += [link(*row) for (row,) in run(cypher.READ_LINKS[kind], keys=texts)]
    return {fact.key: fact for fact in found}


def facts_about(run: cypher.Run, chain: str, table: str, company: str) -> Iterator[Fact]:
    """The facts that refer to a company, in the order of their keys."""
    query, parameters = about(chain, table, company)
    return (fact_of(table, row) for row in run.each(query, **parameters))


def about(chain: str, table: str, company: str) -> tuple[str, dict[str, Any]]:
    """The question for facts that refer to a company, and its parameters."""
    columns = [c.name for c in TABLES[table].columns if c.refers == "companies"]
    return cypher.ABOUT_COMPANY[table], {"key": key_of(chain, "companies", (company,)), "columns": columns}


def fact_of(table: str, row: Sequence[Any]) -> Fact:
    """The fact of a row that a question for whole facts gave."""
    return link(row[0], row[1], row[2], row[3]) if table == "links" else node(table, row[1])


def chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Rows in parts that one statement takes."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
