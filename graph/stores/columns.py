"""Whole columns for compilation, put together from what a store read: the same on every store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from graph.ontology import NUMERIC, TABLES
from graph.stores.base import Coded, Columns

Numbers = NDArray[np.float64]
Codes = NDArray[np.int32]
_MARK = "@assumed:"


def coded(texts: Iterable[str | None]) -> Coded:
    """A column of texts as codes into its sorted names; None and '' are blanks."""
    seen: dict[str | None, int] = {}
    raw = np.fromiter((seen.setdefault(text, len(seen)) for text in texts), np.int32)
    names = sorted(filter(None, seen))
    place = np.full(len(seen), -1, np.int32)
    for code, name in enumerate(names):
        place[seen[name]] = code
    return Coded(place[raw], tuple(names))


def fields(table: str, wanted: Sequence[str], filled: set[str]) -> tuple[list[str], list[str]]:
    """The columns of numbers and those of texts to be read; what is blank throughout is not."""
    needed = dict.fromkeys(name for name in wanted if not name.startswith(_MARK))
    if len(needed) < len(wanted):
        needed |= dict.fromkeys(("assumed", "inferred"))
    there = [name for name in needed if name in filled]
    by_name = TABLES[table].by_name
    numbers = [name for name in there if by_name[name].kind in NUMERIC]
    return numbers, [name for name in there if by_name[name].kind not in NUMERIC]


def assembled(
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


def ranks(rows: Sequence[tuple[int, str]]) -> tuple[Codes, tuple[str, ...]]:
    """For (number, text) in the order of the texts: the place of each number among them."""
    numbers = np.fromiter((n for n, _ in rows), np.int64, len(rows))
    rank = np.zeros(int(numbers.max(initial=0)) + 1, np.int32)
    rank[numbers] = np.arange(len(rows), dtype=np.int32)
    return rank, tuple(text for _, text in rows)


def order_of(codes: Sequence[Codes]) -> NDArray[np.intp]:
    """The rows in the order of these codes, the first counting most."""
    sizes = [int(c.max(initial=-1)) + 2 for c in codes]
    if np.prod([float(s) for s in sizes]) >= 2**62:
        return np.lexsort(codes[::-1])
    joined = np.zeros(len(codes[0]), np.int64)  # one number sorts faster than five
    for column, size in zip(codes, sizes, strict=True):
        joined = joined * size + (column + 1)
    return np.argsort(joined)


def used(codes: Codes, names: tuple[str, ...]) -> Coded:
    """Codes into all names as codes into those that occur."""
    occurs = np.zeros(len(names) + 1, np.bool_)
    occurs[codes] = True
    place = np.where(occurs[:-1], np.cumsum(occurs[:-1]) - 1, -1).astype(np.int32)
    return Coded(np.append(place, np.int32(-1))[codes], tuple(names[i] for i in np.flatnonzero(occurs[:-1])))
