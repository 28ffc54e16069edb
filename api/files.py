"""Files that are there whole or not at all, and rows that no spreadsheet runs."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from graph.errors import InputError
from loaders.reading.spreadsheet import safe


def write_text(path: Path, pieces: Iterable[str], *, encoding: str = "utf-8") -> None:
    """Write a text file: the old one stays until the new one is whole. Raises InputError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline="") as out:
            out.writelines(pieces)
            out.flush()
            os.fsync(out.fileno())
        # A temporary file is its owner's alone; what was asked for is as open as any new file.
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except OSError as error:
        raise _cannot(path, error) from error
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _cannot(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        f"{path} cannot be written: {reason}",
        file=str(path),
        remedy="name a file in a folder you may write in",
    )


def make_folder(path: Path) -> Path:
    """The folder, made if it is not there. Raises InputError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(path, error) from error
    return path


def fresh_store(file: Path) -> Path:
    """The file of a store of our own, which an earlier run may have left; nothing else is removed."""
    try:
        for ending in ("", "-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{file} cannot be replaced: {error.strerror}",
            file=str(file),
            remedy="name another folder by --out",
        ) from error
    return file


class _Lines:
    """What csv writes to, one piece of text a row."""

    def write(self, text: str) -> str:
        return text


def csv_rows(rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """Rows as CSV text, safe to open in a spreadsheet."""
    writer = csv.writer(_Lines(), lineterminator="\r\n")
    for row in rows:
        yield writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
