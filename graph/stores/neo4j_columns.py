"""Whole columns of a Neo4j store as arrays, asked for in lists: far faster than a record a link."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from graph.ontology import NUMERIC, TABLES, Kind
from graph.stores import neo4j as cypher
from graph.stores.base import Coded, Columns
from graph.stores.columns import Codes, Coding, Numbers, assembled, fields, order_of, used
from graph.stores.neo4j_reading import State

_NODES = 5_000  # in a list
_SELLERS = 3_000  # whose links are in a list
_ENDS = ("source", "target")
Finish = Callable[[], Columns]  # makes of what was read the columns that were wanted


def read_columns(
    run: cypher.Run, chain: str, state: State, wanted: Mapping[str, Sequence[str]]
) -> dict[str, Columns]:
    """The columns as graph.stores.base.Store.columns describes them, within one transaction.

    While the server reads one table, another thread puts the one before in order.
    """
    with ThreadPoolExecutor(1) as worker:
        made = {
            table: worker.submit(
                _links(run, chain, state, names)
                if table == "links"
                else _table(run, chain, state, table, names)
            )
            for table, names in wanted.items()
        }
        return {table: future.result() for table, future in made.items()}


class _Cells:
    """Columns whose cells come in lists, made into arrays at once: meanwhile the server reads on."""

    def __init__(self, table: str, names: Sequence[str]) -> None:
        self.blanks = [_blank(table, name) for name in names]
        self._names = names
        self._numbers: dict[str, list[Numbers]] = {}
        self._texts: dict[str, Coding] = {}
        for name, blank in zip(names, self.blanks, strict=True):
            if isinstance(blank, float):
                self._numbers[name] = []
            else:
                self._texts[name] = Coding()

    def add(self, lists: Sequence[Sequence[Any]]) -> None:
        """The next rows: a list for each column."""
        for name, blank, cells in zip(self._names, self.blanks, lists, strict=True):
            if name in self._numbers:
                self._numbers[name].append(np.array(cells, np.float64))
            else:
                self._texts[name].add(cells if blank == "" else map(";".join, cells))

    def number(self, name: str) -> Numbers:
        """A column of numbers."""
        return np.concatenate((np.empty(0), *self._numbers[name]))

    def text(self, name: str) -> Coded:
        """A column of texts; lists are joined by ;."""
        return self._texts[name].coded()


def _blank(table: str, name: str) -> Any:
    """What stands for a blank in a list, which holds no nulls."""
    column = TABLES[table].by_name.get(name)
    if column is None or column.kind in NUMERIC:
        return math.nan
    return [] if column.kind in (Kind.TEXTS, Kind.CHOICES) else ""


def _top(state: State) -> int:
    """The highest number of a company."""
    return max(int(state["companies_made"]) - 1, 0)


def _table(run: cypher.Run, chain: str, state: State, table: str, wanted: Sequence[str]) -> Finish:
    key = TABLES[table].key
    numeric, textual = fields(table, wanted, set(state.get(f"filled_{table}", ())))
    names = list(dict.fromkeys((*key, *numeric, *textual)))
    cells = _Cells(table, names)
    query = cypher.node_columns(table, names)
    for lists in run.rows(query, chain=chain, top=_top(state), step=_NODES, blanks=cells.blanks):
        cells.add(lists)

    def finish() -> Columns:
        columns = {name: cells.text(name) for name in dict.fromkeys((*key, *textual))}
        order = order_of([columns[name].codes for name in key])
        texts = {name: Coded(columns[name].codes[order], columns[name].names) for name in textual}
        numbers = {name: cells.number(name)[order] for name in numeric}
        return assembled(table, wanted, len(order), numbers, texts)

    return finish


def _links(run: cypher.Run, chain: str, state: State, wanted: Sequence[str]) -> Finish:
    filled = set(state.get("filled_links", ()))
    numeric, textual = fields("links", wanted, filled)
    textual = [name for name in textual if name not in (*_ENDS, "kind", "category", "period")]
    names = [*numeric, *textual, *(name for name in ("category", "period", "turned") if name in filled)]
    cells = _Cells("links", names)
    nodes, ids = _places(run, chain)
    ends: dict[str, list[Codes]] = {name: [np.empty(0, np.int32)] for name in (*_ENDS, "kind")}
    for number, kind in enumerate(state["link_kinds"]):
        query = cypher.link_columns(kind, names)
        for sellers, buyers, *lists in run.rows(
            query, chain=chain, top=_top(state), step=_SELLERS, blanks=cells.blanks
        ):
            ends["source"].append(nodes(sellers))
            ends["target"].append(nodes(buyers))
            ends["kind"].append(np.full(len(sellers), number, np.int32))
            cells.add(lists)

    def finish() -> Columns:
        codes = {name: np.concatenate(parts) for name, parts in ends.items()}
        blank = Coded(np.full(len(codes["kind"]), -1, np.int32), ())
        terms = {name: cells.text(name) if name in filled else blank for name in ("category", "period")}
        terms |= {"kind": Coded(codes["kind"], tuple(state["link_kinds"]))}
        codes |= {name: column.codes for name, column in terms.items()}
        order = order_of([codes[name] for name in ("target", "category", "source", "kind", "period")])
        # Symmetric links stand under the order of their ids; ends are told as their row did.
        if "turned" in filled:
            turned = cells.number("turned") == 1
            source, target = codes["source"], codes["target"]
            codes["source"], codes["target"] = (
                np.where(turned, target, source),
                np.where(turned, source, target),
            )
        texts = {name: Coded(codes[name][order], ids) for name in _ENDS}
        texts |= {name: used(column.codes[order], column.names) for name, column in terms.items()}
        for name in textual:
            column = cells.text(name)
            texts[name] = Coded(column.codes[order], column.names)
        numbers = {name: cells.number(name)[order] for name in numeric}
        return assembled("links", wanted, len(order), numbers, texts)

    return finish


def _places(run: cypher.Run, chain: str) -> tuple[Callable[[Sequence[int]], Codes], tuple[str, ...]]:
    """What tells the places of companies among the ids by their nodes, and the ids in order."""
    nodes: list[int] = []
    ids: list[str] = []
    for some, named in run.rows(cypher.PLACES, chain=chain, step=_NODES):
        nodes += some
        ids += named
    order = sorted(range(len(ids)), key=ids.__getitem__)
    known = np.array(nodes, np.int64)[order]
    # Another commit may bring links of companies that are not known yet: all is then read again.
    by_node = np.append(np.argsort(known), -1).astype(np.int32)
    known.sort()

    def places(sought: Sequence[int]) -> Codes:
        return by_node[np.searchsorted(known, np.array(sought, np.int64))]

    return places, tuple(ids[i] for i in order)
