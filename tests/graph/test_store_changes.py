"""The contract of a store, run over every store: deleting, and transactions, several at once."""

import threading
from itertools import permutations

import pytest

from graph.errors import KnockonError, NotFound, StoreError
from graph.model import Fact, fact
from graph.ontology import TABLES
from graph.stores.base import Store, Written
from tests.graph.conftest import Place
from tests.graph.facts import SIZE, batch, company, content_hash, link
from tests.graph.told import names, numbers, put, read_all, told

# -- deleting ------------------------------------------------------------------------------------------


def test_deleting_a_company(store: Store) -> None:
    kept = [
        company("a"),
        company("c"),
        link("c", "a"),
        fact("products", {"id": "pa", "company": "a"}),
        fact("complaints", {"id": "2", "company": "a", "product": "pb", "batch": "b1"}),
    ]
    put(store, *kept)
    before = store.snapshot()
    gone = [
        company("b"),
        link("a", "b"),
        link("b", "c"),
        link("b", "a", "COMPETES_WITH"),
        fact("products", {"id": "pb", "company": "b"}),
        fact("parts", {"product": "pb", "category": "x", "supplier": "a"}),
        fact("parts", {"product": "pa", "category": "x", "supplier": "b"}),
        fact("batches", {"id": "b1", "supplier": "b"}),
        fact("outlets", {"id": "o", "company": "b"}),
        fact("events", {"id": "e", "company": "b"}),
        fact("complaints", {"id": "1", "company": "b", "courier": "b"}),
    ]
    put(store, *gone)
    assert store.delete_company("b").counts == {
        **{"companies": 1, "products": 1, "batches": 1, "outlets": 1},
        **{"parts": 2, "links": 3, "events": 1, "complaints": 1},
    }
    assert sorted(told([f for t in TABLES for f in store.scan(t)]), key=str) == sorted(told(kept), key=str)
    assert store.snapshot().hash == before.hash
    with pytest.raises(NotFound, match="'b'") as error:
        store.delete_company("b")
    assert error.value.remedy


def test_deleting_a_source(store: Store) -> None:
    put(
        store,
        company("a", "one.csv:2", name="Alpha", cash=1.0, aliases=["x"]),
        company("b", "one.csv:3", name="Beta", cash=5.0),
        company("c", "one.csv:4"),
        company("d", "one.csv:40:5", name="Delta"),
        link("a", "b", share=0.5, file="one.csv:2"),
        link("b", "a", share=0.5, file="two.csv:2"),
    )
    put(
        store,
        company("a", "two.csv:2", city="Ulm", cash=2.0, assumed=["cash"]),
        company("e", "one.csv2:4"),
    )
    gone = store.delete_source("one.csv")
    assert gone.counts == {"companies": 2, "links": 1}
    assert gone.changed == {"companies": 2}
    a, b, e = read_all(store, "companies")
    assert dict(a.values) == {"id": "a", "name": "a", "city": "Ulm", "cash": 2.0, "assumed": ("cash",)}
    assert a.source_ref == "two.csv:2"
    assert dict(b.values) == {"id": "b", "name": "Beta"}  # told by nobody else, but the other link needs it
    assert e.id == "e"
    assert [f.key[0] for f in store.scan("links")] == ["b"]
    assert store.snapshot().hash == content_hash([*read_all(store, "companies"), *read_all(store, "links")])
    again = store.snapshot()
    assert (store.delete_source("one.csv").counts, store.snapshot()) == ({}, again)
    assert store.delete_source("two.csv").counts == {"companies": 2, "links": 1}  # a, and b with the link
    assert [f.id for f in store.scan("companies")] == ["e"]


@pytest.mark.parametrize("order", list(permutations(("companies.csv", "links.csv", "more.csv"))))
def test_the_order_of_deletions_does_not_matter(store: Store, order: tuple[str, ...]) -> None:
    put(store, company("mine", "mine.csv:2"), company("a"), company("b", name="Beta"), link("a", "b"))
    put(store, fact("products", {"id": "p", "company": "a"}, source_ref="more.csv:2"))
    put(store, company("a", "more.csv:3", city="Ulm"))
    for file in order:
        store.delete_source(file)
    assert [f.id for f in store.scan("companies")] == ["mine"]
    assert store.snapshot().hash == content_hash([company("mine")])
    assert store.search("Beta") == []


def test_load_after_delete_is_as_new(store: Store) -> None:
    companies, links = batch(3)
    put(store, *companies, *links)
    before = store.snapshot()
    store.delete_source("companies.csv")
    store.delete_source("links.csv")
    assert set(store.counts().values()) == {0}
    assert store.snapshot().hash == "0" * 64
    put(store, *companies, *links)
    assert store.snapshot().hash == before.hash
    assert store.upsert(links) == Written(unchanged=len(links))


# -- transactions, several at once ---------------------------------------------------------------------


def test_a_transaction_is_whole_or_not_at_all(place: Place) -> None:
    def change_and_stop() -> None:
        with store.transaction():
            store.set_currency("CNY")
            put(store, company("b"), link("a", "b"))
            with store.transaction():
                store.delete_company("a")
            assert [f.id for f in store.scan("companies")] == ["b"]
            assert store.search("a") == []
            assert other.snapshot() == before
            raise RuntimeError("stop")

    with place.open() as store, place.open() as other:
        put(store, company("a"))
        before = store.snapshot()
        with pytest.raises(RuntimeError, match="stop"):
            change_and_stop()
        assert store.snapshot() == other.snapshot() == before
        assert store.counts()["links"] == 0
        assert store.upsert([link("a", "b")]).refused
        with store.transaction():
            put(store, company("b"))
            put(store, link("a", "b"))
        assert other.snapshot().revision == before.revision + 1
        assert other.counts()["links"] == 1


def test_a_part_that_failed_fails_the_transaction(store: Store) -> None:
    broken = Fact("companies", ("z",), {"id": "z", "cash": "not a number"})

    def go_on_after_a_failure() -> None:
        with store.transaction():
            put(store, company("a"))
            with pytest.raises(KnockonError):
                store.upsert([company("b"), broken])

    with pytest.raises(StoreError) as error:
        go_on_after_a_failure()
    assert error.value.remedy
    assert store.snapshot().revision == 0
    with store.transaction():
        put(store, company("a"))
        with pytest.raises(NotFound):
            store.delete_company("nobody")  # changes nothing, so it spoils nothing
    assert store.counts()["companies"] == 1


def test_handles_follow_each_other(place: Place) -> None:
    with place.open() as one, place.open() as two:
        put(one, company("a"), company("b"), link("a", "b"))
        put(two, company("c"), link("a", "c"), link("b", "c", category="x"))
        one.delete_company("a")
        assert two.upsert([link("a", "c")]).refused
        put(two, company("d"), company("a"))
        assert one.upsert([link("d", "a"), link("c", "a", category="x")]).added == 2
        assert one.snapshot() == two.snapshot()
        ends = {(f.key[0], f.key[2]) for f in two.scan("links")}
        assert ends == {("b", "c"), ("d", "a"), ("c", "a")}
        assert one.snapshot().hash == content_hash(f for t in ("companies", "links") for f in two.scan(t))


def test_a_closed_store_says_so(place: Place) -> None:
    store = place.open()
    store.close()
    store.close()
    for question in (store.snapshot, store.page, lambda: store.upsert([company("a")])):
        with pytest.raises(StoreError, match="closed"):
            question()


def test_threads_share_a_store(store: Store) -> None:
    batches = [batch(number) for number in range(6)]
    failures: list[BaseException] = []
    done = threading.Event()

    def work(task: str) -> None:
        try:
            if task == "write":
                for companies, links in batches:
                    with store.transaction():
                        put(store, *companies, *links)
                done.set()
            while task == "read" and not done.is_set():
                snapshot, columns = store.columns({"companies": ["id"], "links": ["share"]})
                assert len(names(columns["companies"], "id")) == SIZE * snapshot.revision
                assert len(numbers(columns["links"], "share")) == 3 * SIZE * snapshot.revision
                assert len(store.search("company 0-3")) >= (snapshot.revision > 0)
                assert len(list(store.scan("companies"))) % SIZE == 0
        except BaseException as error:  # noqa: BLE001  # shown by the test
            failures.append(error)
            done.set()

    threads = [threading.Thread(target=work, args=(task,)) for task in ("write", "read", "read", "read")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.counts()["links"] == 3 * SIZE * len(batches)
