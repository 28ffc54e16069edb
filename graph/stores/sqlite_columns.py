"""Whole columns of an SQLite store as arrays: one or two passes over a table, the rest is numpy."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from graph.ontology import TABLES
from graph.stores.base import Coded, Columns
from graph.stores.columns import Numbers, assembled, coded, fields, order_of, ranks, used
from graph.stores.sqlite_schema import LAYOUTS, quoted


def read_columns(con: sqlite3.Connection, wanted: Mapping[str, Sequence[str]]) -> dict[str, Columns]:
    """The columns as graph.stores.base.Store.columns describes them, within the transaction that is open."""
    return {
        table: _links(con, names) if table == "links" else _table(con, table, names)
        for table, names in wanted.items()
    }


def _filled(con: sqlite3.Connection, table: str) -> set[str]:
    return {c for (c,) in con.execute("SELECT col FROM filled WHERE tbl = ?", (table,))}


def _numbers(con: sqlite3.Connection, keys: Sequence[str], fields: Sequence[str], rest: str) -> Numbers:
    """Fields of all rows, shape (rows, keys and fields); blanks are infinite, which no cell is."""
    # Unlike NULL infinity is a number, so that the cells stream into the array without a look at each.
    cells = [*map(quoted, keys), *(f"ifnull({quoted(f)}, 9e999)" for f in fields)]
    rows = con.execute(f"SELECT {', '.join(cells)} {rest}")
    return np.fromiter(chain.from_iterable(rows), np.float64).reshape(-1, len(cells))


def _texts(con: sqlite3.Connection, table: str, fields: Sequence[str], rest: str) -> dict[str, Coded]:
    if not fields:
        return {}
    rows = con.execute(f"SELECT {', '.join(map(quoted, fields))} {rest}").fetchall()
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(fields)
    found = {}
    for name, texts in zip(fields, columns, strict=True):
        column = coded(texts)
        if name in LAYOUTS[table].lists:
            column = _joined(column)
        found[name] = column
    return found


def _joined(column: Coded) -> Coded:
    """Lists, kept as JSON, as people write them: joined by ;."""
    texts = [";".join(json.loads(name)) for name in column.names]
    names = sorted(set(texts))
    place = {name: code for code, name in enumerate(names)}
    table = np.array([*(place[text] for text in texts), -1], np.int32)
    return Coded(table[column.codes], tuple(names))


def _table(con: sqlite3.Connection, table: str, wanted: Sequence[str]) -> Columns:
    numeric, textual = fields(table, wanted, _filled(con, table))
    rest = f"FROM {quoted(table)} ORDER BY {', '.join(map(quoted, TABLES[table].key))}"
    (count,) = con.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
    numbers = {}
    if numeric:
        cells = _numbers(con, (), numeric, rest).T.copy()
        cells[np.isinf(cells)] = np.nan
        numbers = dict(zip(numeric, cells, strict=True))
    return assembled(table, wanted, count, numbers, _texts(con, table, textual, rest))


_ENDS = ("source", "target")
_TERMS = ("kind", "category", "period")


def _links(con: sqlite3.Connection, wanted: Sequence[str]) -> Columns:
    filled = _filled(con, "links")
    numeric, textual = fields("links", wanted, filled)
    textual = [name for name in textual if name not in (*_ENDS, *_TERMS)]
    keys = [*_ENDS, "terms", *(("turned",) if "turned" in filled else ())]
    rest = "FROM links NOT INDEXED ORDER BY rowid"
    cells = _numbers(con, keys, numeric, rest)
    place, ids = ranks(con.execute("SELECT n, id FROM companies ORDER BY id").fetchall())
    codes = {name: place[cells[:, i].astype(np.int64)] for i, name in enumerate(_ENDS)}
    names = {}
    terms = con.execute("SELECT n, kind, category, period FROM terms").fetchall()
    numbers = np.fromiter((row[0] for row in terms), np.int64)
    of_link = cells[:, 2].astype(np.int64)
    for i, name in enumerate(_TERMS, 1):
        column = coded(row[i] for row in terms)
        of_terms = np.full(int(numbers.max(initial=0)) + 1, -1, np.int32)
        of_terms[numbers] = column.codes
        codes[name], names[name] = of_terms[of_link], column.names
    order = order_of([codes[name] for name in ("target", "category", "source", "kind", "period")])
    if (
        "turned" in filled
    ):  # symmetric links stand under the order of their ids; ends are told as their row did
        turned = cells[:, 3] == 1
        codes["source"], codes["target"] = (
            np.where(turned, codes["target"], codes["source"]),
            np.where(turned, codes["source"], codes["target"]),
        )
    columns = cells[order, len(keys) :].T.copy()
    columns[np.isinf(columns)] = np.nan
    texts = {n: Coded(c.codes[order], c.names) for n, c in _texts(con, "links", textual, rest).items()}
    texts |= {name: Coded(codes[name][order], ids) for name in _ENDS}
    texts |= {name: used(codes[name][order], names[name]) for name in _TERMS}
    return assembled("links", wanted, len(order), dict(zip(numeric, columns, strict=True)), texts)
