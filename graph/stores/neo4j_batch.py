"""A batch on its way to Neo4j: parts are made ready by another thread while the server works."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, TypeVar

from graph.digests import digest
from graph.model import Fact
from graph.stores.neo4j import ADD_LINKS, ADD_NODES, COLUMNS, FILL_NODES
from graph.stores.neo4j_facts import fingerprint, key_of, labels, played
from graph.stores.neo4j_reading import chunks

P = TypeVar("P")
T = TypeVar("T")
Sending = tuple[str, dict[str, Any]]  # a statement and its parameters


@dataclass(frozen=True, slots=True)
class Part:
    """Facts of one table, links of one kind; keys, digests and fingerprints of each."""

    facts: Sequence[Fact]
    keys: Sequence[str]
    digests: Sequence[int]
    marks: Sequence[int]


def parts(facts: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    """Facts of one table in parts that one statement takes; links by kind and seller.

    So neighbours are written together.
    """
    if facts[0].table != "links":
        yield from chunks(facts)
        return
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(fact.key[1], []).append(fact)
    for kind in sorted(by_kind):
        yield from chunks(sorted(by_kind[kind], key=lambda fact: fact.key))


def prepared(chain: str, facts: Sequence[Fact]) -> Part:
    """What is to be known of facts before the server is asked for them."""
    keys = [key_of(chain, fact.table, fact.key) for fact in facts]
    digests = [digest(fact) for fact in facts]
    marks = [fingerprint(fact, number) for fact, number in zip(facts, digests, strict=True)]
    return Part(facts, keys, digests, marks)


def ahead(worker: Executor, make: Callable[[P], T], given: Iterable[P]) -> Iterator[T]:
    """What `make` makes of each; the next is made by the worker while the one before is used."""
    before: Future[T] | None = None
    for each in given:
        following = worker.submit(make, each)
        if before is not None:
            yield before.result()
        before = following
    if before is not None:
        yield before.result()


def sendings(
    table: str,
    part: Part,
    told: Mapping[int, Mapping[str, Any]],
    there: Container[int],
    companies: Mapping[str, int],
) -> list[Sending]:
    """What makes the facts of a part, by place, whose properties are told.

    `there`: the places of those that others refer to already. `companies`: the nodes of the ends of links.
    """
    made: list[Sending] = []
    if absent := [i for i in told if i not in there]:
        facts = [part.facts[i] for i in absent]
        given = _columns(table, [told[i] for i in absent])
        if table == "links":
            given["sellers"] = [companies[fact.key[0]] for fact in facts]
            given["buyers"] = [companies[fact.key[2]] for fact in facts]
            made.append((ADD_LINKS[facts[0].key[1]], given))
        else:
            made.append((ADD_NODES[table], given | {"labels": [played(fact) for fact in facts]}))
    rows = [
        {"key": part.keys[i], "properties": told[i], "labels": labels(part.facts[i])}
        for i in told
        if i in there
    ]
    return [*made, (FILL_NODES, {"rows": rows})] if rows else made


def _columns(table: str, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of a statement that makes nodes or relationships with these properties."""
    names = set().union(*told)
    strange = names.difference(COLUMNS[table])
    return {
        "top": len(told) - 1,
        "told": {name: [row.get(name) for row in told] for name in sorted(names - strange)},
        "more": [{name: row[name] for name in strange & row.keys()} for row in told] if strange else None,
    }
