"""The service and the command over a Neo4j that freezes, dies and comes back."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from graph.stores.base import Access
from graph.stores.registry import open_store
from scripts.neo4j_server import USER, Server
from tests.api.servers import Server as Service
from tests.freezing import freeze
from tests.graph.facts import batch

CHECKOUT = Path(__file__).resolve().parents[2]
SHOCK = {"kind": "outage", "company": "c0000-0000", "severity": 1.0, "duration_weeks": 2}
OUTAGE = {"shocks": [SHOCK], "horizon_weeks": 4}


@pytest.fixture
def chain(neo4j_of_its_own: Server) -> str:
    """A chain with one batch in it, on the server that may be broken."""
    name = uuid.uuid4().hex[:8]
    access = Access(USER, neo4j_of_its_own.password)
    with open_store(neo4j_of_its_own.url, name, access) as store:
        for facts in batch(0):
            store.upsert(facts)
    return name


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    pid = server.pid
    assert pid
    freeze(pid)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ready(http: httpx.Client) -> tuple[int, float]:
    began = time.monotonic()
    answer = http.get("/v1/ready")
    assert answer.status_code == 200 or "retry-after" in answer.headers
    return answer.status_code, time.monotonic() - began


def comes_back(http: httpx.Client, seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if ready(http)[0] == 200:
            return True
        time.sleep(0.2)
    return False


def command(server: Server, chain: str, *words: str) -> "subprocess.Popen[str]":
    given = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "KNOCKON_STORE": server.url,
        "KNOCKON_STORE_USER": USER, "KNOCKON_STORE_PASSWORD": server.password, "KNOCKON_CHAIN": chain,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", *words], env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def test_a_store_that_freezes_dies_and_comes_back(
    neo4j_of_its_own: Server, chain: str, serving: Callable[..., Service]
) -> None:
    server = neo4j_of_its_own
    service = serving(store=server.url, store_user=USER, store_password=server.password, chain=chain)
    http = service.http
    assert comes_back(http)
    good = http.post("/v1/what-if", json=OUTAGE)
    assert good.status_code == 200, good.text

    with ThreadPoolExecutor(60) as crowd, frozen(server):
        asked = [crowd.submit(http.get, "/v1/companies") for _ in range(60)]  # more than there are threads
        shown = command(server, chain, "companies", "--json", "--debug")
        time.sleep(0.5)
        for _ in range(3):
            status, seconds = ready(http)
            assert (status, seconds < 1.5) == (503, True)
            assert http.get("/v1/health").status_code == 200
        out, err = shown.communicate(timeout=60)
        assert (shown.returncode, out) == (1, "")
        assert "does not answer" in err
        assert server.password not in err
        answers = [each.result() for each in asked]
        assert {answer.status_code for answer in answers} == {503}
        assert all("retry-after" in answer.headers for answer in answers)
    assert comes_back(http)
    assert http.post("/v1/what-if", json=OUTAGE).json() == good.json()

    server.kill()
    for _ in range(2):
        status, seconds = ready(http)
        assert (status, seconds < 1.5) == (503, True)
        assert http.get("/v1/health").status_code == 200
        answer = http.post("/v1/what-if", json=OUTAGE)
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert "does not answer" in answer.json()["detail"]
        assert server.password not in answer.text
    server.start(server.port)
    assert comes_back(http)
    assert http.post("/v1/what-if", json=OUTAGE).json() == good.json()
