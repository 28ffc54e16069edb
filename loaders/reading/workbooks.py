"""Workbooks (xlsx, ods) and parquet files as rows, opened in a child process that a hostile one may kill."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from graph.errors import LoadError
from loaders.reading.archives import Blob, cannot_read
from loaders.reading.rows import (
    BadRow,
    Cell,
    Limits,
    Row,
    fitted,
    header_of,
    is_empty,
    repeated_header,
    too_large,
)

WORKER = Path(__file__).with_name("worker.py")


class Sheet(NamedTuple):
    """One sheet: its place in the file, its name, how many rows, and the first of them."""

    place: int
    name: str
    height: int
    first: list[tuple[int, list[Cell]]]


@contextmanager
def seekable(blob: Blob) -> Iterator[BinaryIO]:
    """A blob as a file that can be sought: itself, or a temporary copy of a zip's entry."""
    if blob.file is not None:
        try:
            stream: BinaryIO = blob.file.open("rb")
        except OSError as error:
            raise cannot_read(blob.name, error) from None
        with stream:
            yield stream
        return
    with tempfile.TemporaryFile() as copy:
        try:
            for block in blob.blocks():
                copy.write(block)
        except OSError as error:
            raise cannot_read(blob.name, error) from None
        copy.seek(0)
        yield copy


def _messages(blob: Blob, kind: str, index: int, limits: Limits) -> Iterator[tuple[Any, ...]]:
    """What the child answers; LoadError if it cannot read the file, or dies over it."""
    command = [sys.executable, "-P", str(WORKER), kind, str(limits.memory), str(limits.unpacked), str(index)]
    with (
        seekable(blob) as stream,
        subprocess.Popen(  # noqa: S603 - our own file, with numbers as arguments
            command, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as child,
    ):
        try:
            while True:
                try:
                    message = pickle.load(child.stdout)  # type: ignore[arg-type]  # noqa: S301 - our own child
                except (EOFError, pickle.UnpicklingError):
                    message = ("error", "memory", "")
                if message[0] == "end":
                    return
                if message[0] == "error":
                    raise _error(blob.name, kind, message[1], message[2], limits)
                yield message
        finally:
            child.kill()


def _error(name: str, kind: str, why: str, text: str, limits: Limits) -> LoadError:
    what = "parquet file" if kind == "parquet" else "workbook"
    if why == "password":
        return password_error(name)
    if why == "memory":
        return LoadError(
            f"{name}: is a broken {what}, or needs more than {limits.memory >> 20:,} MB of memory to open",
            remedy="Save it again; delete stray cells far from the table; save a large table as CSV.",
            file=name,
        )
    detail = f" ({text})" if text else ""
    return LoadError(
        f"{name}: is a broken {what}, or cut short{detail}",
        remedy="Copy or download it again, or open it in its program and save it as CSV.",
        file=name,
    )


def password_error(name: str) -> LoadError:
    """The error of a workbook that is encrypted."""
    return LoadError(
        f"{name}: is protected with a password",
        remedy="Open it with its password and save a copy without one.",
        file=name,
    )


def sheets(blob: Blob, kind: str, limits: Limits) -> list[Sheet]:
    """The sheets of a workbook (`kind` "workbook"), or the one table of a "parquet" file, that hold
    anything."""
    for message in _messages(blob, kind, -1, limits):
        return [Sheet(place, *sheet) for place, sheet in enumerate(message[1]) if sheet[2]]
    return []


def sheet_rows(
    blob: Blob, kind: str, index: int, limits: Limits
) -> Iterator[tuple[list[tuple[int, list[Cell]]], float]]:
    """Batches of a sheet's numbered rows, each with the share of the sheet that is done [0-1]."""
    for message in _messages(blob, kind, index, limits):
        yield message[1], message[2]


def table(
    rows: Iterator[tuple[int, list[Cell]]], header: tuple[str, ...], limits: Limits
) -> Iterator[Row | BadRow]:
    """The rows of a sheet below its header, as wide as it is; empty ones are skipped."""
    for number, cells in rows:
        if is_empty(cells):
            continue
        if header_like(cells, header):
            yield repeated_header(number, cells)
        else:
            yield too_large(number, cells, limits) or fitted(number, cells, len(header))


def header_like(cells: list[Cell], header: tuple[str, ...]) -> bool:
    """Whether a row is the header again."""
    first = cells[0]
    if first is not None and (not isinstance(first, str) or first.strip() != header[0]):
        return False
    return tuple("" if cell is None else str(cell).strip() for cell in cells[: len(header)]) == header


def header_and_rows(sheet: Sheet, file: str) -> tuple[int, tuple[str, ...], list[tuple[int, list[Cell]]]]:
    """The header's row number, the header, and the first rows below it."""
    for place, (number, cells) in enumerate(sheet.first):
        if not is_empty(cells):
            return number, header_of(cells, file), sheet.first[place + 1 :]
    raise LoadError(f"{file}: is empty", remedy="Give a table with a header row.", file=file)
