"""The child process that opens workbooks and parquet files: what a hostile one breaks is only the child.

A sheet with two cells in opposite corners, a text that a million cells share, or a page that lies about its
length make the libraries ask for more memory than there is, and that ends a process at once. So
workbooks.py runs this file as a program, under a memory limit: the data on stdin (seekable), pickled
messages on stdout. Arguments: kind ("workbook" or "parquet"), bytes of memory, bytes that may be unpacked,
and the sheet's place, or -1 for the list of sheets.

Messages: ("sheets", [(name, rows, first rows)]) · ("rows", rows, share done) · ("error", kind, text) ·
("end",); a row is (number, cells). It imports nothing of the house, so that it starts fast.
"""

from __future__ import annotations

import datetime
import decimal
import pickle
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

BATCH = 1000  # rows a message
FIRST = 40  # rows of each sheet in the list of sheets
EXACT = 2**53  # floats below it hold every integer


def plain(value: Any) -> Any:
    """A library's value as str, int, float, bool, None or date (a datetime only where it has a time)."""
    if value is None or value == "":
        return None
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if kind is float:
        # Workbooks know floats alone; an id 1001 shall not become 1001.0.
        return int(value) if value.is_integer() and abs(value) < EXACT else value
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == datetime.time() else value.replace(tzinfo=None)
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, decimal.Decimal):
        return plain(float(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return "; ".join(str(plain(item)) for item in value if item is not None) or None
    return str(value)


def send(*message: Any) -> None:
    """Writes one message."""
    pickle.dump(message, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


def send_rows(rows: Iterable[tuple[int, list[Any]]], total: int) -> None:
    """Writes rows in batches."""
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        send("rows", batch, min(1.0, batch[-1][0] / max(1, total)))


def filled(rows: Iterable[list[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of plain cells with their numbers; those with nothing in them are left out."""
    for number, row in enumerate(rows, 1):
        cells = [plain(value) for value in row]
        if any(cell is not None for cell in cells):
            yield number, cells


def read_workbook(stream: BinaryIO, index: int) -> None:
    """Answers for an xlsx or ods file."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(stream)
    if index >= 0:
        sheet = book.get_sheet_by_index(index)
        send_rows(filled(sheet.iter_rows()), (sheet.end or (0, 0))[0] + 1)
        return
    sheets = []
    for place, name in enumerate(book.sheet_names):
        sheet = book.get_sheet_by_index(place)
        sheets.append((name, sheet.height, list(islice(filled(sheet.iter_rows()), FIRST))))
    send("sheets", sheets)


def parquet_rows(stream: BinaryIO, unpacked: int, batch: int) -> Iterator[tuple[int, list[Any]]]:
    """The rows of a parquet file, numbered from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = size = 0
    for block in pq.ParquetFile(stream).iter_batches(batch_size=batch, use_threads=False):
        size += block.nbytes
        if size > unpacked:
            raise MemoryError
        columns = []
        for column in block.columns:
            if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
                column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
            values = column.to_pylist()
            as_it_is = pa.types.is_string(column.type) or pa.types.is_integer(column.type)
            columns.append(values if as_it_is else [plain(value) for value in values])
        for cells in zip(*columns, strict=True):
            number += 1
            yield number, list(cells)


def read_parquet(stream: BinaryIO, index: int, unpacked: int) -> None:
    """Answers for a parquet file: one sheet without a name, whose row 0 is the header."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    total, names = file.metadata.num_rows, list(file.schema_arrow.names)
    if index >= 0:
        send_rows(parquet_rows(stream, unpacked, BATCH), total)
    else:
        first = [(0, names), *islice(parquet_rows(stream, unpacked, FIRST), FIRST)]
        send("sheets", [("", total, first)])


def main() -> None:
    """Reads the arguments and answers."""
    kind, memory, unpacked, index = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # not every system limits memory; what it would stop is then not stopped
    try:
        if kind == "parquet":
            read_parquet(sys.stdin.buffer, index, unpacked)
        else:
            read_workbook(sys.stdin.buffer, index)
        send("end")
    except MemoryError:
        send("error", "memory", "")
    except BaseException as error:  # noqa: BLE001 - a panic of a Rust library is no Exception
        send("error", "password" if type(error).__name__ == "PasswordError" else "broken", str(error)[:200])


if __name__ == "__main__":
    main()
