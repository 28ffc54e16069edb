"""The Neo4j store: chains in a database on a server, beside whatever else it holds."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from tempfile import SpooledTemporaryFile
from typing import IO, TypeVar

from graph.errors import StoreError, StoreOutdated, StoreUnavailable
from graph.model import Fact
from graph.ontology import TABLES, Role
from graph.stores import neo4j as cypher
from graph.stores.base import (
    Access,
    Columns,
    Key,
    Neighbourhood,
    Snapshot,
)
from graph.stores.names_index import CANDIDATES, names_of, ranked
from graph.stores.neo4j_columns import read_columns
from graph.stores.neo4j_errors import DISTURBED, ReadOnly
from graph.stores.neo4j_facts import key_of, node
from graph.stores.neo4j_import import finish
from graph.stores.neo4j_names import by_grams, by_words
from graph.stores.neo4j_reading import State, about, fact_of, new_state, read_facts, snapshot_of
from graph.stores.neo4j_writing import Memory, Writing
from graph.stores.writable import WritableStore

T = TypeVar("T")
# Seconds before each try: to read between two commits; to make the schema, or to read for who may not take
# the writers' lock.
_TRIES = (0.0, 0.02, 0.05, 0.1, 0.2)
_PATIENCE = (0.2, 0.5, 1.0, 2.0)
_MOVED = 3  # times that a revision moves while it is read
_MAKING = 0.3  # seconds for which a constraint is half made
_IDS = 500  # companies whose links are read at once
_ROWS = 250  # facts of a line of the spool
_SPOOL = 1 << 19  # bytes of a scan that may stay in memory

# What upgrades a chain of version i + 1 to the next; one entry for each version past the first.
UPGRADES: tuple[Callable[[cypher.Run, str], None], ...] = ()


class Neo4jStore(WritableStore[Writing]):
    """One chain in a Neo4j database. Threads may share it; reading never writes.

    Raises StoreUnavailable where the server does not answer, StoreError where it does not let us in,
    StoreOutdated where it, or the chain's schema, is of a version that does not fit.
    """

    def __init__(self, url: str, chain: str = "main", access: Access | None = None) -> None:
        self.url = url
        self.chain = chain
        self._server = cypher.Server(url, access or Access())
        self._key = key_of(chain, "chain", ())
        self._commits = key_of(chain, "commits", ())
        self._memory = Memory()
        self._lock = threading.RLock()
        self._open: Writing | None = None
        self._owner: int | None = None
        self._broken = False
        self._has_schema = False
        self._read_only = False  # the lock of the writers was not to be had, the last time
        try:
            self._upgrade()
        except BaseException:
            self._server.close()
            raise

    def close(self) -> None:
        """See Store.close."""
        self._server.close()

    def _upgrade(self, steps: Sequence[Callable[[cypher.Run, str], None]] = UPGRADES) -> None:
        """Bring an older chain to the newest schema, step by step in one transaction."""
        newest = len(steps) + 1
        state = self._server.read(self._stamp)
        version = state["version"]
        if version > newest:
            raise StoreOutdated(
                f"{self.url}: the schema of chain {self.chain!r} has version {version}, "
                f"this knockon knows {newest}",
                remedy="install a newer knockon, or load the files into another chain",
            )
        if cypher.IMPORTED in state:
            self._make_schema()
            finish(self._server, self.chain, state)
        if version == newest or not state["revision"]:
            return
        with self._writing() as writing:
            for step in steps[writing.state["version"] - 1 :]:  # another process may have been faster
                step(writing.run, self.chain)
            writing.state["version"] = newest

    # -- reading as a whole --------------------------------------------------------------------------

    def _stamp(self, run: cypher.Run) -> State:
        rows = run(cypher.STAMP, key=self._key)
        return rows[0][0] if rows else new_state(self.chain)

    def _settled(self, run: cypher.Run) -> int | None:
        """The revision that is there whole; None while another is, or may be, put into the files."""
        rows = run(cypher.COMMITTED, commits=self._commits)
        begun, done = rows[0] if rows else (0, 0)
        return done if begun == done else None

    def _ask(self, work: Callable[[cypher.Run], T]) -> T:
        """What `work` makes of its questions; within this thread's own transaction, of that."""
        if (writing := self._own()) is not None:
            return work(writing.run)
        return self._server.read(work)

    def _own(self) -> Writing | None:
        return self._open if self._owner == threading.get_ident() else None

    def _whole(self, work: Callable[[cypher.Run, State], T]) -> tuple[State, T]:
        """What `work` makes of one revision, and its stamp.

        Neo4j shows readers whatever is committed by then, and a commit piece by piece. So what was read
        while one was written is read again; where there is no pause, under the lock of the writers.
        """
        if (writing := self._own()) is not None:
            return writing.state, work(writing.run, writing.state)

        moved = 0

        def between(run: cypher.Run) -> tuple[State, T] | None:
            nonlocal moved
            settled = self._settled(run)
            if settled is None:
                return None
            state = self._stamp(run)
            result = work(run, state)
            if self._settled(run) == settled:
                return state, result
            moved += 1
            return None

        for pause in _TRIES[:1] if self._read_only else _TRIES:
            time.sleep(pause)
            if (found := self._server.read(between)) is not None:
                return found
            if moved == _MOVED:
                break
        self._read_only = False
        try:
            return self._locked(work)
        except StoreUnavailable:
            raise
        except ReadOnly:
            self._read_only = True
        except StoreError:  # this user may not take the lock, others may
            for pause in _PATIENCE:
                time.sleep(pause)
                if (found := self._server.read(between)) is not None:
                    return found
        # Nobody is writing: whoever left the notes was killed, and a server never starts with half a commit.
        return self._server.read(lambda run: ((state := self._stamp(run)), work(run, state)))

    def _locked(self, work: Callable[[cypher.Run, State], T]) -> tuple[State, T]:
        """What `work` makes of the present revision, while nobody writes; puts the notes of commits right."""
        found: tuple[State, T] | None = None
        try:
            with self._server.writing() as (run, commit):
                ((state,),) = run(cypher.LOCK, key=self._key, new=new_state(self.chain))
                found = state, work(run, state)
                if self._settled(run) is None:
                    run(cypher.SETTLE_COMMITS, commits=self._commits, revision=state["revision"])
                    commit()
            return found
        except StoreError:
            if found is None:
                raise
            return found  # only the notes could not be written

    # -- what is there -------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """See Store.snapshot."""
        return snapshot_of(self._whole(lambda run, state: None)[0])

    def counts(self) -> Mapping[str, int]:
        """See Store.counts."""
        state, _ = self._whole(lambda run, state: None)
        return {table: int(state[f"count_{table}"]) for table in TABLES}

    def read(self, table: str, keys: Sequence[Key]) -> dict[Key, Fact]:
        """See Store.read."""
        return self._ask(lambda run: read_facts(run, self.chain, table, keys)) if keys else {}

    def scan(self, table: str, company: str = "") -> Iterator[Fact]:
        """See Store.scan."""
        if company:
            query, parameters = about(self.chain, table, company)
            own = self._own()
            rows = own.run.each(query, **parameters) if own else self._server.stream(query, **parameters)
            yield from (fact_of(table, row) for row in rows)
            return
        with SpooledTemporaryFile(max_size=_SPOOL, mode="w+", encoding="utf-8", newline="\n") as spool:

            def copy(run: cypher.Run, state: State) -> None:
                spool.seek(0)
                spool.truncate()
                _copy(run, self.chain, table, spool)

            self._whole(copy)
            spool.seek(0)
            for line in spool:
                yield from (fact_of(table, row) for row in json.loads(line))

    def columns(self, wanted: Mapping[str, Sequence[str]]) -> tuple[Snapshot, Mapping[str, Columns]]:
        """See Store.columns."""
        state, columns = self._whole(lambda run, state: read_columns(run, self.chain, state, wanted))
        return snapshot_of(state), columns

    def search(self, text: str, limit: int = 20) -> list[tuple[Fact, float]]:
        """See Store.search."""
        most = max(CANDIDATES, 2 * limit)
        asked = ("grams", by_grams(text, self._key), most), ("names", by_words(text, self.chain), limit)

        def candidates(run: cypher.Run) -> list[Fact]:
            if not self._stamp(run)["count_companies"]:
                return []
            if self._own() is not None:  # what this transaction wrote is in no index of names yet
                return [
                    node("companies", told)
                    for _, told in run.each(cypher.SCAN["companies"], chain=self.chain)
                ]
            found = list(read_facts(run, self.chain, "companies", [(text,)]).values())
            run(cypher.AWAIT_NAMES)
            for index, query, count in asked:
                if query:
                    given = {"index": f"knockon_{index}", "query": query, "limit": count}
                    rows = run(cypher.SEARCH, chain=self.chain, **given)
                    found += [node("companies", told) for ((_, told),) in rows]
            return found

        companies = {fact.id: fact for fact in self._ask(candidates)}
        best = ranked(text, [(id, names_of(fact)) for id, fact in companies.items()])
        return [(companies[id], likeness) for id, likeness in best[:limit]]

    def page(self, role: str = "", after: str = "", limit: int = 100) -> list[Fact]:
        """See Store.page."""
        if role and role not in tuple(Role):
            return []
        # What comes after half a character comes after what stands before it.
        given = {"after": after.encode(errors="ignore").decode(), "role": role, "limit": limit}
        rows = self._ask(lambda run: run(cypher.PAGE, chain=self.chain, **given))
        return [node("companies", told) for ((_, told),) in rows]

    def neighbourhood(self, company: str, depth: int, limit: int) -> Neighbourhood:
        """See Store.neighbourhood."""

        def around(run: cypher.Run) -> Neighbourhood:
            start = key_of(self.chain, "companies", (company,))
            if not read_facts(run, self.chain, "companies", [(company,)]):
                return Neighbourhood((), (), False)
            distance, ring, cut = {start: 0}, [start], False
            for hops in range(1, depth + 1):
                room = limit - len(distance)
                near = run(cypher.RING, ring=ring, seen=list(distance), limit=room + 1)
                cut = len(near) > room
                ring = [key for (key,) in near[: max(room, 0)]]
                distance.update(dict.fromkeys(ring, hops))
                if cut or not ring:
                    break
            rows = run(cypher.READ_NODES, keys=list(distance))
            companies = [(node("companies", told), distance[key]) for ((key, told),) in rows]
            companies.sort(key=lambda at: (at[1], at[0].id))
            links = [fact_of("links", row) for (row,) in run(cypher.LINKS_AMONG, keys=list(distance))]
            return Neighbourhood(tuple(companies), tuple(sorted(links, key=lambda f: f.key)), cut)

        return self._ask(around)

    # -- what changes it -----------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        """The open transaction, or one of its own. One that failed half-way cannot be committed."""
        with self._lock:
            if (own := self._own()) is not None:
                yield from self._inside(own)
                return
            self._make_schema()
            with self._server.writing() as (run, commit):
                writing = Writing(run, self.chain, self._memory)
                if self._settled(run) is None:  # readers need not wait for the end of this transaction
                    self._note(cypher.SETTLE_COMMITS, writing.state["revision"])
                self._open, self._owner, self._broken = writing, threading.get_ident(), False
                try:
                    yield from self._inside(writing)
                    if self._broken:
                        raise StoreError(
                            "a part of this transaction failed, so none of it was kept",
                            remedy="run it again as a whole",
                        )
                    writing.write_stamp()
                    self._commit(writing, commit)
                except BaseException:
                    self._memory.forget()
                    raise
                finally:
                    self._open = self._owner = None

    def _inside(self, writing: Writing) -> Iterator[Writing]:
        try:
            yield writing
        except BaseException:
            self._broken = self._broken or writing.half_way
            raise

    def _commit(self, writing: Writing, commit: Callable[[], None]) -> None:
        """Commit, and let readers know before and after that a revision is on its way into the files."""
        if not writing.touched:
            commit()
            return
        after = writing.state["revision"]
        self._note(cypher.BEGIN_COMMIT, after)
        commit()  # where this fails it may be there or not: who takes the lock next will see
        self._note(cypher.END_COMMIT, after)

    def _note(self, statement: str, revision: int) -> None:
        with self._server.writing() as (run, commit):
            run(statement, commits=self._commits, chain=self.chain, revision=revision)
            commit()

    def _make_schema(self) -> None:
        """Constraints and indexes, made before the first fact is written, and waited for."""
        if self._has_schema:
            return
        names = list(cypher.SCHEMA)
        for pause in (*_PATIENCE, None):
            if self._server.run(cypher.HAS_SCHEMA, names=names) == [[len(names)]]:
                break
            try:
                self._clear_the_way()
                for statement in cypher.SCHEMA.values():
                    self._server.run(statement)
                self._server.run(cypher.AWAIT_SCHEMA)
                break
            except DISTURBED:  # somebody else may be making it, too
                if pause is None:
                    raise
                time.sleep(pause * random.uniform(0.5, 1.5))
        self._has_schema = True

    def _clear_the_way(self) -> None:
        """Drop what earlier knockons made, and indexes of constraints whose making was cut short.

        One that is just being made looks the same for a moment.
        """
        if left := self._in_the_way():
            time.sleep(_MAKING)
            for name, constraint in left & self._in_the_way():
                with suppress(StoreError):  # somebody else may do the same
                    self._server.run(cypher.DROP[name][constraint])

    def _in_the_way(self) -> set[tuple[str, bool]]:
        found = self._server.run(cypher.IN_THE_WAY, names=list(cypher.DROP))
        return {(name, constraint) for name, constraint in found}


def _copy(run: cypher.Run, chain: str, table: str, spool: IO[str]) -> None:
    """All facts of a table in the order of their keys, as rows in lines of JSON."""

    def put(rows: Sequence[object]) -> None:
        if rows:
            spool.write(json.dumps(rows, ensure_ascii=False) + "\n")

    if table != "links":
        rows: list[object] = []
        for row in run.each(cypher.SCAN[table], chain=chain):
            rows.append(row)
            if len(rows) == _ROWS:
                put(rows)
                rows.clear()
        put(rows)
        return
    after = ""
    while True:
        ((ids,),) = run(cypher.COMPANY_IDS, chain=chain, after=after, limit=_IDS)
        if not ids:
            return
        links = [row for (row,) in run(cypher.LINKS_FROM, sellers=ids, chain=chain)]
        links.sort(key=lambda row: (*row[:3], row[3].get("category", ""), row[3].get("period", "")))
        for start in range(0, len(links), _ROWS):
            put(links[start : start + _ROWS])
        after = ids[-1]
