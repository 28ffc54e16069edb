"""Use tables of the US input-output accounts: industries as companies, purchases as links."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import LoadError
from tests.loaders.loading import Desk, one, table, tally

SAMPLE = Path(__file__).parents[1] / "samples" / "input_output" / "us_use_2022.csv"
DETAIL = Path(__file__).parents[3] / "shared/data/public/bea_input_output_us"
HEADER = "rownames,211,324,Used,Total Intermediate,F010,Total Commodity Output"


def test_rows_become_industries_and_links(desk: Desk) -> None:
    rows = [
        "211,7,60,0,67,20,90",
        "324,5,2,0,7,80,100",
        "Other,1,0,0,1,0,0",
        "Total Intermediate,13,62,0,75,,",
        "Total Value Added,60,30,0,,,",
        "Total Industry Output,80,100,0,,,",
    ]
    desk.write("use.csv", table(HEADER, rows))
    report = desk.load("use.csv")
    assert one(report).loader == "bea_use"
    assert tally(one(report)) == (6, 2, 0, 0, 0)
    links = desk.values("links")
    assert {key: (v["annual_value"], v["essential"]) for key, v in links.items()} == {
        "bea-211 SUPPLIES bea-324 Oil and gas extraction": (60e6, False),
        "bea-324 SUPPLIES bea-211 Petroleum and coal products": (5e6, False),
    }
    oil = desk.values("companies")["bea-211"]
    assert (oil["name"], oil["annual_revenue"], oil["value_added"]) == ("Oil and gas extraction", 80e6, 60e6)
    assert oil["consumer_share"] == pytest.approx(20 / 80)
    assert desk.store.snapshot().currency == "USD"
    assert any("Other" in warning for warning in report.warnings)
    assert tally(one(desk.load("use.csv"))) == (6, 0, 0, 2, 0)


def test_a_cell_that_is_no_number_is_rejected_with_its_column(desk: Desk) -> None:
    desk.write("use.csv", table(HEADER, ["211,7,many,0,67,20,90", "324,5,2,0,7,80,100"]))
    report = desk.load("use.csv")
    assert tally(one(report)) == (2, 1, 0, 0, 1)
    assert [(r["row"], r["value"]) for r in desk.rejected("use")] == [("2", "many")]


def test_the_sample_is_the_whole_summary_table(desk: Desk) -> None:
    report = desk.load(SAMPLE)
    assert tally(one(report)) == (79, 3709, 0, 0, 0)
    cars = desk.values("companies")["bea-3361MV"]
    assert cars["annual_revenue"] == 706525e6
    links = desk.values("links")
    farms = links["bea-111CA SUPPLIES bea-311FT Farms"]
    assert farms["annual_value"] == 298906e6
    assert "bea-111CA SUPPLIES bea-111CA Farms" not in links


def test_what_is_published_beside_it_is_a_note(desk: Desk) -> None:
    """A make table, output by year, lists of codes: in a folder with a use table; named, they are errors."""
    codes = ",".join(f"{211 + place}" for place in range(20))
    beside = {
        "make.csv": f"rownames,{codes},Other,Total Industry Output",
        "output.csv": "rownames," + ",".join(str(1997 + place) for place in range(27)),
        "names.csv": "Code,Name,Category,Subcategory,Description",
        "schema.csv": "Code,Commodity,Industry,Scrap,UsedGoods,Import",
    }
    desk.write("bea/use.csv", table(HEADER, ["211,7,60,0,67,20,90"]))
    for name, header in beside.items():
        desk.write(f"bea/{name}", table(header, ["211" + ",1" * header.count(",")]))
    report = desk.load("bea")
    assert [(file.file, file.error) for file in report.files] == [("bea/use.csv", "")]
    names = ", ".join(f"bea/{name}" for name in sorted(beside))
    assert f"passed over, since nothing in them is loaded: {names}" in report.warnings
    desk.write("bea/other.csv", table("Code,Name", ["1,2"]))
    assert [file.file for file in desk.load("bea").files if file.error] == ["bea/other.csv"]
    with pytest.raises(LoadError, match=r"make\.csv: is of no kind that is known"):
        desk.load("bea/make.csv")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_table_of_ones_own_by_year_is_an_error_where_no_use_table_lies(desk: Desk, elsewhere: bool) -> None:
    desk.write("mine/companies.csv", table("id,name", ["a,A"]))
    desk.write(
        "mine/sales.csv", table("rownames," + ",".join(map(str, range(1990, 2020))), ["a" + ",1" * 30])
    )
    if elsewhere:
        desk.write("bea/use.csv", table(HEADER, ["211,7,60,0,67,20,90"]))
    report = desk.load("mine", *(["bea"] if elsewhere else []))
    assert report.failed
    assert "of no kind that is known" in one(report, "sales.csv").error
    assert not any("passed over" in warning for warning in report.warnings)


@pytest.mark.skipif(not DETAIL.is_dir(), reason="the detail tables are beside the checkout only")
def test_the_detail_table_loads_too(desk: Desk) -> None:
    report = desk.load(DETAIL / "Detail_Use_2017_PRO_BeforeRedef_17sch.csv")
    assert one(report).loader == "bea_use"
    assert one(report).rejected == 0
    assert len(desk.values("companies")) == 402


def test_a_row_that_stands_twice_is_rejected_not_taken_over(desk: Desk) -> None:
    desk.write("use.csv", table(HEADER, ["211,7,60,0,67,20,90", "324,5,2,0,7,80,100", "211,7,1,0,8,20,90"]))
    assert tally(one(desk.load("use.csv"))) == (3, 2, 0, 0, 1)
    assert desk.values("links")["bea-211 SUPPLIES bea-324 Oil and gas extraction"]["annual_value"] == 60e6
    assert [r["row"] for r in desk.rejected("use")] == ["4"]
