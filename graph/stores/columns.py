"""Whole columns for compilation, put together from what a store read: the same on every store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from graph.ontology import NUMERIC, TABLES
from graph.stores.base import Coded, Columns

Numbers = NDArray[np.float64]
Codes = NDArray[np.int32]
_MARK = "@assumed:"


class Coding:
    """A column of texts that comes in parts, as numbers; None and '' are blanks."""

    def __init__(self) -> None:
        self._seen: defaultdict[str | None, int] = defaultdict(count().__next__)
        self._parts = [np.empty(0, np.int32)]

    def add(self, texts: Iterable[str | None]) -> None:
        """The next rows."""
        self._parts.append(np.fromiter(map(self._seen.__getitem__, texts), np.int32))

    def coded(self) -> Coded:
        """All rows so far as codes into their sorted names."""
        names = sorted(filter(None, self._seen))
        place = np.full(len(self._seen), -1, np.int32)
        place[np.fromiter(map(self._seen.__getitem__, names), np.intp)] = np.arange(len(names))
        return Coded(place[np.concatenate(self._parts)], tuple(names))


def coded(texts: Iterable[str | None]) -> Coded:
    """A column of texts as codes into its sorted names; None and '' are blanks."""
    coding = Coding()
    coding.add(texts)
    return coding.coded()


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
    table: str, wanted: Sequence[str], rows: int, numbers: Mapping[str, Numbers], texts: Mapping[str, Coded]
) -> Columns:
    """What was wanted from what was read: blank columns and marks filled in.

    A column that is the same throughout is one number in memory, and cannot be written to.
    """
    by_name = TABLES[table].by_name
    columns: dict[str, Numbers | Coded] = {}
    for name in wanted:
        if name.startswith(_MARK):
            columns[name] = _marks(name.removeprefix(_MARK), rows, texts)
        elif by_name[name].kind in NUMERIC:
            columns[name] = numbers[name] if name in numbers else np.broadcast_to(np.nan, rows)
        else:
            columns[name] = texts[name] if name in texts else Coded(np.full(rows, -1, np.int32), ())
    return columns


def _marks(name: str, rows: int, texts: Mapping[str, Coded]) -> Numbers:
    marks: Numbers = np.broadcast_to(0.0, rows)
    for status, mark in (("inferred", 2.0), ("assumed", 1.0)):
        if status in texts:
            column = texts[status]
            named = np.array([*(name in text.split(";") for text in column.names), False])
            if named.any():
                marks = np.where(named[column.codes], mark, marks)
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
