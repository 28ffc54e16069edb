"""What tests of stores put in and take out."""

from collections.abc import Sequence

import numpy as np

from graph.model import Fact, Value, fact
from graph.ontology import NUMERIC, TABLES, Column, Kind
from graph.stores.base import Coded, Columns, Store, Written


def read_all(store: Store, table: str) -> list[Fact]:
    return list(store.scan(table))


def told(facts: Sequence[Fact]) -> list[tuple[object, ...]]:
    return [(f.key, dict(f.values), f.source_ref, dict(f.refs), f.loaded_at) for f in facts]


def put(store: Store, *facts: Fact) -> Written:
    """Upsert facts of several tables, companies first."""
    written = Written()
    for table in TABLES:
        if chosen := [f for f in facts if f.table == table]:
            written = store.upsert(chosen)
            assert not written.refused
    return written


def a_value(column: Column, number: int) -> Value:
    match column.kind:
        case Kind.CHOICE:
            return column.choices[number % len(column.choices)]
        case Kind.CHOICES:
            return column.choices[: 1 + number % 2]
        case Kind.TEXTS:
            return (f"one; {number}", "二", '"three"')
        case Kind.FLAG:
            return number % 2 == 0
        case Kind.DATE:
            return f"2021-08-{number % 28 + 1:02d}"
        case Kind.COUNT | Kind.WEEKS | Kind.MONEY:
            return float(number)
        case Kind.SHARE | Kind.NUMBER:
            return 1 / (number + 3)
        case _:
            return f"{column.name} {number} 名"


def every_column(table: str, number: int) -> Fact:
    values = {c.name: a_value(c, number + i) for i, c in enumerate(TABLES[table].columns)}
    if table == "links":
        values |= {"source": "a", "target": "b", "kind": "SUPPLIES"}
    values |= {f"unknown {i} 未知": str(2**53 + i) for i in range(30)}
    for first, last in (("since", "until"), ("made_from", "made_until")):
        if first in values:
            values |= {first: "2020-01-01", last: "2021-01-01"}
    return fact(table, values, source_ref=f"{table}.csv:{number}", loaded_at="2025-06-01T00:00:00+00:00")


def texts(columns: Columns, name: str) -> list[str]:
    column = columns[name]
    assert isinstance(column, Coded)
    assert list(column.names) == sorted(set(column.names))
    assert column.codes.dtype == np.int32
    return [column.names[c] if c >= 0 else "" for c in column.codes]


def names(columns: Columns, name: str) -> tuple[str, ...]:
    column = columns[name]
    assert isinstance(column, Coded)
    return column.names


def numbers(columns: Columns, name: str) -> list[float | None]:
    column = columns[name]
    assert isinstance(column, np.ndarray)
    assert column.dtype == np.float64
    return [None if np.isnan(x) else float(x) for x in column]


def in_order(table: str, facts: Sequence[Fact]) -> list[Fact]:
    """As columns come: links by buyer, category, seller, kind, period; the rest by key."""
    places = (2, 3, 0, 1, 4) if table == "links" else range(len(TABLES[table].key))
    return sorted(facts, key=lambda f: [f.key[i] for i in places])


def check_columns(store: Store, table: str, facts: Sequence[Fact]) -> None:
    facts = in_order(table, facts)
    wanted = [c.name for c in TABLES[table].columns]
    marked = [f"@assumed:{name}" for name in wanted]
    snapshot, tables = store.columns({table: [*wanted, *marked]})
    assert snapshot == store.snapshot()
    columns = tables[table]
    assert list(columns) == [*wanted, *marked]
    for column in TABLES[table].columns:
        cells = [f.values.get(column.name) for f in facts]
        if column.kind in NUMERIC:
            assert numbers(columns, column.name) == cells
        else:
            shown = [";".join(v) if isinstance(v, tuple) else v or "" for v in cells]
            assert texts(columns, column.name) == shown
        status = {"observed": 0.0, "inferred": 2.0, "assumed": 1.0}
        assert numbers(columns, f"@assumed:{column.name}") == [status[f.status(column.name)] for f in facts]
    if table == "links":
        _, tables = store.columns({"companies": ["id"], "links": ["source", "target"]})
        assert (
            names(tables["companies"], "id")
            == names(tables["links"], "source")
            == names(tables["links"], "target")
        )
