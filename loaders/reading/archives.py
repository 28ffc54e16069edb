"""Files, and files inside zips, as streams of bytes; hostile zips are refused.

A zip's own words about its sizes are checked first, because that is cheap, and the bytes are counted while
it is unpacked, because they may be lies. Nothing is ever unpacked to a name that a zip gives.
"""

from __future__ import annotations

import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from graph.errors import LoadError
from loaders.reading.rows import Limits, shown

BLOCK = 256 << 10  # bytes read at once

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Blob:
    """Something with bytes: a file (`file` is then set), or an entry of a zip. `name` is for people, `path`
    the file on disk, `size` [bytes, unpacked]. `blocks()` reads it from the beginning; LoadError where that
    fails. `named`: the person named it, rather than a folder or zip that holds it."""

    name: str
    path: Path
    size: int
    named: bool
    blocks: Callable[[], Iterator[bytes]]
    file: Path | None = None


def cannot_read(name: str, error: OSError) -> LoadError:
    """The error of a file that the system does not let us read."""
    remedies = {
        FileNotFoundError: ("there is no such file", "Check the spelling and the folder."),
        PermissionError: ("may not be read", "Give yourself the right to read it (chmod u+r)."),
    }
    what, remedy = remedies.get(
        type(error), (f"cannot be read ({error.strerror})", "Copy it to a local disk.")
    )
    return LoadError(f"{name}: {what}", remedy=remedy, file=name)


def file_blob(path: Path, name: str, named: bool) -> Blob:
    """A file on disk. LoadError if it is not there, not readable, not a regular file, or empty."""

    def blocks() -> Iterator[bytes]:
        try:
            with path.open("rb") as stream:
                while block := stream.read(BLOCK):
                    yield block
        except OSError as error:
            raise cannot_read(name, error) from None

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise LoadError(
                f"{name}: is not a regular file", remedy="Name a file, a folder or a zip.", file=name
            )
        path.open("rb").close()
    except OSError as error:
        raise cannot_read(name, error) from None
    except ValueError:  # a NUL in the name
        raise cannot_read(name, FileNotFoundError()) from None
    if not status.st_size:
        raise is_empty_file(name)
    return Blob(name, path, status.st_size, named, blocks, path)


def is_empty_file(name: str) -> LoadError:
    """The error of a file that holds nothing."""
    return LoadError(f"{name}: is empty", remedy="Give a table with a header row.", file=name)


def open_zip(file: Path | BinaryIO, name: str, limits: Limits) -> zipfile.ZipFile:
    """A zip whose entries, by its own words, can all be read safely; LoadError otherwise."""
    try:
        archive = zipfile.ZipFile(file)
    except OSError as error:
        raise cannot_read(name, error) from None
    except _BROKEN:
        raise _broken(name) from None
    try:
        size = archive.fp.seek(0, 2) if archive.fp else 0
        check_zip(archive.infolist(), size, name, limits)
    except LoadError:
        archive.close()
        raise
    return archive


def check_zip(entries: list[zipfile.ZipInfo], size: int, name: str, limits: Limits) -> None:
    """LoadError if a zip of `size` bytes promises too many or too large files, is encrypted, or holds a name
    that leads out of its folder."""
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > limits.entries:
        raise LoadError(
            f"{name}: holds {len(entries):,} files; at most {limits.entries:,} are read",
            remedy="Divide it into several zips.",
            file=name,
        )
    if unpacked > limits.unpacked:
        raise _bomb(name, f"would unpack to {unpacked:,} bytes; at most {limits.unpacked:,} are read")
    _check_ratio(name, unpacked, size, limits)
    for entry in entries:
        where = f"{name}/{shown(entry_name(entry))}"
        if leads_out(entry.filename) or leads_out(entry_name(entry)):
            raise LoadError(
                f"{name}: its entry {shown(entry.filename)!r} leads out of its folder",
                remedy="Do not trust this zip; ask its sender for one with plain names.",
                file=name,
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise LoadError(
                f"{where}: is a symbolic link", remedy="Put the file itself into the zip.", file=name
            )
        if entry.flag_bits & 1:
            raise LoadError(
                f"{where}: is encrypted", remedy="Unpack it with its password and load the files.", file=name
            )
        _check_ratio(where, entry.file_size, entry.compress_size, limits)


def _check_ratio(name: str, unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.ratio_from and unpacked > limits.ratio * packed:
        raise _bomb(name, f"unpacks to more than {limits.ratio:g} times its size")


def _bomb(name: str, what: str) -> LoadError:
    return LoadError(f"{name}: {what}", remedy="If you trust it, unpack it and load the files.", file=name)


def _broken(name: str) -> LoadError:
    return LoadError(f"{name}: is broken, or cut short", remedy="Copy or download it again.", file=name)


def leads_out(name: str) -> bool:
    """Whether an entry's name is absolute, begins with a drive, or goes up."""
    parts = re.split(r"[/\\]", name)
    return (not parts[0] and len(parts) > 1) or ".." in parts or bool(re.match(r"[A-Za-z]:", name))


def entry_name(entry: zipfile.ZipInfo) -> str:
    """An entry's name; Windows in China writes it in GBK, and zipfile takes it for cp437."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


def zip_blobs(archive: zipfile.ZipFile, blob: Blob, limits: Limits) -> Iterator[Blob | LoadError]:
    """The files in a zip, in the order of their names; leavings of operating systems are skipped."""
    entries = [
        entry for entry in archive.infolist() if not entry.is_dir() and not is_litter(entry_name(entry))
    ]
    if not entries:
        yield LoadError(f"{blob.name}: holds no files", remedy="Put tables into it.", file=blob.name)
    for entry in sorted(entries, key=entry_name):
        name = f"{blob.name}/{entry_name(entry)}"
        if not entry.file_size:
            yield is_empty_file(name)
        else:
            yield Blob(name, blob.path, entry.file_size, False, _unpacker(archive, entry, name, limits))


def _unpacker(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limits: Limits
) -> Callable[[], Iterator[bytes]]:
    def blocks() -> Iterator[bytes]:
        unpacked = 0
        try:
            with archive.open(entry) as stream:
                while block := stream.read(BLOCK):
                    unpacked += len(block)
                    if unpacked > limits.unpacked:
                        raise _bomb(name, f"unpacks to more than {limits.unpacked:,} bytes")
                    _check_ratio(name, unpacked, entry.compress_size, limits)
                    yield block
        except OSError as error:
            raise cannot_read(name, error) from None
        except _BROKEN:
            raise _broken(name) from None

    return blocks


def is_litter(name: str) -> bool:
    """Whether a path within a folder or zip is a hidden file, or one that an operating system or office
    program left behind."""
    parts = name.replace("\\", "/").split("/")
    return (
        any(part.startswith(".") or part == "__MACOSX" for part in parts if part not in (".", ".."))
        or parts[-1].startswith("~$")
        or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )
