"""Any file, folder or zip that people bring, as tables of rows; what it is is found out from its content."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import Literal

from graph.errors import LoadError
from loaders.reading.archives import (
    Blob,
    file_blob,
    is_empty_file,
    is_litter,
    open_zip,
    zip_blobs,
)
from loaders.reading.delimited import Lines, Table, delimiter_of, flat_rows, is_flat
from loaders.reading.encodings import Decoder, is_binary
from loaders.reading.rows import DEFAULT_LIMITS, BadRow, Cell, Limits, Row
from loaders.reading.workbooks import (
    Sheet,
    header_and_rows,
    password_error,
    seekable,
    sheet_rows,
    sheets,
)
from loaders.reading.workbooks import table as sheet_table

FIRST = 20  # rows that a source shows before it is read
SNIFFED_LINES = 40

_DOCUMENT = re.compile(r'\ufeff?\s*(?:\{|<[?!A-Za-z]|\[\s*(?:[\[{"]|$))')
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KNOWN = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
)


@dataclass
class Reading:
    """How far a source has been read [bytes], and what a person should know of it."""

    consumed: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """One table, or a document of JSON or XML. `name` for people ("chain.zip/links.csv",
    "book.xlsx[Links]"), `path` the file on disk, `kind`: "table", "flat" (tabs, no quoting, no header) or
    "document" (no rows, only bytes), `header` the names of the columns, `size` [bytes], `head` its first
    bytes, `first` its first rows, `named`: the person named the file itself, rather than a folder or zip that
    holds it, `encoding` of a text ("" otherwise; "ascii" may turn out another one deeper in the file).

    It can be read again, each time from the beginning.
    """

    name: str
    path: Path
    kind: Literal["table", "flat", "document"]
    header: tuple[str, ...] | None
    size: int
    head: bytes
    first: tuple[Row | BadRow, ...]
    named: bool
    encoding: str
    reading: Reading
    blocks: Callable[[], Iterator[bytes]]
    read: Callable[[], Iterator[Row | BadRow]] | None = None
    read_flat: Callable[[], Iterator[Row | BadRow]] | None = None

    @property
    def flat(self) -> bool:
        """Whether it is a flat file: tabs, no quoting, no header."""
        return self.kind == "flat"

    @property
    def consumed(self) -> int:
        """Bytes of `size` that the present reading has taken in, for a progress bar."""
        return self.reading.consumed

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know; complete after all rows were read."""
        return tuple(self.reading.warnings)

    def rows(self) -> Iterator[Row | BadRow]:
        """Its rows (below the header, if it has one), one at a time. LoadError where the file turns out to be
        broken, or is a document."""
        if self.read is None:
            raise LoadError(f"{self.name}: is no table", remedy="Save it as CSV.", file=self.name)
        return self.read()

    def flat_rows(self) -> Iterator[Row | BadRow]:
        """All lines of a text split at tabs, nothing quoted, the first line too. LoadError if it is no
        text."""
        if self.read_flat is None:
            raise LoadError(f"{self.name}: is no text file", remedy="Save it as text.", file=self.name)
        return self.read_flat()


@dataclass(frozen=True)
class BadSource:
    """A file, or a part of one, that cannot be read as a whole, and why."""

    name: str
    path: Path
    error: LoadError
    named: bool = True


def open_sources(paths: Sequence[Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[Source | BadSource]:
    """The tables in files, folders (and all below them) and zips, in the order given, folders and zips in
    the order of their names. One that cannot be read does not stop the others."""
    for path, name in zip(paths, _names(paths), strict=True):
        try:
            folder = path.is_dir()
        except OSError:
            folder = False  # reading it will say why
        if folder:
            yield from _folder(path, name, limits)
        else:
            yield from _file(path, name, True, limits)


def _names(paths: Sequence[Path]) -> list[str]:
    """What each path is called, for people and in the provenance of facts: where it leads down from where one
    stands, as it does, so that jan/x.csv and feb/x.csv are two whenever they are loaded; otherwise its last
    part, since what stands before that tells of this machine alone. Where paths of one load share a name, as
    many parts before it as tell them apart."""
    here = Path.cwd()
    whole = [Path(os.path.abspath(path)) for path in paths]
    named = []
    for path in whole:
        inside = path.is_relative_to(here) and path != here
        named.append(path.relative_to(here).parts if inside else path.parts[-1:])
    lengths = list(map(len, named))
    for i, name in enumerate(named):
        others = {other for other, parts in zip(whole, named, strict=True) if parts == name}
        while len({other.parts[-lengths[i] :] for other in others}) < len(others):
            lengths[i] += 1
    return [
        PurePath(*path.parts[-length:]).as_posix().removeprefix("/")
        for path, length in zip(whole, lengths, strict=True)
    ]


def _folder(folder: Path, name: str, limits: Limits) -> Iterator[Source | BadSource]:
    failed: list[OSError] = []
    found = False
    for parent, below, files in os.walk(folder, onerror=failed.append):
        below.sort()
        for file in sorted(files):
            path = Path(parent, file)
            inside = path.relative_to(folder).as_posix()
            if not is_litter(inside):
                found = True
                yield from _file(path, f"{name}/{inside}", False, limits)
    for error in failed:
        where = Path(error.filename or folder)
        yield BadSource(
            name,
            where,
            LoadError(f"{where}: cannot be read", remedy="Give yourself the right to read it.", file=name),
        )
    if not found and not failed:
        yield BadSource(
            name, folder, LoadError(f"{name}: holds no files", remedy="Put tables into it.", file=name)
        )


def _file(path: Path, name: str, named: bool, limits: Limits) -> Iterator[Source | BadSource]:
    try:
        blob = file_blob(path, name, named)
        head = next(blob.blocks(), b"")
        if not head.startswith(b"PK"):
            yield from _tables(blob, head, limits)
            return
        with seekable(blob) as stream:
            kind = _zip_kind(open_zip(stream, name, limits), name)
        if kind == "workbook":
            yield from _workbook(blob, head, kind, limits)
            return
        # Its sources read it later, each when its turn comes, so it stays open as long as they live.
        archive = open_zip(path, name, limits)
    except LoadError as error:
        yield BadSource(name, path, error, named)
        return
    for entry in zip_blobs(archive, blob, limits):
        if isinstance(entry, LoadError):
            yield BadSource(entry.file, path, entry, False)
        else:
            yield from _zipped(entry, limits)


def _zipped(blob: Blob, limits: Limits) -> Iterator[Source | BadSource]:
    try:
        head = next(blob.blocks(), b"")
        if not head.startswith(b"PK"):
            yield from _tables(blob, head, limits)
            return
        with seekable(blob) as stream:
            kind = _zip_kind(open_zip(stream, blob.name, limits), blob.name)
        if kind == "archive":
            raise LoadError(
                f"{blob.name}: is a zip inside a zip", remedy="Unpack the outer one first.", file=blob.name
            )
        yield from _workbook(blob, head, kind, limits)
    except LoadError as error:
        yield BadSource(blob.name, blob.path, error, blob.named)


def _zip_kind(archive: zipfile.ZipFile, name: str) -> str:
    """Whether a zip is a "workbook" or an "archive" of files; LoadError for other documents."""
    names = set(archive.namelist())
    office = "[Content_Types].xml" in names
    if office and any(entry.startswith("xl/") for entry in names):
        return "workbook"
    opendocument = "mimetype" in names and "content.xml" in names
    if opendocument:
        try:
            opendocument = b"spreadsheet" not in archive.read("mimetype")[:100]
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
            opendocument = True
        if not opendocument:
            return "workbook"
    if office or opendocument:
        raise LoadError(f"{name}: is a document, not a workbook", remedy="Save its table as CSV.", file=name)
    return "archive"


def _tables(blob: Blob, head: bytes, limits: Limits) -> Iterator[Source | BadSource]:
    """The tables of a file that is no zip."""
    if head.startswith(b"PAR1"):
        yield from _workbook(blob, head, "parquet", limits)
        return
    _refuse_binary(blob, head)
    yield _text(blob, head, limits)


def _refuse_binary(blob: Blob, head: bytes) -> None:
    if head.startswith(_OLE):
        name = "EncryptedPackage".encode("utf-16-le")
        before = b""
        for block in blob.blocks():
            if name in before + block:
                raise password_error(blob.name)
            before = block[-len(name) :]
        raise LoadError(
            f"{blob.name}: is a file of an old Office program (.xls, .doc)",
            remedy="Open it and save it as .xlsx or CSV.",
            file=blob.name,
        )
    known = next((what for magic, what in _KNOWN if head.startswith(magic)), "")
    if known or is_binary(head):
        raise LoadError(
            f"{blob.name}: is {known or 'binary data'}, not a table",
            remedy="Give a CSV, TSV, xlsx, ods or parquet file, or a zip or folder of them.",
            file=blob.name,
        )


def _text(blob: Blob, head: bytes, limits: Limits) -> Source:
    sniffer = Decoder(head)
    lines = list(islice(Lines(iter([head]), sniffer, limits), SNIFFED_LINES))
    if len(head) < blob.size and 1 < len(lines) < SNIFFED_LINES:
        lines.pop()  # cut short
    begun = next((line for line in lines if line.strip("\ufeff \t\r\n")), None)
    if begun is None and len(head) == blob.size:
        raise is_empty_file(blob.name)
    reading = Reading()
    source = Source(
        name=blob.name,
        path=blob.path,
        kind="document",
        header=None,
        size=blob.size,
        head=head,
        first=(),
        named=blob.named,
        encoding=sniffer.encoding,
        reading=reading,
        blocks=partial(_counted, blob, reading),
    )
    if _DOCUMENT.match(begun or ""):
        return source
    delimiter = delimiter_of(lines, limits)

    def opened() -> tuple[Lines, Decoder]:
        decoder = Decoder(head)
        return Lines(_counted(blob, reading), decoder, limits), decoder

    def below_header() -> Iterator[Row | BadRow]:
        found, decoder = opened()
        yield from Table(found, delimiter, limits, blob.name)
        _warn(reading, decoder)

    def all_flat() -> Iterator[Row | BadRow]:
        found, decoder = opened()
        yield from flat_rows(found, limits)
        _warn(reading, decoder)

    flat = is_flat(begun or "")
    header = None if flat else Table(opened()[0], delimiter, limits, blob.name).header
    first = tuple(islice(all_flat() if flat else below_header(), FIRST))
    _warn(reading, sniffer)
    reading.consumed = 0
    return replace(
        source,
        kind="flat" if flat else "table",
        header=header,
        first=first,
        read=all_flat if flat else below_header,
        read_flat=all_flat,
    )


def _warn(reading: Reading, decoder: Decoder) -> None:
    if decoder.warning and decoder.warning not in reading.warnings:
        reading.warnings.append(decoder.warning)


def _counted(blob: Blob, reading: Reading) -> Iterator[bytes]:
    reading.consumed = 0
    for block in blob.blocks():
        reading.consumed += len(block)
        yield block


def _workbook(blob: Blob, head: bytes, kind: str, limits: Limits) -> Iterator[Source | BadSource]:
    found = sheets(blob, kind, limits)
    if not found:
        raise is_empty_file(blob.name)
    heights = sum(sheet.height for sheet in found) or 1
    for sheet in found:
        name = f"{blob.name}[{sheet.name}]" if kind == "workbook" else blob.name
        try:
            size = blob.size * sheet.height // heights
            yield replace(_sheet(blob, name, kind, sheet, size, limits), head=head)
        except LoadError as error:
            yield BadSource(name, blob.path, error, blob.named)


def _sheet(blob: Blob, name: str, kind: str, sheet: Sheet, size: int, limits: Limits) -> Source:
    below, header, begun = header_and_rows(sheet, name)
    reading = Reading()

    def rows() -> Iterator[Row | BadRow]:
        reading.consumed = 0

        def numbered() -> Iterator[list[tuple[int, list[Cell]]]]:
            for batch, done in sheet_rows(blob, kind, sheet.place, limits):
                reading.consumed = int(size * done)
                yield [row for row in batch if row[0] > below]

        return sheet_table(chain.from_iterable(numbered()), header, limits)

    return Source(
        name=name,
        path=blob.path,
        kind="table",
        header=header,
        size=size,
        head=b"",
        first=tuple(islice(sheet_table(iter(begun), header, limits), FIRST)),
        named=blob.named,
        encoding="",
        reading=reading,
        blocks=blob.blocks,
        read=rows,
    )
