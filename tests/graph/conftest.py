"""The stores that the contract suite runs over: another one is another line of PLACES."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from graph.stores.base import Access, Store
from graph.stores.registry import open_store
from tests.conftest import Neo4j

NOBODY = Access()


@dataclass(frozen=True)
class Place:
    """Where a chain is kept, empty at first. Every `open` gives a handle of its own, as a process has it."""

    url: str
    chain: str = "main"
    access: Access = NOBODY

    def open(self) -> Store:
        """Open the store."""
        return open_store(self.url, self.chain, self.access)


def _embedded(request: pytest.FixtureRequest) -> Iterator[Place]:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("embedded")
    for number in itertools.count():
        yield Place(f"sqlite:///{folder / f'{number}.db'}")


def _neo4j(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Chains side by side in one database, so that all tests together show that chains never mix."""
    server: Neo4j = request.getfixturevalue("neo4j_server")
    access, run = Access(server.user, server.password), uuid.uuid4().hex[:8]
    return (Place(server.url, f"{run} {number}", access) for number in itertools.count())


PLACES: dict[str, Callable[[pytest.FixtureRequest], Iterator[Place]]] = {
    "embedded": _embedded,
    "neo4j": _neo4j,
}


@pytest.fixture(scope="session", params=PLACES)
def places(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Empty places, a new one at every `next`: for tests that need several, or one an example."""
    return PLACES[request.param](request)


@pytest.fixture(scope="session")
def neo4j_places(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Empty chains on the server alone."""
    return _neo4j(request)


@pytest.fixture
def neo4j_place(neo4j_places: Iterator[Place]) -> Place:
    """An empty chain on the server."""
    return next(neo4j_places)


@pytest.fixture
def place(places: Iterator[Place]) -> Place:
    """An empty place."""
    return next(places)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An open, empty store."""
    with place.open() as store:
        yield store
