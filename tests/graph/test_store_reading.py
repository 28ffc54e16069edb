"""The contract of a store, run over every store: columns, search, pages, neighbours."""

import random
from collections.abc import Iterator

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.ontology import TABLES, LinkKind
from graph.stores.base import Store
from tests.graph.conftest import Place
from tests.graph.facts import batch, company, link
from tests.graph.told import check_columns, every_column, put, read_all, told

# -- columns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_the_facts(store: Store, table: str) -> None:
    put(store, company("a"), company("b"), company("c"))
    facts = [every_column(table, number) for number in (5, 40, 1)]
    if table == "links":
        facts += [
            link("b", "a", share=0.1),
            link("c", "a", share=0.2, assumed=["share"]),
            link("c", "b", "OWNS"),
        ]
    store.upsert(facts)
    check_columns(store, table, read_all(store, table))


def test_columns_after_the_last_value_went(store: Store) -> None:
    put(store, company("a", "a.csv:1", cash=1.0), company("b", "b.csv:1"), link("a", "b", file="a.csv:2"))
    store.delete_company("a")
    check_columns(store, "companies", read_all(store, "companies"))
    check_columns(store, "links", [])


# -- search, page, neighbourhood -----------------------------------------------------------------------

KNOWN = [
    company("gm", name="General Motors Company", aliases=["GM", "通用汽车"]),
    company("lges", name="LG Energy Solution, Ltd."),
    company("hyundai", name="Hyundai Motor Company", aliases=["现代汽车"]),
    company("hma", name="Hyundai Motor America"),
    company("catl", name="宁德时代新能源科技股份有限公司"),
    company("byd", name="比亚迪股份有限公司", aliases=["比亚迪"]),
    company("yum", name="百胜中国"),
    company("skoda", name="Škoda Auto a.s."),
    company("toyota", name="トヨタ自動車"),
    company("kia", name="기아"),
    company("gaz", name="Горьковский автомобильный завод"),
    company("x", name="X"),
]


@pytest.fixture
def known(store: Store) -> Store:
    store.upsert([*KNOWN, *batch(0)[0]])
    return store


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("gm", "gm"),
        ("GM", "gm"),
        ("general motors company", "gm"),
        ("通用汽车", "gm"),
        ("ｇｍ", "gm"),
        ("X", "x"),
        ("Skoda Auto a.s.", "skoda"),
        ("ŠKODA AUTO A.S.", "skoda"),
        ("比亚迪", "byd"),
        ("기아", "kia"),
        ("горьковский автомобильный завод", "gaz"),
        ("トヨタ自動車", "toyota"),
        ("c0000-0017", "c0000-0017"),
        ("company 0-17", "c0000-0017"),
    ],
)
def test_exact_names_are_found(known: Store, text: str, id: str) -> None:
    (best, likeness), *others = known.search(text)
    assert (best.id, likeness) == (id, 1.0)
    assert best == known.read("companies", [(id,)])[(id,)]
    assert all(0 < score < 1 for _, score in others)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Genral Motors", "gm"),
        ("Motors General", "gm"),
        ("Hyndai Motor Compny", "hyundai"),
        ("LG Enegry Soluton", "lges"),
        ("lg energy", "lges"),
        ("宁德", "catl"),
        ("宁德时代", "catl"),
        ("宁德时待新能源科技", "catl"),
        ("比呀迪", "byd"),
        ("比亚笛", "byd"),
        ("迪", "byd"),
        ("百胜", "yum"),
        ("トヨタ", "toyota"),
        ("автомобилный завод", "gaz"),
    ],
)
def test_typos_and_parts_are_forgiven(known: Store, text: str, id: str) -> None:
    (best, likeness), *_ = known.search(text)
    assert best.id == id
    assert 0.5 < likeness < 1


def test_search_is_in_order_and_limited(known: Store) -> None:
    found = known.search("Hyundai", 50)
    assert {f.id for f, _ in found[:2]} == {"hyundai", "hma"}
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert known.search("company", 7) == known.search("company", 100)[:7]
    assert len(known.search("company", 150)) == 150
    for nothing in ("", "   ", "\n", "\0", "zzzzqqqq", "？？"):
        assert known.search(nothing) == []
    assert isinstance(known.search("a" * 100_000), list)


def test_search_follows_changes(store: Store) -> None:
    def best(text: str) -> list[str]:
        return [f.id for f, score in store.search(text) if score == 1.0]

    put(store, company("a", "1.csv:2", name="Alpha Works"), company("b", "2.csv:2", name="Beta Mills"))
    put(store, company("a", "3.csv:2", name="Gamma Forge", aliases=["Alef"]))
    assert (best("alpha works"), best("gamma forge"), best("alef")) == ([], ["a"], ["a"])
    store.delete_source("3.csv")
    assert (best("gamma forge"), best("alef"), best("a")) == ([], [], ["a"])
    store.delete_company("b")
    assert best("beta mills") == []
    put(store, company("b", name="Delta"))
    assert (best("beta mills"), best("delta")) == ([], ["b"])


def test_pages(store: Store) -> None:
    ids = [f"c{i:02d}" for i in range(25)]
    roles = {id: ["dealer"] if i % 2 else ["brand", "supplier"] for i, id in enumerate(ids)}
    store.upsert(
        [company(id, roles=roles[id]) for id in random.Random(1).sample(ids, 25)] + [company("none")]
    )
    assert [f.id for f in store.page(limit=10)] == ids[:10]
    assert [f.id for f in store.page(after=ids[9], limit=10)] == ids[10:20]
    assert [f.id for f in store.page(after="c0", limit=3)] == ids[:3]
    assert [f.id for f in store.page("supplier")] == ids[::2]
    assert [f.id for f in store.page("dealer", ids[3], 2)] == [ids[5], ids[7]]
    assert store.page("regulator") == store.page("no role") == store.page(after="zzz") == []


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_neighbourhood(places: Iterator[Place], chance: random.Random) -> None:
    ids = [f"{i:02d}" for i in range(30)]
    graph = nx.Graph()
    graph.add_nodes_from(ids)
    links = {}
    for _ in range(chance.randrange(50)):
        a, b = chance.sample(ids, 2)
        made = link(a, b, chance.choice(tuple(LinkKind)))
        links[made.key] = made
        graph.add_edge(a, b)
    with next(places).open() as store:
        put(store, *map(company, ids), *links.values())
        for depth, limit in ((0, 5), (1, 30), (2, 5), (3, 12), (30, 30), (2, 1)):
            start = chance.choice(ids)
            found = store.neighbourhood(start, depth, limit)
            near = nx.single_source_shortest_path_length(graph, start, depth)
            expected = sorted(near.items(), key=lambda at: (at[1], at[0]))
            assert [(f.id, hops) for f, hops in found.companies] == expected[:limit]
            assert found.cut == (len(expected) > limit)
            kept = {id for id, _ in expected[:limit]}
            among = [f for _, f in sorted(links.items()) if {f.key[0], f.key[2]} <= kept]
            assert told(found.links) == told(among)
