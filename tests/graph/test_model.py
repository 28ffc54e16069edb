"""Facts: what is accepted, how two tellings merge, what is forgotten with a file, what the hash covers."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.digests import digest, digests
from graph.errors import ValueRejected
from graph.model import Fact, contradiction, fact, forget, key_of, merge, told_by
from graph.ontology import LinkKind, Role
from tests.graph.facts import company, link


def test_a_fact_keeps_what_is_not_blank() -> None:
    made = fact(
        "companies",
        {
            **{"id": "a", "name": "", "roles": ["supplier", "brand", "brand"], "cash": 3, "aliases": []},
            **{"city": None, "identifiers": ("lei:1", "lei:1"), "resale": -0.0, "编号": 2**60},
        },
        source_ref="f.csv:2",
        loaded_at="2025-01-01",
    )
    assert dict(made.values) == {
        "id": "a",
        "name": "a",
        "roles": ("brand", "supplier"),
        "cash": 3.0,
        "identifiers": ("lei:1",),
        "resale": 0.0,
        "编号": "1152921504606846976",
    }
    assert (made.table, made.key, made.id) == ("companies", ("a",), "a")
    assert (made.source_ref, made.loaded_at, dict(made.refs)) == ("f.csv:2", "2025-01-01", {})
    assert str(made.values["resale"]) == "0.0"
    assert {type(role) for role in made.values["roles"]} == {str}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("table", "values", "column"),
    [
        ("companies", {"name": "a"}, "id"),
        ("companies", {"id": "a\0"}, "id"),
        ("companies", {"id": "\ud800"}, "id"),
        ("companies", {"id": 1}, "id"),
        ("companies", {"id": "a", "roles": ["maker"]}, "roles"),
        ("companies", {"id": "a", "roles": "brand"}, "roles"),
        ("companies", {"id": "a", "aliases": ["b", 1]}, "aliases"),
        ("companies", {"id": " \r\n "}, "id"),
        ("companies", {"id": "a", "cash": float("nan")}, "cash"),
        ("companies", {"id": "a", "cash": float("inf")}, "cash"),
        ("companies", {"id": "a", "cash": -1}, "cash"),
        ("companies", {"id": "a", "cash": True}, "cash"),
        ("companies", {"id": "a", "cash": "1"}, "cash"),
        ("companies", {"id": "a", "resale": 1.01}, "resale"),
        ("companies", {"id": "a", "latitude": 91}, "latitude"),
        ("companies", {"id": "a", "x\0": "1"}, "x\0"),
        ("companies", {"id": "a", "\udc80": "1"}, "\udc80"),
        ("companies", {"id": "a", "x": "\udc80"}, "x"),
        ("links", {"source": "a", "kind": "SUPPLIES"}, "target"),
        ("links", {"source": "a", "target": "a", "kind": "SUPPLIES"}, "target"),
        ("links", {"source": "a", "target": "b", "kind": "supplies"}, "kind"),
        ("links", {"source": "a", "target": "b", "kind": "SUPPLIES", "essential": 1}, "essential"),
        ("links", {"source": "a", "target": "b", "kind": "SUPPLIES", "since": "2021-02-29"}, "since"),
        ("products", {"id": "a", "launched": "23/08/2021"}, "launched"),
        ("batches", {"id": "a", "quantity": 1.5}, "quantity"),
        ("batches", {"id": "a", "made_from": "2021-02-03", "made_until": "2020-02-02"}, "made_until"),
        ("rates", {"currency": "EUR"}, "rate"),
        ("rates", {"currency": "EUR", "rate": 0}, "rate"),
        ("parts", {"category": "c"}, "product"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_column(table: str, values: Mapping[str, object], column: str) -> None:
    with pytest.raises(ValueRejected) as error:
        fact(table, values)
    assert error.value.column == column
    assert error.value.message
    assert error.value.remedy


def test_keys() -> None:
    assert link("a", "b").key == ("a", "SUPPLIES", "b", "", "")
    assert link("a", "b", "CARRIES_FOR").key == ("a", "CARRIES_FOR", "b", "delivery", "")
    assert link("a", "b", "SELLS_THROUGH").key == ("a", "SELLS_THROUGH", "b", "goods:a", "")
    assert link("a", "b", "SUPPLIES", category="steel", period="FY2020").key[3:] == ("steel", "FY2020")
    assert link("b", "a", "COMPETES_WITH", category="x").key == ("a", "COMPETES_WITH", "b", "", "")
    assert link("b", "a", "REGULATED_WITH").key == link("a", "b", "REGULATED_WITH").key
    assert link("b", "a", "OWNS").key == ("b", "OWNS", "a", "", "")
    assert key_of("parts", {"product": "p", "category": "c"}) == ("p", "c", "")


def merged(old: Fact, new: Fact) -> Fact:
    result = merge(old, new)
    assert result is not None
    return result


def test_the_later_value_wins_and_a_blank_changes_nothing() -> None:
    old = company("a", "one.csv:2", name="Alpha", cash=1.0, city="Ulm", roles=["dealer"], aliases=["x"])
    assert merge(old, old) is None
    assert merge(old, company("a", "two.csv:3", cash=1.0, aliases=["x"])) is None
    new = merged(old, company("a", "two.csv:3", cash=2.0, roles=["brand"], aliases=["y", "x"], country="DE"))
    assert dict(new.values) == {
        **{"id": "a", "name": "Alpha", "cash": 2.0, "city": "Ulm", "country": "DE"},
        **{"roles": ("brand", "dealer"), "aliases": ("x", "y")},
    }
    assert new.source_ref == "one.csv:2"
    assert new.refs == dict.fromkeys(("cash", "roles", "aliases", "country"), "two.csv:3")
    assert {type(role) for role in new.values["roles"]} == {str}  # type: ignore[union-attr]
    assert (
        merge(new, company("a", "three.csv:1", name="a")) is None
    )  # a row without a name says nothing of it
    assert merged(company("a", name="a"), company("a", name="Alpha")).values["name"] == "Alpha"


def test_what_is_told_anew_is_observed_unless_said() -> None:
    old = company("a", cash=1.0, resale=0.5, assumed=["cash", "resale"])
    assert merged(old, company("a", cash=1.0)).values["assumed"] == ("resale",)
    assert "assumed" not in merged(old, company("a", cash=1.0, resale=0.5)).values
    assert merge(old, company("a", cash=1.0, assumed=["cash"])) is None
    inferred = merged(old, company("a", cash=2.0, inferred=["cash"]))
    assert (inferred.status("cash"), inferred.status("resale"), inferred.status("id")) == (
        "inferred",
        "assumed",
        "observed",
    )


def test_a_symmetric_link_keeps_the_order_of_its_first_row() -> None:
    old = link("b", "a", "COMPETES_WITH")
    assert merge(old, link("a", "b", "COMPETES_WITH")) is None
    new = merged(old, link("a", "b", "COMPETES_WITH", informed=0.1))
    assert (new.values["source"], new.key[0]) == ("b", "a")


def test_contradictions() -> None:
    old = {"id": "a", "name": "Alpha", "cash": 1.0, "aliases": ("x",), "city": "Ulm"}
    assert contradiction(old, {"id": "a", "name": "a", "cash": 1.0, "aliases": ("y",)}) == ""
    assert contradiction(old, {"country": "DE"}) == ""
    assert contradiction(old, {"id": "a", "name": "Beta"}) == "name"
    assert contradiction(old, {"cash": 2.0}) == "cash"
    assert contradiction(old, {"cash": 2.0}, frozenset(("city",))) == ""
    assert contradiction(old, {"city": "Bonn", "cash": 2.0}, frozenset(("cash",))) == "cash"
    assert contradiction({"source": "a", "target": "b"}, {"source": "b", "target": "a"}) == ""


def test_the_hash_covers_the_fact_alone() -> None:
    old = company("a", "one.csv:2", name="Alpha", cash=1.0, aliases=["x", "y"], evidence="page 1")
    same = Fact(
        "companies",
        ("a",),
        {"aliases": ("y", "x"), "cash": 1.0, "name": "Alpha", "id": "a"},
        "two.csv:3",
        "1999",
        {"cash": "z:1"},
    )
    assert digest(same) == digest(old)
    assert 0 <= digest(old) < 2**256
    assert digest(link("a", "b", "COMPETES_WITH")) == digest(link("b", "a", "COMPETES_WITH"))
    # Fixed for good: hashes that people have written down must not change.
    text = rb"['companies', ('a',), 'aliases', ['x', '\u5b89'], 'cash', 0.1, 'name', 'Alpha']"
    expected = int.from_bytes(blake2b(text, digest_size=32).digest(), "big")
    assert digest(company("a", name="Alpha", cash=0.1, aliases=["安", "x"])) == expected


VALUES = st.dictionaries(
    st.sampled_from(["name", "cash", "aliases", "essential", "x", "y"]),
    st.one_of(
        st.text(max_size=3),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.lists(st.text(max_size=2), max_size=2).map(lambda texts: tuple(sorted(texts))),
    ),
    max_size=3,
)


@given(st.sampled_from(["companies", "markets"]), st.text(max_size=2), VALUES, VALUES)
def test_different_facts_have_different_hashes(table: str, id: str, one: dict, two: dict) -> None:  # type: ignore[type-arg]
    def typed(values: dict) -> set:  # type: ignore[type-arg]
        return {(name, type(value), repr(value)) for name, value in values.items()}

    same = digest(Fact(table, (id,), one)) == digest(Fact(table, (id,), two))
    assert same == (typed(one) == typed(two))
    assert digest(Fact("companies", (id,), one)) != digest(Fact("markets", (id,), one))
    assert digest(Fact(table, (id + "x",), one)) != digest(Fact(table, (id,), one))


TOLD = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=3),
        "cash": st.floats(0.0, allow_nan=False, allow_infinity=False),
        "roles": st.sets(st.sampled_from(["brand", "dealer"])).map(list),
        "aliases": st.lists(st.text(max_size=3), max_size=3),
        "assumed": st.lists(st.sampled_from(["cash", "name"]), max_size=2),
        "evidence": st.text(max_size=3),
        "100%": st.text(max_size=3),
        "安'": st.text(max_size=3),
    },
)


@given(st.lists(TOLD, max_size=6))
def test_many_hashes_at_once_are_the_sum_of_each(rows: list[dict[str, object]]) -> None:
    told = []
    for number, row in enumerate(rows):
        with suppress(ValueRejected):
            told += [fact("companies", {"id": f"a{number}", **row}), fact("markets", {"id": "%r", "x": "é"})]
    assert digests(iter(told)) == sum(map(digest, told))


def test_what_a_file_told_is_forgotten() -> None:
    assert told_by("a.csv:12", "a.csv")
    assert told_by("a.zip:a.csv:12", "a.zip")
    assert told_by("a.csv", "a.csv")
    assert not told_by("aa.csv:12", "a.csv")
    assert not told_by("a.csv2:12", "a.csv")

    old = company("a", "one.csv:2", name="Alpha", cash=1.0, resale=0.5, assumed=["cash"])
    both = merged(old, company("a", "two.csv:3", resale=0.7, city="Ulm", assumed=["resale"]))
    assert forget(both, "three.csv") is both
    assert forget(old, "one.csv") is None
    first = forget(both, "two.csv")
    assert first is not None
    assert dict(first.values) == {"id": "a", "name": "Alpha", "cash": 1.0, "assumed": ("cash",)}
    assert (first.source_ref, dict(first.refs)) == ("one.csv:2", {})
    second = forget(both, "one.csv")
    assert second is not None
    assert dict(second.values) == {
        "id": "a",
        "name": "a",
        "resale": 0.7,
        "city": "Ulm",
        "assumed": ("resale",),
    }
    assert second.source_ref == "two.csv:3"
    assert forget(second, "two.csv") is None
    rate = fact("rates", {"currency": "EUR", "rate": 2.0}, source_ref="one.csv:2")
    corrected = merged(rate, fact("rates", {"currency": "EUR", "rate": 3.0}, source_ref="two.csv:2"))
    assert forget(corrected, "two.csv") is None  # a rate without a rate says nothing


def test_roles_and_kinds_are_plain_texts() -> None:
    told = fact("links", {"source": "a", "target": "b", "kind": LinkKind.SUPPLIES})
    assert digest(told) == digest(link("a", "b"))
    assert digest(company("a", roles=[Role.BRAND])) == digest(company("a", roles=["brand"]))


def test_texts_stand_as_any_format_would_give_them_back() -> None:
    told = fact(
        "companies",
        {"id": " a", "name": "B\r\nC\rD ", "city": " \t", "aliases": [" x", "", "x\r\n"], " 编号 ": " 7 "},
    )
    assert told.values == {"id": "a", "name": "B\nC\nD", "aliases": ("x",), "编号": "7"}
    assert told.key == ("a",)
    between = fact("links", {"source": "a ", "target": "b", "kind": " SUPPLIES", " share ": 0.5})
    assert between.key == ("a", "SUPPLIES", "b", "", "")
    assert between.values["share"] == 0.5
    with pytest.raises(ValueRejected):
        fact("companies", {"id": "a", " cash ": "many"})
