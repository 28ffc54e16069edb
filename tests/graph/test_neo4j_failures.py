"""What a Neo4j store says when its server fails, and that nothing is lost: real servers, really broken."""

import random
import resource
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from os import kill
from typing import Any

import neo4j
import neo4j.exceptions
import pytest

from graph.errors import KnockonError, StoreError, StoreOutdated, StoreUnavailable
from graph.stores import neo4j as cypher
from graph.stores.base import Access
from graph.stores.neo4j_facts import key_of
from graph.stores.neo4j_store import Neo4jStore
from scripts.neo4j_server import USER, Server
from tests.conftest import Neo4j
from tests.freezing import freeze
from tests.graph.conftest import Place
from tests.graph.facts import SIZE, batch, company, content_hash
from tests.graph.store_processes import (
    acknowledged,
    ends_undisturbed,
    kept_after_a_kill,
    start,
    whole_batches,
)


@pytest.fixture
def place(neo4j_server: Neo4j) -> Place:
    return Place(neo4j_server.url, uuid.uuid4().hex[:8], Access(USER, neo4j_server.password))


@pytest.fixture
def fragile(neo4j_of_its_own: Server) -> Place:
    """An empty chain on the server that may be broken."""
    server = neo4j_of_its_own
    return Place(server.url, uuid.uuid4().hex[:8], Access(USER, server.password))


def opened(place: Place, **more: Any) -> Neo4jStore:
    store = replace(place, access=replace(place.access, **more)).open()
    assert isinstance(store, Neo4jStore)
    return store


def said(question: Callable[[], object]) -> KnockonError:
    """The error that a question ends in; it names a remedy."""
    with pytest.raises(StoreError) as caught:
        question()
    assert caught.value.remedy
    return caught.value


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """A program that is no Neo4j: it says `reply` to whoever speaks to it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.recv(100)
                    client.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        yield f"bolt://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("given", "kind", "message", "remedy"),
    [
        ({"password": "wrong-5ecret"}, StoreError, "does not know this user", "KNOCKON_STORE_PASSWORD"),
        ({"password": ""}, StoreError, "does not know this user", "KNOCKON_STORE_PASSWORD"),
        ({"user": "nobody"}, StoreError, "does not know this user", "KNOCKON_STORE_USER"),
        ({"database": "none-such"}, StoreError, "no database none-such", "KNOCKON_STORE_DATABASE"),
        ({"certificates": "/no/such/file"}, StoreError, "/no/such/file holds no", "KNOCKON_STORE_CA"),
        ({"certificates": __file__}, StoreError, "holds no certificates", "KNOCKON_STORE_CA"),
    ],
)
def test_how_it_is_entered(
    place: Place, given: dict[str, Any], kind: type, message: str, remedy: str
) -> None:
    error = said(lambda: opened(place, **given))
    assert type(error) is kind
    assert message in error.message
    assert remedy in error.remedy
    assert "5ecret" not in str(error) + error.remedy


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_nobody_there(place: Place, scheme: str) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        for host in (f"127.0.0.1:{taken.getsockname()[1]}", "no.such.host.invalid:7687"):
            began = time.monotonic()
            error = said(lambda host=host: opened(replace(place, url=f"{scheme}://{host}")))  # type: ignore[misc]
            assert type(error) is StoreUnavailable
            assert "does not answer" in error.message
            assert "make neo4j-up" in error.remedy
            assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", StoreUnavailable, "does not answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", StoreOutdated, "no Neo4j"),
        (b"\0\0\0\0", StoreOutdated, "too old"),
        (b"", StoreUnavailable, "before a word"),
    ],
)
def test_somebody_else_there(place: Place, reply: bytes, kind: type, message: str) -> None:
    with answering(reply) as url:
        error = said(lambda: opened(replace(place, url=url)))
    assert type(error) is kind
    assert message in error.message


def test_versions() -> None:
    for agent in ("Neo4j/4.4.40", "Neo4j/5.25.1", "Neo4j/3.5", "Memgraph/5.26.0", ""):
        with pytest.raises(StoreOutdated, match=r"5\.26") as outdated:
            cypher.check_server(agent)
        assert "upgrade" in outdated.value.remedy
    for agent in ("Neo4j/5.26.0", "Neo4j/5.26.31", "Neo4j/2025.10.1"):
        cypher.check_server(agent)
    for version in ("5.28.1", "4.4", "1"):
        with pytest.raises(StoreError, match="too old") as old:
            cypher.check_driver(version)
        assert "make setup" in old.value.remedy
    for version in ("6.0.0", "6.4.1", "7.0.dev1"):
        cypher.check_driver(version)


def packed(text: str) -> bytes:
    """A text as Bolt says it."""
    said = text.encode()
    return b"\xd0" + bytes([len(said)]) + said


@contextmanager
def calling_itself(agent: str) -> Iterator[str]:
    """A server that speaks Bolt 5.4 as far as being greeted, and then says what it is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    with client:
                        client.recv(100)
                        client.sendall(b"\0\0\4\5")
                        client.recv(1000)
                        known = {"server": agent, "connection_id": "bolt-1"}
                        pairs = b"".join(packed(name) + packed(value) for name, value in known.items())
                        greeting = b"\xb1\x70" + bytes([0xA0 + len(known)]) + pairs
                        for each in (greeting, b"\xb1\x70\xa0"):  # of HELLO, of LOGON
                            client.sendall(len(each).to_bytes(2, "big") + each + b"\0\0")
                        while client.recv(1000):
                            pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"bolt://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("agent", ["Neo4j/4.4.40", "Neo4j/5.25.1", "Memgraph/5.26.0"])
def test_a_server_of_another_age(place: Place, agent: str) -> None:
    with calling_itself(agent) as url:
        error = said(lambda: opened(replace(place, url=url)))
    assert type(error) is StoreOutdated
    assert agent in error.message
    assert "5.26 or newer is needed" in error.message
    assert "make neo4j-up" in error.remedy


def test_a_password_that_must_be_changed_first(place: Place) -> None:
    """As near to a user without rights as the Community edition comes: it knows no roles."""
    name = f"u{uuid.uuid4().hex[:8]}"
    with neo4j.GraphDatabase.driver(place.url, auth=(place.access.user, place.access.password)) as driver:
        driver.execute_query(f"CREATE USER {name} SET PASSWORD 'to be changed'", database_="system")
        try:
            error = said(lambda: opened(place, user=name, password="to be changed"))
            assert "wants a new password" in error.message
            assert "ALTER CURRENT USER SET PASSWORD" in error.remedy
        finally:
            driver.execute_query(f"DROP USER {name}", database_="system")


@contextmanager
def outsider(place: Place) -> Iterator[neo4j.Transaction]:
    """A transaction of somebody else."""
    auth = (place.access.user, place.access.password)
    with (
        neo4j.GraphDatabase.driver(place.url, auth=auth) as driver,
        driver.session() as session,
        session.begin_transaction() as transaction,
    ):
        yield transaction


def hold(transaction: neo4j.Transaction, place: Place, table: str, *key: str) -> None:
    held = key_of(place.chain, table, key)
    query = "MATCH (n:Knockon {key: $key}) SET n.held = true REMOVE n.held"
    transaction.run(query, key=held).consume()


def test_a_time_limit(place: Place) -> None:
    with opened(place) as patient, opened(place, timeout=1.0) as store:
        patient.upsert([company("a")])  # so that the server knows these questions
        with outsider(place) as transaction:
            hold(transaction, place, "chain")
            began = time.monotonic()
            error = said(lambda: store.upsert([company("b")]))
            assert time.monotonic() - began < 10
            assert patient.snapshot().revision == 1  # who reads does not wait
        assert type(error) is StoreUnavailable
        assert "longer than 1 s" in error.message
        assert "KNOCKON_STORE_TIMEOUT" in error.remedy
        assert patient.upsert([company("b")]).added == 1


def test_a_deadlock_with_an_outsider(place: Place) -> None:
    with opened(place) as store:
        store.upsert([company("a"), company("b")])
        before = store.snapshot()
        errors: list[KnockonError] = []
        with suppress(neo4j.exceptions.TransientError), outsider(place) as transaction:
            hold(transaction, place, "companies", "a")
            change = [company("a", name="new"), company("b", name="new")]

            def work() -> None:
                try:
                    store.upsert(change)
                except KnockonError as error:
                    errors.append(error)

            ours = threading.Thread(target=work)
            ours.start()
            time.sleep(1)
            hold(transaction, place, "chain")  # the server ends one of the two
            ours.join(30)
        ours.join(30)
        if not errors:  # it was the outsider
            assert store.snapshot().revision == before.revision + 1
            return
        assert type(errors[0]) is StoreUnavailable
        assert "somebody else" in errors[0].message
        assert store.snapshot() == before
        assert store.upsert(change).updated == 2


def test_a_server_with_little_memory(fragile: Place) -> None:
    many = [company(f"m{i}", name="x" * 2000, remark="y" * 2000) for i in range(6000)]
    with opened(fragile) as store:
        error = said(lambda: store.upsert(many))
        assert type(error) is StoreUnavailable
        assert "memory" in error.message
        assert "dbms.memory.transaction.total.max" in error.remedy
        assert store.snapshot().revision == 0
        assert store.upsert(many[:100]).added == 100


def test_a_server_that_went_silent(fragile: Place, neo4j_of_its_own: Server) -> None:
    pid = neo4j_of_its_own.pid
    assert pid
    with opened(fragile) as store:
        store.upsert(batch(0)[0])
        before = store.snapshot()
        freeze(pid)
        try:
            began = time.monotonic()
            error = said(store.snapshot)
            assert time.monotonic() - began < 15  # the server promised a word every two seconds
        finally:
            kill(pid, signal.SIGCONT)
        assert type(error) is StoreUnavailable
        assert "does not answer" in error.message
        assert store.snapshot() == before


# -- what a writer leaves that is killed between its notes -----------------------------------------------


def notes(store: Neo4jStore) -> list[Any]:
    query = cypher.COMMITTED
    return store._server.read(lambda run: run(query, commits=store._commits))[0]


def timed(question: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    answer = question()
    return answer, time.monotonic() - began


def test_a_reader_puts_right_what_a_killed_writer_left(place: Place) -> None:
    with opened(place) as store:
        store.upsert(batch(0)[0])
        before = store.snapshot()
        store._note(cypher.BEGIN_COMMIT, 2)  # killed before its commit
        assert notes(store) == [2, 1]
        found, first = timed(lambda: store.columns({"companies": ["id"]}))
        assert (found[0], len(found[1]["companies"]["id"].codes)) == (before, SIZE)
        assert notes(store) == [1, 1]
        assert first < 5
        assert store.snapshot() == before


def test_a_writer_puts_right_what_another_left(place: Place) -> None:
    with opened(place) as store:
        store.upsert(batch(0)[0])
        store._note(cypher.BEGIN_COMMIT, 2)
        with store.transaction():
            store.upsert(batch(1)[0])
            assert notes(store) == [1, 1]  # readers need not wait for this transaction
            with opened(place) as reader:
                assert reader.snapshot().revision == 1
        assert notes(store) == [2, 2]


def test_what_is_not_committed_does_not_stay(place: Place) -> None:
    with opened(place) as store:
        store._note(cypher.BEGIN_COMMIT, 1)
        with store._server.writing() as (run, _):
            run(cypher.BEGIN_COMMIT, commits=store._commits, chain=store.chain, revision=2)
        assert notes(store) == [1, None]


def test_notes_that_come_late_take_nothing_back(place: Place) -> None:
    with opened(place) as store:
        for number in range(3):
            store.upsert(batch(number)[0])
        store._note(cypher.END_COMMIT, 1)
        assert notes(store) == [3, 3]
        store._note(cypher.BEGIN_COMMIT, 4)
        store._note(cypher.END_COMMIT, 3)  # of the one before, who was slow to say so
        store._note(cypher.BEGIN_COMMIT, 2)
        assert notes(store) == [4, 3]


# -- what is left of a schema that was being made -------------------------------------------------------


def own_schema(server: Server, *statements: str) -> None:
    """Takes knockon's schema away, and does these."""
    auth = (USER, server.password)
    with neo4j.GraphDatabase.driver(server.url, auth=auth) as driver:
        for kind, kinds in (("CONSTRAINT", "CONSTRAINTS"), ("INDEX", "INDEXES")):
            shown = f"SHOW {kinds} YIELD name WHERE name STARTS WITH 'knockon_'"
            for record in driver.execute_query(shown).records:
                driver.execute_query(f"DROP {kind} {record['name']}")
        for statement in statements:
            driver.execute_query(statement)


def is_there(server: Server, what: str) -> bool:
    """Whether SHOW finds it under the name of knockon's one constraint, by which all nodes are found."""
    with neo4j.GraphDatabase.driver(server.url, auth=(USER, server.password)) as driver:
        query = f"SHOW {what} AND name = 'knockon_key' RETURN count(name)"
        return bool(driver.execute_query(query).records[0][0])


UNIQUE = "CONSTRAINTS YIELD name, labelsOrTypes WHERE labelsOrTypes = ['Knockon']"
THEIRS = "INDEXES YIELD name, labelsOrTypes WHERE labelsOrTypes = ['Theirs']"
HALF_A_CONSTRAINT = "CREATE INDEX knockon_key FOR (n:Knockon) ON (n.key)"
UNPLANNED = "MATCH (n:Knockon {key: ''}) USING INDEX n:Knockon(key) USING SCAN n:Knockon RETURN n"


def test_a_constraint_whose_making_was_cut_short(fragile: Place, neo4j_of_its_own: Server) -> None:
    """Its index is left, without it; what a killed client leaves looks the same."""
    own_schema(neo4j_of_its_own, HALF_A_CONSTRAINT)
    with opened(fragile) as store:
        assert store.upsert([company("a")]).added == 1
    assert is_there(neo4j_of_its_own, UNIQUE)


def test_an_index_of_somebody_else_with_our_name(fragile: Place, neo4j_of_its_own: Server) -> None:
    try:
        own_schema(neo4j_of_its_own, "CREATE INDEX knockon_key FOR (n:Theirs) ON (n.name)")
        with opened(fragile) as store:
            error = said(lambda: store.upsert([company("a")]))
            assert "bears a name that is knockon's" in error.message
            assert store.snapshot().revision == 0
        assert is_there(neo4j_of_its_own, THEIRS)
    finally:
        own_schema(neo4j_of_its_own)


def test_a_plan_that_failed_since_its_index_was_moving(place: Place) -> None:
    """A server says so between two states of an index; two hints that exclude each other make it say so."""
    with opened(place) as store:
        store.upsert([company("a")])
        asked = []

        def twice_in_vain(run: cypher.Run) -> int:
            asked.append(UNPLANNED if len(asked) < 2 else "RETURN 7")
            return int(run(asked[-1])[0][0])

        assert store._server.read(twice_in_vain) == 7
        assert len(asked) == 3
        with pytest.raises(StoreUnavailable) as caught, store._server.writing() as (run, _):
            run(UNPLANNED)
        assert "being made, or dropped" in caught.value.message


def test_killed_while_it_makes_the_schema(fragile: Place, neo4j_of_its_own: Server) -> None:
    chance = random.Random()
    for number in range(4):
        own_schema(neo4j_of_its_own)
        with start(fragile, number, number + 1) as process:
            time.sleep(chance.uniform(0.0, 0.6))
            process.kill()
        with opened(fragile) as store:
            for facts in batch(number):
                store.upsert(facts)
            assert number in whole_batches(store, 4)
        assert is_there(neo4j_of_its_own, UNIQUE)


# -- the disk ---------------------------------------------------------------------------------------------


def test_a_full_disk_then_a_read_only_database(fragile: Place, neo4j_of_its_own: Server) -> None:
    """A limit on the size of files is as good as a full disk, and needs no disk of its own."""
    server = neo4j_of_its_own
    with opened(fragile) as store:
        for facts in batch(0):
            store.upsert(facts)
        before = store.snapshot()
        store._note(cypher.BEGIN_COMMIT, 3)
        assert server.pid
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        errors = [said(lambda: store.upsert(batch(1)[0])) for _ in range(2)]
        assert {type(error) for error in errors} == {StoreUnavailable}
        assert "disk" in errors[0].message
        assert "disk" in errors[1].message + errors[1].remedy
        assert all("start the server again" in error.remedy for error in errors)
        server.kill()
        server.start(server.port)  # once as it was: a database that is read-only cannot recover
        server.stop()
        frozen = replace(server, settings={**server.settings, "server.databases.read_only": "neo4j"})
        frozen.start(server.port, patience=100)
        try:
            for asked in (store, opened(fragile)):
                assert asked.snapshot() == before
                stamp, columns = asked.columns({"companies": ["id"], "links": ["share"]})
                assert (stamp, len(columns["links"]["share"])) == (before, 3 * SIZE)  # type: ignore[arg-type]
                assert asked.search("company 0-3")[0][1] == 1.0
                assert len(asked.page()) == 100
                facts = [f for table in ("companies", "links") for f in asked.scan(table)]
                assert content_hash(facts) == before.hash
                assert timed(asked.snapshot)[1] < 2
                error = said(lambda asked=asked: asked.upsert(batch(1)[0]))  # type: ignore[misc]
                assert "read-only" in error.message
                assert "server.databases.read_only" in error.remedy
                assert notes(asked) == [3, 2]
        finally:
            frozen.kill()
            server.start(frozen.port)
        assert store.upsert(batch(1)[0]).added == SIZE
        assert notes(store) == [3, 3]


# -- the server killed ------------------------------------------------------------------------------------


def kill_the_server_and_load_again(place: Place, server: Server, kills: int) -> None:
    """After each kill a process loads on; what was acknowledged is there, and nothing by halves."""
    chance = random.Random()
    count = 8 * kills
    kept: set[int] = set()
    for _ in range(kills):
        with start(place, len(kept), count) as process:
            time.sleep(chance.uniform(0.0, 1.5))
            server.kill()
            told = acknowledged(process)
        server.start(server.port)
        kept = kept_after_a_kill(place, count, kept, told)
    ends_undisturbed(place, count)


def test_a_server_killed_at_any_moment(fragile: Place, neo4j_of_its_own: Server) -> None:
    kill_the_server_and_load_again(fragile, neo4j_of_its_own, 4)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_server_killed_at_fifty_moments(fragile: Place, neo4j_of_its_own: Server) -> None:
    kill_the_server_and_load_again(fragile, neo4j_of_its_own, 50)
