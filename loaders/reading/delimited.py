"""Text tables read line by line in bounded memory: CSV and its kin, and flat files without quoting.

The csv module alone would let one quote that is never closed swallow the rest of a file, and one cell
without end the memory. So lines are cut here, at most `Limits.record` characters each; a record that grows
beyond that, or breaks the rules of quoting, is given up at its first line, and reading goes on with the
line after it.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator

from graph.errors import LoadError
from loaders.reading.encodings import Decoder
from loaders.reading.rows import (
    BadRow,
    Limits,
    Row,
    fitted,
    header_of,
    is_empty,
    repeated_header,
    shown,
    too_large,
)

DELIMITERS = ",;\t|"
FLAT_TABS = 17  # a first line with as many tabs, and no header, begins a flat file
SNIFFED = 20  # lines on which the choice of a delimiter rests
REREAD = 64 << 20  # characters that may be read again beyond one more time the whole file


class Lines:
    """The lines of a text, each with its "\\n"; a lone CR within a line is a space (in a file without
    any LF it ends the line). `damaged` says of lines by number why they cannot be used: too long (an empty
    line stands in its place), or bytes that are no text. `seen` counts characters."""

    def __init__(self, blocks: Iterator[bytes], decoder: Decoder, limits: Limits) -> None:
        self.damaged: dict[int, str] = {}
        self.seen = 0
        self._blocks = blocks
        self._decoder = decoder
        self._limit = limits.record
        self._lone_cr = ""

    def _texts(self) -> Iterator[tuple[str, bool]]:
        """Blocks of text with "\\n" alone ending lines, and whether U+FFFD stands in for bad bytes."""
        held = ""
        for block in self._blocks:
            text, replaced = self._decoder.decode(block)
            text = held + text
            held = "\r" if text.endswith("\r") else ""
            yield self._ended(text[:-1] if held else text), replaced
        text, replaced = self._decoder.decode(b"", final=True)
        yield self._ended(held + text), replaced

    def _ended(self, text: str) -> str:
        self.seen += len(text)
        if "\r" not in text:
            return text
        text = text.replace("\r\n", "\n")
        if not self._lone_cr:
            self._lone_cr = " " if "\n" in text else "\n"
        return text.replace("\r", self._lone_cr)

    def __iter__(self) -> Iterator[str]:
        number = 1
        begun: list[str] = []  # pieces of a line that has not ended yet
        begun_size = 0
        too_long = check = False
        for text, replaced in self._texts():
            if "\0" in text:
                text, replaced = text.replace("\0", "\ufffd"), True
            check = check or replaced
            cut = text.rfind("\n") + 1
            if not cut:
                begun.append(text)
                begun_size += len(text)
            else:
                if too_long or begun_size + text.find("\n") > self._limit:
                    self._note_length(number)
                    whole = text[text.find("\n") : cut]
                else:
                    whole = "".join(begun) + text[:cut]
                if check:
                    self._note_damage(number, whole)
                number += whole.count("\n")
                yield from io.StringIO(whole, newline="\n")
                begun, begun_size, too_long = [text[cut:]], len(text) - cut, False
                check = check and "\ufffd" in text[cut:]
            if begun_size > self._limit:
                begun, begun_size, too_long = [], 0, True
        last = "".join(begun)
        if too_long:
            self._note_length(number)
            yield ""
        elif last:
            if check:
                self._note_damage(number, last)
            yield last

    def _note_length(self, number: int) -> None:
        self.damaged[number] = f"a line of more than {self._limit:,} characters"

    def _note_damage(self, number: int, text: str) -> None:
        encoding = self._decoder.encoding
        for offset, line in enumerate(text.split("\n")):
            if "\ufffd" in line:
                self.damaged.setdefault(number + offset, f"bytes that are no text (read as {encoding})")


class _TooLong(Exception):
    """A record has grown beyond the limit."""


def _csv_reader(
    lines: Iterator[str] | list[str], delimiter: str, limits: Limits, strict: bool
) -> Iterator[list[str]]:
    # The module's own limit is one for the whole process: it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), limits.record + 1))
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=delimiter != "\t")


def records(lines: Lines, delimiter: str, limits: Limits) -> Iterator[Row | BadRow]:
    """The records of a delimited text, numbered by the line on which they start; blank ones are skipped."""
    number = 1
    source = iter(lines)
    ahead: deque[str] = deque()  # lines to read again after a record was given up
    kept: list[str] = []  # the lines of the record being read
    reread = 0

    def feed() -> Iterator[str]:
        size = 0
        while True:
            line = ahead.popleft() if ahead else next(source, None)
            if line is None:
                return
            if kept:
                size += len(line)
                if size > limits.record:
                    kept.append(line)
                    raise _TooLong
            else:
                size = len(line)
            kept.append(line)
            yield line

    while True:
        try:
            for cells in _csv_reader(feed(), delimiter, limits, strict=True):
                if lines.damaged and (why := _damage(lines, number, len(kept))):
                    yield _unusable(number, why, kept)
                elif cells and (cells[0].strip() or not is_empty(cells)):
                    large = len(kept[0]) > limits.cell or len(kept) > 1
                    yield (too_large(number, cells, limits) if large else None) or Row(number, cells)
                number += len(kept)
                kept.clear()
            return
        except (csv.Error, _TooLong) as error:
            yield _given_up(number, kept, isinstance(error, _TooLong), lines.damaged.get(number))
            swallowed = sum(map(len, kept)) - len(kept[0])
            # A text made for it could have every line read again for every other: that has an end.
            given = len(kept)
            if reread + swallowed <= REREAD + lines.seen:
                reread += swallowed
                ahead.extendleft(reversed(kept[1:]))
                given = 1
            _damage(lines, number, given)
            number += given
            kept.clear()


def _damage(lines: Lines, number: int, count: int) -> str:
    """Why one of these lines cannot be used, or ""; their notes are taken out."""
    notes = [lines.damaged.pop(line, "") for line in range(number, number + count)] if lines.damaged else []
    return next(filter(None, notes), "")


def _unusable(number: int, why: str, kept: list[str]) -> BadRow:
    long = why.startswith("a line")
    remedy = (
        "Shorten its cells, or break its lines." if long else "Save the file as UTF-8, and mend this row."
    )
    return BadRow(number, why, remedy, shown("".join(kept).rstrip("\n")))


def _given_up(number: int, kept: list[str], too_long: bool, damage: str | None) -> BadRow:
    if damage:
        return _unusable(number, damage, kept[:1])
    if too_long or len(kept) > 1:
        reason = "a quote that is opened here is not closed where a cell ends"
    else:
        reason = "a quote inside a quoted cell, or one that is not closed"
    return BadRow(
        number,
        reason,
        'Close the quote; write a quote inside a quoted cell twice: "".',
        shown(kept[0].rstrip("\n")),
    )


class Table:
    """A delimited table: `header`, and by iterating, once, the rows below it, as wide as it is. LoadError if
    the header cannot be read, or names a column twice."""

    def __init__(self, lines: Lines, delimiter: str, limits: Limits, file: str) -> None:
        self._rows = records(lines, delimiter, limits)
        first = next(self._rows, None)
        if isinstance(first, Row) and _names_separator(first):
            first = next(self._rows, None)
        if first is None:
            raise LoadError(f"{file}: is empty", remedy="Give a table with a header row.", file=file)
        if isinstance(first, BadRow):
            raise LoadError(
                f"{file}: its header cannot be read: {first.reason}", remedy=first.remedy, file=file
            )
        self.header = header_of(first.cells, file)
        self._as_written = first.cells

    def __iter__(self) -> Iterator[Row | BadRow]:
        header, width = self._as_written, len(self.header)
        for row in self._rows:
            if isinstance(row, BadRow):
                yield row
            elif row.cells == header:
                yield repeated_header(row.number, row.cells)
            elif len(row.cells) == width:
                yield row
            else:
                yield fitted(row.number, row.cells, width)


def _names_separator(row: Row) -> bool:
    """Whether a first row is the hint "sep=;" that Excel writes and reads."""
    first = str(row.cells[0]).lower()
    return first.startswith("sep=") and len(first) <= 5 and is_empty(row.cells[1:])


def flat_rows(lines: Lines, limits: Limits) -> Iterator[Row | BadRow]:
    """The rows of a flat file: split at tabs, nothing quoted, no header; of any number of cells."""
    for number, line in enumerate(lines, 1):
        if lines.damaged and (why := _damage(lines, number, 1)):
            yield _unusable(number, why, [line])
            continue
        cells = line.rstrip("\n").split("\t")
        if cells[0] or not is_empty(cells):
            large = too_large(number, cells, limits) if len(line) > limits.cell else None
            yield large or Row(number, cells)


def delimiter_of(lines: list[str], limits: Limits) -> str:
    """The delimiter of a table by its first lines: the one that divides the header, and the most rows into
    as many cells as it."""
    lines = [line for line in lines if line.strip()][:SNIFFED]
    if lines and (hint := lines[0].strip()).lower().startswith("sep=") and hint[4:] in tuple(DELIMITERS):
        return hint[4:]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(cells) for cells in _csv_reader(lines, delimiter, limits, strict=False) if cells]
        except csv.Error:
            continue
        score = (widths[0] - 1) * widths.count(widths[0]) / len(widths) if widths else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def is_flat(line: str) -> bool:
    """Whether a first line begins a flat file: many tabs, and cells that are data rather than names."""
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) <= FLAT_TABS:
        return False
    filled = [cell for cell in cells if cell]
    return (
        any(cell.isdigit() for cell in filled)
        or len(set(filled)) < len(filled)
        or 2 * len(filled) <= len(cells)
    )
