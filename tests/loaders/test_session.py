"""One load from end to end: order, counts, repeated rows, rejects, strict and dry runs, interruption."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from graph.errors import InputError, LoadError, StoreError
from graph.stores.embedded import EmbeddedStore
from loaders.rejects import names
from loaders.session import Interrupted, LoadOptions, load
from tests.loaders.loading import Desk, one, table, tally

COMPANIES = table("id,name,annual_revenue,currency", [f"c{i},Firm {i},{i},EUR" for i in range(9)])
LINKS = table("source,target,kind,category,annual_value", [f"c{i},c{i + 1},SUPPLIES,x,{i}" for i in range(8)])


@pytest.fixture
def chain(desk: Desk) -> Desk:
    desk.write("companies.csv", COMPANIES)
    desk.write("links.csv", LINKS)
    return desk


# -- order and counts ---------------------------------------------------------------------------------


def test_golden_chains_load_whole(shared: Path, desk: Desk) -> None:
    for folder, companies, links in (("weekly_9", 9, 19), ("weekly_14", 14, 34)):
        other = Desk(desk.folder / folder)
        report = other.load(shared / "golden" / folder)
        assert not report.failed
        assert not report.rejected
        assert (other.store.counts()["companies"], other.store.counts()["links"]) == (companies, links)
        other.store.close()


@pytest.mark.parametrize("order", list(permutations(("companies.csv", "links.csv", "rates.csv"))))
def test_files_in_any_order_end_in_the_same_facts(chain: Desk, order: tuple[str, ...]) -> None:
    chain.write("rates.csv", table("currency,rate", ["USD,2"]))
    chain.write(
        "links.csv",
        LINKS.replace("annual_value\n", "annual_value,currency\n")
        .replace("x,7", "x,7,USD")
        .replace("x,6\n", "x,6,\n"),
    )
    chain.write("links.csv", table("source,target,kind,annual_value,currency", ["c0,c1,SUPPLIES,7,USD"]))
    report = chain.load(*order)
    assert not report.rejected
    assert chain.values("links")["c0 SUPPLIES c1"]["annual_value"] == 14.0
    assert [file.file for file in report.files] == list(order)


def test_a_folder_and_a_zip_tell_what_their_files_tell(chain: Desk) -> None:
    chain.load("companies.csv", "links.csv")
    folder = Desk(chain.folder / "a")
    for name, text in (("x/links.csv", LINKS), ("x/firms.csv", COMPANIES), ("x/notes.txt", "hello\nworld\n")):
        folder.write(name, text)
    report = folder.load("x")
    assert not report.failed
    assert report.warnings == ("passed over, since no loader knows them: x/notes.txt",)
    with zipfile.ZipFile(chain.folder / "all.zip", "w") as archive:
        archive.writestr("deep/links.csv", LINKS)
        archive.writestr("firms.csv", COMPANIES)
    zipped = Desk(chain.folder / "b")
    zipped.load(chain.folder / "all.zip")
    assert chain.store.snapshot().hash == folder.store.snapshot().hash == zipped.store.snapshot().hash
    folder.store.close()
    zipped.store.close()


def test_loading_again_changes_nothing_and_the_revision_stays(chain: Desk) -> None:
    first = chain.load("companies.csv", "links.csv")
    assert tally(one(first, "links.csv")) == (8, 8, 0, 0, 0)
    again = chain.load("links.csv", "companies.csv")
    assert [tally(file) for file in again.files] == [(8, 0, 0, 8, 0), (9, 0, 0, 9, 0)]
    assert again.revision == first.revision == chain.store.snapshot().revision


def test_in_a_later_load_the_later_value_wins_and_a_blank_changes_nothing(chain: Desk) -> None:
    chain.load("companies.csv")
    chain.write("companies.csv", table("id,name,annual_revenue", ["c1,Firm 1,", "c2,Firm 2,77"]))
    assert tally(one(chain.load("companies.csv"))) == (2, 0, 1, 1, 0)
    values = chain.values("companies")
    assert (values["c1"]["annual_revenue"], values["c2"]["annual_revenue"]) == (1.0, 77.0)


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 1000])
def test_within_a_load_a_second_row_must_not_contradict_the_first(desk: Desk, batch_rows: int) -> None:
    rows = [
        "a,A,1,DE,note",
        "b,B,2,,",
        "a,A,1,DE,note",
        "a,,,,",
        "a,A,,FR,",
        "a,A,3,,",
        "b,B,2,IT,",
        "b,B,2,ES,",
        "a,Other,,,",
        "b,B,2,IT,x",
    ]
    desk.write("companies.csv", table("id,name,annual_revenue,country,evidence", rows))
    report = desk.load("companies.csv", batch_rows=batch_rows)
    assert tally(one(report)) == (10, 2, 1 + 1, 2, 4)
    rejected = {row["row"]: row["column"] for row in desk.rejected("companies")}
    assert rejected == {"6": "country", "7": "annual_revenue", "9": "country", "10": "name"}
    values = desk.values("companies")
    assert (values["a"]["country"], values["b"]["country"]) == ("DE", "IT")


@pytest.mark.parametrize("batch_rows", [1, 1000])
def test_two_files_of_one_load_must_not_contradict_each_other(desk: Desk, batch_rows: int) -> None:
    desk.write("one.csv", table("id,name,annual_revenue", ["a,A,1"]))
    desk.write("two.csv", table("id,name,annual_revenue", ["a,A,2"]))
    report = desk.load("one.csv", "two.csv", batch_rows=batch_rows)
    assert [file.rejected for file in report.files] == [0, 1]
    assert desk.load("two.csv").rejected == 0
    assert desk.values("companies")["a"]["annual_revenue"] == 2.0


def test_an_id_for_two_names_is_a_contradiction(desk: Desk) -> None:
    desk.write("companies.csv", table("id,name", ["7,Acme", "7,Bolt", "8,"]))
    assert one(desk.load("companies.csv")).rejected == 1
    assert desk.values("companies")["7"]["name"] == "Acme"


def test_batches_of_any_size_end_in_the_same_facts(chain: Desk) -> None:
    hashes = set()
    for size in (1, 3, 1000):
        other = Desk(chain.folder / str(size))
        other.load(chain.folder / "companies.csv", chain.folder / "links.csv", batch_rows=size)
        hashes.add(other.store.snapshot().hash)
        other.store.close()
    assert len(hashes) == 1


# -- rejects ------------------------------------------------------------------------------------------


def test_each_rejected_row_stands_in_the_file_with_all_that_is_wrong(chain: Desk) -> None:
    long = "z" * 5000
    chain.write(
        "links.csv",
        table(
            "source,target,kind,share,since",
            [f"{long},c1,SUPPLIES,2,2021-02-30", "c1,c2,SUPPLIES,.5,", "c1,c2,sells,,"],
        ),
    )
    report = chain.load("companies.csv", "links.csv")
    file = one(report, "links.csv")
    assert tally(file) == (3, 1, 0, 0, 2)
    assert file.rejects_file == chain.rejects / "links.rejects.csv"
    rejected = chain.rejected("links")
    assert {(r["row"], r["column"]) for r in rejected} == {
        ("2", "source"),
        ("2", "share"),
        ("2", "since"),
        ("4", "kind"),
    }
    assert all(r["file"] == "links.csv" and r["reason"] and r["remedy"] for r in rejected)
    assert max(len(r["value"]) for r in rejected) == 200


def test_no_cell_of_a_reject_file_is_a_formula(chain: Desk) -> None:
    evil = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1", "\t=1"]
    chain.write("links.csv", "source,target,kind\n" + "".join(f'"{e}",c1,SUPPLIES\n' for e in evil))
    chain.write("=evil.csv", "source,target,kind\nno,c1,SUPPLIES\n")
    chain.load("companies.csv", "links.csv", "=evil.csv")
    for path in chain.rejects.glob("*.rejects.csv"):
        import csv

        with path.open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert not [cell for cell in cells if cell[:1] in tuple("=+-@＝\t")]
    assert chain.rejected("links")[0]["value"] == "'=1+1"


def test_an_old_reject_file_is_replaced_and_goes_when_nothing_is_rejected(chain: Desk) -> None:
    chain.write("companies.csv", "id,name,annual_revenue\na,A,-1\nb,B,x\n")
    assert len(chain.load("companies.csv").files) == 1
    assert len(chain.rejected("companies")) == 2
    chain.write("companies.csv", "id,name,annual_revenue\na,A,-1\nb,B,1\n")
    chain.load("companies.csv")
    assert len(chain.rejected("companies")) == 1
    chain.write("companies.csv", "id,name,annual_revenue\na,A,1\n")
    assert one(chain.load("companies.csv")).rejects_file is None
    assert list(chain.rejects.iterdir()) == []


def test_two_files_of_one_name_have_two_reject_files(desk: Desk) -> None:
    for folder in ("x", "y"):
        desk.write(f"{folder}/companies.csv", f"id,name,annual_revenue\n{folder},A,-1\n")
    report = desk.load("x/companies.csv", "y/companies.csv")
    paths = [file.rejects_file for file in report.files]
    assert len(set(paths)) == 2
    assert all(path is not None and path.is_file() for path in paths)


def test_names_of_reject_files_are_short_and_no_two_alike() -> None:
    there = Path("d/f.csv")
    assert names([("a.csv", there), ("B.CSV", there)]) == ["a", "B"]
    assert names([("z/a.csv", there), ("y/A.csv", there)]) == ["z-a.csv", "y-A.csv"]
    assert names([("a.csv", Path("p/a.csv")), ("a.csv", Path("q/a.csv"))]) == ["p-a.csv", "q-a.csv"]
    assert names([("a.csv", there), ("a.csv", there)]) == ["d-a.csv", "d-a.csv-2"]
    assert names([("b.xlsx[S/1:?]", there), ("../..", there)]) == ["b-S-1", "file"]


def test_a_list_of_rejects_is_not_loaded(chain: Desk) -> None:
    chain.write("data/companies.csv", "id,name,annual_revenue\na,A,-1\nb,B,1\n")
    load(chain.store, [chain.folder / "data"], LoadOptions(rejects=chain.folder / "data"))
    again = load(chain.store, [chain.folder / "data"], LoadOptions(rejects=chain.folder / "data"))
    assert one(again, "companies.csv").rejected == 1
    with pytest.raises(LoadError, match="list of rejected rows"):
        chain.load("data/companies.rejects.csv")


def test_a_folder_that_cannot_be_written_is_named(chain: Desk) -> None:
    chain.write("links.csv", "source,target,kind\nno,no,SUPPLIES\n")
    blocked = chain.write("blocked", "a file")
    with pytest.raises(LoadError, match="cannot be written") as raised:
        load(
            chain.store,
            [chain.folder / "companies.csv", chain.folder / "links.csv"],
            LoadOptions(rejects=blocked),
        )
    assert "--rejects" in raised.value.remedy


# -- strict and dry -----------------------------------------------------------------------------------


def test_a_strict_load_writes_all_or_nothing(chain: Desk) -> None:
    chain.write("links.csv", LINKS + "c1,c1,SUPPLIES,,\n")
    before = chain.store.snapshot()
    report = chain.load("companies.csv", "links.csv", strict=True, currency="EUR", batch_rows=2)
    assert not report.written
    assert tally(one(report, "links.csv")) == (9, 8, 0, 0, 1)
    assert len(chain.rejected("links")) == 1
    assert chain.store.snapshot() == before
    chain.write("links.csv", LINKS)
    report = chain.load("companies.csv", "links.csv", strict=True)
    assert report.written
    assert report.revision == before.revision + 1
    assert len(chain.facts("links")) == 8


def test_a_dry_run_says_what_would_happen_and_writes_nothing(chain: Desk) -> None:
    before = chain.store.snapshot()
    report = chain.load("companies.csv", "links.csv", dry_run=True)
    assert [tally(file) for file in report.files] == [(9, 9, 0, 0, 0), (8, 8, 0, 0, 0)]
    assert not report.written
    assert chain.store.snapshot() == before
    assert chain.store.counts()["companies"] == 0


def test_a_strict_load_with_a_file_that_cannot_be_read_writes_nothing(chain: Desk) -> None:
    chain.write("bad.csv", b"\0\1\2\3" * 100)
    report = chain.load("companies.csv", "bad.csv", strict=True)
    assert report.failed
    assert not report.written
    assert chain.facts("companies") == []


# -- choice of the loader -----------------------------------------------------------------------------


def test_as_names_the_loader(desk: Desk) -> None:
    desk.write("x.csv", table("id,name,structure", ["m,M,monopoly"]))
    assert one(desk.load("x.csv", as_loader="Companies")).loader == "companies"
    assert one(desk.load("x.csv")).loader == "markets"
    with pytest.raises(InputError, match="no loader 'nothing'") as raised:
        desk.load("x.csv", as_loader="nothing")
    assert "nhtsa_complaints" in raised.value.remedy


def test_the_currency_of_a_store_cannot_be_changed(chain: Desk) -> None:
    chain.load("companies.csv")
    with pytest.raises(StoreError, match="EUR"):
        chain.load("companies.csv", currency="USD")


# -- interruption -------------------------------------------------------------------------------------


class Impatient:
    """Presses Control-C at the n-th report of progress."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, file: str, done: int, total: int, rows: int) -> None:
        self.calls -= 1
        if self.calls == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("strict", [False, True])
def test_control_c_leaves_whole_batches_and_the_same_command_goes_on(desk: Desk, strict: bool) -> None:
    desk.write("companies.csv", table("id,name", [f"c{i:05},Firm {i}" for i in range(6000)]))
    desk.write(
        "links.csv", table("source,target,kind", [f"c{i:05},c{i + 1:05},SUPPLIES" for i in range(5999)])
    )
    paths = [desk.folder / "companies.csv", desk.folder / "links.csv"]
    options: dict[str, Any] = {"rejects": desk.rejects, "batch_rows": 1000}
    with pytest.raises(Interrupted) as raised:
        load(desk.store, paths, LoadOptions(**options, strict=strict), Impatient(6))
    assert "same command again" in raised.value.remedy
    assert len(desk.facts("companies")) == (0 if strict else 6000)
    assert len(desk.facts("links")) % 1000 == 0
    assert len(desk.facts("links")) < 5999
    desk.store.close()
    desk.store = EmbeddedStore(desk.folder / "chain.db")
    load(desk.store, paths, LoadOptions(**options))
    other = Desk(desk.folder / "other")
    other.load(*paths)
    assert desk.store.snapshot().hash == other.store.snapshot().hash
    other.store.close()


def test_progress_tells_bytes_and_rows(desk: Desk) -> None:
    told: list[tuple[str, int, int, int]] = []
    path = desk.write("companies.csv", table("id,name", [f"c{i},F" for i in range(5000)]))
    load(desk.store, [path], LoadOptions(rejects=desk.rejects), lambda *args: told.append(args))
    assert {name for name, *_ in told} == {"companies.csv"}
    assert [rows for *_, rows in told] == [2000, 4000, 5000]
    assert told[-1][1:] == (path.stat().st_size, path.stat().st_size, 5000)
    assert all(done <= total for _, done, total, _ in told)


def test_what_killed_loads_left_is_removed_when_it_is_old(chain: Desk) -> None:
    chain.write("bad.csv", table("id,name,annual_revenue", ["x,X,much"]))
    names = (".bad.rejects-abcd1234.tmp", ".bad.rejects-abcd5678.tmp", ".worse.rejects-abcd1234.tmp")
    for name in names:
        chain.write(f"rejects/{name}", "half a row")
    for name in (names[0], names[2]):
        os.utime(chain.rejects / name, (0, 0))
    chain.load("bad.csv")
    assert sorted(path.name for path in chain.rejects.iterdir()) == [*names[1:], "bad.rejects.csv"]


def test_a_load_remembers_little_of_each_row(chain: Desk) -> None:
    ends = [f"c{a},c{b}" for a, b in permutations(range(9), 2)]
    rows = [f"{ends[i % 72]},SUPPLIES,x,{2000 + i // 72},{i % 50}" for i in range(16_000)]
    chain.write("links.csv", table("source,target,kind,category,period,annual_value", rows))
    held = {}

    def progress(file: str, done: int, total: int, row: int) -> None:
        if file == "links.csv":
            held[row] = tracemalloc.get_traced_memory()[0]

    options = LoadOptions(rejects=chain.rejects, batch_rows=1000)
    paths = [chain.folder / name for name in ("companies.csv", "links.csv")]
    tracemalloc.start()
    try:
        report = load(chain.store, paths, options, progress)
    finally:
        tracemalloc.stop()
    assert one(report, "links.csv").added == 16_000
    assert (held[14_000] - held[4_000]) / 10_000 < 40, f"bytes a row, of which 12 are for its key ({held})"
