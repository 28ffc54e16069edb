"""How facts lie in Neo4j: their keys, properties and labels, and what they refer to."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from graph.errors import StoreError
from graph.model import Fact, Value
from graph.ontology import NUMERIC, TABLES, Kind
from graph.stores.base import Key
from graph.stores.neo4j import LABELS, LINK_ENDS, OURS, REST, ROLES
from graph.stores.neo4j_names import grams_of

_STAMPED = ("chain", "key", "n", "fingerprint", "source_ref", "loaded_at", "refs")
# Properties that are the store's own; a column of somebody's table that is called so is kept under OTHER.
OWN = frozenset((*_STAMPED, "turned", "of", "column", "grams", REST))
OTHER = "other:"
_LISTS = frozenset((Kind.TEXTS, Kind.CHOICES))


def _python(kind: Kind) -> type:
    """What Python holds a column's values in."""
    if kind is Kind.FLAG:
        return bool
    return tuple if kind in _LISTS else float if kind in NUMERIC else str


_HOLDS: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {table.name: {c.name: _python(c.kind) for c in table.columns} for table in TABLES.values()}
)


def key_of(chain: str, table: str, key: Key) -> str:
    """What identifies a node or relationship in the database: 22 characters, whatever the fact's key holds.

    No two chains share one, and no index has to hold texts of any length.
    """
    text = ascii((chain, table, *key))
    return urlsafe_b64encode(blake2b(text.encode("ascii"), digest_size=16).digest())[:22].decode("ascii")


def fingerprint(fact: Fact, number: int) -> int:
    """63 bits that tell whether a fact says the same as another of its key; `number` is its digest."""
    if evidence := fact.values.get("evidence"):  # not in the digest, but a value all the same
        number ^= int.from_bytes(blake2b(str(evidence).encode(), digest_size=32).digest(), "big")
    return number >> 193


def properties(fact: Fact, chain: str, key: str, mark: int) -> dict[str, Any]:
    """The properties of a fact's node or relationship; `mark` is its fingerprint."""
    holds = _HOLDS[fact.table]
    told: dict[str, Any] = {}
    for name, value in fact.values.items():
        kind = holds.get(name)
        if kind is None:
            told[OTHER + name if name in OWN or name.startswith(OTHER) else name] = value
        elif kind is not type(value):  # this database would take anything
            raise StoreError(
                f"{fact.table} {fact.key}: {name} = {value!r} is no {kind.__name__}",
                remedy="make facts by graph.model.fact",
            )
        else:
            told[name] = list(value) if isinstance(value, tuple) else value
    if fact.table == "links":
        for name in LINK_ENDS:
            del told[name]
        if fact.values["source"] != fact.key[0]:
            told["turned"] = True
    else:
        told["chain"] = chain
        if fact.table == "companies":
            told["grams"] = grams_of(fact, key_of(chain, "chain", ()))
    told |= {"key": key, "fingerprint": mark}
    told |= {"source_ref": fact.source_ref, "loaded_at": fact.loaded_at}
    if fact.refs:
        told["refs"] = json.dumps(dict(fact.refs), ensure_ascii=False)
    return told


def labels(fact: Fact) -> list[str]:
    """The labels of a fact's node: its kind, and a company's roles."""
    return [LABELS[fact.table], OURS, *played(fact)]


def played(fact: Fact) -> list[str]:
    """The labels of the roles that a company plays; none for other facts."""
    roles = fact.values.get("roles", ())
    return [ROLES[role] for role in roles] if fact.table == "companies" and isinstance(roles, tuple) else []


def node(table: str, told: Mapping[str, Any]) -> Fact:
    """The fact that a node's properties hold. StoreError where somebody else changed it to nonsense."""
    values = _values(table, told)
    return _fact(table, tuple(str(values.get(name, "")) for name in TABLES[table].key), values, told)


def link(source: str, kind: str, target: str, told: Mapping[str, Any]) -> Fact:
    """The fact that a relationship holds. StoreError as for `node`."""
    values = _values("links", told)
    key = (source, kind, target, str(values.get("category", "")), str(values.get("period", "")))
    ends = (target, source) if told.get("turned") else (source, target)
    values = {"source": ends[0], "kind": kind, "target": ends[1]} | values
    return _fact("links", key, values, told)


def _fact(table: str, key: Key, values: dict[str, Value], told: Mapping[str, Any]) -> Fact:
    refs = json.loads(told["refs"]) if "refs" in told else MappingProxyType({})
    return Fact(table, key, values, str(told.get("source_ref", "")), str(told.get("loaded_at", "")), refs)


def _values(table: str, told: Mapping[str, Any]) -> dict[str, Value]:
    """What is not blank, in the ontology's order whatever order the database keeps; unknown columns last."""
    values: dict[str, Value] = {}
    for column in TABLES[table].columns:
        if column.name in told:
            try:
                values[column.name] = _decoded(column.kind, told[column.name])
            except (TypeError, ValueError) as error:
                raise StoreError(
                    f"{table} {told.get('id', told.get('key'))}: {column.name} = {told[column.name]!r} was "
                    "written by somebody else",
                    remedy="load its file again, or delete the property",
                ) from error
    for name in sorted(told.keys() - values.keys() - OWN):
        values[name.removeprefix(OTHER)] = str(told[name])
    return values


def _decoded(kind: Kind, value: Any) -> Value:
    if kind is Kind.FLAG:
        return bool(value)
    if kind in NUMERIC:
        return float(value)
    if kind in _LISTS:
        return tuple(map(str, value if isinstance(value, list) else [value]))
    return str(value)


@dataclass(frozen=True, slots=True)
class Reference:
    """One column of a fact that names a row of another table."""

    relation: str
    column: str
    table: str
    id: str


def references(fact: Fact) -> Iterator[Reference]:
    """What a fact refers to, besides the ends of links."""
    for column in TABLES[fact.table].columns:
        if column.relation and (id := fact.values.get(column.name)):
            yield Reference(column.relation, column.name, column.refers, str(id))
