"""A store as generic tables, in a folder or a zip, that load back to the same facts and the same hash.

Every known column is written, blank or not, so that no unknown one is taken for it; text cells are made safe
for spreadsheets (loaders/spreadsheet.py); numbers have all their digits. The store's currency stands in every
row of the companies. The same facts give the same bytes.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final

from graph.errors import InputError
from graph.model import Fact, Value
from graph.ontology import TABLES, Table
from graph.stores.base import Store
from loaders.headers import label
from loaders.spreadsheet import join, safe

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # of every entry of a zip


def write_folder(store: Store, folder: Path) -> list[Path]:
    """Writes TABLE.csv for each table that has facts; one of an empty table is removed. InputError where
    that cannot be done."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES.values():
            path = folder / f"{table.name}.csv"
            if not store.counts()[table.name]:
                path.unlink(missing_ok=True)
                continue
            _replace(path, partial(_write, store, table))
            written.append(path)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return written


def write_zip(store: Store, path: Path) -> None:
    """Writes a zip that holds TABLE.csv for each table with facts. InputError where that cannot be done."""

    def entries(stream: IO[bytes]) -> None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in TABLES.values():
                if store.counts()[table.name]:
                    entry = zipfile.ZipInfo(f"{table.name}.csv", _MOMENT)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    with archive.open(entry, "w", force_zip64=True) as raw:
                        _write(store, table, raw)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, entries)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: cannot be written ({error.strerror})", remedy="Name another place.", file=str(path)
    )


def _replace(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Puts a file in its place when it is complete."""
    handle, name = tempfile.mkstemp(prefix=".export-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(store: Store, table: Table, raw: IO[bytes]) -> None:
    """One table as CSV (RFC 4180, UTF-8)."""
    names = [*table.by_name, *_unknown(store, table)]
    currency = store.snapshot().currency if table.name == "companies" else ""
    stream = io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_headers(table, names))
    for fact in store.scan(table.name):
        writer.writerow(_cells(fact, names, currency))
    stream.detach()


def _unknown(store: Store, table: Table) -> list[str]:
    """The columns that facts have beyond the ontology's."""
    found: set[str] = set()
    for fact in store.scan(table.name):
        found.update(fact.values.keys() - table.by_name.keys())
    return sorted(found)


def _headers(table: Table, names: Sequence[str]) -> Iterator[str]:
    """The names as headers, no two of which are the same but for case and spacing."""
    seen: set[str] = set()
    for name in names:
        header, number = name, 2
        while label(header) in seen:
            header, number = f"{name} ({number})", number + 1
        seen.add(label(header))
        yield safe(header) if name not in table.by_name else header


def _cells(fact: Fact, names: Sequence[str], currency: str) -> Iterator[str]:
    values = fact.values if not currency else {**fact.values, "currency": currency}
    for name in names:
        yield _cell(values.get(name, ""))


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)
    return safe(join(value) if isinstance(value, tuple) else value)
