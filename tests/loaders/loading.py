"""Loading in tests: small files made on the spot, into a fresh embedded store."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graph.model import Fact
from graph.stores.base import Store
from graph.stores.embedded import EmbeddedStore
from loaders.session import FileReport, LoadOptions, LoadReport, load


class Desk:
    """A folder with a store, files and rejects; `load` takes names of files in it, or paths."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.rejects = folder / "rejects"
        self.store: Store = EmbeddedStore(folder / "chain.db")

    def write(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def load(self, *names: str | Path, **options: Any) -> LoadReport:
        paths = [self.folder / name for name in names]
        return load(self.store, paths, LoadOptions(rejects=self.rejects, **options))

    def facts(self, table: str) -> list[Fact]:
        return list(self.store.scan(table))

    def values(self, table: str) -> dict[str, dict[str, Any]]:
        """What the store holds, by the key written as one text."""
        return {" ".join(filter(None, fact.key)): dict(fact.values) for fact in self.facts(table)}

    def rejected(self, name: str) -> list[dict[str, str]]:
        """The rows of one reject file."""
        with (self.rejects / f"{name}.rejects.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


def one(report: LoadReport, name: str = "") -> FileReport:
    """The report of the only file, or of the one whose name ends so."""
    found = [file for file in report.files if file.file.endswith(name)]
    assert len(found) == 1, [file.file for file in report.files]
    return found[0]


def tally(file: FileReport) -> tuple[int, int, int, int, int]:
    """Read, added, updated, unchanged, rejected."""
    return file.read, file.added, file.updated, file.unchanged, file.rejected


def table(header: str, rows: Sequence[str]) -> str:
    return "\n".join((header, *rows, ""))


# Three companies in three roles.
COMPANIES = table(
    "id,name,roles,annual_revenue,currency",
    [
        "acme,Acme Motors AG,brand,1000,EUR",
        "bolt,Bolt GmbH,supplier,200,",
        "cart,Cart Ltd,logistics;dealer,50,",
    ],
)
