"""What every store does alike to be written to: each call in the open transaction, or in one of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, Protocol, TypeVar

from graph.model import Fact
from graph.stores.base import Deleted, Store, Written


class Writing(Protocol):
    """One open transaction; its methods are those of the store."""

    def upsert(self, facts: Sequence[Fact]) -> Written: ...
    def set_currency(self, currency: str) -> None: ...
    def delete_company(self, company: str) -> Deleted: ...
    def delete_source(self, file: str) -> Deleted: ...


W = TypeVar("W", bound=Writing)


class WritableStore(Store, Generic[W]):
    """A store that is written to by transactions of kind W."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[W]:
        """The open transaction, or one of its own. One that failed half-way cannot be committed."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Store.transaction."""
        with self._writing():
            yield

    def upsert(self, facts: Sequence[Fact]) -> Written:
        """See Store.upsert."""
        if not facts:
            return Written()
        with self._writing() as writing:
            return writing.upsert(facts)

    def set_currency(self, currency: str) -> None:
        """See Store.set_currency."""
        with self._writing() as writing:
            writing.set_currency(currency)

    def delete_company(self, company: str) -> Deleted:
        """See Store.delete_company."""
        with self._writing() as writing:
            return writing.delete_company(company)

    def delete_source(self, file: str) -> Deleted:
        """See Store.delete_source."""
        with self._writing() as writing:
            return writing.delete_source(file)
