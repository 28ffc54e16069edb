"""One load: files are sniffed, put in order, read, checked, and written batch by batch."""

from __future__ import annotations

import datetime
import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath
from typing import Final, Protocol

from graph.errors import InputError, KnockonError, LoadError
from graph.model import Fact
from graph.ontology import COMPANIES, MARKETS, RATES
from graph.stores.base import Store
from loaders import rejects
from loaders.base import Context, Loader, Reject
from loaders.catalogue import LOADERS
from loaders.companies import Companies
from loaders.currency import Money
from loaders.doubts import Doubt
from loaders.headers import columns_of, label, nearest
from loaders.reading.rows import BadRow, Row
from loaders.reading.sources import BadSource, Source, open_sources
from loaders.rejects import RejectFile
from loaders.writing import Writer

TICK: Final = 2000  # rows between two reports of progress
DOUBTS: Final = 100
MOST_COLUMNS: Final = 2000  # of a table
NAMED: Final = 5  # files that a warning names
# What somebody means as data, by its ending; other files of a folder or zip that no loader knows are passed
# over.
_DATA: Final = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".ods", ".parquet", ".zip", ".graphml")


# Tables that name no company but the one of the row: who is who is settled after them.
_BEFORE: Final = (RATES.name, MARKETS.name, COMPANIES.name)

Read = Callable[[], Iterator[Row | BadRow]]
Counts = defaultdict[str, Counter[str]]  # by table: what was added, updated, unchanged


class Progress(Protocol):
    """Told now and then how far a load is: the file, its bytes done and in all, and the rows read of it."""

    def __call__(self, file: str, done: int, total: int, rows: int) -> None: ...


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load. `as_loader`: the loader's name instead of finding it out. `currency`: the store's.
    `rejects`: folder for the files of rejected rows. `strict`: nothing is written if any row is rejected.
    `dry_run`: nothing is written. `batch_rows`: rows written at once. `say`: what an
    English reason or remedy is called in the language of the load, for the files of rejected rows."""

    as_loader: str | None = None
    currency: str | None = None
    rejects: Path = Path()
    strict: bool = False
    dry_run: bool = False
    batch_rows: int = 20_000
    say: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file. `read` counts rows; `added`, `updated` and `unchanged` facts of the loader's
    table; `rejected` rows. `created` counts new facts of other tables that came along. `error` says why the
    file as a whole could not be read, '' if it could."""

    file: str
    loader: str
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_file: Path | None = None
    created: tuple[tuple[str, int], ...] = ()
    error: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a load. `written` is False for a dry run, and for a strict load that failed."""

    files: tuple[FileReport, ...]
    revision: int
    warnings: tuple[str, ...]
    doubtful: tuple[Doubt, ...]
    written: bool

    @property
    def rejected(self) -> int:
        """Rows that were not loaded."""
        return sum(file.rejected for file in self.files)

    @property
    def failed(self) -> bool:
        """Whether a file as a whole could not be read."""
        return any(file.error for file in self.files)


class Interrupted(KnockonError):
    """A person stopped the load. The store is not asked once more: it may be what kept them waiting."""

    def __init__(self, whole: bool) -> None:
        done = "nothing was written" if whole else "what was written is whole batches, and the store is sound"
        super().__init__(f"stopped: {done}", remedy="Run the same command again: nothing is doubled.")


class _RollBack(Exception):
    """Leaves the transaction of a dry run, or of a strict load that failed."""


def load(
    store: Store, paths: Sequence[Path], options: LoadOptions, progress: Progress | None = None
) -> LoadReport:
    """Loads files, folders and zips into a store.

    Raises LoadError if no file can be read, if `options.as_loader` is no loader, or if a file of rejects
    cannot be written; StoreError; Interrupted at Control-C.
    """
    return _Load(store, options, progress or (lambda file, done, total, rows: None)).run(paths)


class _Load:
    def __init__(self, store: Store, options: LoadOptions, progress: Progress) -> None:
        self._store = store
        self._options = options
        self._progress = progress
        self._files: dict[int, FileReport] = {}  # by the file's place among those given
        self._warnings: dict[str, None] = {}
        self._loaded_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

    def run(self, paths: Sequence[Path]) -> LoadReport:
        """All files, in one transaction if the load may have to be undone."""
        found = list(open_sources(paths))
        planned = self._plan(found)
        if not planned:
            raise self._nothing_readable()
        whole = self._options.strict or self._options.dry_run
        written = True
        try:
            with _uncollected(), self._store.transaction() if whole else nullcontext():
                self._money = Money(self._store, self._options.currency)
                self._companies = Companies(self._store)
                self._writer = Writer(self._store, self._companies, self._loaded_at)
                for place, source, loader, name in planned:
                    if loader.name not in _BEFORE:
                        self._settle()
                    self._file(place, source, loader, name)
                self._settle()
                if self._options.dry_run or (self._options.strict and self._wrong()):
                    raise _RollBack
        except _RollBack:
            written = False
        except KeyboardInterrupt:
            raise Interrupted(whole) from None
        if not any(not file.error for file in self._files.values()):
            raise self._nothing_readable()
        doubts, warning = self._companies.doubts(DOUBTS)
        if warning:
            self._warn(warning)
        return self._report(written, tuple(doubts))

    def _settle(self) -> None:
        """What was known by name alone is what rows with ids say it is."""
        for text in self._writer.settle():
            self._warn(text)

    def _wrong(self) -> bool:
        return any(file.rejected or file.error for file in self._files.values())

    def _report(self, written: bool, doubts: tuple[Doubt, ...]) -> LoadReport:
        files = tuple(self._files[place] for place in sorted(self._files))
        return LoadReport(files, self._store.snapshot().revision, tuple(self._warnings), doubts, written)

    def _nothing_readable(self) -> LoadError:
        errors = [file for _, file in sorted(self._files.items()) if file.error]
        if not errors:
            return LoadError("there is nothing to load", remedy="Name a file, a folder or a zip.")
        return LoadError(
            "; ".join(file.error for file in errors), remedy=errors[0].remedy, file=errors[0].file
        )

    # -- before reading ------------------------------------------------------------------------------

    def _plan(self, found: Sequence[Source | BadSource]) -> list[tuple[int, Source, Loader, str]]:
        """The sources in the order of loading: place, source, loader, name of the reject file."""
        planned: list[tuple[int, Source, Loader, str]] = []
        unknown: list[tuple[int, Source | BadSource, LoadError]] = []
        names = rejects.names([(each.name, each.path) for each in found])
        for place, (each, name) in enumerate(zip(found, names, strict=True)):
            try:
                if isinstance(each, BadSource):
                    raise each.error
                planned.append((place, each, self._loader(each), name))
            except LoadError as error:
                unknown.append((place, each, error))
        self._leave_out(unknown, {(PurePath(source.name).parent, loader) for _, source, loader, _ in planned})
        order = {loader.name: rank for rank, loader in enumerate(LOADERS)}

        def rank(plan: tuple[int, Source, Loader, str]) -> tuple[int, bool, int]:
            place, source, loader, _ = plan
            return order[loader.name], _lacks_ids(source, loader), place

        return sorted(planned, key=rank)

    def _leave_out(
        self,
        unknown: Sequence[tuple[int, Source | BadSource, LoadError]],
        taken: Set[tuple[PurePath, Loader]],
    ) -> None:
        """What cannot be loaded is an error where somebody meant it as data, else passed over with a note."""
        passed: list[str] = []
        beside: list[str] = []
        for place, each, error in unknown:
            loaders = (loader for folder, loader in taken if folder == PurePath(each.name).parent)
            if not each.named and isinstance(each, Source) and any(one.beside(each) for one in loaders):
                beside.append(each.name)
            elif each.named or PurePath(each.name.partition("[")[0]).suffix.lower() in _DATA:
                self._fail(place, each.name, "", error)
            else:
                passed.append(each.name)
        self._passed_over("no loader knows them", passed)
        self._passed_over("nothing in them is loaded", beside)

    def _passed_over(self, reason: str, names: Sequence[str]) -> None:
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            self._warn(f"passed over, since {reason}: {', '.join(names[:NAMED])}{more}")

    def _loader(self, source: Source) -> Loader:
        if source.header == rejects.COLUMNS:
            raise LoadError(
                f"{source.name}: is a list of rejected rows",
                remedy="Mend the rows in the file that they come from, and load that again.",
                file=source.name,
            )
        if len(source.header or ()) > MOST_COLUMNS:
            raise LoadError(
                f"{source.name}: has {len(source.header or ()):,} columns, more than {MOST_COLUMNS:,}",
                remedy="Keep the columns that its table needs, and give one row to each thing.",
                file=source.name,
            )
        if wanted := self._options.as_loader:
            chosen = next((each for each in LOADERS if label(each.name) == label(wanted)), None)
            if chosen is None:
                known = ", ".join(loader.name for loader in LOADERS)
                raise InputError(f"there is no loader {wanted!r}", remedy=f"Name one of {known}.")
            return chosen
        sure, best = max(
            ((loader.recognises(source), loader) for loader in LOADERS), key=lambda pair: pair[0]
        )
        if not sure:
            columns = ", ".join((source.header or ())[:8])
            seen = f"; its columns are {columns}" if columns else ""
            raise LoadError(
                f"{source.name}: is of no kind that is known{seen}",
                remedy=(
                    f"Name its columns as the table of {near} does, or load it with --as {near}."
                    if (near := nearest(source.header or ()))
                    else "Name its columns as one of the tables does, or say with --as what it holds."
                ),
                file=source.name,
            )
        return best

    def _fail(self, place: int, name: str, loader: str, error: LoadError) -> None:
        self._files[place] = FileReport(name, loader, error=error.message, remedy=error.remedy)

    def _warn(self, text: str) -> None:
        self._warnings.setdefault(text)

    # -- reading -------------------------------------------------------------------------------------

    def _file(self, place: int, source: Source, loader: Loader, name: str) -> None:
        """One file. One that turns out to be broken on the way leaves nothing behind."""
        path = self._options.rejects / f"{name}.rejects.csv"
        rejected = RejectFile(path, source.name, self._options.say)
        may_break = not source.encoding or PurePath(source.name).name != source.path.name
        try:
            with self._store.transaction() if may_break else nullcontext():
                self._files[place] = self._read(source, loader, rejected)
        except LoadError as error:
            self._fail(place, source.name, loader.name, error)
            if may_break:  # companies that it brought are gone
                self._companies = Companies(self._store)
                self._writer.forget(self._companies)
        finally:
            rejected.discard()

    def _read(self, source: Source, loader: Loader, rejected: RejectFile) -> FileReport:
        rows = 0

        def counted(read: Read) -> Iterator[Row | BadRow]:
            nonlocal rows
            for rows, row in enumerate(read(), 1):
                yield row
                if not rows % TICK:
                    self._progress(source.name, source.consumed, source.size, rows)

        counting = replace(
            source,
            read=partial(counted, source.rows) if source.read else None,
            read_flat=partial(counted, source.flat_rows) if source.read_flat else None,
        )
        warned: list[str] = []
        context = Context(
            self._store,
            self._companies,
            self._money,
            self._loaded_at,
            warned.append,
            rejected.headers,
            self._writer.mentions.add,
        )
        counts: Counts = defaultdict(Counter)
        batch: list[Fact] = []
        for items, item in enumerate(loader.facts(counting, context), 1):
            if source.kind == "document":
                rows = items  # a document has no rows: what it tells is counted
            if isinstance(item, Reject):
                rejected.add(item)
                continue
            batch.append(item)
            if len(batch) >= self._options.batch_rows:
                self._write(batch, loader, counts, rejected)
        self._write(batch, loader, counts, rejected)
        self._progress(source.name, source.size, source.size, rows)
        for text in (*warned, *source.warnings):
            self._warn(f"{source.name}: {text}")
        own = {table: found for table, found in counts.items() if loader.table in ("", table)}
        return FileReport(
            source.name,
            loader.name,
            read=rows,
            added=sum(found["added"] for found in own.values()),
            updated=sum(found["updated"] for found in own.values()),
            unchanged=sum(found["unchanged"] for found in own.values()),
            rejected=rejected.rows,
            rejects_file=rejected.close(),
            created=tuple(
                (table, found["added"])
                for table, found in sorted(counts.items())
                if table not in own and found["added"]
            ),
        )

    def _write(self, batch: list[Fact], loader: Loader, counts: Counts, rejected: RejectFile) -> None:
        """One batch, in one transaction; what is refused is rejected."""
        with self._store.transaction():
            for outcome in self._writer.write(batch, loader.settles):
                counts[outcome.table].update(outcome.counts)
                for reject in outcome.rejects:
                    rejected.add(reject)
        batch.clear()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for garbage in cycles: a load makes millions of objects, none of its rows in cycles,
    and looking for them takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _lacks_ids(source: Source, loader: Loader) -> bool:
    """Whether it is a table of companies without ids: rows that state ids come before those that name."""
    if loader.name != COMPANIES.name:
        return False
    return not any(column and column.name == "id" for column in columns_of(COMPANIES, source.header or ()))
