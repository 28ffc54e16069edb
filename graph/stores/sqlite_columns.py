"""Whole columns of an SQLite store as arrays: one or two passes over a table, the rest is numpy."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.ontology import NUMERIC, TABLES
from graph.stores.base import Coded, Columns
from graph.stores.sqlite_schema import LAYOUTS, quoted

Numbers = NDArray[np.float64]
Codes = NDArray[np.int32]
_MARK = "@assumed:"


def read_columns(con: sqlite3.Connection, wanted: Mapping[str, Sequence[str]]) -> dict[str, Columns]:
    """The columns as graph.stores.base.Store.columns describes them, within the transaction that is open."""
    return {
        table: _links(con, names) if table == "links" else _table(con, table, names)
        for table, names in wanted.items()
    }


def coded(texts: Iterable[str | None]) -> Coded:
    """A column of texts as codes into its sorted names; None and '' are blanks."""
    seen: dict[str | None, int] = {}
    raw = np.fromiter((seen.setdefault(text, len(seen)) for text in texts), np.int32)
    names = sorted(filter(None, seen))
    place = np.full(len(seen), -1, np.int32)
    for code, name in enumerate(names):
        place[seen[name]] = code
    return Coded(place[raw], tuple(names))


def _filled(con: sqlite3.Connection, table: str) -> set[str]:
    return {c for (c,) in con.execute("SELECT col FROM filled WHERE tbl = ?", (table,))}


def _fields(table: str, wanted: Sequence[str], filled: set[str]) -> tuple[list[str], list[str]]:
    """The columns of numbers and those of texts to be read; what is blank throughout is not."""
    needed = dict.fromkeys(name for name in wanted if not name.startswith(_MARK))
    if len(needed) < len(wanted):
        needed |= dict.fromkeys(("assumed", "inferred"))
    there = [name for name in needed if name in filled]
    by_name = TABLES[table].by_name
    numbers = [name for name in there if by_name[name].kind in NUMERIC]
    return numbers, [name for name in there if by_name[name].kind not in NUMERIC]


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


def _assembled(
    table: str, wanted: Sequence[str], count: int, numbers: Mapping[str, Numbers], texts: Mapping[str, Coded]
) -> Columns:
    """What was wanted from what was read: blank columns and marks filled in."""
    by_name = TABLES[table].by_name
    columns: dict[str, Numbers | Coded] = {}
    for name in wanted:
        if name.startswith(_MARK):
            columns[name] = _marks(name.removeprefix(_MARK), count, texts)
        elif by_name[name].kind in NUMERIC:
            columns[name] = numbers[name] if name in numbers else np.full(count, np.nan)
        else:
            columns[name] = texts[name] if name in texts else Coded(np.full(count, -1, np.int32), ())
    return columns


def _marks(name: str, count: int, texts: Mapping[str, Coded]) -> Numbers:
    marks = np.zeros(count)
    for status, mark in (("inferred", 2.0), ("assumed", 1.0)):
        if status in texts:
            column = texts[status]
            named = np.array([*(name in text.split(";") for text in column.names), False])
            marks[named[column.codes]] = mark
    return marks


def _table(con: sqlite3.Connection, table: str, wanted: Sequence[str]) -> Columns:
    numeric, textual = _fields(table, wanted, _filled(con, table))
    rest = f"FROM {quoted(table)} ORDER BY {', '.join(map(quoted, TABLES[table].key))}"
    (count,) = con.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
    numbers = {}
    if numeric:
        cells = _numbers(con, (), numeric, rest).T.copy()
        cells[np.isinf(cells)] = np.nan
        numbers = dict(zip(numeric, cells, strict=True))
    return _assembled(table, wanted, count, numbers, _texts(con, table, textual, rest))


def _ranked(rows: Sequence[tuple[int, str]]) -> tuple[Codes, tuple[str, ...]]:
    """For (number, text) in the order of the texts: the place of each number among them."""
    numbers = np.fromiter((n for n, _ in rows), np.int64, len(rows))
    rank = np.zeros(int(numbers.max(initial=0)) + 1, np.int32)
    rank[numbers] = np.arange(len(rows), dtype=np.int32)
    return rank, tuple(text for _, text in rows)


_ENDS = ("source", "target")
_TERMS = ("kind", "category", "period")


def _links(con: sqlite3.Connection, wanted: Sequence[str]) -> Columns:
    filled = _filled(con, "links")
    numeric, textual = _fields("links", wanted, filled)
    textual = [name for name in textual if name not in (*_ENDS, *_TERMS)]
    keys = [*_ENDS, "terms", *(("turned",) if "turned" in filled else ())]
    rest = "FROM links NOT INDEXED ORDER BY rowid"
    cells = _numbers(con, keys, numeric, rest)
    place, ids = _ranked(con.execute("SELECT n, id FROM companies ORDER BY id").fetchall())
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
    order = _order([codes[name] for name in ("target", "category", "source", "kind", "period")])
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
    texts |= {name: _used(codes[name][order], names[name]) for name in _TERMS}
    return _assembled("links", wanted, len(order), dict(zip(numeric, columns, strict=True)), texts)


def _order(codes: Sequence[Codes]) -> NDArray[np.intp]:
    """The rows in the order of these codes, the first counting most."""
    sizes = [int(c.max(initial=-1)) + 2 for c in codes]
    if np.prod([float(s) for s in sizes]) >= 2**62:
        return np.lexsort(codes[::-1])
    joined = np.zeros(len(codes[0]), np.int64)  # one number sorts faster than five
    for column, size in zip(codes, sizes, strict=True):
        joined = joined * size + (column + 1)
    return np.argsort(joined)


def _used(codes: Codes, names: tuple[str, ...]) -> Coded:
    """Codes into all names as codes into those that occur."""
    occurs = np.zeros(len(names) + 1, np.bool_)
    occurs[codes] = True
    place = np.where(occurs[:-1], np.cumsum(occurs[:-1]) - 1, -1).astype(np.int32)
    return Coded(np.append(place, np.int32(-1))[codes], tuple(names[i] for i in np.flatnonzero(occurs[:-1])))
