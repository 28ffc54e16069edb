"""Rows of cells: what every kind of file is turned into, and the limits it must keep."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graph.errors import LoadError

Cell = str | float | int | bool | datetime.date | None

SHOWN = 200  # characters of a bad row that are kept to show


class Row(NamedTuple):
    """One row. `number`: the line of a text file on which it starts, the row of a sheet, both from 1;
    in parquet the first row of data is 1."""

    number: int
    cells: Sequence[Cell]


class BadRow(NamedTuple):
    """A row that cannot be used: why, what to do about it, and the beginning of its text."""

    number: int
    reason: str
    remedy: str
    text: str


@dataclass(frozen=True)
class Limits:
    """What a file may cost us. `cell`, `record`: characters of one cell, of one row. `ratio`: how many
    times its size a zip's entry, or a whole zip, may unpack to once that is above `ratio_from` bytes.
    `unpacked`: bytes of one zip in all. `entries`: files in one zip. `memory`: bytes of address space for
    the child that opens a workbook or parquet file."""

    cell: int = 1 << 20
    record: int = 4 << 20
    ratio: float = 100.0
    ratio_from: int = 10 << 20
    unpacked: int = 20 << 30
    entries: int = 100_000
    memory: int = 4 << 30


DEFAULT_LIMITS = Limits()


def shown(text: str) -> str:
    """The beginning of a text, for a message."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def row_text(cells: Sequence[Cell]) -> str:
    """The beginning of a row, for a message."""
    parts: list[str] = []
    room = SHOWN
    for cell in cells:
        parts.append("" if cell is None else str(cell)[: room + 1])
        room -= len(parts[-1]) + 1
        if room < 0:
            break
    return shown(",".join(parts))


def is_empty(cells: Sequence[Cell]) -> bool:
    """Whether a row holds nothing but blanks."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def header_of(cells: Sequence[Cell], file: str) -> tuple[str, ...]:
    """The names of the columns, trimmed; nameless columns at the end are cut. LoadError on a name that
    stands twice."""
    names = ["" if cell is None else str(cell).strip().lstrip("\ufeff") for cell in cells]
    while names and not names[-1]:
        names.pop()
    seen: dict[str, str] = {}
    for name in filter(None, names):
        key = unicodedata.normalize("NFKC", name).casefold()
        if key in seen:
            raise LoadError(
                f"{file}: the column {shown(name)!r} stands twice in the header",
                remedy="Rename or remove one of the two columns.",
                file=file,
            )
        seen[key] = name
    return tuple(names)


def fitted(number: int, cells: Sequence[Cell], width: int) -> Row | BadRow:
    """A row brought to the header's width: blanks beyond it are cut, anything else is a bad row."""
    if len(cells) == width:
        return Row(number, cells)
    if len(cells) > width and is_empty(cells[width:]):
        return Row(number, cells[:width])
    many = len(cells) > width
    return BadRow(
        number,
        f"too {'many' if many else 'few'} cells: {len(cells)} where the header has {width}",
        "Put a cell that holds the separator in double quotes."
        if many
        else "Add the missing cells; leave them blank where nothing is known.",
        row_text(cells),
    )


def too_large(number: int, cells: Sequence[Cell], limits: Limits) -> BadRow | None:
    """The bad row of a row with a cell above the limit, else None."""
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    if longest <= limits.cell:
        return None
    return BadRow(
        number,
        f"a cell of {longest:,} characters; at most {limits.cell:,} are read",
        "Shorten the cell.",
        row_text(cells),
    )


def repeated_header(number: int, cells: Sequence[Cell]) -> BadRow:
    """The bad row of a header that stands again among the rows."""
    return BadRow(
        number,
        "header repeated",
        "Delete the row if it is a leftover of joining files.",
        row_text(cells),
    )
