"""Rows of the table of companies: with ids of their own, or found and named by the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graph.model import Fact, Value
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
        for number, row in self._held:
            name = str(row["name"])
            found = self._context.companies.known_as(name, texts(row.get("identifiers")))
            if isinstance(found, CellError):
                yield Reject(number, (Problem("name", name, found.reason, found.remedy),))
                continue
            if found.how == "new":
                yield self._fact(number, {"id": found.id, **row})
            else:
                yield self._fact(number, self._as_known(found.id, row))
        self._held.clear()

    def _with_id(self, row: dict[str, Value]) -> dict[str, Value]:
        """A row that states an id. Where the store met that company before it had one, by its name alone, or
        knows the id as another name of it, the row is about that company, and its id another name."""
        companies, id = self._context.companies, str(row["id"])
        if id in companies.registry or "name" not in row:
            return row if "name" in row or id in companies.registry else {"name": id, **row}
        same = companies.same(id, str(row["name"]), texts(row.get("identifiers")))
        if not same:
            return row
        self._context.warn(f"{id} is {same}, which the store knows already; it keeps that id")
        aliases = (*texts(row.get("aliases")), id)
        return self._as_known(same, {**row, "aliases": aliases})

    def _as_known(self, id: str, row: dict[str, Value]) -> dict[str, Value]:
        """A row about a company that is known by another id or by its name. A name that somebody stated
        before stays; this one is another name then."""
        companies, name = self._context.companies, str(row["name"])
        row = {**row, "id": id}
        if not companies.is_inferred(id) and name != companies.registry.name(id):
            row["aliases"] = tuple(dict.fromkeys((*texts(row.get("aliases")), name)))
            del row["name"]
        return row

    def _fact(self, number: int, row: dict[str, Value]) -> Fact:
        fact = Fact("companies", (str(row["id"]),), row, f"{self._file}:{number}", self._context.loaded_at)
        self._context.companies.state(fact)
        return fact
