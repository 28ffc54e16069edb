"""Rows that are there only because others refer to them: written with the first of those, or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graph.model import Fact
from graph.ontology import TABLES, Kind


@dataclass(frozen=True, slots=True)
class IdList:
    """A text of a loader's own that lists ids of rows of another table, as `join` writes them."""

    column: str
    refers: str
    join: str
    sorted: bool  # in the order of the ids, else as the file told them

    def ids(self, fact: Fact) -> list[str]:
        """The ids that a fact lists."""
        text = fact.values.get(self.column)
        return text.split(self.join) if isinstance(text, str) else []


LISTS: Final[Mapping[str, tuple[IdList, ...]]] = MappingProxyType(
    {
        "complaints": (IdList("other_products", "products", ";", sorted=False),),
        "events": (
            IdList("products", "products", "; ", sorted=True),
            IdList("other_companies", "companies", "; ", sorted=True),
        ),
    }
)
# By table: its columns that refer to rows of others, and those others.
REFERENCES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        table.name: tuple(
            (c.name, c.refers) for c in table.columns if c.kind in (Kind.COMPANY, Kind.REFERENCE)
        )
        for table in TABLES.values()
    }
)


def referred(fact: Fact) -> Iterator[tuple[str, str]]:
    """What a fact refers to, as table and id; a company's own id too, since mentions may tell more of it."""
    if fact.table == "companies":
        yield "companies", fact.id
    values = fact.values
    for column, table in REFERENCES[fact.table]:
        if (id := values.get(column)) is not None:
            yield table, str(id)
    for listed in LISTS.get(fact.table, ()):
        for id in listed.ids(fact):
            yield listed.refers, id


class Mentions:
    """Rows of markets, products, batches and outlets that this load made and no written fact needs so far."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Fact] = {}

    def add(self, fact: Fact) -> None:
        """A row that facts to come may refer to."""
        self._waiting[fact.table, fact.id] = fact

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def needed(self, by: Iterable[Fact]) -> tuple[dict[str, list[Fact]], set[str]]:
        """Of the waiting rows those that facts refer to, by table, no longer waiting; and the ids of all
        companies that the facts and those rows refer to."""
        found: defaultdict[str, list[Fact]] = defaultdict(list)
        companies: set[str] = set()
        todo = [{pair for fact in by for pair in referred(fact)}]
        while todo:
            for table, id in todo.pop():
                if table == "companies":
                    companies.add(id)
                elif (fact := self._waiting.pop((table, id), None)) is not None:
                    found[table].append(fact)
                    todo.append(set(referred(fact)))
        return found, companies

    def clear(self) -> None:
        """Nothing is waiting."""
        self._waiting.clear()
