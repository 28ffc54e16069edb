"""The ledger's file: lines that are only ever appended, each holding a digest of the line before it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from graph.errors import StoreError

LARGEST = 200_000_000  # bytes of a ledger; nobody reads more
_BLOCK = 65_536
_PATIENCE = 20.0  # seconds that a writer waits for others
_BEGINS = b'{"entry":'
_KEYS = {"entry", "hash", "previous"}

_HALF = "is no whole entry: a write was interrupted there, or it is damaged"
_CHANGED = "was changed after it was written"
_NEW = "begin a new ledger: name another by --ledger"
_ASTRAY = "does not follow on the line before it: that one was changed, or lines are gone or moved"

# Two ways to say that one process at a time writes: Windows has no flock, the others no msvcrt. A flock
# belongs to the open file, so it also holds between the threads of one process.
if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO, shared: bool) -> None:
        file.seek(LARGEST * 10)  # a lock bars others from the bytes it covers, so it covers none that is used
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(file: BinaryIO, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry that is whole; `number` counts lines from 1, `hash` is that of the entry in its place."""

    number: int
    hash: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a line. `broken`: what was written once is not there any more as it was.

    A line that an interrupted write left behind is a flaw too, but nothing was ever whole there.
    """

    line: int
    reason: str
    broken: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """All lines that are whole, what is wrong with the others, and the digest of every line in order."""

    lines: tuple[Line, ...]
    flaws: tuple[Flaw, ...]
    digests: tuple[str, ...]

    @property
    def head(self) -> str:
        """The digest of the last line: whoever noted it can tell later whether all before it is the same."""
        return self.digests[-1] if self.digests else ""


def read(path: Path) -> Contents:
    """The ledger in a file; empty where there is none. Raises StoreError where it cannot be read."""
    try:
        _no_device(path)
        with path.open("rb") as file, _locked(file, path, shared=True):
            file.seek(0)
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return Contents((), (), ())
    except OSError as error:
        raise _cannot(path, "read", error) from error
    if len(content) > LARGEST:
        raise StoreError(f"{path} is far too long", remedy=_NEW)
    return contents(content)


def contents(content: bytes) -> Contents:
    """What these bytes of a ledger hold; a line that is not whole is named among the flaws, passed over."""
    raw = content.split(b"\n")
    ended = raw[-1] == b""
    if ended:
        raw.pop()
    lines: list[Line] = []
    flaws: list[Flaw] = []
    before = ""
    for number, text in enumerate(raw, 1):
        line = _parsed(text)
        if line is None:
            # An interrupted write leaves no line break; what comes later shows by its digest what was there.
            flaws.append(Flaw(number, _HALF, broken=ended and number == len(raw)))
        elif line["hash"] != _seal(line["entry"], line["previous"]):
            flaws.append(Flaw(number, _CHANGED, broken=True))
        else:
            lines.append(Line(number, line["hash"], line["entry"]))
            if line["previous"] != before:
                flaws.append(Flaw(number, _ASTRAY, broken=True))
        before = _digest(text)
    return Contents(tuple(lines), tuple(flaws), tuple(map(_digest, raw)))


def append(path: Path, entry: Mapping[str, Any]) -> str:
    """Add an entry at the end, so that it is there whole or not at all; makes the file. Returns its hash.

    Several processes and threads may do so at once. Raises StoreError where the file cannot be written.
    """
    try:
        _no_device(path)
        new = not path.exists()
        with (
            open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644), "r+b", 0) as file,
            _locked(file, path),
        ):
            size = file.seek(0, os.SEEK_END)
            last, ended = _last(file, size)
            if last is not None and not _ours(file, last):
                raise StoreError(f"{path} is no ledger, so nothing was written to it", remedy=_NEW)
            previous = "" if last is None else _digest(last)
            seal = _seal(entry, previous)
            sealed = {"entry": entry, "hash": seal, "previous": previous}
            # What an interrupted write left stays as a line of its own.
            text = (b"" if ended else b"\n") + _canonical(sealed) + b"\n"
            if size + len(text) > LARGEST:
                raise StoreError(f"{path} would become far too long", remedy=_NEW)
            _write(file, text, size)
        if new:
            _keep_name(path)
    except OSError as error:
        raise _cannot(path, "written", error) from error
    return seal


def _write(file: BinaryIO, text: bytes, size: int) -> None:
    """All of the text on the disk, or the file as it was."""
    try:
        left = memoryview(text)
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            file.truncate(size)
        raise


def _keep_name(path: Path) -> None:
    """A new file's name survives a crash too, where folders can be told to."""
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _locked(file: BinaryIO, path: Path, shared: bool = False) -> Iterator[None]:
    """Until the file is closed, no other writes it (shared: others read it)."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            _try_lock(file, shared)
            break
        except OSError as error:
            if time.monotonic() > until:
                raise StoreError(
                    f"{path} is being written by another process",
                    remedy="try again in a while",
                ) from error
            time.sleep(0.01)
    yield


def _last(file: BinaryIO, size: int) -> tuple[bytes | None, bool]:
    """The last line, None where there is none, and whether it is ended."""
    tail, start = b"", size
    while start and b"\n" not in tail[:-1]:
        begin = max(0, start - _BLOCK)
        file.seek(begin)
        tail, start = file.read(start - begin) + tail, begin
    if not tail:
        return None, True
    ended = tail.endswith(b"\n")
    return tail.removesuffix(b"\n").rpartition(b"\n")[2], ended


def _ours(file: BinaryIO, last: bytes) -> bool:
    """Whether the first or the last line begins as this house begins lines, however damaged the rest is."""
    file.seek(0)
    first = file.read(len(_BEGINS))
    return any(text and _BEGINS.startswith(text[: len(_BEGINS)]) for text in (first, last))


def _no_device(path: Path) -> None:
    """A pipe would let whoever reads it wait for ever. Raises OSError."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "is no file")


def _parsed(text: bytes) -> dict[str, Any] | None:
    """A line's parts; None where it is not one that this house writes."""
    try:
        found = json.loads(text)
        _canonical(found)  # no number in it that JSON cannot say
    except (ValueError, RecursionError):
        return None
    whole = isinstance(found, dict) and found.keys() == _KEYS and isinstance(found["entry"], dict)
    return found if whole else None


def _seal(entry: Mapping[str, Any], previous: str) -> str:
    return _digest(_canonical({"entry": entry, "previous": previous}))


def _canonical(document: object) -> bytes:
    """One spelling of each document, without a line break in it."""
    return json.dumps(document, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _cannot(path: Path, done: str, error: OSError) -> StoreError:
    reason = error.strerror or str(error)
    if done == "read":
        return StoreError(f"{path} cannot be read: {reason}", remedy="name another ledger by --ledger")
    return StoreError(
        f"{path} cannot be written: {reason}",
        remedy="name a file in a folder you may write in",
    )
