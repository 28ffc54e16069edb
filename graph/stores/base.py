"""The contract of a store: what it keeps, and what may be asked of it. One suite runs over every store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graph.model import Fact

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """How a store that is a server is entered: blanks mean the server's own defaults.

    `certificates`: a file of authorities to trust, beside TLS. `timeout`: longest transaction [s].
    """

    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    certificates: str = ""
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which state of the facts: moves with every change (`revision`), depends on the facts alone (`hash`)."""

    revision: int
    hash: str
    currency: str  # the store's one currency; '' as long as no row named one
    loaded_until: str  # newest moment of loading among the facts (UTC, ISO); '' in an empty store


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts as numbers: `codes[i]` points into `names`, -1 is a blank. `names` are sorted."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]


Columns = Mapping[str, "NDArray[np.float64] | Coded"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that was not written, since one of its ends is not there."""

    fact: Fact
    column: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What stands around a company: `companies` with their distance, nearest first; the links among them."""

    companies: tuple[tuple[Fact, int], ...]
    links: tuple[Fact, ...]
    cut: bool  # more lay within the depth than were asked for


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many facts went, and how many of those that stay lost values, by table."""

    counts: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)


def storable(text: str) -> bool:
    """Whether a text can be stored: one with half a character (a lone surrogate) cannot, so none is there."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Store(ABC):
    """Facts of one chain. Closing is the owner's duty; stores are context managers.

    All writing is transactional: a batch is there whole or not at all, and the revision moves once with
    each transaction that changed a fact. Reading never writes. Errors: StoreError and its children.
    """

    url: str
    chain: str

    # -- what is there -------------------------------------------------------------------------------

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """The present state's stamp."""

    @abstractmethod
    def counts(self) -> Mapping[str, int]:
        """How many facts there are, by table (all tables, in the order of the ontology)."""

    @abstractmethod
    def read(self, table: str, keys: Sequence[Key]) -> dict[Key, Fact]:
        """The facts with these keys; a key that is not there is left out."""

    @abstractmethod
    def scan(self, table: str, company: str = "") -> Iterator[Fact]:
        """All facts of a table in the order of their keys, in bounded memory.

        `company` keeps those that refer to this company in any column (for links: as either end; of
        companies, itself).
        """

    @abstractmethod
    def columns(self, wanted: Mapping[str, Sequence[str]]) -> tuple[Snapshot, Mapping[str, Columns]]:
        """Whole columns of several tables as they stood at one moment, for compilation.

        Numbers, flags (0/1) as float64 with NaN for blanks; texts, choices, dates and ends of links as
        Coded (lists joined by ;). The names of both ends of links are the ids of all companies; ends stand
        as their row named them. Column `@assumed:NAME` of a table is 1.0 where that value was marked
        assumed or inferred (1 assumed, 2 inferred, 0 observed). Rows of companies come in the order of
        id, of links in the order of (target, category, source, kind, period) of their keys, of others in
        the order of key. Only columns of the ontology: KeyError for another.
        """

    @abstractmethod
    def search(self, text: str, limit: int = 20) -> list[tuple[Fact, float]]:
        """Companies whose id, name or alias is like the text, best first, with a likeness in [0, 1].

        Latin and Chinese, typos forgiven; an exact id, name or alias is 1.0.
        """

    @abstractmethod
    def page(self, role: str = "", after: str = "", limit: int = 100) -> list[Fact]:
        """Companies in the order of id, after that id; `role` keeps those that play it."""

    @abstractmethod
    def neighbourhood(self, company: str, depth: int, limit: int) -> Neighbourhood:
        """The companies within `depth` links in either direction, at most `limit`; empty if unknown.

        The company itself comes first, at distance 0, and counts; of those equally near, the first by id.
        """

    # -- what changes it -----------------------------------------------------------------------------

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Make all writing inside one transaction; an exception that leaves it rolls it back.

        Inside, this thread reads what it wrote; nobody else does. It may be nested: the outermost counts.
        Once a writing call inside failed half-way, the whole can only fail (StoreError at the end).
        """

    @abstractmethod
    def upsert(self, facts: Sequence[Fact]) -> Written:
        """Merge facts of one table into what is there (model.merge), in one transaction.

        A link whose end is not a company is refused.
        """

    @abstractmethod
    def set_currency(self, currency: str) -> None:
        """Fix the store's currency, once and for all; StoreError if another is fixed already.

        The revision moves, since what is answered from then on names the currency.
        """

    @abstractmethod
    def delete_company(self, company: str) -> Deleted:
        """Delete a company and all that refers to it; NotFound if it is not there.

        What cannot be without a row that went, since its key names it, goes too: the parts of its products.
        """

    @abstractmethod
    def delete_source(self, file: str) -> Deleted:
        """Delete what was told by one file: facts it alone told, and single values it told of others.

        A value that had replaced an earlier one is blank afterwards, and a file that repeated what was
        known left no trace: load those files again. A company that others still refer to keeps id and name,
        until a deletion takes the last reference; so the order of deletions does not matter.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what the store holds open."""

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
