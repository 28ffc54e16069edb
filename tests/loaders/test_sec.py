"""Customer shares of 10-K filings: the newest year is the link, earlier ones its history, in any order."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from graph.network import compile_network
from tests.loaders.loading import Desk, one, table, tally

HEADER = "supplier,customer,fiscal_year,share_of_supplier_net_sales_pct,evidence_sentence"


def history(desk: Desk) -> dict[tuple[str, ...], tuple[object, ...]]:
    return {
        (fact.key[0], fact.key[2], fact.key[4]): tuple(
            fact.values.get(n) for n in ("seller_share", "since", "until")
        )
        for fact in desk.facts("links")
    }


def test_the_newest_year_is_the_link_and_earlier_ones_its_history(desk: Desk) -> None:
    rows = [
        "Dana,Ford Motor Company,2019,20.0,s19",
        "Dana,Ford Motor Company,2017,22,s17",
        "DANA,Ford,2018,20,s18",
        "Dana,FCA,2015,11,",
    ]
    desk.write("shares.csv", table(HEADER, rows))
    report = desk.load("shares.csv")
    assert one(report).loader == "sec_customer_shares"
    assert tally(one(report)) == (4, 4, 0, 0, 0)
    assert history(desk) == {
        ("dana", "ford", ""): (0.2, "2019-01-01", None),
        ("dana", "ford", "FY2018"): (0.2, "2018-01-01", "2019-01-01"),
        ("dana", "ford", "FY2017"): (0.22, "2017-01-01", "2018-01-01"),
        ("dana", "fiat-chrysler-automobiles", ""): (0.11, "2015-01-01", None),
    }
    companies = desk.values("companies")
    assert companies["dana"]["roles"] == ("supplier",)
    assert "roles" not in companies["ford"]
    newest = next(fact for fact in desk.facts("links") if fact.key[4] == "" and fact.key[2] == "ford")
    assert newest.values["evidence"] == "s19"
    assert newest.source_ref == "shares.csv:2"


def test_the_network_of_a_day_has_the_share_of_that_day(desk: Desk) -> None:
    desk.write("shares.csv", table(HEADER, ["A,B,2019,30,", "A,B,2017,10,"]))
    desk.load("shares.csv")
    for day, shares in (
        ("2016-06-01", []),
        ("2017-06-01", [0.1]),
        ("2018-12-31", [0.1]),
        ("2021-01-01", [0.3]),
    ):
        trade = compile_network(desk.store, day).trade
        assert trade.numbers["seller_share"].tolist() == shares


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(permutations(("old", "new", "middle"))))
def test_files_of_years_in_any_order_end_in_the_same_history(
    desk: Desk, order: tuple[str, ...], together: bool
) -> None:
    files = {
        "old": ["A,B,2011,38.3,o"],
        "middle": ["A,B,2013,30.2,m", "A,B,2012,41.4,m"],
        "new": ["A,B,2016,20,n", "A,C,2016,5,n"],
    }
    for name, rows in files.items():
        desk.write(f"{name}.csv", table(HEADER, rows))
    names = [f"{name}.csv" for name in order]
    reports = [desk.load(*names)] if together else [desk.load(name) for name in names]
    assert not any(report.rejected for report in reports)
    assert history(desk) == {
        ("a", "b", "FY2011"): (0.383, "2011-01-01", "2012-01-01"),
        ("a", "b", "FY2012"): (0.414, "2012-01-01", "2013-01-01"),
        ("a", "b", "FY2013"): (0.302, "2013-01-01", "2016-01-01"),
        ("a", "b", ""): (0.2, "2016-01-01", None),
        ("a", "c", ""): (0.05, "2016-01-01", None),
    }
    again = desk.load(*names)
    assert again.revision == reports[-1].revision


def test_rows_that_cannot_be(desk: Desk) -> None:
    rows = [
        "A,B,2019,130,",
        "A,B,19,10,",
        "A,a,2019,10,",
        ",B,2019,10,",
        "A,B,2018,10,",
        "A,B,2018,11,",
        "A,B,2018,10,",
        "A,B,2017,x,",
    ]
    desk.write("shares.csv", table(HEADER, rows))
    report = desk.load("shares.csv")
    assert tally(one(report)) == (8, 1, 0, 0, 6)
    assert [r["row"] for r in desk.rejected("shares")] == ["2", "3", "4", "5", "7", "9"]


def test_a_share_without_percent_in_its_name_is_a_share(desk: Desk) -> None:
    desk.write("shares.csv", table("供应商,客户,财年,占比", ["甲,乙,2019,12%", "甲,丙,FY2018,.3"]))
    assert tally(one(desk.load("shares.csv"))) == (2, 2, 0, 0, 0)
    assert sorted(fact.values["seller_share"] for fact in desk.facts("links")) == [0.12, 0.3]


def test_the_curated_shares(shared: Path, desk: Desk) -> None:
    path = shared / "data" / "public" / "sec_10k_auto_supply" / "customer_share_curated.csv"
    report = desk.load(path)
    assert tally(one(report)) == (67, 67, 0, 0, 0)
    found = history(desk)
    assert found["remy-international", "hyundai", ""] == (0.12, "2014-01-01", None)
    assert found["american-axle", "general-motors", "FY2017"] == (0.47, "2017-01-01", "2018-01-01")
    assert found["meritor", "paccar", ""] == (0.13, "2019-01-01", None)
    assert ("williams-controls", "paccar", "") in found  # written Paccar there
    assert desk.load(path).revision == report.revision
    assert any({d.name_a, d.name_b} == {"AB Volvo", "Volvo"} for d in report.doubtful)
