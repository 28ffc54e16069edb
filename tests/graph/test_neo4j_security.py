"""What nobody may see or do: TLS as it should be, passwords nowhere, and everything typed is data."""

import logging
import os
import subprocess
import sys
import traceback
import uuid
from dataclasses import replace
from pathlib import Path

import neo4j
import pytest

from graph.errors import KnockonError, StoreError
from graph.model import fact
from graph.stores.base import Access
from graph.stores.registry import open_store
from scripts.neo4j_server import USER, Server
from tests.certificates import make_authority
from tests.conftest import CHECKOUT, Neo4j
from tests.graph.conftest import Place
from tests.graph.facts import batch, company, link


@pytest.fixture
def place(neo4j_of_its_own: Server) -> Place:
    server = neo4j_of_its_own
    return Place(server.url, uuid.uuid4().hex[:8], Access(USER, server.password))


def authority(server: Server) -> Path:
    return Path(server.settings["dbms.ssl.policy.bolt.base_directory"]) / "authority.pem"


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s", "bolt", "neo4j", "bolt+ssc", "neo4j+ssc"])
def test_an_authority_of_its_own(place: Place, neo4j_of_its_own: Server, scheme: str, tmp_path: Path) -> None:
    server = neo4j_of_its_own
    url = f"{scheme}://localhost:{server.port}"
    known = replace(place.access, certificates=str(authority(server)))
    with open_store(url, place.chain, known) as store:
        store.upsert(batch(0)[0])
        assert store.snapshot().revision == 1
    other = replace(place.access, certificates=str(make_authority(tmp_path, "other")))
    with pytest.raises(StoreError, match="certificate is not to be trusted") as refused:
        open_store(url, place.chain, other)
    assert "KNOCKON_STORE_CA" in refused.value.remedy


def test_without_an_authority(place: Place, neo4j_of_its_own: Server) -> None:
    at = f"localhost:{neo4j_of_its_own.port}"
    with open_store(f"bolt+ssc://{at}", place.chain, place.access) as store:  # encrypted, whoever it is
        assert store.snapshot().revision == 0
    for scheme in ("bolt+s", "neo4j+s"):
        with pytest.raises(StoreError, match="certificate is not to be trusted"):
            open_store(f"{scheme}://{at}", place.chain, place.access)


def test_the_system_may_know_the_authority(place: Place, neo4j_of_its_own: Server) -> None:
    """As an authority that everybody trusts would be; and the certificate must name the host."""
    server = neo4j_of_its_own
    run = (
        "from graph.stores.base import *; from graph.stores.registry import open_store; import os, sys; "
        "open_store(sys.argv[1], 'main', Access('neo4j', os.environ['P'])).snapshot()"
    )
    known = {**os.environ, "SSL_CERT_FILE": str(authority(server)), "P": server.password}
    for host, good in (("localhost", True), ("127.0.0.1", True), ("ip6-localhost.localdomain", False)):
        url = f"bolt+s://{host}:{server.port}"
        ran = subprocess.run(
            [sys.executable, "-c", run, url], cwd=CHECKOUT, env=known, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert (ran.returncode == 0) is good, ran.stderr


def test_tls_with_a_server_that_has_none(neo4j_server: Neo4j) -> None:
    for scheme in ("bolt+s", "bolt+ssc", "neo4j+s"):
        url = f"{scheme}://{neo4j_server.url.partition('://')[2]}"
        with pytest.raises(StoreError, match="does not speak TLS") as refused:
            open_store(url, "main", Access(USER, neo4j_server.password))
        assert "server.bolt.tls_level" in refused.value.remedy


@pytest.mark.long
def test_a_server_that_speaks_tls_only(place: Place, neo4j_of_its_own: Server) -> None:
    server = neo4j_of_its_own
    server.stop()
    closed = replace(server, settings={**server.settings, "server.bolt.tls_level": "REQUIRED"})
    try:
        closed.start(server.port)
        for scheme in ("bolt", "neo4j"):
            with pytest.raises(StoreError, match="before a word was said") as refused:
                open_store(f"{scheme}://localhost:{server.port}", place.chain, place.access)
            assert "bolt+s://" in refused.value.remedy
        known = replace(place.access, certificates=str(authority(server)))
        with open_store(f"bolt+s://localhost:{server.port}", place.chain, known) as store:
            assert store.snapshot().revision == 0
    finally:
        closed.stop()
        server.start(server.port)


def test_passwords_are_nowhere(
    place: Place, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    password = place.access.password
    caplog.set_level(logging.DEBUG)
    logging.getLogger("neo4j").setLevel(logging.DEBUG)
    shown = [repr(place.access)]
    try:
        with place.open() as store:
            store.upsert([company("a")])
            shown += [repr(store), repr(vars(store)), repr(vars(vars(store)["_server"]))]
            shown += [repr(f) for f in store.scan("companies")]
        for access in (replace(place.access, user="nobody"), replace(place.access, database="none")):
            try:
                open_store(place.url, place.chain, access)
            except KnockonError as error:
                shown += [str(error), error.remedy, "".join(traceback.format_exception(error))]
        for url in (f"bolt://{USER}:{password}@127.0.0.1:1", f"neo4j://{password}@127.0.0.1:1"):
            with pytest.raises(StoreError, match="names a user") as refused:
                open_store(url, place.chain, place.access)
            shown += ["".join(traceback.format_exception(refused.value)).replace(url, "")]
    finally:
        logging.getLogger("neo4j").setLevel(logging.NOTSET)
    assert len(caplog.records) > 20  # the driver did tell what it does
    shown += [record.getMessage() for record in caplog.records] + list(capfd.readouterr())
    assert [text for text in shown if password in text] == []


HOSTILE = (
    "'}) MATCH (n) DETACH DELETE n //",
    "\"]}) RETURN 1 UNION MATCH (n) DETACH DELETE n //",
    "`) DETACH DELETE n //",
    "$key",
    "\\u0060}) DETACH DELETE n",
    "+chain:* OR *:* ~ ^ \\",
    '" OR chain:"',
    "Knockon:Company {x: 1}",
)  # fmt: skip


def graph(place: Place, query: str) -> list[list[object]]:
    with neo4j.GraphDatabase.driver(place.url, auth=(place.access.user, place.access.password)) as driver:
        return [list(record.values()) for record in driver.execute_query(query).records]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_typed_is_data(place: Place, text: str) -> None:
    """In every field, as the name of a chain and of a database, and in every question."""
    with place.open() as witness:
        witness.upsert([company("w", name="witness")])
        before = witness.snapshot()
        labels = graph(place, "CALL db.labels() YIELD label RETURN collect(label)")
        with replace(place, chain=place.chain + text).open() as store:
            a = company(text, name=text, aliases=[text], identifiers=[text], market=text, **{text: text})
            store.upsert([a, company("b")])
            between = link(text, "b", category=text, period=text, evidence=text, file=text, **{text: text})
            store.upsert([between])
            report = {"id": text, "company": text, "text": text, "component": [text], text: text}
            store.upsert([fact("complaints", report, source_ref=text, loaded_at=a.loaded_at)])
            assert store.read("companies", [(text,)]) == {(text,): a}
            assert store.read("links", [between.key]) == {between.key: between}
            assert list(store.scan("links", text)) == [between]
            assert next(iter(store.scan("complaints"))).values["text"] == text
            assert store.page(role=text) == []
            assert len(store.page(after="")) == 2
            assert {f.id for f, _ in store.search(text)} <= {text, "b"}
            assert len(store.neighbourhood(text, 2, 10).companies) == 2
            store.columns({"links": ["category", "share"], "companies": ["name"]})
            store.delete_source(text)
            assert store.delete_company(text).counts["companies"] == 1
            assert [f.id for f in store.page()] == ["b"]
        with pytest.raises(StoreError):
            replace(place, access=replace(place.access, database=text)).open()
        assert witness.snapshot() == before
        assert [f.id for f in witness.page()] == ["w"]
        after = graph(place, "CALL db.labels() YIELD label RETURN collect(label)")
        allowed = {"Market", "Complaint", "Missing"}
        assert set(after[0][0]) - set(labels[0][0]) <= allowed  # type: ignore[call-overload]
