"""The file of rejected rows: what is wrong with each and how to mend it, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from glob import escape
from pathlib import Path, PurePath
from typing import IO, Final

from graph.errors import LoadError
from loaders.base import Reject
from loaders.reading.spreadsheet import safe

COLUMNS: Final = ("file", "row", "column", "value", "reason", "remedy")
STALE: Final = 86_400.0  # seconds after which an unfinished file is nobody's any more
LONGEST: Final = 200  # characters of a value that are shown
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\[\]]+')
_LONGEST_NAME: Final = 100


class RejectFile:
    """NAME.rejects.csv of one source, written beside its place and put there when it is complete.

    `headers`: what the source calls a column, where that is not its name. `say`: reasons and remedies in
    the language of the load.
    """

    def __init__(self, path: Path, source: str, say: Callable[[str], str] = str) -> None:
        self.path = path
        self.rows = 0
        self.headers: dict[str, str] = {}
        self._source = source
        self._say = say
        self._stream: IO[str] | None = None
        self._unfinished = path
        self._clean()

    def add(self, reject: Reject) -> None:
        """Writes one row for each thing that is wrong. LoadError where the folder cannot be written."""
        if self._stream is None:
            self._stream = self._opened()
            csv.writer(self._stream, lineterminator="\n").writerow(COLUMNS)
        self.rows += 1
        writer = csv.writer(self._stream, lineterminator="\n")
        for problem in reject.problems:
            called = self.headers.get(problem.column, problem.column)
            cells = (self._source, called, _shown(problem.value))
            said = (self._say(problem.reason), self._say(problem.remedy))
            file, column, value, reason, remedy = (safe(cell.strip()) for cell in (*cells, *said))
            writer.writerow((file, reject.row, column, value, reason, remedy))

    def _opened(self) -> IO[str]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            prefix = f".{self.path.stem}-"
            handle, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=self.path.parent)
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._unfinished = Path(name)
        return os.fdopen(handle, "w", encoding="utf-8", newline="")

    def _clean(self) -> None:
        """Removes what killed loads left behind."""
        for left in self.path.parent.glob(f".{escape(self.path.stem)}-????????.tmp"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > STALE:
                    left.unlink()

    def close(self) -> Path | None:
        """The finished file, None if no row was rejected; an older one of its name is gone either way."""
        try:
            if self._stream is None:
                self.path.unlink(missing_ok=True)
                return None
            self._stream.close()
            self._unfinished.chmod(0o644)
            self._unfinished.replace(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._stream = None
        return self.path

    def discard(self) -> None:
        """Gives up an unfinished file."""
        if self._stream is not None:
            self._stream.close()
            self._unfinished.unlink(missing_ok=True)
            self._stream = None


def _unwritable(path: Path, error: OSError) -> LoadError:
    return LoadError(
        f"{path}: cannot be written ({error.strerror})",
        remedy="Name a folder for rejected rows that may be written to: --rejects DIR.",
        file=str(path),
    )


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def names(sources: Sequence[tuple[str, Path]]) -> list[str]:
    """The NAME of each source's reject file, no two alike: its last part without the ending; where several
    share that, the whole name; then with the folder before it; then numbered. `sources`: name and path."""
    short = [_fit(_stem(name)) for name, _ in sources]
    whole = [_fit(name) for name, _ in sources]
    placed = [_fit(f"{path.parent.name}-{name}") for name, path in sources]
    found: list[str] = []
    for i in range(len(sources)):
        choices = (row[i] for row in (short, whole, placed) if _count(row, row[i]) == 1)
        base = wanted = next(choices, placed[i])
        number = 2
        while wanted.casefold() in map(str.casefold, found):
            wanted, number = f"{base}-{number}", number + 1
        found.append(wanted)
    return found


def _count(names: Sequence[str], name: str) -> int:
    return sum(1 for other in names if other.casefold() == name.casefold())


def _stem(name: str) -> str:
    """links of chain.zip/links.csv, book[Links] of book.xlsx[Links]."""
    file, bracket, sheet = name.partition("[") if name.endswith("]") else (name, "", "")
    return f"{PurePath(file).stem}{bracket}{sheet}"


def _fit(name: str) -> str:
    """A name that every file system takes."""
    return _UNFIT.sub("-", name).strip(" .-")[:_LONGEST_NAME].strip(" .-") or "file"
