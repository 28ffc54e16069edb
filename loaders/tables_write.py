"""A store as generic tables, in a folder or a zip, that load back to the same facts and the same hash.

Every known column is written, blank or not, so that no unknown one is taken for it; text cells are made safe
for spreadsheets (reading/spreadsheet.py); numbers have all their digits. The store's currency stands in every
row of the companies. The same facts give the same bytes.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final

from graph.errors import InputError
from graph.model import Fact, Value
from graph.ontology import TABLES, Table
from graph.stores.base import Store
from loaders.headers import label
from loaders.reading.spreadsheet import join, safe

_LIST: Final = ".knockon-export"  # in an exported folder: the files that the export wrote, one a line
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # of every entry of a zip


def write_folder(store: Store, folder: Path) -> list[Path]:
    """Writes TABLE.csv for each table that has facts, in place of what an export wrote there before.

    Only files that the folder's `.knockon-export` names are replaced or removed. InputError where the folder
    holds anything and no such list, where it holds a TABLE.csv that the list does not name, or where it
    cannot be written.
    """
    counts = store.counts()
    names = [f"{table}.csv" for table in TABLES if counts[table]]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ours = _exported(folder)
        for name in names:
            if name not in ours and (folder / name).exists():
                raise _foreign(folder, f"holds a {name} that no export wrote")
        _list(folder, ours | set(names))
        for table, name in ((TABLES[name.removesuffix(".csv")], name) for name in names):
            _replace(folder / name, partial(_write, store, table))
        for name in ours - set(names):
            (folder / name).unlink(missing_ok=True)
        _list(folder, names)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return [folder / name for name in names]


def _exported(folder: Path) -> set[str]:
    """The tables that an earlier export wrote here. InputError where the folder holds other things only."""
    listed = folder / _LIST
    if not listed.is_file():
        if any(folder.iterdir()):
            raise _foreign(folder, "is not empty, and no export wrote it")
        return set()
    known = {f"{table}.csv" for table in TABLES}
    return known.intersection(listed.read_text("utf-8", errors="replace").splitlines())


def _list(folder: Path, names: Iterable[str]) -> None:
    text = "".join(f"{name}\n" for name in sorted(names))
    _replace(folder / _LIST, lambda stream: stream.write(text.encode()))


def _foreign(folder: Path, what: str) -> InputError:
    return InputError(
        f"{folder} {what}; it was left as it is",
        remedy="Name a new or an empty folder, or remove those files yourself.",
        file=str(folder),
    )


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


def _replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
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
