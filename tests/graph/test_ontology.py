"""The ontology agrees with itself: keys, references, roles and words."""

import pytest

from graph.ontology import (
    CUSTOMER_FACING,
    ENDS,
    SYMMETRIC,
    TABLES,
    TRADE,
    Kind,
    LinkKind,
    Role,
    default_category,
)


def columns() -> list[tuple[str, str]]:
    return [(table, column.name) for table, t in TABLES.items() for column in t.columns]


@pytest.mark.parametrize("table", TABLES)
def test_tables(table: str) -> None:
    t = TABLES[table]
    names = [column.name for column in t.columns]
    assert t.name == table
    assert len(names) == len(set(names))
    assert set(t.key) <= set(names)
    assert t.columns[-1].name == "evidence"  # provenance comes last in every table
    assert t.label
    if "id" in names:
        assert t.key == ("id",)
        assert t.by_name["id"].required


@pytest.mark.parametrize(("table", "name"), columns())
def test_columns(table: str, name: str) -> None:
    column = TABLES[table].by_name[name]
    assert column.doc
    assert (column.kind in (Kind.CHOICE, Kind.CHOICES)) == bool(column.choices)
    assert {type(choice) for choice in column.choices} <= {str}  # kept, hashed and shown as plain texts
    assert (column.kind in (Kind.COMPANY, Kind.REFERENCE)) == bool(column.refers)
    if column.kind is Kind.COMPANY:
        assert column.refers == "companies"
    if column.refers:
        order = list(TABLES)
        # What is referred to is loaded first; companies refer to markets, which come before them.
        assert order.index(column.refers) < order.index(table)
    if column.kind in (Kind.SHARE, Kind.MONEY, Kind.WEEKS, Kind.COUNT):
        assert column.low == 0
    assert (column.high == 1) == (column.kind is Kind.SHARE)


@pytest.mark.parametrize("table", TABLES)
def test_a_header_means_one_column(table: str) -> None:
    """Of two columns that share a word, the one that lists it earlier is meant: none equally early."""
    seen: dict[tuple[str, int], str] = {}
    for column in TABLES[table].columns:
        for rank, word in enumerate((column.name, *column.synonyms)):
            plain = "".join(c for c in word.casefold() if c.isalnum())
            assert seen.setdefault((plain, rank), column.name) == column.name


def test_kinds_of_link() -> None:
    assert set(ENDS) == set(LinkKind)
    assert not set(TRADE) & set(SYMMETRIC)
    assert set(TRADE) | set(SYMMETRIC) | {LinkKind.OWNS} == set(LinkKind)
    assert set(CUSTOMER_FACING) <= set(Role)
    for ends in ENDS.values():
        assert {*ends.source, *ends.target} <= set(Role)
    assert [default_category(kind, "b") for kind in TRADE] == ["", "delivery", "goods:b"]
