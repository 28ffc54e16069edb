"""References to rows of other tables: by id, or by a name that is unambiguous; missing rows are made."""

from __future__ import annotations

import unicodedata

from graph.model import Fact, Value
from graph.ontology import TABLES
from graph.stores.base import Coded, Store
from loaders.headers import label
from loaders.reading.cells import CellError


def id_part(name: str) -> str:
    """A name as part of an id: its letters and digits, words joined by hyphens; '' where it has none."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "-".join("".join(c if c.isalnum() else " " for c in folded).split())


def column_texts(column: object) -> list[str]:
    """A column of texts, '' for blanks."""
    if not isinstance(column, Coded):
        raise TypeError("not a column of texts")
    return [column.names[code] if code >= 0 else "" for code in column.codes.tolist()]


class References:
    """The rows of one table (markets, products, batches, outlets) that others may refer to.

    A text that is neither an id nor a name makes a row that holds no more than that, so that nothing told
    is lost and a table that comes later can fill it in; `made` collects those rows. A product that is named
    along with its company gets the id COMPANY:NAME.
    """

    def __init__(self, store: Store, table: str, loaded_at: str) -> None:
        self._table = table
        self._loaded_at = loaded_at
        self._ids: set[str] = set()
        self._named: dict[
            tuple[str, str], str
        ] = {}  # company ('' for any), label of the name -> id, '' if several
        self.made: list[Fact] = []
        wanted = [name for name in ("id", "name", "company") if name in TABLES[table].by_name]
        columns = store.columns({table: wanted})[1][table]
        for row in zip(*(column_texts(columns[name]) for name in wanted), strict=True):
            told = dict(zip(wanted, row, strict=True))
            self._know(told["id"], told.get("name", ""), told.get("company", ""))

    def _know(self, id: str, name: str, company: str) -> None:
        self._ids.add(id)
        if name and (said := label(name)):
            for owner in {company, ""}:
                known = self._named.setdefault((owner, said), id)
                if known != id:
                    self._named[owner, said] = ""

    def known(self, text: str, company: str = "") -> str:
        """The id that a text means, '' if it means no row yet. CellError where several rows bear the name."""
        if text in self._ids:
            return text
        known = self._named.get((self._owner(company), label(text)))
        if known == "":
            raise CellError(f"several {self._table} bear this name", "Write the id of the one you mean.")
        return known or ""

    def _owner(self, company: str) -> str:
        return company if self._table == "products" else ""

    def find(self, text: str, ref: str, company: str = "") -> str:
        """The id that a text means, of a new row if there is none. CellError where several bear the name."""
        if known := self.known(text, company):
            return known
        owner = self._owner(company)
        values: dict[str, Value] = {"id": text}
        if owner and (made := id_part(text)):
            values = {"id": f"{owner}:{made}", "company": owner, "name": text, "inferred": ("id",)}
        id = str(values["id"])
        self._know(id, text, company)
        self.made.append(Fact(self._table, (id,), values, ref, self._loaded_at))
        return id
