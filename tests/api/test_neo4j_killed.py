"""The server killed in the middle of every command, or frozen: each says so, and nothing is lost or wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from api.application import app
from api.settings import Settings
from graph.stores.base import Access
from graph.stores.registry import open_store
from loaders.session import LoadOptions, load
from scripts.neo4j_server import USER, Server
from tests.api.conftest import leaves
from tests.conftest import CHECKOUT
from tests.go_between import GoBetween
from tests.graph.facts import content_hash
from tests.test_neo4j_server import command_lines

WORKBOOK = CHECKOUT / "tests/samples/spreadsheet/zephyrling.xlsx"
NAME = "Saltmarrow Cells"
# What each is asked; STORE is where the server is, CHAIN a chain of its own. Each is stopped in its middle.
ASKED: Mapping[str, tuple[str, ...]] = {
    "load": ("load", str(WORKBOOK), "--chain", "CHAIN", "--json"),
    "what-if": ("what-if", "--outage", NAME, "--weeks", "6", "--json"),
    "rank": ("rank", "--to", NAME, "--weeks", "4", "--json"),
    "systemic": ("systemic", NAME, "--json"),
    "key-accounts": ("key-accounts", NAME, "--json"),
    "leaderboard": ("leaderboard", "--json"),
    "companies": ("companies", "cells", "--json"),
    "show": ("show", NAME, "--json"),
    "chain": ("chain", NAME, "--depth", "2", "--json"),
    "export": ("export", "all.json", "--json"),
    "export map": ("export", "all.html", "--json"),
    "export import": ("export", "--for", "neo4j-import", "files", "--json"),
    "copy from": ("copy", "STORE", "copy.db", "--json"),
    "copy to": ("copy", "chain.db", "STORE", "--to-chain", "CHAIN", "--json"),
}
WRITE = ("load", "copy to")
long = pytest.mark.long
# These never ask the server: what they need is in files of their own.
ALONE: Mapping[str, tuple[str, ...]] = {
    "demo": ("demo", "--json"),
    "examples": ("examples", "--json"),
    "back-test": ("back-test", "--draws", "0", "--json"),
    "calibrate": ("calibrate", "--chains", "2", "--truths", "2", "--draws", "16", "--json"),
    "ledger list": ("ledger", "list", "--json"),  # `ledger add` asks the store what what-if asks
    "settings": ("settings", "--json"),
}


@dataclass
class Case:
    """One command: before the server was killed, while it was, and afterwards."""

    between: GoBetween
    chain: str  # of the run that is stopped
    before: Result
    during: tuple[int, str, str] = (0, "", "")
    left: tuple[str, str] = (
        "",
        "",
    )  # of a command that writes: the hash of its chain then, as kept, as reckoned
    after: Result | None = None


@dataclass
class Killing:
    """What came of killing the server once, in the middle of all commands at the same time."""

    server: Server
    folder: Path
    chain: str
    wanted: str  # the hash of the whole chain
    cases: dict[str, Case] = field(default_factory=dict)
    alone: dict[str, tuple[int, int]] = field(default_factory=dict)  # code, and times the server was asked
    shown: str = ""  # all lists of processes while they ran
    answers: list[httpx.Response] = field(default_factory=list)  # of the service: before, while, after

    def call(self, words: Sequence[str], between: GoBetween, chain: str, where: str) -> Result:
        """The command, in this process and a folder of its own."""
        os.chdir(self.folder / where)
        return CliRunner().invoke(app, self._named(words, between, chain), env=self._given(between))

    def begin(self, words: Sequence[str], between: GoBetween, chain: str) -> subprocess.Popen[str]:
        """The command as a process."""
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), **self._given(between)}
        return subprocess.Popen(
            [sys.executable, "-m", "api.cli", *self._named(words, between, chain)], env=given,
            cwd=self.folder / "during", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=_heed,
        )  # fmt: skip

    def _given(self, between: GoBetween) -> dict[str, str]:
        access = {"STORE_USER": USER, "STORE_PASSWORD": self.server.password}
        told = {"STORE": between.url, "CHAIN": self.chain, **access}
        return {f"KNOCKON_{name}": value for name, value in told.items()}

    def _named(self, words: Sequence[str], between: GoBetween, chain: str) -> list[str]:
        return [{"STORE": between.url, "CHAIN": chain}.get(word, word) for word in words]

    def hashes(self, chain: str) -> tuple[str, str]:
        """The content hash of a chain, as it is kept and as its facts give it."""
        with open_store(self.server.url, chain, Access(USER, self.server.password)) as store:
            facts = [fact for table in store.counts() for fact in store.scan(table)]
            return store.snapshot().hash, content_hash(facts)


def _heed() -> None:
    """Let Control-C be heeded also where these tests run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def prepared(server: Server, folder: Path, wheres: Sequence[str]) -> Killing:
    """A chain in a file in each of these folders."""
    chain, stamp = uuid.uuid4().hex[:8], ""
    for where in wheres:
        (folder / where).mkdir()
        with open_store(str(folder / where / "chain.db"), chain) as store:
            load(store, [WORKBOOK], LoadOptions(rejects=folder))
            stamp = store.snapshot().hash
    return Killing(server, folder, chain, stamp)


def asked(service: int) -> httpx.Response:
    shock = {"kind": "outage", "company": NAME, "severity": 1.0, "duration_weeks": 2}
    question = {"shocks": [shock], "horizon_weeks": 4}
    return httpx.post(f"http://127.0.0.1:{service}/v1/what-if", json=question, timeout=60)


@pytest.fixture(scope="module")
def killing(neo4j_of_its_own: Server, tmp_path_factory: pytest.TempPathFactory) -> Killing:
    """All commands before; all of them stopped in their middle and the server killed; all of them again."""
    folder, server = tmp_path_factory.mktemp("killed"), neo4j_of_its_own
    made = prepared(server, folder, ("before", "during"))
    chain = made.chain
    with open_store(server.url, chain, Access(USER, server.password)) as store:
        load(store, [WORKBOOK], LoadOptions(rejects=folder))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in Settings.model_fields:
            patch.delenv(f"KNOCKON_{name.upper()}", raising=False)

        running = {}
        for name, words in ALONE.items():
            between = stack.enter_context(GoBetween(server.port))
            running[name] = made.begin(words, between, chain), between
        for name, words in ASKED.items():
            between = stack.enter_context(GoBetween(server.port))
            own = {
                where: f"{chain} {name} {where}" if name in WRITE else chain for where in ("before", "during")
            }
            made.cases[name] = Case(
                between, own["during"], made.call(words, between, own["before"], "before")
            )
            between.hold(between.said // 2 + 1)
            running[name] = made.begin(words, between, own["during"]), between

        between = stack.enter_context(GoBetween(server.port))
        serving = made.begin(("serve", "--port", "0", "--json"), between, chain)
        stack.callback(serving.kill)
        assert serving.stdout
        told = "".join(iter(serving.stdout.readline, "}\n")) + "}"
        port = json.loads(told)["port"]
        made.answers.append(asked(port))

        for name in ASKED:
            assert made.cases[name].between.held.wait(120), name
        made.shown = command_lines()
        server.kill()
        for case in made.cases.values():
            case.between.cut()
        between.cut()
        made.answers.append(asked(port))
        for name, (process, through) in running.items():
            out, err = process.communicate(timeout=200)
            if name in ALONE:
                made.alone[name] = process.returncode, through.said
            else:
                made.cases[name].during = process.returncode, out, err
        server.start(server.port)
        between.listen()
        until = time.monotonic() + 30
        while (answer := asked(port)).status_code == 503 and time.monotonic() < until:
            time.sleep(0.2)
        made.answers.append(answer)
        for name, case in made.cases.items():
            if name in WRITE:
                case.left = made.hashes(case.chain)
            case.between.listen()
            case.after = made.call(ASKED[name], case.between, case.chain, "during")
    return made


def timeless(text: str) -> str:
    """Without moments of loading: one chain was loaded after the other."""
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "then", text)


def test_no_command_is_forgotten() -> None:
    """A new command is to be stopped here, too: add it to ASKED, or to ALONE if it never asks the store."""
    known = {words[0] for words in (*ASKED.values(), *ALONE.values())} | {"serve"}
    assert {name.split()[0] for name, _ in leaves(get_command(app))} == known


@long
@pytest.mark.parametrize("name", ASKED)
def test_the_server_killed_in_the_middle(killing: Killing, name: str) -> None:
    case = killing.cases[name]
    code, out, err = case.during
    assert (code, out) == (1, ""), err
    assert "does not answer" in err
    assert "make neo4j-up" in err
    assert "Traceback" not in err
    assert case.after is not None
    assert case.after.exit_code == 0, case.after.stderr
    if name in WRITE:
        kept, reckoned = case.left
        assert kept == reckoned
        assert killing.hashes(case.chain) == (killing.wanted, killing.wanted)
    if name != "load":  # which says what it found there already
        assert timeless(case.after.stdout) == timeless(case.before.stdout)


@long
@pytest.mark.parametrize("file", ["all.json", "all.html", "files/import.sh", "files/companies.csv"])
def test_what_was_being_written_is_whole_in_the_end(killing: Killing, file: str) -> None:
    one, other = (killing.folder / where / file for where in ("before", "during"))
    if file == "files/companies.csv":
        names = [sorted(path.name for path in folder.parent.iterdir()) for folder in (one, other)]
        assert names[0] == names[1]
        return
    assert timeless(one.read_text("utf-8")) == timeless(other.read_text("utf-8"))


@long
@pytest.mark.parametrize("name", ALONE)
def test_what_asks_no_server_goes_on(killing: Killing, name: str) -> None:
    assert killing.alone[name] == (0, 0)


@long
def test_a_service_whose_server_was_killed(killing: Killing) -> None:
    before, meanwhile, after = killing.answers
    assert (before.status_code, meanwhile.status_code, after.status_code) == (200, 503, 200)
    assert "retry-after" in meanwhile.headers
    assert "does not answer" in meanwhile.json()["detail"]
    assert after.json() == before.json()


@long
def test_a_password_is_nowhere_to_be_seen(killing: Killing) -> None:
    """Neither in the lists of processes, nor in what commands say or write, nor in the server's log."""
    password = killing.server.password
    assert killing.shown.count("api.cli") >= len(ASKED)
    assert password not in killing.shown
    for case in killing.cases.values():
        assert case.after is not None
        said = [case.before.output, *map(str, case.during), case.after.output]
        assert not [text for text in said if password in text]
    assert not [answer.text for answer in killing.answers if password in answer.text]
    written = [path for path in killing.folder.rglob("*") if path.is_file()]
    written += [path for path in (killing.server.home / "logs").iterdir() if path.is_file()]
    assert len(written) > 20
    assert not [path for path in written if password.encode() in path.read_bytes()]


# -- frozen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "part"), [("companies", 0.0), ("companies", 0.5), ("load", 0.9), ("copy to", 0.5)]
)
def test_control_c_while_a_server_is_frozen(
    neo4j_of_its_own: Server, tmp_path: Path, name: str, part: float
) -> None:
    """At the start, in the middle and near the end: who asked is not made to wait for the server."""
    made, words = prepared(neo4j_of_its_own, tmp_path, ("during",)), ASKED[name]
    with GoBetween(made.server.port) as first:  # makes the schema, if nobody did: more questions than later
        assert made.call(words, first, f"{made.chain} first", "during").exit_code == 0
    with GoBetween(made.server.port) as between:
        assert made.call(words, between, f"{made.chain} whole", "during").exit_code == 0
        time.sleep(0.5)  # the farewell of the call before is a message, too
        between.hold(int(part * between.said) + 1, frozen=True)
        process = made.begin(words, between, f"{made.chain} stopped")
        with process:
            assert between.held.wait(60)
            time.sleep(0.3)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert time.monotonic() - began < 10  # it would be the driver's patience, and then some
        assert (process.returncode, out) == (1, "")
        assert re.search("stopped", err, re.IGNORECASE)
        assert "Traceback" not in err
