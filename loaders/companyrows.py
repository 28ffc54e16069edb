"""Rows of the table of companies: with ids of their own, or found and named by the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from graph.model import Fact, Value
from graph.names import best_spelling, key
from loaders.base import Context, Problem, Reject
from loaders.columns import Bad
from loaders.companies import texts
from loaders.reading.cells import CellError


class CompanyRows:
    """The rows of one source. Those without an id wait until all others were read, since they may be rows
    about the same companies."""

    def __init__(self, file: str, context: Context) -> None:
        self._file = file
        self._context = context
        self._held: list[tuple[int, dict[str, Value]]] = []

    def facts(
        self, numbers: Sequence[int], rows: Iterable[dict[str, Value]], bad: Bad
    ) -> Iterator[Fact | Reject]:
        """Facts of the rows that state their id; rejects."""
        for i, (number, row) in enumerate(zip(numbers, rows, strict=True)):
            if i in bad:
                yield Reject(number, tuple(bad[i]))
            elif "id" in row:
                yield self._fact(number, self._with_id(row))
            else:
                self._held.append((number, row))

    def held(self) -> Iterator[Fact | Reject]:
        """Facts of the rows that have no id: of a company that is known by their name, or of a new one."""
        companies = self._context.companies
        for number, row in self._held:
            name = str(row["name"])
            found = companies.known_as(name, texts(row.get("identifiers")))
            if isinstance(found, CellError):
                yield Reject(number, (Problem("name", name, found.reason, found.remedy),))
                continue
            if found.how == "new":
                yield self._fact(number, {"id": found.id, **row, "inferred": _marked(row)})
            elif companies.is_stated(found.id):
                yield self._fact(number, self._as_known(found.id, row))
            else:
                yield self._fact(number, {**self._as_known(found.id, row), "inferred": _marked(row)})
        self._held.clear()

    def _with_id(self, row: dict[str, Value]) -> dict[str, Value]:
        """A row that states an id. Where the store knows that id as another name of a company, or one of the
        row's identifiers as its, the row is about that company, and its id another name."""
        companies, id = self._context.companies, str(row["id"])
        if "name" not in row:
            return row if id in companies.registry else {"name": id, **row}
        name, aliases = str(row["name"]), texts(row.get("aliases"))
        if id in companies.registry:
            if new := companies.gives_way(id, (name, *aliases)):
                self._context.warn(f"{id} was made as the id of another company, which is {new} now")
            return row
        same = companies.same(id, name, texts(row.get("identifiers")))
        if not same:
            return row
        self._context.warn(f"{id} is {same}, which the store knows already; it keeps that id")
        return self._as_known(same, {**row, "aliases": (*aliases, id)})

    def _as_known(self, id: str, row: dict[str, Value]) -> dict[str, Value]:
        """A row about a company that is known by another id or by its name. A name that somebody stated along
        with its id stays, and this one is another name then; of names that were stated without an id the best
        spelling is shown, whichever came first."""
        companies, name = self._context.companies, str(row["name"])
        row = {**row, "id": id}
        shown = companies.registry.name(id)
        if companies.is_inferred(id) or name == shown:
            return row
        other = name
        if not companies.is_stated(id) and best_spelling((name, shown)) == name:
            other = shown
        else:
            del row["name"]
        if companies.is_stated(id) and key(name) == key(shown):
            return row
        row["aliases"] = tuple(dict.fromkeys((*texts(row.get("aliases")), other)))
        return row

    def _fact(self, number: int, row: dict[str, Value]) -> Fact:
        fact = Fact("companies", (str(row["id"]),), row, f"{self._file}:{number}", self._context.loaded_at)
        self._context.companies.state(fact)
        return fact


def _marked(row: Mapping[str, Value]) -> tuple[str, ...]:
    """What of a row is inferred, whose company has an id that was made from its name."""
    return (*(mark for mark in texts(row.get("inferred")) if mark != "id"), "id")
