"""What a loader is: a name, an eye for its files, and a way from their rows to facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graph.errors import ValueRejected
from graph.model import Fact
from graph.stores.base import Store
from loaders.companies import Companies
from loaders.currency import Money
from loaders.reading.cells import CellError
from loaders.reading.rows import BadRow
from loaders.reading.sources import Source


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell, or with a row ('' as its column), and what to do about it."""

    column: str
    value: object
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not loaded, and everything that is wrong with it."""

    row: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What a loader may ask of the load that it is part of.

    What earlier files of the load told is in `store` already. `loaded_at` is the moment of the load
    (UTC, ISO), to be kept in every fact. `warn` tells the person something about this file; a text is
    shown once. `headers` takes what the file calls a column, for the list of rejected rows. `mention` takes
    rows that are made since others refer to them: they are written along with the first fact that does, and
    not at all if all of those are refused. Companies that are met are kept so by themselves.
    """

    store: Store
    companies: Companies
    money: Money
    loaded_at: str
    warn: Callable[[str], None]
    headers: dict[str, str]
    mention: Callable[[Fact], None]


@dataclass(frozen=True, slots=True)
class Loader:
    """One kind of file.

    `recognises` says how sure it is that a source is of its kind [0-1], from header and content; the surest
    loader is taken. `facts` gives facts with their `source_ref`, and rejects, in any order; what they refer
    to may be given after them within a batch, since each table is written before those that refer to it.
    `table` is the one whose facts the report counts ('' for all); facts of others are created along.
    `facts` raises LoadError where the file as a whole cannot be used. `settles`: it compares its rows with
    what the store holds by itself, earlier files of the load included, and what it tells replaces that.
    `beside`: whether a source comes along with files of this kind, and holds nothing that is loaded; asked of
    sources that no loader takes, in the folder or zip of one that this one does.
    """

    name: str
    doc: str
    table: str
    recognises: Callable[[Source], float]
    facts: Callable[[Source, Context], Iterator[Fact | Reject]]
    settles: bool = False
    beside: Callable[[Source], bool] = lambda source: False


def reject(
    row: int, error: CellError | ValueRejected | BadRow, column: str = "", value: object = ""
) -> Reject:
    """The reject of one error."""
    if isinstance(error, BadRow):
        return Reject(row, (Problem(column, error.text, error.reason, error.remedy),))
    if isinstance(error, CellError):
        return Reject(row, (Problem(column, value, error.reason, error.remedy),))
    return Reject(row, (Problem(error.column, error.value, error.message, error.remedy),))
