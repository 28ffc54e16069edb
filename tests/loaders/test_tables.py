"""The generic tables: what companies, links and references become, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.loaders.loading import Desk, one, table, tally

# -- companies and links ------------------------------------------------------------------------------


def test_companies_without_ids_get_one_from_their_name_and_keep_it(desk: Desk) -> None:
    desk.write("firms.csv", table("name,annual_revenue", ["Bosch GmbH,5", "BOSCH,", "Zulieferer Nord KG,7"]))
    report = desk.load("firms.csv")
    assert tally(one(report))[4] == 0
    values = desk.values("companies")
    assert set(values) == {"bosch", "zulieferer-nord"}
    assert values["bosch"]["aliases"] == ("BOSCH",)
    again = desk.load("firms.csv")
    assert tally(one(again))[1:3] == (0, 0)
    assert again.revision == report.revision


@pytest.mark.parametrize("order", [("own.csv", "mention.csv"), ("mention.csv", "own.csv")])
def test_one_company_whichever_file_comes_first(desk: Desk, order: tuple[str, str]) -> None:
    desk.write("own.csv", table("id,name,annual_revenue", ["HMC,Hyundai,10"]))
    desk.write(
        "mention.csv",
        table("id,brand,text,problem", ["1,HYUNDAI,it broke,engine", "2,Hyundai Motor America,x,y"]),
    )
    desk.write("links.csv", table("source,target,kind", ["mobis,HMC,SUPPLIES", "mobis,Hyundai Motor,OWNS"]))
    desk.write("more.csv", table("id,name", ["mobis,Mobis"]))
    for name in order:
        desk.load(name)
    report = desk.load("more.csv", "links.csv")
    assert not report.rejected
    assert len(desk.facts("companies")) == 2
    (hyundai,) = (v for v in desk.values("companies").values() if v["name"] == "Hyundai")
    assert hyundai["annual_revenue"] == 10.0
    assert {fact.values["company"] for fact in desk.facts("complaints")} == {hyundai["id"]}
    assert {fact.key[2] for fact in desk.facts("links")} == {hyundai["id"]}


def test_two_companies_with_ids_of_their_own_may_share_a_name_which_is_then_ambiguous(desk: Desk) -> None:
    desk.write("companies.csv", table("id,name", ["d1,Autohaus Nord", "d2,Autohaus Nord", "x,X"]))
    desk.write("links.csv", table("source,target,kind", ["x,Autohaus Nord,SUPPLIES", "x,d2,SUPPLIES"]))
    report = desk.load("links.csv", "companies.csv")
    assert tally(one(report, "companies.csv")) == (3, 3, 0, 0, 0)
    assert [(d.id_a, d.id_b) for d in report.doubtful] == [("d1", "d2")]
    (problem,) = desk.rejected("links")
    assert "d1 (Autohaus Nord), d2 (Autohaus Nord)" in problem["remedy"]


def test_links_take_ids_names_aliases_and_identifiers(desk: Desk) -> None:
    desk.write(
        "companies.csv",
        table(
            "id,name,aliases,identifiers", ["a,Acme Motors AG,天脉;AMC,lei:529900ABC", "b,Bolt,,", "c,Cart,,"]
        ),
    )
    sources = ["a", "Acme Motors", "ACME MOTORS AG", "天脉", "amc", "lei:529900abc", "A"]
    desk.write(
        "links.csv",
        table("source,target,kind,category", [f"{s},b,supplies,k{i}" for i, s in enumerate(sources)]),
    )
    assert not desk.load("companies.csv", "links.csv").rejected
    assert {fact.key[0] for fact in desk.facts("links")} == {"a"}


def test_a_link_to_a_company_that_does_not_exist_names_the_closest(chain: Desk) -> None:
    chain.write(
        "links.csv", table("source,target,kind", ["Bolt GmbH,Acme Motor,SUPPLIES", "bolt,acme,SUPPLIES"])
    )
    report = chain.load("links.csv")
    assert tally(one(report)) == (2, 1, 0, 0, 1)
    (problem,) = chain.rejected("links")
    assert problem["reason"] == "no such company"
    assert "Acme Motors AG (acme)" in problem["remedy"]
    assert len(chain.facts("companies")) == 3


def test_the_ends_of_a_link_need_a_role_that_may_stand_there_or_none(chain: Desk) -> None:
    chain.write("companies.csv", table("id,name", ["plain,Plain"]))
    chain.write(
        "links.csv",
        table(
            "source,target,kind",
            [
                "bolt,acme,CARRIES_FOR",
                "plain,acme,CARRIES_FOR",
                "acme,bolt,SELLS_THROUGH",
                "acme,cart,SELLS_THROUGH",
            ],
        ),
    )
    report = chain.load("companies.csv", "links.csv")
    assert one(report, "links.csv").rejected == 2
    first, second = chain.rejected("links")
    assert (first["row"], first["column"]) == ("2", "source")
    assert "logistics" in first["remedy"]
    assert (second["row"], second["column"]) == ("4", "target")
    assert "dealer or platform" in second["remedy"]


def test_symmetric_links_are_one_in_either_direction(chain: Desk) -> None:
    chain.write(
        "links.csv",
        table(
            "source,target,kind,closeness",
            ["bolt,acme,COMPETES_WITH,.5", "acme,bolt,COMPETES_WITH,.5", "acme,bolt,COMPETES_WITH,.7"],
        ),
    )
    report = chain.load("links.csv")
    assert tally(one(report)) == (3, 1, 0, 1, 1)


def test_periods_are_links_of_their_own(chain: Desk) -> None:
    chain.write(
        "links.csv",
        table(
            "source,target,kind,period,since,until,seller_share",
            [
                "bolt,acme,SUPPLIES,,2020-01-01,,.3",
                "bolt,acme,SUPPLIES,FY2019,2019-01-01,2020-01-01,.4",
                "bolt,acme,SUPPLIES,FY2018,2019-01-01,2018-01-01,.4",
            ],
        ),
    )
    report = chain.load("links.csv")
    assert tally(one(report)) == (3, 2, 0, 0, 1)
    assert chain.rejected("links")[0]["column"] == "until"


# -- shares of a slot ---------------------------------------------------------------------------------


def shares(desk: Desk, *rows: str, name: str = "links.csv", **options: Any) -> list[str]:
    """Loads links; the rows that were rejected."""
    desk.write(name, table("source,target,kind,category,share,since,until", rows))
    report = desk.load(name, **options)
    return [row["row"] for row in desk.rejected(name.removesuffix(".csv"))] if report.rejected else []


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_the_link_that_lifts_a_slot_above_one_is_rejected(chain: Desk, batch_rows: int) -> None:
    rows = (
        "bolt,acme,SUPPLIES,x,.7,,",
        "cart,acme,SUPPLIES,x,.3,,",
        "cart,acme,SUPPLIES,y,.9,,",
        "cart,acme,CARRIES_FOR,x,.1,,",
    )
    assert shares(chain, *rows, batch_rows=batch_rows) == ["5"]
    (problem,) = chain.rejected("links")
    assert "1.1" in problem["reason"]


def test_shares_of_tenths_that_add_up_to_one_do(desk: Desk) -> None:
    desk.write("companies.csv", table("id", [f"s{i}" for i in range(10)] + ["b"]))
    desk.load("companies.csv")
    assert shares(desk, *(f"s{i},b,SUPPLIES,x,0.1,," for i in range(10))) == []


def test_links_that_a_load_replaces_do_not_count_beside_themselves(chain: Desk) -> None:
    assert shares(chain, "bolt,acme,SUPPLIES,x,.7,,", "cart,acme,SUPPLIES,x,.3,,") == []
    assert shares(chain, "bolt,acme,SUPPLIES,x,.7,,", "cart,acme,SUPPLIES,x,.3,,") == []
    assert shares(chain, "bolt,acme,SUPPLIES,x,.2,,", "cart,acme,SUPPLIES,x,.8,,") == []
    assert shares(chain, "cart,acme,SUPPLIES,x,.9,,") == ["2"]
    assert shares(chain, "bolt,acme,SUPPLIES,x,.1,,", "cart,acme,SUPPLIES,x,.9,,", batch_rows=1) == []


def test_shares_of_different_times_do_not_add_up(chain: Desk) -> None:
    rows = (
        "bolt,acme,SUPPLIES,x,1,,2020-01-01",
        "cart,acme,SUPPLIES,x,1,2020-01-01,",
        "bolt,acme,SUPPLIES,y,1,2020-01-01,",
    )
    assert shares(chain, *rows, batch_rows=1) == []
    assert shares(chain, "cart,acme,SUPPLIES,y,.1,2019-01-01,") == ["2"]


# -- references ---------------------------------------------------------------------------------------


def test_a_reference_is_an_id_or_a_name_and_makes_what_is_missing(desk: Desk) -> None:
    desk.write("markets.csv", table("id,name,structure", ["m1,Family cars,monopoly"]))
    desk.write("companies.csv", table("id,market", ["a,m1", "b,family cars", "c,Boats", "d,Boats"]))
    report = desk.load("companies.csv", "markets.csv")
    assert [v["market"] for v in desk.values("companies").values()] == ["m1", "m1", "Boats", "Boats"]
    assert desk.values("markets")["Boats"] == {"id": "Boats"}
    assert any("Boats" in warning for warning in report.warnings)
    assert one(report, "companies.csv").created == (("markets", 1),)
    other = Desk(desk.folder / "other")
    other.write("companies.csv", table("id,market", ["c,Boats", "d,Boats"]))
    other.write("markets.csv", table("id,name,structure", ["Boats,Boats,homogeneous"]))
    other.load("companies.csv")
    other.load("markets.csv")
    early = other.store.snapshot().hash
    again = Desk(desk.folder / "again")
    for name in ("companies.csv", "markets.csv"):
        again.write(name, (other.folder / name).read_text())
    again.load("companies.csv", "markets.csv")
    assert again.store.snapshot().hash == early
    other.store.close()
    again.store.close()


def test_a_product_that_a_complaint_names_is_its_companys(chain: Desk) -> None:
    chain.write(
        "products.csv",
        table("id,company,name", ["p1,acme,Model X", "p2,bolt,Model X", "p3,acme,Twin", "p4,acme,twin"]),
    )
    chain.write(
        "complaints.csv",
        table(
            "id,company,product,text,component,crash,mileage",
            [
                "1,acme,model x,a,brake;engine,yes,100",
                "2,Bolt,Model X,b,,,",
                "3,acme,p2,c,,,",
                "4,acme,Roadster 2,d,,,",
                "5,newco,Roadster 2,e,,,",
                "6,acme,Twin,f,,,",
                "7,acme,,g,,,-1",
            ],
        ),
    )
    report = chain.load("complaints.csv", "products.csv")
    told = chain.values("complaints")
    assert {k: v["product"] for k, v in told.items()} == {
        "1": "p1", "2": "p2", "3": "p2", "4": "acme:roadster-2", "5": "newco:roadster-2",
    }  # fmt: skip
    assert told["1"]["component"] == ("brake", "engine")
    assert [row["row"] for row in chain.rejected("complaints")] == ["7", "8"]
    assert chain.values("products")["newco:roadster-2"]["name"] == "Roadster 2"
    assert chain.values("companies")["newco"] == {
        "id": "newco",
        "name": "newco",
        "roles": ("brand",),
        "inferred": ("id", "name", "roles"),
    }
    assert one(report, "complaints.csv").created == (("companies", 1), ("products", 2))


def test_chinese_complaints_as_they_come_in_both_encodings(shared: Path, desk: Desk) -> None:
    folder = shared / "data" / "test-only" / "zh_12365auto"
    report = desk.load(folder / "car_complain_2020-06.csv")
    file = one(report)
    assert (file.loader, tally(file)) == ("complaints", (600, 600, 0, 0, 0))
    again = desk.load(folder / "car_complain_2020-06_GBK.csv")
    assert tally(one(again)) == (600, 0, 0, 600, 0)
    assert again.revision == report.revision


def test_a_chinese_table_of_suppliers_and_customers(chain: Desk) -> None:
    chain.write("x.csv", table("供应商,客户,类别,年采购额,份额", ["bolt,acme,螺丝,100,0.4"]))
    assert tally(one(chain.load("x.csv"))) == (1, 1, 0, 0, 0)
    link = chain.values("links")["bolt SUPPLIES acme 螺丝"]
    assert (link["annual_value"], link["share"]) == (100.0, 0.4)
