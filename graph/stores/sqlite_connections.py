"""Connections to one SQLite file: opened with care, lent to threads, their errors put in words."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import KnockonError, StoreError, StoreUnavailable
from graph.stores.sqlite_schema import APPLICATION_ID, create, upgrade

_IDLE = 8  # connections kept open for the next reader


def _connect(path: Path, mode: str, wait: float) -> sqlite3.Connection:
    con = sqlite3.connect(
        f"{path.as_uri()}?{mode}", timeout=wait, isolation_level=None, check_same_thread=False, uri=True
    )
    try:
        con.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere must not run what it brings
        con.execute("PRAGMA temp_store = MEMORY")
        con.execute("PRAGMA cache_size = -16384")  # 16 MB at most: there may be many readers
        # A batch that was acknowledged is on the disk: it survives the process and the power. A batch is
        # large, so that one fsync for each costs little.
        con.execute("PRAGMA synchronous = FULL")
        con.execute("PRAGMA wal_autocheckpoint = 4000")  # 32 MB: pages that change often are copied once
    except BaseException:
        con.close()
        raise
    return con


class Connections:
    """One writer and as many readers as there are threads at work.

    Any thread may use the store. A reader is lent one connection for the time of its question, within one
    read transaction, so that it sees one state; write-ahead logging lets it go on while another writes.
    Writers of this process take turns by a lock, those of other processes by SQLite's own. A process that
    was forked off opens connections of its own.
    """

    def __init__(self, path: Path, chain: str, wait: float) -> None:
        self.path = path.absolute()
        self.wait = wait
        self._fresh()
        self._inherited: list[object] = []  # a parent's connections must not be closed by its child
        with self._explained():
            self._check()
            folder = self.path.parent
            self.writable = os.access(folder, os.W_OK) and (
                not self.path.exists() or os.access(self.path, os.W_OK)
            )
            con = self._open(new=not self.path.exists() or self.path.stat().st_size == 0, chain=chain)
        self._idle.append(con)
        self._opened = self._there()
        with self.reading() as reader:
            (there,) = reader.execute("SELECT chain FROM state").fetchone()
        if there != chain:
            self.close()
            raise StoreError(
                f"{self.path} holds the chain {there!r}, not {chain!r}",
                remedy=f"keep {chain!r} in a file of its own, or open the file with the chain {there!r}",
            )

    def _fresh(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._owner: int | None = None  # the thread that has a transaction open
        self._closed = False

    def _own(self) -> None:
        """After a fork, let go of the parent's connections."""
        if self._closed:
            raise StoreError(f"{self.path}: the store is closed", remedy="open it again")
        if self._pid != os.getpid():
            self._inherited += [self._idle, self._writer]
            self._fresh()

    # -- opening ---------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Refuse what is not a store, without touching it."""
        if not self.path.parent.is_dir():
            raise StoreError(
                f"{self.path.parent}: no such folder",
                remedy="make the folder, or name another place for the store",
            )
        if not self.path.exists():
            return
        if not self.path.is_file():
            raise StoreError(f"{self.path} is not a file", remedy="name a file for the store")
        if self.path.stat().st_size == 0:
            return
        mark = self._mark()
        if mark != APPLICATION_ID:
            raise StoreError(
                f"{self.path} is not a knockon store; it was left as it is",
                remedy="name another file: a new one is made where there is none",
            )

    def _mark(self) -> int:
        """The mark of the program that made the file; 0 where it is no SQLite file.

        `immutable` takes no lock and makes no file beside it. Reading the header by hand would be no
        better: closing the file would drop the locks of other connections of this process. But it passes
        over the log: a file whose writer was killed while it copied the log into it is whole only together
        with it, so what looks malformed is asked again with the log.
        """
        for mode in ("mode=ro&immutable=1", "mode=ro"):
            con = sqlite3.connect(f"{self.path.as_uri()}?{mode}", timeout=self.wait, uri=True)
            try:
                (mark,) = con.execute("PRAGMA application_id").fetchone()
                return int(mark)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorname == "SQLITE_NOTADB":
                    return 0
                if mode == "mode=ro" or error.sqlite_errorname != "SQLITE_CORRUPT":
                    raise
            finally:
                con.close()
        return 0

    def _open(self, *, new: bool, chain: str = "") -> sqlite3.Connection:
        if not self.writable:
            return self._open_read_only()
        con = _connect(self.path, "mode=rwc" if new else "mode=rw", self.wait)
        try:
            if new:
                con.execute("PRAGMA page_size = 8192")
                con.execute("BEGIN EXCLUSIVE")
                if not con.execute("SELECT 1 FROM sqlite_master").fetchone():  # nobody was faster
                    create(con, chain)
                con.execute("COMMIT")
            self._log_ahead(con)
            upgrade(con, str(self.path))
        except BaseException:
            con.close()
            raise
        return con

    def _log_ahead(self, con: sqlite3.Connection) -> None:
        """Switch to write-ahead logging; SQLite does not wait here by itself when others open it too."""
        until = time.monotonic() + self.wait
        while True:
            try:
                con.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                    raise
            time.sleep(0.01)

    def _open_read_only(self) -> sqlite3.Connection:
        log = self.path.with_name(self.path.name + "-wal")
        try:
            con = _connect(self.path, "mode=ro", self.wait)
            con.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # Write-ahead logging needs a place beside the file, which a read-only folder does not give.
            # Where nobody left a log there, nothing is missed by reading the file alone.
            if log.exists() and log.stat().st_size:
                raise
            con = _connect(self.path, "mode=ro&immutable=1", self.wait)
        upgrade(con, str(self.path), writable=False)
        return con

    def _there(self) -> tuple[int, int] | None:
        """Which file stands at the path, None if there is none."""
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def same_file(self) -> None:
        """StoreUnavailable where the file at the path is no longer the one that was opened."""
        if self._there() != self._opened:
            raise StoreUnavailable(
                f"{self.path}: the store's file was replaced or removed while it was open",
                remedy="put the file back, or end this program and start it again",
            )

    # -- lending ---------------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection in a read transaction; within this thread's own transaction, the writing one."""
        self._own()
        if self._owner == threading.get_ident() and self._writer is not None:
            yield self._writer
            return
        with self._explained():
            con = self._borrow()
            try:
                con.execute("BEGIN")
                yield con
            finally:
                self._give_back(con)

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open(new=False)

    def _give_back(self, con: sqlite3.Connection) -> None:
        if con.in_transaction:
            con.execute("ROLLBACK")
        if self._closed or len(self._idle) >= _IDLE or self._pid != os.getpid():
            con.close()
        else:
            self._idle.append(con)

    @contextmanager
    def writing(self) -> Iterator[tuple[sqlite3.Connection, bool]]:
        """The writing connection in a transaction, and whether it was begun here (else it goes on).

        Committed at the end of the outermost, rolled back where an exception leaves it. Waits for other
        writers, at most `wait` seconds.
        """
        self._own()
        if not self.writable:
            raise StoreError(
                f"{self.path} is read-only", remedy="make the file and its folder writable, or copy it"
            )
        if not self._lock.acquire(timeout=self.wait):
            raise self._busy()
        try:
            self.same_file()  # what is written to a removed file is lost
            with self._explained():
                if self._owner is not None and self._writer is not None:
                    yield self._writer, False
                    return
                if self._writer is None:
                    self._writer = self._open(new=False)
                    self._writer.execute("PRAGMA cache_size = -131072")  # indexes of some million links
                with self._begun(self._writer):
                    yield self._writer, True
        finally:
            self._lock.release()

    @contextmanager
    def _begun(self, con: sqlite3.Connection) -> Iterator[None]:
        try:
            con.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
            yield
            con.execute("COMMIT")
        finally:
            self._owner = None
            if con.in_transaction:
                con.execute("ROLLBACK")

    def close(self) -> None:
        """Close what is idle now, and the rest when it is given back."""
        if self._closed or self._pid != os.getpid():
            return
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        if self._writer is not None and self._owner is None:
            self._writer.close()

    # -- errors ----------------------------------------------------------------------------------------

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _busy(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"{self.path}: somebody else has been writing for {self.wait:g} s",
            remedy="wait until the other load has ended, then run the same again",
        )

    def _error(self, error: sqlite3.Error) -> KnockonError:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return self._busy()
        for start, (message, remedy) in _MESSAGES.items():
            if name.startswith(start):
                return StoreError(f"{self.path}: {message} ({error})", remedy=remedy)
        return StoreError(
            f"{self.path}: {error}", remedy="check the file; load into a new store if it stays so"
        )


_MESSAGES = {
    "SQLITE_FULL": ("no space left", "free some space and run the same again: whole batches are kept"),
    "SQLITE_IOERR": (
        "the disk could not be read or written",
        "check space and health of the disk and run the same again: whole batches are kept",
    ),
    "SQLITE_READONLY": ("read-only", "make the file and its folder writable, or copy it"),
    "SQLITE_CANTOPEN": ("cannot be opened", "check the permissions of the file and its folder"),
    "SQLITE_PERM": ("not allowed", "check the permissions of the file and its folder"),
    "SQLITE_AUTH": ("not allowed", "check the permissions of the file and its folder"),
    "SQLITE_NOTADB": ("damaged", "restore a copy, or load the files into a new store"),
    "SQLITE_CORRUPT": ("damaged", "restore a copy, or load the files into a new store"),
}
