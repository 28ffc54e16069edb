"""What the api's tests share: a command runner, stores with real facts, and a server on a loopback port."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.application import app
from api.settings import Settings, read_settings
from api.stories import load_stories
from graph.stores.registry import open_store
from tests.api.servers import Server

Run = Callable[..., Result]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves long tests alone whose making takes seconds by itself, where none is asked for."""
    no_long = config.getoption("markexpr") == "not long"
    return True if no_long and collection_path.name.endswith("_for_long.py") else None


def leaves(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by all its words: `ledger add`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and a folder of its own to write into."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"KNOCKON_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def stories_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the demo's stories; not to be written to."""
    folder = tmp_path_factory.mktemp("stories")
    with open_store(str(folder / "stories.db")) as store:
        load_stories(store, folder)
    return folder / "stories.db"


@pytest.fixture
def run(stories_db: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command on the stories' store: run("companies", "--json")."""
    monkeypatch.setenv("KNOCKON_STORE", str(stories_db))
    runner = CliRunner()
    return lambda *words, **more: runner.invoke(app, [str(w) for w in words], **more)


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """The JSON document that a command answers with; fails where it does."""

    def asked(*words: object) -> Any:
        result = run(*words, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return asked


@pytest.fixture(scope="session")
def server(stories_db: Path) -> Iterator[Server]:
    """The service over the stories' store."""
    running = Server(read_settings(store=str(stories_db)))
    yield running
    running.stop()


@pytest.fixture
def serving() -> Iterator[Callable[..., Server]]:
    """Services with settings of their own, stopped in the end."""
    running: list[Server] = []

    def start(**settings: Any) -> Server:
        running.append(Server(read_settings(**settings)))
        return running[-1]

    yield start
    for each in running:
        each.stop()
