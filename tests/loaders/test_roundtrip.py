"""A store as generic tables loads back to the same facts: the hash, the currency, every nasty text."""

from __future__ import annotations

import csv
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import InputError, LoadError
from graph.exchange import graphml, node_link
from graph.model import Fact, fact
from graph.ontology import TABLES, Column, Kind, LinkKind
from graph.stores.embedded import EmbeddedStore
from loaders.reading.spreadsheet import join, meant, safe, split
from loaders.tables_write import write_folder, write_zip
from tests.loaders.loading import Desk, one

SAMPLES = Path(__file__).parents[1] / "samples"
DEMO = Path(__file__).parents[2] / "loaders" / "demo"


def loads_back(desk: Desk) -> None:
    """Every form of export ends in the same hash and currency, and says no word of a rejected row."""
    write_zip(desk.store, desk.folder / "out.zip")
    write_folder(desk.store, desk.folder / "out")
    desk.write("out.graphml", graphml(desk.store))
    desk.write("out.json", node_link(desk.store))
    for place in ("out.zip", "out", "out.graphml", "out.json"):
        other = Desk(desk.folder / f"back-{place}")
        report = other.load(desk.folder / place)
        assert not report.rejected
        assert not report.failed
        assert other.store.counts() == desk.store.counts()
        assert other.store.snapshot().hash == desk.store.snapshot().hash
        assert other.store.snapshot().currency == desk.store.snapshot().currency
        other.store.close()


@pytest.mark.parametrize("story", ["lg_cells", "takata", "theta2"])
def test_the_stories(desk: Desk, story: str) -> None:
    desk.load(DEMO / story)
    loads_back(desk)


def test_complaints_and_recalls(desk: Desk) -> None:
    desk.load(*SAMPLES.glob("nhtsa_*"))
    assert desk.store.counts()["complaints"] > 80
    loads_back(desk)


def test_what_loaders_let_through_the_model_takes_unchanged(desk: Desk) -> None:
    desk.load(*SAMPLES.glob("nhtsa_*"), *(DEMO / story for story in ("lg_cells", "takata", "theta2")))
    for table in TABLES:
        for told in desk.facts(table):
            again = fact(table, told.values)
            # Of a company only mentioned by id the name is its id.
            assert (again.key, again.values) == (told.key, told.values)


def test_history_and_converted_money(shared: Path, desk: Desk) -> None:
    desk.write("companies.csv", 'id,name,annual_revenue,currency,aliases\na,A,10,EUR,"x;y"\nb,B,10,USD,\n')
    desk.write("rates.csv", "currency,rate\nUSD,.3\n")
    desk.load(
        "companies.csv",
        "rates.csv",
        shared / "data" / "public" / "sec_10k_auto_supply" / "customer_share_curated.csv",
    )
    loads_back(desk)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_an_empty_table_leaves_no_file_and_one_of_an_older_export_goes(desk: Desk) -> None:
    desk.write("companies.csv", "id,name\na,A\nb,B\n")
    desk.write("links.csv", "source,target,kind\na,b,SUPPLIES\n")
    desk.load("companies.csv", "links.csv")
    out = desk.folder / "out"
    assert [path.name for path in write_folder(desk.store, out)] == ["companies.csv", "links.csv"]
    desk.write("out/mine.txt", "mine")
    desk.store.delete_company("b")
    assert [path.name for path in write_folder(desk.store, out)] == ["companies.csv"]
    assert listed(out) == ["companies.csv", "mine.txt"]
    desk.write("out/links.csv", "mine")  # put there since: no longer the export's
    write_folder(desk.store, out)
    assert (out / "links.csv").read_text() == "mine"
    desk.store.upsert([fact("markets", {"id": "m"})])
    desk.write("out/markets.csv", "mine")
    with pytest.raises(InputError, match=r"markets\.csv that no export wrote"):
        write_folder(desk.store, out)
    assert (out / "markets.csv").read_text() == "mine"


def test_the_files_of_a_person_are_left_alone(desk: Desk) -> None:
    desk.write("companies.csv", "id,name\na,A\n")
    desk.load("companies.csv")
    for name in ("links.csv", "companies.csv", "notes.txt"):
        file = desk.write(f"data of {name}/{name}", "mine")
        with pytest.raises(InputError, match="no export wrote it") as raised:
            write_folder(desk.store, file.parent)
        assert raised.value.remedy
        assert (listed(file.parent), file.read_text()) == ([name], "mine")


def test_an_edge_to_a_company_that_is_not_there_is_rejected(desk: Desk) -> None:
    desk.write(
        "g.json",
        '{"multigraph": true, "nodes": [{"id": "a"}], '
        '"edges": [{"source": "a", "target": "b", "kind": "SUPPLIES"}]}',
    )
    file = one(desk.load("g.json"))
    assert (file.added, file.rejected) == (1, 1)
    (row,) = desk.rejected("g")
    assert (row["row"], row["column"], row["value"]) == ("2", "target", "b")
    assert [f.id for f in desk.facts("companies")] == ["a"]


def test_texts_with_blanks_around_come_back_from_any_format(desk: Desk) -> None:
    desk.write(
        "g.json",
        '{"multigraph": true, "edges": [], "nodes": [{"id": "a", "name": "  A ", "aliases": [" x", " "]}, '
        '{"id": " a2", "name": "B\\r\\nC"}]}',
    )
    desk.load("g.json")
    assert [f.id for f in desk.facts("companies")] == ["a", "a2"]
    loads_back(desk)


def test_the_same_facts_give_the_same_bytes(desk: Desk) -> None:
    desk.write("companies.csv", "id,name\na,A\nb,B\n")
    desk.write("rev.csv", "id,name\nb,B\na,A\n")
    desk.load("companies.csv")
    other = Desk(desk.folder / "other")
    other.load(desk.folder / "rev.csv")
    write_zip(desk.store, desk.folder / "one.zip")
    write_zip(other.store, desk.folder / "two.zip")
    assert (desk.folder / "one.zip").read_bytes() == (desk.folder / "two.zip").read_bytes()
    with zipfile.ZipFile(desk.folder / "one.zip") as archive:
        assert archive.namelist() == ["companies.csv"]
    other.store.close()


def test_a_place_that_cannot_be_written_is_named(desk: Desk) -> None:
    blocked = desk.write("blocked", "a file")
    desk.store.upsert([fact("companies", {"id": "a"})])
    for write in (write_folder, write_zip):
        with pytest.raises(InputError, match="cannot be written"):
            write(desk.store, blocked / "x.zip")
    assert [path.name for path in desk.folder.iterdir() if path.name.startswith(".export")] == []


def test_no_exported_text_is_a_formula(desk: Desk) -> None:
    evil = ["=1+1", "+1+1", "-1+1", "@A1", "＝1", "'=1", "-5", "+7.5e3", "'plain"]
    desk.store.upsert([fact("companies", {"id": e, "name": e, "aliases": (e,), "x": e}) for e in evil])
    (path,) = write_folder(desk.store, desk.folder / "out")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["id"] for row in rows} == {
        "'=1+1",
        "'+1+1",
        "'-1+1",
        "'@A1",
        "'＝1",
        "''=1",
        "-5",
        "+7.5e3",
        "'plain",
    }
    loads_back(desk)


@given(st.text(alphabet="'=+-@＝ab1.\t", max_size=8))
def test_what_is_made_safe_is_meant(text: str) -> None:
    assert meant(safe(text)) == text


@given(st.lists(st.text(alphabet="a;；\\=' b", min_size=1).filter(lambda t: t == t.strip()), unique=True))
def test_lists_of_any_texts_come_back(parts: list[str]) -> None:
    assert split(join(parts)) == tuple(parts)


# -- any facts ----------------------------------------------------------------------------------------

TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab1=+-@'\";；,|\\\n \t。“<&N/A#%"),
        st.characters(exclude_categories=("Cs", "Cc", "Cn")),
    ),
    min_size=1,
    max_size=12,
).map(str.strip).filter(bool)  # fmt: skip
IDS = ("a", "b", "=c", "-1", "D d", "深圳")


def value(draw: st.DrawFn, column: Column) -> Any:
    if column.kind is Kind.COMPANY:
        return draw(st.sampled_from(IDS))
    if column.choices:
        found = draw(st.lists(st.sampled_from(column.choices), min_size=1, unique=True))
        return tuple(map(str, found)) if column.kind is Kind.CHOICES else str(found[0])
    if column.kind is Kind.TEXTS:
        return tuple(draw(st.lists(TEXT, min_size=1, max_size=3, unique=True)))
    if column.kind is Kind.FLAG:
        return draw(st.booleans())
    if column.kind is Kind.DATE:
        return draw(st.dates()).isoformat()
    if column.kind is Kind.COUNT:
        return float(draw(st.integers(0, 10**15)))
    if column.kind in (Kind.NUMBER, Kind.SHARE, Kind.MONEY, Kind.WEEKS):
        low = -1e300 if column.low is None else column.low
        return draw(st.floats(low, 1e300 if column.high is None else column.high))
    return draw(TEXT)


NOT_DRAWN = (
    "id",
    "currency",
    "product",
    "market",
    "batch",
    "outlet",
    "identifiers",
    "share",
    "since",
    "until",
    "made_from",
    "made_until",
    "period",
)


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    """Facts of every table that could all have been loaded."""
    found = [
        # With a role: complaints infer one for companies that have none.
        fact("companies", {"id": id, "name": f"Firm {n}", "aliases": (draw(TEXT),), "roles": ("brand",)})
        for n, id in enumerate(IDS)
    ]
    for table in TABLES.values():
        for n in range(draw(st.integers(0, 2))):
            values: dict[str, Any] = {} if table.key != ("id",) else {"id": f"{table.name}{n}"}
            for column in table.columns:
                if column.name not in NOT_DRAWN and (column.required or draw(st.integers(0, 3)) == 0):
                    values[column.name] = value(draw, column)
            if table.name in ("companies",):
                values["name"] = f"Another {n}"
            elif table.name == "links":
                source, target = draw(st.lists(st.sampled_from(IDS), min_size=2, max_size=2, unique=True))
                kind = draw(
                    st.sampled_from([k for k in LinkKind if k not in ("CARRIES_FOR", "SELLS_THROUGH")])
                )
                values |= {"source": source, "target": target, "kind": str(kind)}
            elif table.name == "parts":
                values["product"] = "products0"
            elif table.name == "rates":
                values = {"currency": f"XX{'AB'[n]}", "rate": draw(st.floats(1e-6, 1e6))}
            if table.name != "rates" and draw(st.booleans()):
                values["extra 列"] = draw(TEXT)
            found.append(fact(table.name, values))
    found.append(fact("products", {"id": "products0"}))
    return found


@given(facts())
@settings(max_examples=15)
def test_any_facts_come_back(told: list[Fact]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        desk.store.set_currency("EUR")
        for table in TABLES:
            unique = {f.key: f for f in told if f.table == table}
            desk.store.upsert(list(unique.values()))
        loads_back(desk)
        desk.store.close()


def test_a_graph_in_another_currency_or_with_rows_that_cannot_be(desk: Desk) -> None:
    desk.write("companies.csv", "id,name,currency\na,A,EUR\nb,B,\n")
    desk.write("links.csv", "source,target,kind,share\nb,a,SUPPLIES,.5\n")
    desk.load("companies.csv", "links.csv")
    desk.write("out.json", node_link(desk.store).replace("0.5", "1.5"))
    with zipfile.ZipFile(desk.folder / "out.zip", "w") as archive:
        archive.writestr("deep/out.json", (desk.folder / "out.json").read_text())
    other = Desk(desk.folder / "other")
    file = one(other.load(desk.folder / "out.zip"))
    assert (file.loader, file.read, file.added, file.rejected) == ("graph", 3, 2, 1)
    assert other.rejected("out")[0]["column"] == "share"
    dollars = Desk(desk.folder / "dollars")
    dollars.store.set_currency("USD")
    with pytest.raises(LoadError, match="its money is in EUR, the store's in USD"):
        dollars.load(desk.folder / "out.json")
    other.store.close()
    dollars.store.close()


def test_an_export_of_a_store_that_is_open_elsewhere(desk: Desk) -> None:
    desk.write("companies.csv", "id,name\na,A\n")
    desk.load("companies.csv")
    reader = EmbeddedStore(desk.folder / "chain.db")
    assert len(write_folder(reader, desk.folder / "out")) == 1
    reader.close()
