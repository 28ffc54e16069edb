"""The stores that the contract suite runs over: another one is another line of PLACES."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from graph.stores.base import Store
from graph.stores.registry import open_store


@dataclass(frozen=True)
class Place:
    """Where a chain is kept, empty at first. Every `open` gives a handle of its own, as a process has it."""

    url: str
    chain: str = "main"

    def open(self) -> Store:
        """Open the store."""
        return open_store(self.url, self.chain)


def _embedded(factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = factory.mktemp("embedded")
    for number in itertools.count():
        yield Place(f"sqlite:///{folder / f'{number}.db'}")


PLACES: dict[str, Callable[[pytest.TempPathFactory], Iterator[Place]]] = {"embedded": _embedded}


@pytest.fixture(scope="session", params=PLACES)
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Empty places, a new one at every `next`: for tests that need several, or one an example."""
    return PLACES[request.param](tmp_path_factory)


@pytest.fixture
def place(places: Iterator[Place]) -> Place:
    """An empty place."""
    return next(places)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An open, empty store."""
    with place.open() as store:
        yield store
