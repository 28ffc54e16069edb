"""Whole columns of a Neo4j store as arrays, asked for in lists: far faster than a record a link."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain as chained
from typing import Any

import numpy as np

from graph.ontology import NUMERIC, TABLES, Kind
from graph.stores import neo4j as cypher
from graph.stores.base import Coded, Columns
from graph.stores.columns import Codes, Numbers, assembled, coded, fields, order_of, used
from graph.stores.neo4j_reading import State

_NODES = 5_000  # in a list
_SELLERS = 3_000  # whose links are in a list
_ENDS = ("source", "target")


def read_columns(
    run: cypher.Run, chain: str, state: State, wanted: Mapping[str, Sequence[str]]
) -> dict[str, Columns]:
    """The columns as graph.stores.base.Store.columns describes them, within one transaction."""
    return {
        table: _links(run, chain, state, names)
        if table == "links"
        else _table(run, chain, state, table, names)
        for table, names in wanted.items()
    }


def _blank(table: str, name: str) -> Any:
    """What stands for a blank in a list, which holds no nulls."""
    column = TABLES[table].by_name.get(name)
    if column is None or column.kind in NUMERIC:
        return math.nan
    return [] if column.kind in (Kind.TEXTS, Kind.CHOICES) else ""


def _numbers(cells: Sequence[Any]) -> Numbers:
    return np.array(cells, np.float64)


def _texts(table: str, name: str, cells: Sequence[Any]) -> Coded:
    if TABLES[table].by_name[name].kind in (Kind.TEXTS, Kind.CHOICES):
        return coded(";".join(cell) for cell in cells)
    return coded(cells)


def _read(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows of lists as whole columns."""
    return [list(chained.from_iterable(row[i] for row in rows)) for i in range(width)]


def _table(run: cypher.Run, chain: str, state: State, table: str, wanted: Sequence[str]) -> Columns:
    key = TABLES[table].key
    numeric, textual = fields(table, wanted, set(state.get(f"filled_{table}", ())))
    names = list(dict.fromkeys((*key, *numeric, *textual)))
    blanks = [_blank(table, name) for name in names]
    rows = run(cypher.node_columns(table, names), chain=chain, step=_NODES, blanks=blanks)
    cells = dict(zip(names, _read(rows, len(names)), strict=True))
    order = order_of([coded(cells[name]).codes for name in key])
    numbers = {name: _numbers(cells[name])[order] for name in numeric}
    texts = {}
    for name in textual:
        column = _texts(table, name, cells[name])
        texts[name] = Coded(column.codes[order], column.names)
    return assembled(table, wanted, len(order), numbers, texts)


def _links(run: cypher.Run, chain: str, state: State, wanted: Sequence[str]) -> Columns:
    filled = set(state.get("filled_links", ()))
    numeric, textual = fields("links", wanted, filled)
    textual = [name for name in textual if name not in (*_ENDS, "kind", "category", "period")]
    names = [*numeric, *textual, *(name for name in ("category", "period", "turned") if name in filled)]
    blanks = [_blank("links", name) for name in names]
    top = max(int(state["companies_made"]) - 1, 0)
    parts: list[list[Any]] = []
    counts: list[int] = []
    for kind in state["link_kinds"]:
        rows = run(cypher.link_columns(kind, names), chain=chain, top=top, step=_SELLERS, blanks=blanks)
        parts += rows
        counts.append(sum(len(row[0]) for row in rows))
    sellers, buyers, *columns = _read(parts, 2 + len(names))
    cells = dict(zip(names, columns, strict=True))
    nodes, ids = _places(run, chain)
    codes: dict[str, Codes] = {"source": nodes(sellers), "target": nodes(buyers)}
    kinds = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    blank = Coded(np.full(len(sellers), -1, np.int32), ())
    terms = {name: coded(cells[name]) if name in cells else blank for name in ("category", "period")}
    terms |= {"kind": Coded(kinds, tuple(state["link_kinds"]))}
    codes |= {name: column.codes for name, column in terms.items()}
    order = order_of([codes[name] for name in ("target", "category", "source", "kind", "period")])
    # Symmetric links stand under the order of their ids; ends are told as their row did.
    if "turned" in cells:
        turned = np.array(cells["turned"], np.float64) == 1
        source, target = codes["source"], codes["target"]
        codes["source"], codes["target"] = np.where(turned, target, source), np.where(turned, source, target)
    texts = {name: Coded(codes[name][order], ids) for name in _ENDS}
    texts |= {name: used(column.codes[order], column.names) for name, column in terms.items()}
    for name in textual:
        column = _texts("links", name, cells[name])
        texts[name] = Coded(column.codes[order], column.names)
    numbers = {name: _numbers(cells[name])[order] for name in numeric}
    return assembled("links", wanted, len(order), numbers, texts)


def _places(run: cypher.Run, chain: str) -> tuple[Callable[[Sequence[int]], Codes], tuple[str, ...]]:
    """What tells the places of companies among the ids by their nodes, and the ids in order."""
    nodes, ids = _read(run(cypher.PLACES, chain=chain, step=_NODES), 2)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    known = np.array(nodes, np.int64)[order]
    by_node = np.argsort(known).astype(np.int32)
    known.sort()

    def places(sought: Sequence[int]) -> Codes:
        return by_node[np.searchsorted(known, np.array(sought, np.int64))]

    return places, tuple(ids[i] for i in order)
