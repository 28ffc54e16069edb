"""A desk to load at: an empty folder with an empty store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loaders.loading import COMPANIES, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


@pytest.fixture
def chain(desk: Desk) -> Desk:
    """A desk whose store holds COMPANIES."""
    desk.write("companies.csv", COMPANIES)
    desk.load("companies.csv")
    return desk
