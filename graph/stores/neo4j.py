"""The door to a Neo4j server: all Cypher that is ever sent, and how it is sent."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, LiteralString, TypeVar

import neo4j
from neo4j.exceptions import (
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from graph.errors import KnockonError, StoreError, StoreOutdated
from graph.ontology import OUTWARD, TABLES, LinkKind, Role
from graph.stores.base import Access
from graph.stores.neo4j_errors import meant

T = TypeVar("T")
S = TypeVar("S", neo4j.Session, neo4j.Transaction)

# -- the graph: labels and types ------------------------------------------------------------------------

OURS = "Knockon"  # every node of ours bears it; what does not is somebody else's
CHAIN = "Chain"  # the one node of a chain that holds its stamp
COMMITS = "Commits"  # the other: which revision is being written, and which was
MISSING = "Missing"  # what a fact refers to and no fact told yet
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "companies": "Company",
        "markets": "Market",
        "products": "Product",
        "parts": "Part",
        "batches": "Batch",
        "outlets": "Outlet",
        "events": "Event",
        "complaints": "Complaint",
        "rates": "Rate",
    }
)
ROLES: Mapping[str, str] = MappingProxyType({str(role): str(role).capitalize() for role in Role})
LINK_ENDS = frozenset(("source", "target", "kind"))  # columns that a link's ends and type say
_TYPES = "|".join(LinkKind)
# A reference starts at the fact that names the other, but for those that are read the other way round.
RELATIONS = tuple(sorted({c.relation for t in TABLES.values() for c in t.columns if c.relation}))
_INWARD = "|".join(r for r in RELATIONS if r not in OUTWARD)
_OUTWARD = "|".join(r for r in RELATIONS if r in OUTWARD)

# -- schema ---------------------------------------------------------------------------------------------

# Names and statements. Links are found by a plain index: writers of a chain follow each other, so nothing
# but the chain's lock keeps a key from being made twice. Names are put into their indexes after the commit,
# by another thread of the server: who searches waits for it (AWAIT_NAMES).
SCHEMA: Mapping[str, LiteralString] = MappingProxyType(
    {
        "knockon_key": f"CREATE CONSTRAINT knockon_key IF NOT EXISTS FOR (n:{OURS}) REQUIRE n.key IS UNIQUE",
        **{
            f"knockon_{kind.lower()}": f"CREATE INDEX knockon_{kind.lower()} IF NOT EXISTS "
            f"FOR ()-[r:{kind}]-() ON (r.key)"
            for kind in LinkKind
        },
        "knockon_company_id": "CREATE INDEX knockon_company_id IF NOT EXISTS FOR (c:Company) "
        "ON (c.chain, c.id)",
        "knockon_company_number": "CREATE INDEX knockon_company_number IF NOT EXISTS FOR (c:Company) "
        "ON (c.chain, c.n)",
        **{
            f"knockon_{name}": f"CREATE FULLTEXT INDEX knockon_{name} IF NOT EXISTS FOR (c:Company) "
            f"ON EACH [{fields}] OPTIONS {{indexConfig: {{`fulltext.analyzer`: '{analyser}', "
            f"`fulltext.eventually_consistent`: true}}}}"
            for name, fields, analyser in (
                ("names", "c.id, c.name, c.aliases, c.chain", "cjk"),
                ("grams", "c.grams", "whitespace"),
            )
        },
    }
)
AWAIT_SCHEMA = "CALL db.awaitIndexes(300)"
AWAIT_NAMES = "CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()"
HAS_SCHEMA = (
    "SHOW INDEXES YIELD name, type, state, owningConstraint, options WHERE name IN $names "
    "AND state = 'ONLINE' AND (owningConstraint IS NOT NULL OR name <> 'knockon_key') "
    "AND (type <> 'FULLTEXT' OR options.indexConfig.`fulltext.eventually_consistent`) RETURN count(name)"
)
# What stands in the way of the schema: what is left of a constraint when its maker, or the server, was
# killed, and what the first knockon made: unique keys of links, names that every commit waited for.
IN_THE_WAY = (
    "SHOW INDEXES YIELD name, type, properties, owningConstraint, options WHERE name IN $names AND "
    "(type = 'FULLTEXT' AND NOT options.indexConfig.`fulltext.eventually_consistent` OR "
    "properties = ['key'] AND (owningConstraint IS NULL OR name <> 'knockon_key')) "
    "RETURN name, owningConstraint IS NOT NULL"
)
_FIRST_KEYS = tuple(f"knockon_{kind.lower()}_key" for kind in LinkKind)
DROP: Mapping[str, tuple[LiteralString, LiteralString]] = MappingProxyType(
    {
        name: (f"DROP INDEX {name} IF EXISTS", f"DROP CONSTRAINT {name} IF EXISTS")
        for name in ("knockon_key", "knockon_names", "knockon_grams", *_FIRST_KEYS)
    }
)


# Plans are made by what the database held when a query was first asked, and kept for a while: those of an
# empty one would scan all nodes for each key. So the index is named. MERGE takes no such hint.
def _find(name: str, key: str) -> str:
    """The clause that finds a node of ours by its key."""
    return f"MATCH ({name}:{OURS} {{key: {key}}}) USING INDEX SEEK {name}:{OURS}(key)"


def _find_link(kind: str, key: str) -> str:
    """The clause that finds a link `r` of ours from `s` to `t` by its key."""
    return f"MATCH (s)-[r:{kind} {{key: {key}}}]->(t) USING INDEX SEEK r:{kind}(key)"


# -- the stamp ------------------------------------------------------------------------------------------

# The chain's node; whoever writes takes its lock first, so that writers of one chain follow each other.
LOCK = (
    f"MERGE (c:{OURS} {{key: $key}}) ON CREATE SET c:{CHAIN}, c += $new "
    "SET c.locked = true REMOVE c.locked RETURN properties(c)"
)
STAMP = f"{_find('c', '$key')} RETURN properties(c)"
SET_STAMP = f"{_find('c', '$key')} SET c += $stamp"
# A server puts a transaction into its files piece by piece, and readers may see half of it. This node,
# written by transactions of its own, says which revision is being put there, and which is there whole.
COMMITTED = f"{_find('w', '$commits')} RETURN w.begun, w.done"
# Such a note may come late, when others have written since: it never takes back what is newer.
BEGIN_COMMIT = (
    f"MERGE (w:{OURS} {{key: $commits}}) SET w:{COMMITS}, w.chain = $chain, "
    "w.begun = CASE WHEN w.begun > $revision THEN w.begun ELSE $revision END"
)
END_COMMIT = f"{_find('w', '$commits')} WHERE coalesce(w.done, 0) < $revision SET w.done = $revision"
# Under the chain's lock no revision is on its way: what a writer left that was killed is put right.
SETTLE_COMMITS = f"{_find('w', '$commits')} SET w.begun = $revision, w.done = $revision"

# -- reading --------------------------------------------------------------------------------------------

_NODE = "[n.key, properties(n)]"
_LINK = "[s.id, type(r), t.id, properties(r)]"

READ_NODES = f"UNWIND $keys AS key {_find('n', 'key')} WHERE n.loaded_at IS NOT NULL RETURN {_NODE}"
READ_LINKS: Mapping[str, str] = MappingProxyType(
    {kind: f"UNWIND $keys AS key {_find_link(kind, 'key')} RETURN {_LINK}" for kind in LinkKind}
)
# Of those that are there: the place in the list of keys, and the fingerprint of what was told; -1 where
# nothing was, since others only refer to it.
PRINTS = (
    f"UNWIND range(0, size($keys) - 1) AS i {_find('n', '$keys[i]')} "
    "RETURN collect(i), collect(CASE WHEN n.loaded_at IS NULL THEN -1 ELSE n.fingerprint END)"
)
LINK_PRINTS: Mapping[str, str] = MappingProxyType(
    {
        kind: f"UNWIND range(0, size($keys) - 1) AS i {_find_link(kind, '$keys[i]')} "
        "RETURN collect(i), collect(r.fingerprint)"
        for kind in LinkKind
    }
)
SCAN: Mapping[str, str] = MappingProxyType(
    {
        table: f"MATCH (n:{label}) WHERE n.chain = $chain AND n.key IS NOT NULL AND n:{OURS} "
        f"WITH n ORDER BY {', '.join(f'n.{k}' for k in TABLES[table].key)} RETURN {_NODE}"
        for table, label in LABELS.items()
    }
)
COMPANY_IDS = (
    "MATCH (c:Company) USING INDEX c:Company(chain, id) WHERE c.chain = $chain AND c.id > $after "
    f"AND c:{OURS} WITH c ORDER BY c.id LIMIT $limit RETURN collect(c.id)"
)
LINKS_FROM = (
    f"UNWIND $sellers AS id MATCH (s:Company {{chain: $chain, id: id}}) "
    f"USING INDEX SEEK s:Company(chain, id) WHERE s:{OURS} "
    f"MATCH (s)-[r:{_TYPES}]->(t) WHERE r.key IS NOT NULL RETURN {_LINK}"
)
ABOUT_COMPANY: Mapping[str, str] = MappingProxyType(
    {
        "companies": f"{_find('n', '$key')} WHERE n:Company RETURN {_NODE}",
        "links": f"{_find('c', '$key')} MATCH (c)-[r:{_TYPES}]-() WHERE r.key IS NOT NULL "
        f"WITH DISTINCT r, startNode(r) AS s, endNode(r) AS t ORDER BY s.id, type(r), t.id, "
        f"coalesce(r.category, ''), coalesce(r.period, '') RETURN {_LINK}",
    }
    | {
        table: f"{_find('c', '$key')} MATCH (c)-[x]-(n:{label}) WHERE x.column IN $columns "
        f"WITH DISTINCT n ORDER BY {', '.join(f'n.{k}' for k in TABLES[table].key)} RETURN {_NODE}"
        for table, label in LABELS.items()
        if table != "companies"
    }
)
PAGE = (
    f"MATCH (n:Company) USING INDEX n:Company(chain, id) WHERE n.chain = $chain AND n.id > $after "
    f"AND n:{OURS} AND ($role = '' OR $role IN n.roles) WITH n ORDER BY n.id LIMIT $limit RETURN {_NODE}"
)
# The best by Lucene's own reckoning, of one of the two indexes; the question names the chain.
SEARCH = (
    "CALL db.index.fulltext.queryNodes($index, $query, {limit: $limit}) YIELD node AS n "
    f"WHERE n.chain = $chain AND n:{OURS} RETURN {_NODE}"
)
RING = (
    f"UNWIND $ring AS key {_find('o', 'key')} "
    f"MATCH (o)-[r:{_TYPES}]-(n:{OURS}) "
    "WHERE r.key IS NOT NULL AND NOT n.key IN $seen WITH DISTINCT n ORDER BY n.id LIMIT $limit RETURN n.key"
)
LINKS_AMONG = (
    f"UNWIND $keys AS key {_find('s', 'key')} "
    f"MATCH (s)-[r:{_TYPES}]->(t:{OURS}) "
    f"WHERE r.key IS NOT NULL AND t.key IN $keys RETURN {_LINK}"
)
PLACES = (
    f"MATCH (c:Company) USING INDEX c:Company(chain, n) WHERE c.chain = $chain AND c.n >= 0 AND c:{OURS} "
    "WITH collect(c) AS found UNWIND range(0, size(found) - 1, $step) AS low "
    "WITH found[low..low + $step] AS some RETURN [c IN some | id(c)], [c IN some | c.id]"
)


def node_columns(table: str, names: Sequence[str]) -> str:
    """Columns of all nodes of a table, in lists of about `$step`; the names are the ontology's.

    Companies by their numbers up to `$top`: twice as fast, since a node is looked up once.
    """
    if table == "companies":
        cells = ", ".join(
            f"collect(coalesce(n.`{name}`, $blanks[{i}])) AS c{i}" for i, name in enumerate(names)
        )
        return (
            "UNWIND range(0, $top, $step) AS low CALL (low) { "
            "MATCH (n:Company) USING INDEX n:Company(chain, n) "
            f"WHERE n.chain = $chain AND n.n >= low AND n.n < low + $step AND n:{OURS} RETURN {cells} }} "
            f"RETURN {', '.join(f'c{i}' for i in range(len(names)))}"
        )
    cells = ", ".join(f"[n IN some | coalesce(n.`{name}`, $blanks[{i}])]" for i, name in enumerate(names))
    return (
        f"MATCH (n:{LABELS[table]}) WHERE n.chain = $chain AND n.key IS NOT NULL AND n:{OURS} "
        "WITH collect(n) AS found UNWIND range(0, size(found) - 1, $step) AS low "
        f"WITH found[low..low + $step] AS some RETURN {cells}"
    )


def link_columns(kind: str, names: Sequence[str]) -> str:
    """Nodes of both ends, and columns, of all links of a kind, in lists for `$step` sellers each.

    The nodes by their internal ids: these are at hand with the link, a property is looked up for each.
    """
    cells = "".join(f", collect(coalesce(r.`{name}`, $blanks[{i}])) AS c{i}" for i, name in enumerate(names))
    given = "".join(f", c{i}" for i in range(len(names)))
    return (
        "UNWIND range(0, $top, $step) AS low CALL (low) { MATCH (s:Company) USING INDEX s:Company(chain, n) "
        f"WHERE s.chain = $chain AND s.n >= low AND s.n < low + $step AND s:{OURS} "
        f"MATCH (s)-[r:{kind}]->(t) WHERE r.key IS NOT NULL "
        f"RETURN collect(id(s)) AS sellers, collect(id(t)) AS buyers{cells} }} "
        f"WITH * WHERE size(sellers) > 0 RETURN sellers, buyers{given}"
    )


# -- writing --------------------------------------------------------------------------------------------

# Facts come column by column, which spares the server the name of each property in each row; a column that
# has no list is blank. What stands in no column of ours comes in rows (`more`).
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        table: (
            *(c.name for c in TABLES[table].columns if table != "links" or c.name not in LINK_ENDS),
            *("key", "fingerprint", "source_ref", "loaded_at", "refs"),
            *(("turned",) if table == "links" else ("chain", "n", "grams")),
        )
        for table in TABLES
    }
)
_EACH = "UNWIND range(0, $top) AS i"


def _told(table: str) -> str:
    return "{" + ", ".join(f"`{name}`: $told.`{name}`[i]" for name in COLUMNS[table]) + "}"


ADD_NODES: Mapping[str, str] = MappingProxyType(
    {
        table: f"{_EACH} CREATE (n:{OURS}:{label}:$($labels[i]) "
        f"{_told(table)}) SET n += coalesce($more[i], {{}}) "
        "RETURN collect(n.id), collect(id(n))"
        for table, label in LABELS.items()
    }
)
# What was missing, and is told now.
FILL_NODES = (
    f"UNWIND $rows AS row {_find('n', 'row.key')} SET n = row.properties "
    f"REMOVE n:{MISSING} SET n:$(row.labels) RETURN collect(n.id), collect(id(n))"
)
REPLACE_NODES = (
    f"UNWIND $rows AS row {_find('n', 'row.key')} WITH n, row, n.n AS number "
    f"SET n = row.properties SET n.n = number REMOVE n:{':'.join(ROLES.values())} SET n:$(row.labels)"
)
# id() is deprecated, and still there; to take elementId() apart makes a link a sixth dearer to the server.
ADD_LINKS: Mapping[str, str] = MappingProxyType(
    {
        kind: f"{_EACH} MATCH (s) WHERE id(s) = $sellers[i] MATCH (t) WHERE id(t) = $buyers[i] "
        f"CREATE (s)-[r:{kind} {_told('links')}]->(t) SET r += coalesce($more[i], {{}})"
        for kind in LinkKind
    }
)
REPLACE_LINKS: Mapping[str, str] = MappingProxyType(
    {kind: f"UNWIND $rows AS row {_find_link(kind, 'row.key')} SET r = row.properties" for kind in LinkKind}
)
WHERE_COMPANIES = (
    f"UNWIND $keys AS key {_find('n', 'key')} WHERE n:Company RETURN collect(n.id), collect(id(n))"
)


def refer(relation: str) -> str:
    """Draw what facts refer to; what is not there yet is made as something missing."""
    arrow = "(t)-[x:{}]->(n)" if relation in OUTWARD else "(n)-[x:{}]->(t)"
    return (
        f"UNWIND $rows AS row {_find('n', 'row.key')} "
        f"{_find('t', 'row.target')} "
        f"CREATE {arrow.format(relation)} SET x.column = row.column"
    )


REFER: Mapping[str, str] = MappingProxyType({relation: refer(relation) for relation in RELATIONS})
# Which of what facts refer to is not there yet: it is made as something missing.
ABSENT = (
    f"UNWIND range(0, size($keys) - 1) AS i OPTIONAL {_find('n', '$keys[i]')} "
    "WITH i, n WHERE n IS NULL RETURN collect(i)"
)
ADD_MISSING = (
    f"UNWIND $rows AS row CREATE (t:{OURS}:{MISSING}) "
    "SET t = {key: row.target, chain: $chain, id: row.id, of: row.of}"
)
_OF_KEY = f"UNWIND $keys AS key {_find('n', 'key')}"
UNREFER = (
    f"{_OF_KEY} MATCH (n)-[x:{_INWARD}]->() WHERE x.column IS NOT NULL DELETE x",
    f"{_OF_KEY} MATCH (n)<-[x:{_OUTWARD}]-() WHERE x.column IS NOT NULL DELETE x",
)
DEPENDENT: Mapping[str, str] = MappingProxyType(
    {
        table: f"UNWIND $keys AS key {_find('o', 'key')} "
        f"MATCH (o)-[x]-(n:{label}) WHERE x.column = $column "
        f"WITH DISTINCT n RETURN {_NODE}"
        for table, label in LABELS.items()
    }
)
# Of these nodes those that others refer to, by a link or a column.
REFERRED = (
    f"{_OF_KEY} "
    f"WHERE EXISTS {{ (n)-[r:{_TYPES}]-() WHERE r.key IS NOT NULL }} "
    f"OR EXISTS {{ (n)<-[x:{_INWARD}]-() WHERE x.column IS NOT NULL }} "
    f"OR EXISTS {{ (n)-[x:{_OUTWARD}]->() WHERE x.column IS NOT NULL }} RETURN collect(key)"
)
DELETE_NODES = f"{_OF_KEY} DETACH DELETE n"
FORGET_NODES = (
    f"UNWIND $rows AS row {_find('n', 'row.key')} "
    f"REMOVE n:{':'.join((*LABELS.values(), *ROLES.values()))} "
    f"SET n = {{key: row.key, chain: $chain, id: row.id, of: row.of}}, n:{MISSING}"
)
REMOVE_LINKS: Mapping[str, str] = MappingProxyType(
    {kind: f"UNWIND $keys AS key {_find_link(kind, 'key')} DELETE r" for kind in LinkKind}
)
DROP_MISSING = (
    f"MATCH (n:{MISSING}) WHERE n:{OURS} AND n.chain = $chain AND NOT EXISTS {{ (n)--() }} DELETE n"
)
FROM_FILE: Mapping[str, str] = MappingProxyType(
    {
        table: f"MATCH (n:{label}) WHERE n.chain = $chain AND n:{OURS} "
        "AND (n.source_ref STARTS WITH $file OR n.refs IS NOT NULL) RETURN n.key"
        for table, label in LABELS.items()
    }
)
LINKS_FROM_FILE: Mapping[str, str] = MappingProxyType(
    {
        kind: f"MATCH (s:Company)-[r:{kind}]->() WHERE s.chain = $chain AND s:{OURS} AND r.key IS NOT NULL "
        "AND (r.source_ref STARTS WITH $file OR r.refs IS NOT NULL) RETURN r.key"
        for kind in LinkKind
    }
)


# -- after an import ------------------------------------------------------------------------------------

IMPORTED = "imported"  # of a chain's node: that files of ours were imported, and how many facts have a REST
REST = "knockon_rest"  # of an imported fact: the properties, as JSON, that the files could not hold
_UNPACKED = f"SET n += row.properties REMOVE n.{REST}"
# How to find what is to be unpacked, and how to put it back.
UNPACK = (
    (
        f"MATCH (n:{OURS}) WHERE n.{REST} IS NOT NULL RETURN [n.key, n.{REST}]",
        f"UNWIND $rows AS row MATCH (n:{OURS} {{key: row.key}}) {_UNPACKED}",
    ),
    *(
        (
            f"MATCH ()-[n:{kind}]->() WHERE n.{REST} IS NOT NULL RETURN [n.key, n.{REST}]",
            f"UNWIND $rows AS row MATCH ()-[n:{kind} {{key: row.key}}]->() {_UNPACKED}",
        )
        for kind in LinkKind
    ),
)
COUNT: Mapping[str, str] = MappingProxyType(
    {
        table: f"MATCH (n:{label}) WHERE n.chain = $chain AND n.key IS NOT NULL AND n:{OURS} RETURN count(n)"
        for table, label in LABELS.items()
    }
    | {
        "links": f"MATCH (s:Company)-[r:{_TYPES}]->() WHERE s.chain = $chain AND s:{OURS} "
        "AND r.key IS NOT NULL RETURN count(r)"
    }
)


# -- sending --------------------------------------------------------------------------------------------

_OLDEST = (5, 26)  # servers before it know no labels from parameters
_OLDEST_DRIVER = (6, 0)
_SCHEMA = 300.0  # seconds that a statement about the schema may take, whatever others may
_RETRIES = (0.1, 0.5, 2.0)  # seconds before a question is asked again
_GRACE = 1.0  # seconds that Control-C waits for the server
_AGAIN = 3.0  # seconds after which it is not asked again: a server that went silent took minutes already
# Where nobody listens to it, Python would print the driver's log beside our own sentence.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class Run:
    """Asks within one transaction: called with Cypher and its parameters it gives all rows."""

    def __init__(self, transaction: neo4j.Transaction) -> None:
        self._transaction = transaction

    def __call__(self, query: LiteralString | str, /, **parameters: Any) -> list[list[Any]]:
        result = self._transaction.run(query, parameters)
        rows = result.values()
        # The driver keeps what was sent until the transaction ends, then in cycles: a load would keep it all.
        (result.consume().parameters or {}).clear()
        return rows

    def rows(self, query: str, /, **parameters: Any) -> Iterator[list[Any]]:
        """The rows, as they arrive: while one is worked on the server makes the next."""
        for record in self._transaction.run(query, parameters):
            yield record.values()

    def each(self, query: str, /, **parameters: Any) -> Iterator[Any]:
        """The first column of each row, as rows arrive."""
        return (row[0] for row in self.rows(query, **parameters))


class Server:
    """One database on one server, reached over Bolt. Threads may share it.

    `url`: bolt:// or neo4j://HOST:PORT, with +s or +ssc for TLS. Raises StoreError and its children: what is
    wrong, and the remedy; neither ever holds the password.
    """

    def __init__(self, url: str, access: Access) -> None:
        self.url = url
        self.access = access
        check_driver(importlib.metadata.version("neo4j"))
        if "@" in url:  # what may be a password is not repeated
            raise StoreError(
                "the address of the server names a user or a password",
                remedy="give them as KNOCKON_STORE_USER and KNOCKON_STORE_PASSWORD",
            )
        self._pid = os.getpid()
        self._closed = False
        self._driver = self._connected()
        try:
            with self._explained():
                check_server(self._driver.get_server_info().agent)
        except BaseException:
            self.close()
            raise

    def _connected(self) -> neo4j.Driver:
        url = self.url
        options: dict[str, Any] = {}
        if self.access.certificates:  # the driver takes these only where the URL does not speak of TLS
            scheme, _, rest = url.partition("://")
            url = f"{scheme.partition('+')[0]}://{rest}"
            options["encrypted"] = True
            try:  # the driver would find out at the first question
                ssl.create_default_context(cafile=self.access.certificates)
            except OSError as error:
                raise StoreError(
                    f"{self.access.certificates} holds no certificates that can be read",
                    remedy="name by KNOCKON_STORE_CA the file of the authorities to trust, in PEM",
                ) from error
            options["trusted_certificates"] = neo4j.TrustCustomCAs(self.access.certificates)
        if self.access.password:
            options["auth"] = (self.access.user or "neo4j", self.access.password)
        # That a label or property is not there yet is no news: an empty store has none.
        options["notifications_min_severity"] = "OFF"
        options["user_agent"] = f"knockon/{importlib.metadata.version('knockon')}"
        options |= {"connection_timeout": 5.0, "connection_acquisition_timeout": 15.0}
        options |= {"max_transaction_retry_time": 0.0, "liveness_check_timeout": 10.0}
        with self._explained():
            return neo4j.GraphDatabase.driver(url, **options)

    @contextmanager
    def _session(self, mode: str) -> Iterator[neo4j.Session]:
        if self._closed:
            raise StoreError(f"{self.url}: the store is closed", remedy="open it again")
        if self._pid != os.getpid():  # a forked child must not speak on its parent's connections
            self._driver, self._pid = self._connected(), os.getpid()
        with self._ended(
            self._driver.session(
                database=self.access.database or None, default_access_mode=mode, fetch_size=1000
            )
        ) as session:
            yield session

    @contextmanager
    def _ended(self, open_: S) -> Iterator[S]:
        """A session or transaction, closed in the end: what was not committed is rolled back.

        After Control-C a frozen server is not waited for; it rolls back by itself what is left.
        """
        try:
            yield open_
        except KeyboardInterrupt:
            if not self._closed:
                closing = threading.Thread(target=_close_quietly, args=(open_,), daemon=True)
                closing.start()
                closing.join(_GRACE)
                self._closed = closing.is_alive()
            raise
        except BaseException:
            open_.close()
            raise
        open_.close()

    def close(self) -> None:
        """Close all connections."""
        if not self._closed and self._pid == os.getpid():
            self._driver.close()
        self._closed = True

    def answers(self) -> None:
        """StoreUnavailable unless the server answers."""
        with self._explained(), self._session(neo4j.READ_ACCESS) as session:
            session.run("RETURN 1").consume()

    # Reading is safe to repeat; a question is asked again where the server went away or asks for it.
    def read(self, work: Callable[[Run], T]) -> T:
        """What `work` makes of its questions, all asked in one transaction that cannot write."""
        until = time.monotonic() + _AGAIN
        for pause in (*_RETRIES, None):
            try:
                with self._session(neo4j.READ_ACCESS) as session, self._begun(session) as transaction:
                    return work(Run(transaction))
            except (Neo4jError, DriverError) as error:
                if pause is None or time.monotonic() > until or not self._once_more(error):
                    raise self.explained(error) from error
                time.sleep(pause)
        raise AssertionError

    @contextmanager
    def writing(self) -> Iterator[tuple[Run, Callable[[], None]]]:
        """A transaction that may write, and how to commit it; without that nothing of it stays."""
        with (
            self._explained(),
            self._session(neo4j.WRITE_ACCESS) as session,
            self._begun(session) as transaction,
        ):
            yield Run(transaction), transaction.commit

    def stream(self, query: str, /, **parameters: Any) -> Iterator[Any]:
        """The first column of each row, as rows arrive."""
        with (
            self._explained(),
            self._session(neo4j.READ_ACCESS) as session,
            self._begun(session) as transaction,
        ):
            yield from Run(transaction).each(query, **parameters)

    def run(self, statement: LiteralString, /, **parameters: Any) -> list[list[Any]]:
        """One statement in a transaction of its own, such as one about the schema."""
        with self._explained(), self._session(neo4j.WRITE_ACCESS) as session:
            limit = max(self.access.timeout, _SCHEMA)
            return session.run(neo4j.Query(statement, timeout=limit), parameters).values()

    @contextmanager
    def _begun(self, session: neo4j.Session) -> Iterator[neo4j.Transaction]:
        with self._ended(session.begin_transaction(timeout=self.access.timeout)) as transaction:
            yield transaction

    @staticmethod
    def _once_more(error: Exception) -> bool:
        """Whether the same may go well in a moment."""
        if _index_is_moving(error):
            return True
        if not isinstance(error, ServiceUnavailable | SessionExpired | TransientError):
            return False
        if _cause(error, ssl.SSLError):
            return False
        return not re.search("refused|Memory", str(error) + (getattr(error, "code", "") or ""))

    # -- errors ----------------------------------------------------------------------------------------

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (Neo4jError, DriverError) as error:
            raise self.explained(error) from error

    def explained(self, error: Neo4jError | DriverError) -> KnockonError:
        """What a driver's error means to who reads it."""
        code = (error.code if isinstance(error, Neo4jError) else "") or type(error).__name__
        seen = code
        if tls := _cause(error, ssl.SSLError):
            seen = type(tls).__name__
        elif "incomplete handshake" in "".join(map(str, _causes(error))):
            seen = "HandshakeClosed"
        elif _index_is_moving(error):
            seen = "IndexIsMoving"
        name = self.access.database or "the server's default database"
        if known := meant(seen, self.url, name, f"{self.access.timeout:g}"):
            return known
        if isinstance(error, ConfigurationError | ValueError):
            return StoreError(f"{self.url}: {error}", remedy="write bolt://HOST:PORT or neo4j://HOST:PORT")
        detail = error.message if isinstance(error, Neo4jError) else str(error)
        return StoreError(
            f"{self.url}: the server refused ({code}): {detail}",
            remedy="see the server's log",
        )


def _close_quietly(open_: neo4j.Session | neo4j.Transaction) -> None:
    with suppress(Exception):  # what was interrupted in the middle of an answer may be in any state
        open_.close()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that led to it."""
    if error is not None:
        yield error
        group = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        for each in (*group, error.__cause__ or error.__context__):
            yield from _causes(each)


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """The error of a kind among what led to an error."""
    return next((each for each in _causes(error) if isinstance(each, kind)), None)


def _index_is_moving(error: BaseException) -> bool:
    """Whether a plan failed since the index that it is told to use was being made, or dropped, meanwhile."""
    code = getattr(error, "code", "") or ""
    return code.endswith("Statement.ExecutionFailed") and "fulfil the hints" in str(error)


def check_driver(version: str) -> None:
    """StoreError where the installed driver is older than what this was written for."""
    if _numbers(version) < _OLDEST_DRIVER:
        raise StoreError(
            f"the neo4j driver {version} is too old: {_dotted(_OLDEST_DRIVER)} or newer is needed",
            remedy="run: make setup",
        )


def check_server(agent: str) -> None:
    """StoreOutdated where a server, that calls itself such as Neo4j/5.26.0, is older than what is needed."""
    name, _, version = agent.partition("/")
    if name != "Neo4j" or _numbers(version) < _OLDEST:
        raise StoreOutdated(
            f"the server is {agent or 'of an unknown kind'}: Neo4j {_dotted(_OLDEST)} or newer is needed",
            remedy="upgrade the server, or start the one that knockon brings: make neo4j-up",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version)[:2])


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))
