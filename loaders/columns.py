"""Whole columns of cells into values: one compiled converter a column, no look-up a cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import numpy as np

from graph.model import LONGEST_ID, Value
from graph.ontology import Column, Kind
from loaders.base import Problem, Reject, reject
from loaders.headers import choice
from loaders.reading import cells
from loaders.reading.cells import CellError
from loaders.reading.rows import BadRow, Cell, Row
from loaders.reading.spreadsheet import meant, split

CHUNK: Final = 4000  # rows that are turned into columns at once
REMEMBERED: Final = 50_000  # distinct cells of a column whose values are kept

_NUMERIC: Final = re.compile(r"[\d.,+-]*")  # what names no currency, most cells by far

Bad = dict[int, list[Problem]]  # place in the chunk -> what is wrong there
Values = list[Value | None]
Convert = Callable[[Sequence[Cell], Bad], Values]
Parse = Callable[[Cell], Value | None]


def chunks(
    rows: Iterator[Row | BadRow],
) -> Iterator[tuple[Sequence[int], list[Sequence[Cell]], list[Reject]]]:
    """Rows, some thousands at a time: their numbers, their columns, and the rejects among them."""
    while chunk := list(islice(rows, CHUNK)):
        bad = [reject(row.number, row) for row in chunk if isinstance(row, BadRow)]
        good = [row for row in chunk if isinstance(row, Row)] if bad else chunk
        numbers, cells_of_rows = zip(*good, strict=True) if good else ((), ())
        yield numbers, list(zip(*cells_of_rows, strict=True)), bad


def converter(column: Column) -> Convert:
    """What turns a column's cells into its values, None for blanks; wrong ones are noted as bad."""
    if column.kind is Kind.ID:
        return _id_converter(column.name)
    if column.kind in (Kind.TEXT, Kind.REFERENCE, Kind.COMPANY):
        return text_converter(column.name)
    if column.kind in (Kind.NUMBER, Kind.SHARE, Kind.MONEY, Kind.WEEKS, Kind.COUNT):
        return _number_converter(column)
    return remembering(column.name, _parser(column))


def text_converter(name: str) -> Convert:
    """Texts, trimmed; line ends are "\\n"."""

    def convert(column: Sequence[Cell], bad: Bad) -> Values:
        try:
            joined = "".join(column)  # type: ignore[arg-type]  # TypeError where not all are texts
        except TypeError:
            column = texts = [cells.text(cell) for cell in column]
            joined = "".join(texts)
        if "'" in joined or "\r" in joined or "\0" in joined or not _is_encodable(joined):
            return [_text(name, str(cell), bad, i) for i, cell in enumerate(column)]
        return [cell.strip() or None for cell in column]  # type: ignore[union-attr]

    return convert


def _id_converter(name: str) -> Convert:
    """Texts as above, of a length that indexes can hold."""
    texts = text_converter(name)

    def convert(column: Sequence[Cell], bad: Bad) -> Values:
        values = texts(column, bad)
        for i, value in enumerate(values):
            if value is not None and len(str(value)) > LONGEST_ID:
                remedy = f"Use at most {LONGEST_ID} characters; a name may be longer."
                reason = f"an id of {len(str(value))} characters"
                bad.setdefault(i, []).append(Problem(name, value, reason, remedy))
        return values

    return convert


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(name: str, cell: str, bad: Bad, place: int) -> str | None:
    text = meant(cell.strip()).replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\0" in text or not _is_encodable(text):
        problem = Problem(
            name, repr(text), "a character that is none", "Save the file as UTF-8, and mend the cell."
        )
        bad.setdefault(place, []).append(problem)
        return None
    return text or None


def remembering(name: str, parse: Parse) -> Convert:
    """A converter by a function of one cell, whose answers for texts are kept. `parse` raises CellError."""
    known: dict[Cell, Value | None] = {}

    def convert(column: Sequence[Cell], bad: Bad) -> Values:
        if len(known) > REMEMBERED:
            known.clear()
        try:
            return [known[cell] if type(cell) is str else parse(cell) for cell in column]
        except (KeyError, CellError):
            return [one(cell, bad, i) for i, cell in enumerate(column)]

    def one(cell: Cell, bad: Bad, place: int) -> Value | None:
        is_text = type(cell) is str
        if is_text and cell in known:
            return known[cell]
        try:
            value = parse(cell)
        except CellError as error:
            bad.setdefault(place, []).append(Problem(name, cell, error.reason, error.remedy))
            return None
        if is_text:
            known[cell] = value
        return value

    return convert


def _parser(column: Column) -> Parse:
    if column.kind is Kind.FLAG:
        return lambda cell: None if cells.blank(cell) else cells.flag(cell)
    if column.kind is Kind.DATE:
        return lambda cell: None if cells.blank(cell) else cells.day(cell).isoformat()
    if column.kind is Kind.TEXTS:
        return lambda cell: split(meant(_whole(cell))) or None
    if column.kind is Kind.CHOICE:
        return lambda cell: _choice(column, meant(cells.text(cell))) if not cells.blank(cell) else None
    return lambda cell: _choices(column, cell)


def _whole(cell: Cell) -> str:
    return cells.text(cell).replace("\r\n", "\n").replace("\r", "\n")


def _choice(column: Column, text: str) -> str:
    meaning = choice(column, text)
    if not meaning:
        raise CellError("not one of the words for this column", f"Write one of {', '.join(column.choices)}.")
    return meaning


def _choices(column: Column, cell: Cell) -> tuple[str, ...] | None:
    if cells.blank(cell):
        return None
    text = meant(cells.text(cell))
    for separator in (",", "，", "、", "|"):
        text = text.replace(separator, ";")
    given = {_choice(column, part) for part in split(text)}
    return tuple(str(c) for c in column.choices if c in given) or None


def number_of(column: Column, cell: Cell) -> float | None:
    """The number in a cell, within what its column allows; None for a blank. CellError for others."""
    if cells.blank(cell):
        return None
    if column.kind is Kind.SHARE:
        return cells.share(cell) + 0.0  # -0.0 and 0.0 are one fact
    if column.kind is Kind.MONEY:
        value = cells.amount(cell)[0] + 0.0  # its currency: `currencies`
    else:
        value = float(cells.integer(cell)) if column.kind is Kind.COUNT else cells.number(cell) + 0.0
    if column.low is not None and value < column.low:
        if column.low == 0.0:
            raise CellError("below 0", "Write a number that is not below 0, or leave the cell blank.")
        raise CellError(f"below {column.low:g}", f"Write a number from {column.low:g} to {column.high:g}.")
    if column.high is not None and value > column.high:
        raise CellError(f"above {column.high:g}", f"Write a number of at most {column.high:g}.")
    return value


def currencies(column: Sequence[Cell]) -> dict[int, tuple[str, ...]]:
    """The currencies that cells of a column of money name, by the cell's place."""
    found = {}
    for i, cell in enumerate(column):
        if isinstance(cell, str) and not _NUMERIC.fullmatch(cell):
            with suppress(CellError):  # noted by the column's converter
                if named := cells.amount(cell)[1]:
                    found[i] = named
    return found


def _number_converter(column: Column) -> Convert:
    """Plain numbers go the fast way, all at once; a column with anything else in it goes cell by cell."""
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    is_count = column.kind is Kind.COUNT
    slow = remembering(column.name, lambda cell: number_of(column, cell))

    def convert(given: Sequence[Cell], bad: Bad) -> Values:
        try:
            joined = "".join(given)  # type: ignore[arg-type]  # TypeError where not all are texts
            values: Values = [float(cell) if cell else None for cell in given]  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return slow(given, bad)
        numbers = np.array([value for value in values if value is not None], np.float64)
        plain = (
            "_" not in joined
            and np.isfinite(numbers).all()
            and (numbers >= low).all()
            and (numbers <= high).all()
            and not np.signbit(numbers[numbers == 0.0]).any()
            and not (is_count and (numbers != np.floor(numbers)).any())
        )
        return values if plain else slow(given, bad)

    return convert
