"""What all tests share: the data beside the checkout, a real browser, a Neo4j, hypothesis's manners."""

import gc
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from scripts.neo4j_jars import find_java, jars_folder
from scripts.neo4j_server import USER, Server, throw_away
from tests.certificates import make_authority, sign

CI = os.environ.get("CI") == "true"
CHECKOUT = Path(__file__).resolve().parents[1]

# The first call of a kernel compiles, so no example has a deadline. In CI a failure must be the
# commit's and not the day's: there the examples are always the same.
hypothesis.settings.register_profile("knockon", deadline=None, derandomize=CI, print_blob=True)
hypothesis.settings.load_profile("knockon")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a Neo4j of their own come first: they wait most, and another worker goes on beside them.

    Raises UsageError for two tests of one id: of those, several workers would run a single one.
    """
    twice = sorted(id for id, times in Counter(item.nodeid for item in items).items() if times > 1)
    if twice:
        raise pytest.UsageError(f"tests with one id: {', '.join(twice)}")
    waiting = {item.path for item in items if "neo4j_parts" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in waiting)


def pytest_collection_finish() -> None:
    """What was imported stays to the end, and what tests make is plenty: a collector that looks at all of it
    every 700 objects takes a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000)


def _absent(what: str) -> None:
    """Skips the test that needs `what`; in CI, where nothing may be missing, fails it."""
    if CI:
        pytest.fail(f"{what}; CI needs it")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the checkout: design, golden cases and public data."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        _absent("no folder `shared` beside the checkout")
    return folder


@dataclass(frozen=True)
class Neo4j:
    """How a test reaches a Neo4j server."""

    url: str
    user: str
    password: str = field(repr=False)


@pytest.fixture(scope="session")
def neo4j_parts() -> tuple[str, Path]:
    """What a test needs that starts servers of its own: a Java, and the folder of Neo4j's jars."""
    java, why = find_java()
    if not java:
        _absent(f"no Java for Neo4j: {why}")
    if not jars_folder().is_dir():
        _absent("Neo4j's jars are not here: `make test` or `make neo4j-up` fetches them")
    return java, jars_folder()


@pytest.fixture(scope="session")
def neo4j_server(request: pytest.FixtureRequest) -> Iterator[Neo4j]:
    """A throw-away Neo4j for the whole run: that of `make test`, else one that is started here.

    Tests share it: each takes a chain of its own, and none counts on an empty database.
    """
    prefix = "KNOCKON_TEST_NEO4J"
    if url := os.environ.get(f"{prefix}_URL"):
        yield Neo4j(url, os.environ[f"{prefix}_USER"], os.environ[f"{prefix}_PASSWORD"])
        return
    if why := os.environ.get(f"{prefix}_MISSING"):
        _absent(f"no Neo4j server: {why}")
    request.getfixturevalue("neo4j_parts")
    with throw_away() as server:
        yield Neo4j(server.url, USER, server.password)


@pytest.fixture(scope="session")
def neo4j_of_its_own(
    neo4j_parts: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A Neo4j that tests may kill, freeze and start again; each leaves it running, with these settings.

    It speaks plainly and by TLS, for localhost and 127.0.0.1, under `authority.pem` beside its key.
    """
    if not shutil.which("openssl"):
        _absent("no openssl on this machine, for the certificates of a test")
    folder = tmp_path_factory.mktemp("certificates")
    make_authority(folder, "authority")
    sign(folder, "authority", "DNS:localhost,IP:127.0.0.1")
    policy = "dbms.ssl.policy.bolt"
    told = {
        "server.bolt.tls_level": "OPTIONAL",
        f"{policy}.enabled": "true",
        f"{policy}.base_directory": str(folder),
        f"{policy}.client_auth": "NONE",
        "server.bolt.connection_keep_alive": "2s",  # twice that without a word is silence
        "db.memory.transaction.max": "24m",
    }
    with throw_away(heap="512m", settings=told) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium-like browser on this machine (`make test` installs one where it may)."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    _absent("no Chromium on this machine: install chromium, or run `make test` as root on Debian")
    raise AssertionError("not reached")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A running headless Chromium: a playwright `Browser`, one for the whole run."""
    from playwright.sync_api import sync_playwright

    # Chromium refuses its sandbox to root.
    args = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=args)
        yield running
        running.close()
