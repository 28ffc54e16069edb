"""Several at once on one server, as processes: loads, the service beside a load, a killed server."""

import os
import random
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from graph.stores.base import Access
from graph.stores.registry import open_store
from graph.warming import compile_engine
from loaders.session import LoadOptions, load
from scripts.neo4j_server import USER
from scripts.neo4j_server import Server as Neo4jServer
from tests.api.servers import Server as Service
from tests.conftest import CHECKOUT, Neo4j
from tests.graph.facts import batch

FILES = 12


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small files, companies and links in turn: each is one batch, and so one revision."""
    folder = tmp_path_factory.mktemp("tables")
    made = []
    for number in range(FILES):
        for facts in batch(number):
            table = facts[0].table
            columns = sorted(set().union(*(f.values for f in facts)))
            rows = [",".join(str(f.values.get(c, "")) for c in columns) for f in facts]
            made.append(folder / f"{number:02d}-{table}.csv")
            made[-1].write_text("\n".join([",".join(columns), *rows, ""]), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def hashes(tables: Sequence[Path], tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, str]:
    """The hash of each revision, when the files are loaded one after the other."""
    folder = tmp_path_factory.mktemp("file")
    found = {0: "0" * 64}
    with open_store(str(folder / "chain.db")) as store:
        for file in tables:
            load(store, [file], LoadOptions(rejects=folder))
            found[store.snapshot().revision] = store.snapshot().hash
    assert len(found) == len(tables) + 1
    return found


def loading(
    url: str, password: str, chain: str, files: Sequence[Path], here: Path
) -> "subprocess.Popen[str]":
    """`knockon load` of some files, one call after the other, until one of them fails."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "KNOCKON_STORE": url}
    given |= {"KNOCKON_STORE_USER": USER, "KNOCKON_STORE_PASSWORD": password, "KNOCKON_CHAIN": chain}
    calls = (
        "import sys\nfrom api.application import app\n"
        "for file in sys.argv[1:]:\n"
        "    try:\n        app(['load', file, '--json'])\n"
        "    except SystemExit as stop:\n        if stop.code: raise\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", calls, *map(str, files)],
        env=given, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_loads_at_once_end_in_the_union(
    neo4j_server: Neo4j, tables: Sequence[Path], hashes: Mapping[int, str], tmp_path: Path
) -> None:
    chain = uuid.uuid4().hex[:8]
    third = len(tables) // 3
    parts = tables[: 2 * third], tables[third:]
    runs = [loading(neo4j_server.url, neo4j_server.password, chain, files, tmp_path) for files in parts]
    told = [run.communicate(timeout=200)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    with open_store(neo4j_server.url, chain, Access(USER, neo4j_server.password)) as store:
        assert store.snapshot().hash == hashes[len(tables)]
        assert store.snapshot().revision == len(tables)


def test_services_answer_whole_revisions_while_a_load_goes_on(
    neo4j_server: Neo4j,
    tables: Sequence[Path],
    hashes: Mapping[int, str],
    serving: Callable[..., Service],
    tmp_path: Path,
) -> None:
    chain = uuid.uuid4().hex[:8]
    given = {"store": neo4j_server.url, "store_user": USER, "store_password": neo4j_server.password}
    services = [serving(chain=chain, **given) for _ in range(2)]
    shock = {"kind": "outage", "company": "c0000-0000", "severity": 1.0, "duration_weeks": 2}
    asked = {"shocks": [shock], "horizon_weeks": 4}
    seen = set()
    compile_engine()  # the load would be over before the first answer
    run = loading(neo4j_server.url, neo4j_server.password, chain, tables, tmp_path)
    while run.poll() is None:
        for service in services:
            answer = service.http.post("/v1/what-if", json=asked)
            assert answer.status_code in (200, 404, 422), answer.text  # the company is not there at first
            if answer.status_code == 200:
                stamp = answer.json()["snapshot"]
                assert hashes[stamp["revision"]] == stamp["hash"]
                seen.add(stamp["revision"])
    assert run.returncode == 0
    assert len(seen) > 2
    last = services[0].http.post("/v1/what-if", json=asked).json()["snapshot"]
    assert last == {"revision": len(tables), "hash": hashes[len(tables)]}


def test_a_server_killed_in_the_middle_of_a_load(
    neo4j_of_its_own: Neo4jServer, tables: Sequence[Path], hashes: Mapping[int, str], tmp_path: Path
) -> None:
    server, chain, chance = neo4j_of_its_own, uuid.uuid4().hex[:8], random.Random()
    for _ in range(2):
        run = loading(server.url, server.password, chain, tables, tmp_path)
        time.sleep(chance.uniform(2.0, 6.0))
        server.kill()
        said, error = run.communicate(timeout=200)
        acknowledged = re.findall(r'"revision": (\d+)', said)
        assert run.returncode == 0 or (run.returncode == 1 and "Traceback" not in error), error
        server.start()
        with open_store(server.url, chain, Access(USER, server.password)) as store:
            stamp = store.snapshot()
            assert hashes[stamp.revision] == stamp.hash
            assert stamp.revision >= max(map(int, acknowledged), default=0)
    run = loading(server.url, server.password, chain, tables, tmp_path)
    told = run.communicate(timeout=200)
    assert run.returncode == 0, told
    with open_store(server.url, chain, Access(USER, server.password)) as store:
        assert store.snapshot().hash == hashes[len(tables)]
