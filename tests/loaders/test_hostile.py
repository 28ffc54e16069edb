"""Hostile input, from a file to the store: none ends in a traceback, none half-loads, good rows load."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import pytest

from graph.errors import LoadError
from tests.loaders.loading import Desk, one, table, tally

COMPANIES = table(
    "id,name,roles,annual_revenue,currency", ["a,A,brand,10,EUR", "b,B,supplier,10,", "c,C,dealer,,"]
)


@pytest.fixture
def chain(desk: Desk) -> Desk:
    desk.write("companies.csv", COMPANIES)
    desk.load("companies.csv")
    return desk


@pytest.mark.parametrize(
    ("name", "header", "row", "column"),
    [
        ("companies", "id,name,annual_revenue", "x,X,NaN", "annual_revenue"),
        ("companies", "id,name,annual_revenue", "x,X,inf", "annual_revenue"),
        ("companies", "id,name,annual_revenue", "x,X,-Infinity", "annual_revenue"),
        ("companies", "id,name,annual_revenue", "x,X,1e999", "annual_revenue"),
        ("companies", "id,name,annual_revenue", "x,X,-1", "annual_revenue"),
        ("companies", "id,name,annual_revenue", "x,X,(100)", "annual_revenue"),
        ("companies", "id,name,cash", "x,X,-0.01", "cash"),
        ("companies", "id,name,consumer_share", "x,X,1.0000001", "consumer_share"),
        ("companies", "id,name,consumer_share", "x,X,101%", "consumer_share"),
        ("companies", "id,name,roles", "x,X,brand;pirate", "roles"),
        ("companies", "id,name,latitude", "x,X,90.1", "latitude"),
        ("companies", "id,name,latitude", ",,1", "name"),
        ("companies", "id,name", "x" * 1001 + ",X", "id"),
        ("links", "source,target,kind,share", "b,a,SUPPLIES,1.2", "share"),
        ("links", "source,target,kind,since", "b,a,SUPPLIES,2023-02-29", "since"),
        ("links", "source,target,kind,since", "b,a,SUPPLIES,2023-13-01", "since"),
        ("links", "source,target,kind,since", "b,a,SUPPLIES,01/02/2023", "since"),
        ("links", "source,target,kind", "b,ghost,SUPPLIES", "target"),
        ("links", "source,target,kind", "ghost,b,SUPPLIES", "source"),
        ("links", "source,target,kind", "b,b,SUPPLIES", "target"),
        ("links", "source,target,kind", "b,B,COMPETES_WITH", "target"),
        ("links", "source,target,kind", "b,a,EATS", "kind"),
        ("links", "source,target,kind", "b,a,", "kind"),
        ("links", "source,target,kind", ",a,SUPPLIES", "source"),
        ("links", "source,target,kind,contract_weeks", "b,a,SUPPLIES,-1", "contract_weeks"),
        ("events", "id,company,kind,date", "e,ghost,recall,2020-01-01", "company"),
        ("products", "id,company,name", "p,ghost,P", "company"),
        ("parts", "product,category,supplier", "p,tyres,ghost", "supplier"),
        ("batches", "id,product,quantity", "p,q,1.5", "quantity"),
        ("batches", "id,made_from,made_until,category", "p,2020-02-01,2020-01-01,x", "made_until"),
        ("outlets", "id,company,address,longitude", "o,a,x,181", "longitude"),
        ("complaints", "id,company,text,injured", "k,a,x,-3", "injured"),
        ("complaints", "id,company,text,crash", "k,a,x,perhaps", "crash"),
        ("rates", "currency,rate", "USD,0", "rate"),
        ("rates", "currency,rate", "USD,-1", "rate"),
        ("rates", "currency,rate", "USD,", "rate"),
    ],
)  # fmt: skip
def test_a_bad_value_rejects_its_row_alone(
    chain: Desk, name: str, header: str, row: str, column: str
) -> None:
    good = {
        "companies": "g,Good,", "links": "b,c,SUPPLIES,", "events": "g,a,fire,", "products": "g,a,Good",
        "parts": "g,x,b", "batches": "g,,,", "outlets": "g,a,x,", "complaints": "g,a,x,", "rates": "CHF,1",
    }[name]  # fmt: skip
    cells = header.count(",") + 1
    chain.write(f"{name}.csv", table(header, [row, ",".join(good.split(",")[:cells])]))
    before = chain.store.counts()[name]
    report = chain.load(f"{name}.csv")
    assert tally(one(report)) == (2, 1, 0, 0, 1)
    assert chain.store.counts()[name] == before + 1
    (problem,) = chain.rejected(name)
    assert (problem["row"], problem["column"]) == ("2", column)
    assert problem["reason"]
    assert problem["remedy"]


def test_a_second_row_for_one_id_that_contradicts_the_first(chain: Desk) -> None:
    chain.write("x.csv", table("id,name,annual_revenue", ["z,Z,1", "z,Z,2", "z,Y,1"]))
    assert tally(one(chain.load("x.csv"))) == (3, 1, 0, 0, 2)


def test_a_header_that_stands_again_and_rows_of_other_widths(chain: Desk) -> None:
    chain.write("x.csv", "id,name,roles\nx,X,brand\nid,name,roles\ny\nz,Z,brand,more\nw,W,brand,\n")
    assert tally(one(chain.load("x.csv"))) == (5, 2, 0, 0, 3)
    assert chain.rejected("x")[0]["reason"] == "header repeated"


def test_a_column_that_stands_twice_fails_the_file(chain: Desk) -> None:
    chain.write("x.csv", "id,name,Name\nx,X,Y\n")
    with pytest.raises(LoadError, match="twice"):
        chain.load("x.csv")


def test_a_cell_without_end_is_one_bad_row(chain: Desk) -> None:
    chain.write("x.csv", f"id,name,region\nx,X,{'y' * (20 << 20)}\nz,Z,R\n")
    assert tally(one(chain.load("x.csv"))) == (2, 1, 0, 0, 1)
    assert len(chain.rejected("x")[0]["value"]) <= 200
    assert (chain.rejects / "x.rejects.csv").stat().st_size < 2000


def test_a_quote_that_is_never_closed_spoils_its_row_alone(chain: Desk) -> None:
    chain.write("x.csv", 'id,name,roles\nx,"X,brand\n' + "".join(f"y{i},Y,brand\n" for i in range(50)))
    assert tally(one(chain.load("x.csv"))) == (51, 50, 0, 0, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        b"MZ" + os.urandom(3000),
        b"SQLite format 3\0" + b"\0" * 1000,
        b"\x7fELF" + b"\0" * 500,
        b"PK\x03\x04 but no zip",
        b"one column of words\nand nothing else\n",
        b"id,name\n",
    ],
)
def test_a_file_that_is_no_table_fails_as_a_whole_and_the_others_load(chain: Desk, content: bytes) -> None:
    chain.write("bad.csv", content)
    chain.write("good.csv", table("id,name", ["g,Good"]))
    report = chain.load("bad.csv", "good.csv")
    assert tally(one(report, "good.csv"))[1] == 1
    bad = one(report, "bad.csv")
    if content == b"id,name\n":
        assert tally(bad) == (0, 0, 0, 0, 0)
        return
    assert report.failed
    assert bad.error.startswith("bad.csv: ")
    assert bad.remedy
    with pytest.raises(LoadError):
        chain.load("bad.csv")


def test_no_such_file_and_nothing_at_all(chain: Desk) -> None:
    with pytest.raises(LoadError, match=r"nowhere\.csv: there is no such file"):
        chain.load("nowhere.csv")
    with pytest.raises(LoadError, match="nothing to load"):
        chain.load()


def test_a_zip_that_leads_out_of_its_folder_writes_nothing_anywhere(chain: Desk) -> None:
    with zipfile.ZipFile(chain.folder / "evil.zip", "w") as archive:
        archive.writestr("../outside.csv", "id,name\nq,Q\n")
        archive.writestr("inside.csv", "id,name\nr,R\n")
    with pytest.raises(LoadError, match="leads out"):
        chain.load("evil.zip")
    assert not (chain.folder.parent / "outside.csv").exists()
    assert len(chain.facts("companies")) == 3


def test_a_zip_bomb_is_refused_before_and_while_it_unpacks(chain: Desk) -> None:
    path = chain.folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("companies.csv", "id,name\n" + "x,X\n" * 5_000_000)
    with pytest.raises(LoadError, match="times its size"):
        chain.load("bomb.zip")
    # One that says it is small is found out on the way, and leaves nothing of its first rows behind.
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 1000)
    path.write_bytes(raw)
    before = chain.store.snapshot()
    with pytest.raises(LoadError):
        chain.load("bomb.zip", batch_rows=10)
    assert chain.store.snapshot() == before


def test_a_zip_cut_short_in_the_middle_leaves_nothing_behind(chain: Desk) -> None:
    with zipfile.ZipFile(chain.folder / "cut.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        rows = "".join(f"n{i},Name {os.urandom(8).hex()}\n" for i in range(20_000))
        archive.writestr("companies.csv", "id,name\n" + rows)
        archive.writestr("markets.csv", "id,name,structure\nm1,M,monopoly\n")
    raw = bytearray((chain.folder / "cut.zip").read_bytes())
    place = len(raw) * 3 // 4
    raw[place : place + 200] = bytes(200)
    chain.write("cut.zip", bytes(raw))
    report = chain.load("cut.zip", batch_rows=1000)
    assert one(report, "companies.csv").error
    assert tally(one(report, "markets.csv")) == (1, 1, 0, 0, 0)
    assert len(chain.facts("companies")) == 3
    chain.write("links.csv", table("source,target,kind", ["n1,a,SUPPLIES", "b,a,SUPPLIES"]))
    assert tally(one(chain.load("links.csv"))) == (2, 1, 0, 0, 1)


def test_a_broken_workbook_leaves_nothing_behind(chain: Desk) -> None:
    with zipfile.ZipFile(chain.folder / "broken.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook")
    report = chain.load("broken.xlsx", "companies.csv")
    assert report.failed
    assert one(report, "companies.csv").unchanged == 3


NASTY = [
    "'; DROP TABLE companies; --",
    "<script>alert(1)</script>",
    "=HYPERLINK()",
    "a\u202eb",
    "x" * 300,
    "é̀",
    "𝒳",
]


def test_names_that_try_to_be_more_are_names(chain: Desk) -> None:
    chain.write("x.csv", "id,name,<b>note</b>\n" + "".join(f'"{n}","{n}","{n}"\n' for n in NASTY))
    assert one(chain.load("x.csv")).added == len(NASTY)
    assert {v["<b>note</b>"] for v in chain.values("companies").values() if "<b>note</b>" in v} == set(NASTY)


def test_a_hundred_thousand_columns_and_bad_companies_take_no_for_ever(chain: Desk) -> None:
    wide = ",".join(f"n{i}" for i in range(100_000))
    chain.write("wide.csv", f"id,name,roles,{wide}\nx,X,brand,{'1,' * 99_999}1\n")
    with pytest.raises(LoadError, match="100,003 columns") as caught:
        chain.load("wide.csv")
    assert caught.value.remedy
    wide = ",".join(f"n{i}" for i in range(1900))
    chain.write("wide.csv", f"id,name,roles,{wide}\nx,X,brand,{'1,' * 1899}1\n")
    assert tally(one(chain.load("wide.csv"))) == (1, 1, 0, 0, 0)
    chain.write("links.csv", table("source,target,kind", [f"ghost{i},a,SUPPLIES" for i in range(20_000)]))
    assert tally(one(chain.load("links.csv"))) == (20_000, 0, 0, 0, 20_000)


def test_one_company_with_a_hundred_thousand_repeated_rows(chain: Desk, tmp_path: Path) -> None:
    chain.write("x.csv", table("id,name,city", ["x,X,Y"] * 60_000 + ["x,X,Z"] * 10))
    assert tally(one(chain.load("x.csv", batch_rows=5000))) == (60_010, 1, 0, 59_999, 10)
