"""Facts that are hard to carry: every table and column, hostile texts and names, provenance of all kinds."""

from collections.abc import Iterable

from graph.model import LONGEST_ID, Fact, Value, fact, merge
from graph.ontology import TABLES, Column, Kind, LinkKind
from graph.stores.base import Store

MOMENT = "2025-06-01T00:00:00+00:00"

TEXTS = (
    'a "quoted" one; and more, with \\ and \\" and a comma',
    "two\nlines\n\nand a third",
    "'",
    '"',
    ";",
    "\ufeffa mark in front",
    "a\x01b\x1fc\x7fd\x85e\u2028f\uffffg\ufffeh",
    "emoji 🏭 𠜎, é composed and é not, مرحبا, 公司",
    "}) DETACH DELETE n //",
    "null",
    "true",
    "0x10",
    "\\N",
    str(2**53 + 1),
    "x" * 10_000,
    "长" * 10_000,
)
NAMES = (
    "a:b",
    "a:string",
    ":LABEL",
    ":ID(x)",
    "key",
    "n",
    "chain",
    "column",
    "turned",
    "other:key",
    "with `backtick`",
    "two\nlines",
    '"quoted", and; more',
    "\u200b",
    "{a}",
    "price:double[]",
    "a.b-c d",
    "未知 列",
    "knockon_rest",
    "x" * 3_000,
)


def a_value(column: Column, number: int) -> Value:
    """Some value of a column, another for another number."""
    match column.kind:
        case Kind.CHOICE:
            return column.choices[number % len(column.choices)]
        case Kind.CHOICES:
            return column.choices[: 1 + number % 2]
        case Kind.TEXTS:
            return ("one; " + TEXTS[number % len(TEXTS)], "plain", '"three"', "multi\nline")
        case Kind.FLAG:
            return number % 2 == 0
        case Kind.DATE:
            return f"2021-08-{number % 28 + 1:02d}"
        case Kind.MONEY:
            return (0.1 + 0.2) * 10.0 ** (number % 30)
        case Kind.COUNT:
            return float(2**53 - number)
        case Kind.WEEKS:
            return 5e-324 * number
        case Kind.SHARE | Kind.NUMBER:
            return 1 / (number + 3)
        case Kind.ID | Kind.COMPANY | Kind.REFERENCE:
            return TEXTS[number % len(TEXTS)][:LONGEST_ID]
        case _:
            return TEXTS[number % len(TEXTS)]


def every_column(table: str, number: int) -> Fact:
    """A fact that has a value in every column, and 20 columns that nobody knows."""
    values = {c.name: a_value(c, number + i) for i, c in enumerate(TABLES[table].columns)}
    if table == "links":
        values |= {"source": "a", "target": TEXTS[0] + "0", "kind": tuple(LinkKind)[number % len(LinkKind)]}
    if table == "companies":
        values |= {"id": TEXTS[number][: LONGEST_ID - 3] + str(number)}
    values |= {name: TEXTS[(number + i) % len(TEXTS)] for i, name in enumerate(NAMES)}
    for first, last in (("since", "until"), ("made_from", "made_until")):
        if first in values:
            values |= {first: "2020-01-01", last: "2021-01-01"}
    return fact(table, values, source_ref=f"{TEXTS[number]}.csv:{number}", loaded_at=MOMENT)


def told_twice(one: Fact, other: Fact) -> Fact:
    """What is known after two files told of a fact."""
    merged = merge(one, other)
    assert merged is not None
    return merged


def wild_facts() -> list[Fact]:
    """All of them, each key once, in an order in which they can be written."""

    def one(table: str, ref: str = "one.csv:2", **values: object) -> Fact:
        return fact(table, values, source_ref=ref, loaded_at=MOMENT)

    facts = [
        one("companies", id="a", name="A"),
        fact("companies", {"id": "told by nobody"}),
        told_twice(
            one("companies", id="b", name="B", cash=1.0, assumed=("cash",)),
            one("companies", '多 "two"\n.csv:9', id="b", cash=2.5, aliases=("x;y", "z"), market="missing"),
        ),
        one("companies", "(deleted)", id="gone"),
        told_twice(
            one("links", source="b", target="a", kind="COMPETES_WITH", closeness=0.25),
            one("links", "c:d:3", source="a", target="b", kind="COMPETES_WITH", closeness=0.5),
        ),
        *(one("links", source="a", target="b", kind="SUPPLIES", category=c) for c in ("", "steel", "电池")),
        one("products", id="p", company="nobody knows it"),
        one("parts", product="not there", category="c", supplier="b"),
        one("events", id="e", company="a"),
        one("complaints", id="1", company="a", product="p", courier="a", batch=TEXTS[0], outlet="missing"),
        one("complaints", id="2", company="missing", product="missing", batch="missing"),
        *(every_column(table, number) for table in TABLES for number in range(len(TEXTS))),
    ]
    unlike = {(f.table, f.key): f for f in facts}
    return sorted(unlike.values(), key=lambda f: tuple(TABLES).index(f.table))


def write(store: Store, facts: Iterable[Fact]) -> None:
    """Upsert facts of several tables, companies before their links."""
    there = list(facts)
    for table in TABLES:
        if chosen := [f for f in there if f.table == table]:
            written = store.upsert(chosen)
            assert not written.refused


def told(store: Store) -> list[tuple[object, ...]]:
    """All that a store says of all its facts, in the order of their keys."""
    return [
        (f.table, f.key, dict(f.values), f.source_ref, dict(f.refs), f.loaded_at)
        for table in TABLES
        for f in store.scan(table)
    ]
