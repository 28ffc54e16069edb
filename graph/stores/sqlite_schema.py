"""How facts lie in SQLite: one STRICT table for each table of the ontology; its rows to and from facts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Any

from graph.errors import StoreOutdated
from graph.model import Fact, Value
from graph.ontology import TABLES, Kind, Table

APPLICATION_ID = 0x6B6E6F6B  # "knok": tells our files from other people's
VERSION = 1

# What upgrades a file of version i + 1 to the next; one entry for each version past the first.
UPGRADES: tuple[Callable[[sqlite3.Connection], None], ...] = ()

Row = tuple[Any, ...]

_TYPES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.NUMBER: "REAL",
        Kind.SHARE: "REAL",
        Kind.MONEY: "REAL",
        Kind.WEEKS: "REAL",
        Kind.COUNT: "REAL",
        Kind.FLAG: "INTEGER",
    }
)
LISTS = frozenset((Kind.TEXTS, Kind.CHOICES))
TAIL = ("extras", "source_ref", "refs", "loaded_at")


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


class Damaged(sqlite3.DatabaseError):
    """Something that no store has written."""

    sqlite_errorname = "SQLITE_CORRUPT"  # as SQLite calls damage that it finds itself


def _from_json(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


@dataclass(frozen=True, slots=True)
class Layout:
    """The SQL of one table.

    `head` is the key as it lies in the table: of links, the numbers of the companies and of the terms (kind,
    category, period). `columns` are those of the ontology beyond the key, `lists` the ones among them kept
    as JSON, `known` all. `select` reads whole facts (for `fact`), chosen by `find` (a head) or `by_key` (a
    key), put by `order` in the order of their keys; `scan` reads all in it. `update` replaces one row.
    """

    table: Table
    head: tuple[str, ...]
    columns: tuple[str, ...]
    lists: frozenset[str]
    known: frozenset[str]
    decoders: tuple[Callable[[Any], Value] | None, ...]
    select: str
    scan: str
    order: str
    find: str
    by_key: str
    update: str

    def fact(self, row: Row) -> Fact:
        """The fact that a row of `select` holds. Damaged where no store has written it so."""
        try:
            return self._fact(row)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Damaged(f"row {row[0]} of {self.table.name}: {error}") from error

    def _fact(self, row: Row) -> Fact:
        width = len(self.table.key) + 1
        key: tuple[str, ...] = row[1:width]
        values: dict[str, Value] = {n: v for n, v in zip(self.table.key, key, strict=True) if v != ""}
        if row[-5]:  # a symmetric link that was told the other way round
            values["source"], values["target"] = key[2], key[0]
        for name, decode, value in zip(self.columns, self.decoders, row[width:], strict=False):
            if value is not None:
                values[name] = value if decode is None else decode(value)
        extras, source_ref, refs, loaded_at = row[-4:]
        if extras is not None:
            values.update(json.loads(extras))
        return Fact(
            self.table.name,
            key,
            values,
            source_ref,
            loaded_at,
            json.loads(refs) if refs else MappingProxyType({}),
        )

    def cells(self, fact: Fact, columns: Sequence[str]) -> list[Any]:
        """The fact's values for these columns, as they are stored."""
        values = fact.values
        row: list[Any] = list(map(values.get, columns))
        if not self.lists.isdisjoint(values):
            for i, name in enumerate(columns):
                if name in self.lists and row[i] is not None:
                    row[i] = f"[{','.join(map(encode_basestring, row[i]))}]"
        return row

    def replacing(self, row: int, fact: Fact) -> Row:
        """What `update` needs to put this fact in place of a row's."""
        return (*self.cells(fact, self.columns), *self.tail(fact), row)

    def tail(self, fact: Fact) -> Row:
        """What follows the cells in every row: extras, source_ref, refs, loaded_at."""
        refs = json.dumps(dict(fact.refs), ensure_ascii=False) if fact.refs else None
        return self.extras(fact), fact.source_ref, refs, fact.loaded_at

    def extras(self, fact: Fact) -> str | None:
        """Columns that the ontology does not know, as JSON."""
        if fact.values.keys() <= self.known:
            return None
        return json.dumps(
            {k: v for k, v in fact.values.items() if k not in self.known}, ensure_ascii=False, sort_keys=True
        )


_OF_COMPANY = "(SELECT n FROM companies WHERE id = {})"
_OF_TERMS = "(SELECT n FROM terms WHERE kind = ?2 AND category = ?4 AND period = ?5)"


def _layout(table: Table) -> Layout:
    columns = tuple(c.name for c in table.columns if c.name not in table.key)
    kinds = {c.name: c.kind for c in table.columns}
    t = quoted(table.name)
    head = ("source", "target", "terms") if table.name == "links" else table.key
    key = [f"{t}.{quoted(k)}" for k in table.key]
    find = " AND ".join(f"{t}.{quoted(k)} = ?" for k in head)
    by_key, chosen, whole, turned = find, t, t, "0"
    if table.name == "links":
        key, turned = ["s.id", "w.kind", "b.id", "w.category", "w.period"], "turned"
        by_key = (
            f"links.source = {_OF_COMPANY.format('?1')} AND links.target = {_OF_COMPANY.format('?3')} "
            f"AND links.terms = {_OF_TERMS}"
        )
        # SQLite keeps the order of CROSS JOINs: few links with their ends, or all by the order of sellers.
        rest = "CROSS JOIN companies b ON b.n = links.target CROSS JOIN terms w ON w.n = links.terms"
        chosen = f"links CROSS JOIN companies s ON s.n = links.source {rest}"
        whole = f"companies s CROSS JOIN links ON links.source = s.n {rest}"
    fields = [f"{t}.rowid", *key, *(f"{t}.{quoted(c)}" for c in columns), turned, *(f"{t}.{c}" for c in TAIL)]
    decoders: dict[Kind, Callable[[Any], Value]] = {
        Kind.FLAG: bool,
        Kind.TEXTS: _from_json,
        Kind.CHOICES: _from_json,
    }
    return Layout(
        table,
        head,
        columns,
        frozenset(c for c in columns if kinds[c] in LISTS),
        frozenset(kinds),
        tuple(decoders.get(kinds[c]) for c in columns),
        f"SELECT {', '.join(fields)} FROM {chosen}",
        f"SELECT {', '.join(fields)} FROM {whole} ORDER BY {', '.join(key)}",
        f"ORDER BY {', '.join(key)}",
        find,
        by_key,
        f"UPDATE {t} SET {', '.join(f'{quoted(c)} = ?' for c in (*columns, *TAIL))} WHERE rowid = ?",
    )


LAYOUTS: Mapping[str, Layout] = MappingProxyType({name: _layout(t) for name, t in TABLES.items()})


def referring(table: Table) -> tuple[str, ...]:
    """The columns that name a company."""
    return tuple(c.name for c in table.columns if c.kind is Kind.COMPANY)


def _create(table: Table) -> list[str]:
    t, layout = quoted(table.name), LAYOUTS[table.name]
    unique = f"UNIQUE ({', '.join(map(quoted, layout.head))})"
    key = [f"{quoted(k)} {'INTEGER' if table.name == 'links' else 'TEXT'} NOT NULL" for k in layout.head]
    if table.name == "links":
        key.append("turned INTEGER NOT NULL DEFAULT 0")
    elif table.name == "companies":
        key.insert(0, "n INTEGER PRIMARY KEY")
    columns = [f"{quoted(c)} {_TYPES.get(table.by_name[c].kind, 'TEXT')}" for c in layout.columns]
    tail = ["extras TEXT", "source_ref TEXT NOT NULL", "refs TEXT", "loaded_at TEXT NOT NULL"]
    made = [f"CREATE TABLE {t} ({', '.join([*key, *columns, *tail, unique])}) STRICT"]
    if table.name == "links":
        made.append('CREATE INDEX links_by_target ON links("target", "source")')
    else:
        made += [
            f"CREATE INDEX {quoted(f'{table.name}_by_{c}')} ON {t}({quoted(c)}) WHERE {quoted(c)} IS NOT NULL"
            for c in referring(table)
        ]
    return made


def create(con: sqlite3.Connection, chain: str) -> None:
    """Make an empty store, in the transaction that is open."""
    statements = [
        # One row: the stamp. `epoch` moves when companies go, and with them the numbers that others keep.
        "CREATE TABLE state (revision INTEGER NOT NULL, hash TEXT NOT NULL, currency TEXT NOT NULL, "
        "loaded_until TEXT NOT NULL, epoch INTEGER NOT NULL, chain TEXT NOT NULL) STRICT",
        # What the links of a chain have in common, by number: links half as large, and codes that are ready.
        "CREATE TABLE terms (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, category TEXT NOT NULL, "
        "period TEXT NOT NULL, UNIQUE (kind, category, period)) STRICT",
        # Columns that ever held a value: the others need not be read.
        "CREATE TABLE filled (tbl TEXT NOT NULL, col TEXT NOT NULL, UNIQUE (tbl, col)) STRICT",
        "CREATE VIRTUAL TABLE names USING "
        "fts5(text, content='', detail=none, columnsize=0, tokenize='trigram')",
        "CREATE VIRTUAL TABLE grams USING fts5vocab(names, row)",
        *(s for t in TABLES.values() for s in _create(t)),
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {VERSION}",
    ]
    for statement in statements:
        con.execute(statement)
    con.execute("INSERT INTO state VALUES (0, ?, '', '', 0, ?)", ("0" * 64, chain))


def upgrade(
    con: sqlite3.Connection,
    file: str,
    *,
    writable: bool = True,
    steps: Sequence[Callable[[sqlite3.Connection], None]] = UPGRADES,
) -> None:
    """Bring an older schema to the newest, step by step in one transaction. StoreOutdated if it is newer."""
    newest = len(steps) + 1
    (version,) = con.execute("PRAGMA user_version").fetchone()
    if version > newest:
        raise StoreOutdated(
            f"{file}: its schema has version {version}, this knockon knows {newest}",
            remedy="install a newer knockon, or load the files into a new store",
        )
    if version == newest:
        return
    if not writable:
        raise StoreOutdated(
            f"{file}: its schema has version {version} and must be brought to {newest}, but it is read-only",
            remedy="make the file and its folder writable once, or copy it",
        )
    con.execute("BEGIN IMMEDIATE")
    try:
        (version,) = con.execute("PRAGMA user_version").fetchone()  # another process may have been faster
        for step in steps[version - 1 :]:
            step(con)
        con.execute(f"PRAGMA user_version = {newest}")
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise
