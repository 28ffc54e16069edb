"""The generic tables: what headers, cells, references and money become, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.digests import digest
from graph.errors import LoadError, ValueRejected
from graph.model import fact
from graph.ontology import COMPLAINTS, LINKS, TABLES, Kind
from loaders.columns import Bad, converter
from loaders.headers import columns_of, label
from tests.loaders.loading import Desk, one, table, tally

COMPANIES = table(
    "id,name,roles,annual_revenue,currency",
    [
        "acme,Acme Motors AG,brand,1000,EUR",
        "bolt,Bolt GmbH,supplier,200,",
        "cart,Cart Ltd,logistics;dealer,50,",
    ],
)


@pytest.fixture
def chain(desk: Desk) -> Desk:
    desk.write("companies.csv", COMPANIES)
    desk.load("companies.csv")
    return desk


# -- headers ------------------------------------------------------------------------------------------


def test_every_column_is_found_by_each_of_its_headers_in_any_spelling() -> None:
    for known in TABLES.values():
        claimed: dict[str, str] = {}
        for column in known.columns:
            for header in (column.name, *column.synonyms):
                claimed.setdefault(label(header), column.name)
        for column in known.columns:
            for header in (column.name, *column.synonyms):
                if claimed[label(header)] != column.name:
                    continue  # several columns share it, the first is meant
                for spelt in (header, header.upper(), header.replace("_", " ").title(), f" {header} "):
                    (found,) = columns_of(known, [spelt])
                    assert found is not None
                    assert found.name == column.name, (known.name, spelt)


def test_a_plain_name_goes_before_a_synonym_wherever_it_stands() -> None:
    found = columns_of(LINKS, ["seller", "source", "from", "目标", "关系"])
    assert [column and column.name for column in found] == [None, "source", None, "target", "kind"]


def test_chinese_tables_in_gb18030_and_utf16_tell_the_same(desk: Desk) -> None:
    companies = table(
        "公司名称,角色,年收入,币种,地区", ["比亚迪,品牌,3.5万,CNY,广东", "宁德时代,供应商；物流,1.2亿,,福建"]
    )
    links = table("卖方,买方,关系类型,品类,份额,关键", ["宁德时代,比亚迪,供应,电池,80%,是"])
    hashes = set()
    for encoding in ("gb18030", "utf-16", "utf-8-sig"):
        other = Desk(desk.folder / encoding)
        other.write("一.csv", companies, encoding)
        other.write("二.csv", links, encoding)
        report = other.load("二.csv", "一.csv")
        assert [tally(file) for file in report.files] == [(1, 1, 0, 0, 0), (2, 2, 0, 0, 0)]
        hashes.add(other.store.snapshot().hash)
        assert other.store.snapshot().currency == "CNY"
        firms = {values["name"]: values for values in other.values("companies").values()}
        assert firms["比亚迪"]["annual_revenue"] == 35_000.0
        assert firms["宁德时代"]["annual_revenue"] == 120_000_000.0
        assert firms["宁德时代"]["roles"] == ("supplier", "logistics")
        (link,) = other.values("links").values()
        assert link["kind"] == "SUPPLIES"
        assert (link["share"], link["essential"], link["category"]) == (0.8, True, "电池")
        other.store.close()
    assert len(hashes) == 1


def test_english_and_chinese_words_for_kinds_and_structures(chain: Desk) -> None:
    chain.write(
        "links.csv",
        table(
            "source,target,kind,category",
            [
                "bolt,acme,供货,",
                "cart,acme,承运,",
                "acme,cart,Sells Through,",
                "acme,bolt,竞争,x",
                "bolt,cart,同受监管,",
                "acme,cart,持有,y",
            ],
        ),
    )
    chain.write(
        "markets.csv", table("市场编号,名称,结构", ["m1,汽车,垄断", "m2,Tea,同质化", "m3,Cars,差异化"])
    )
    report = chain.load("links.csv", "markets.csv")
    assert [tally(file)[4] for file in report.files] == [0, 0]
    assert {fact.key[:4] for fact in chain.facts("links")} == {
        ("bolt", "SUPPLIES", "acme", ""),
        ("cart", "CARRIES_FOR", "acme", "delivery"),
        ("acme", "SELLS_THROUGH", "cart", "goods:acme"),
        ("acme", "COMPETES_WITH", "bolt", ""),
        ("bolt", "REGULATED_WITH", "cart", ""),
        ("acme", "OWNS", "cart", ""),
    }
    assert [v["structure"] for v in chain.values("markets").values()] == [
        "monopoly",
        "homogeneous",
        "differentiated",
    ]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("links.csv", COMPANIES, "companies"),
        ("companies.csv", "id,name,structure\nm1,Cars,monopoly\n", "markets"),
        ("x.csv", "id,name\nm1,Cars\n", "companies"),
        ("markets.csv", "id,name\nm1,Cars\n", "markets"),
        ("x.csv", "currency,rate\nUSD,0.9\n", "rates"),
        ("x.csv", "id,company,name,revenue_share\n", "products"),
        ("x.csv", "product,category,supplier\n", "parts"),
        ("x.csv", "id,product,made_from,quantity\n", "batches"),
        ("x.csv", "id,company,address,city\n", "outlets"),
        ("x.csv", "id,company,kind,date,direct_cost\n", "events"),
        ("x.csv", "id,brand,car_model,type,desc,problem,datetime,status\n", "complaints"),
        ("x.csv", "Source;Target;Kind;Category\n", "links"),
    ],
)
def test_the_kind_of_a_table_is_found_by_its_header(
    desk: Desk, name: str, content: str, expected: str
) -> None:
    desk.write(name, content)
    assert one(desk.load(name)).loader == expected


def test_a_table_that_lacks_a_required_column_says_which(desk: Desk) -> None:
    desk.write("links.csv", "source,target,annual_value\na,b,3\n")
    with pytest.raises(LoadError, match="no column 'kind'") as raised:
        desk.load("links.csv")
    assert "the kind of link" in raised.value.remedy


def test_unknown_columns_are_kept_as_text_with_one_warning(desk: Desk) -> None:
    rows = [f"c{i},Firm {i},2024-0{i},  {i}  " for i in range(1, 9)]
    desk.write("companies.csv", table("id,name,asof,anual_revenue", rows))
    report = desk.load("companies.csv", batch_rows=2)
    assert desk.values("companies")["c3"] == {
        "id": "c3",
        "name": "Firm 3",
        "asof": "2024-03",
        "anual_revenue": "3",
    }
    assert len(report.warnings) == 1
    assert "annual_revenue" in report.warnings[0]
    assert "'asof'" in report.warnings[0]


def test_columns_that_an_unknown_one_could_be_taken_for_stay_apart(desk: Desk) -> None:
    desk.write("companies.csv", table("id,name,名称,Revenue,annual_revenue", ["a,A,甲,about 5,5"]))
    desk.load("companies.csv")
    assert desk.values("companies")["a"] == {
        "id": "a", "name": "A", "名称": "甲", "Revenue": "about 5", "annual_revenue": 5.0,
    }  # fmt: skip


def test_a_telling_name_lets_a_table_have_mostly_columns_of_its_own(desk: Desk) -> None:
    own = ",".join(f"own{i}" for i in range(9))
    content = f"id,name,{own}\na,A{',1' * 9}\n"
    desk.write("x.csv", content)
    with pytest.raises(LoadError) as caught:
        desk.load("x.csv")
    assert "--as companies" in caught.value.remedy
    assert tally(one(desk.load("x.csv", as_loader="companies"))) == (1, 1, 0, 0, 0)
    desk.write("companies.csv", content)
    assert one(desk.load("companies.csv")).loader == "companies"


def test_a_supplier_and_a_customer_imply_that_it_supplies(chain: Desk) -> None:
    chain.write("x.csv", table("供方,客户,类别", ["bolt,acme,screws"]).replace("客户", "customer"))
    assert tally(one(chain.load("x.csv"))) == (1, 1, 0, 0, 0)
    assert chain.values("links")["bolt SUPPLIES acme screws"]["category"] == "screws"


def test_the_hash_is_of_the_facts_whether_a_kind_was_written_or_implied(chain: Desk) -> None:
    chain.write("x.csv", table("supplier,customer,category", ["bolt,acme,screws"]))
    chain.load("x.csv")
    held = sum(map(digest, chain.facts("companies") + chain.facts("links"))) % 2**256
    assert chain.store.snapshot().hash == f"{held:064x}"


def test_a_rejected_row_leaves_nothing_behind(desk: Desk) -> None:
    desk.write("companies.csv", table("id,name", ["a,Acme"]))
    desk.write("products.csv", table("id,name,company", ["p,Twin,a", "q,Twin,a"]))
    desk.write(
        "complaints.csv",
        table(
            "id,company,product,crash,text",
            ["k,Newco,Newprod,perhaps,x", "l,a,Twin,no,x", ",Otherco,Otherprod,no,x", "m,Realco,Real,no,x"],
        ),
    )
    desk.write("parts.csv", table("product,category,supplier", ["Ghost,screws,nobody", "p,bolts,a"]))
    desk.write("batches.csv", table("id,product,made_from,made_until", ["b,Spook,2020-02-01,2020-01-01"]))
    desk.write("markets.csv", table("id,name", ["m,M"]))
    desk.write("more.csv", table("id,name,market,annual_revenue", [",,limbo,1", "z,Z,m,1"]))
    report = desk.load(
        *(f"{n}.csv" for n in ("companies", "products", "complaints", "parts", "batches", "markets", "more"))
    )
    assert report.rejected == 6
    assert set(desk.values("companies")) == {"a", "realco", "z"}
    assert set(desk.values("products")) == {"p", "q", "realco:real"}
    assert set(desk.values("markets")) == {"m"}


# -- cells --------------------------------------------------------------------------------------------


def test_numbers_as_people_write_them(desk: Desk) -> None:
    desk.write(
        "companies.csv",
        "id\tannual_revenue\tresale\tlatitude\n"
        "a\t1,200\t12%\t-33.9\nb\t1 200\t.5\t\nc\t1.2e6\t0\t91.0\n"
        "d\t3.5万\t1\t0\ne\t-0\t-0\t-0\nf\tn/a\t—\t \n",
    )
    report = desk.load("companies.csv")
    assert one(report).rejected == 1
    values = desk.values("companies")
    assert [values[c].get("annual_revenue") for c in "abdef"] == [1200.0, 1200.0, 35000.0, 0.0, None]
    assert str(values["e"]["annual_revenue"]) == "0.0"
    assert (values["a"]["resale"], values["a"]["latitude"]) == (0.12, -33.9)
    (problem,) = desk.rejected("companies")
    assert (problem["column"], problem["value"], problem["row"]) == ("latitude", "91.0", "4")


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**6), 10**6).map(str),
    st.sampled_from(["", " ", "-", "n/a", "1,200", "12%", "nan", "inf", "1_000", "-0", "1e400", "0x1", "é"]),
)
CELLS: dict[Kind, st.SearchStrategy[str]] = {
    Kind.DATE: st.sampled_from(
        ["", "2021-02-30", "2021-02-03", "2021年2月3日", "20210203", "x", "08/06/2020"]
    ),
    Kind.FLAG: st.sampled_from(["", "yes", "是", "0", "maybe", "TRUE"]),
    Kind.CHOICE: st.sampled_from(["", "supplies", "SUPPLIES", "供应", "xyz"]),
    Kind.TEXTS: st.sampled_from(["", "a;b", ";;", "a；b ; a"]),
    Kind.TEXT: st.text(max_size=5),
}


@given(data=st.data())
@settings(max_examples=150)
def test_a_column_at_once_is_each_of_its_cells_by_itself(data: st.DataObject) -> None:
    column = data.draw(st.sampled_from([c for t in (LINKS, COMPLAINTS) for c in t.columns]))
    cells = data.draw(st.lists(CELLS.get(column.kind, NUMBERS), min_size=1, max_size=8))
    bad: Bad = {}
    together = converter(column)(cells, bad)
    for place, cell in enumerate(cells):
        alone: Bad = {}
        assert converter(column)([cell], alone) == [together[place]]
        assert alone.get(0) == bad.get(place)


@given(data=st.data())
@settings(max_examples=150)
def test_what_columns_let_through_the_model_takes_unchanged(data: st.DataObject) -> None:
    column = data.draw(st.sampled_from([c for t in (LINKS, COMPLAINTS) for c in t.columns if not c.required]))
    table_ = "links" if column in LINKS.columns else "complaints"
    cell = data.draw(CELLS.get(column.kind, NUMBERS))
    bad: Bad = {}
    (value,) = converter(column)([cell], bad)
    base: dict[str, Any] = (
        {"source": "a", "kind": "SUPPLIES", "target": "b"} if table_ == "links" else {"id": "x"}
    )
    if value is None:
        return
    try:
        assert fact(table_, {**base, column.name: value}).values[column.name] == value
    except ValueRejected as error:
        raise AssertionError(f"{cell!r} was let through: {error}") from None


def test_workbook_cells_of_every_type(desk: Desk) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "whatever"
    for row in (
        ["id", "name", "annual_revenue", "roles", "note"],
        [1001, "Acme", 12.5, "brand", True],
        ["b", 77, "1,200", "supplier", None],
        ["c", "C", True, "brand", 3],
    ):
        sheet.append(row)
    book.save(desk.folder / "book.xlsx")
    report = desk.load("book.xlsx")
    assert tally(one(report)) == (3, 2, 0, 0, 1)
    assert desk.values("companies")["1001"]["annual_revenue"] == 12.5
    assert desk.values("companies")["b"]["name"] == "77"
    (problem,) = desk.rejected("book[whatever]".replace("[", "-").replace("]", ""))
    assert (problem["row"], problem["column"], problem["value"]) == ("4", "annual_revenue", "True")


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


# -- money --------------------------------------------------------------------------------------------


def test_the_first_company_that_names_a_currency_sets_the_stores(desk: Desk) -> None:
    desk.write(
        "companies.csv", table("id,annual_revenue,currency", ["a,1,", "b,2,rmb", "c,3,USD", "d,4,人民币"])
    )
    desk.write("rates.csv", table("币种,汇率", ["usd,7"]))
    report = desk.load("companies.csv", "rates.csv")
    assert not report.rejected
    assert desk.store.snapshot().currency == "CNY"
    values = desk.values("companies")
    assert [values[c]["annual_revenue"] for c in "abcd"] == [1.0, 2.0, 21.0, 4.0]
    assert values["c"]["evidence"] == "annual_revenue 3 USD at 7"
    assert not any("currency" in v for v in values.values())


def test_money_in_a_currency_without_a_rate_is_rejected(chain: Desk) -> None:
    chain.write(
        "links.csv",
        table(
            "source,target,kind,annual_value,currency,evidence",
            ["bolt,acme,SUPPLIES,10,USD,page 7", "cart,acme,SUPPLIES,10,EUR,", "acme,bolt,SUPPLIES,10,1,"],
        ),
    )
    assert one(chain.load("links.csv")).rejected == 2
    first, second = chain.rejected("links")
    assert first["reason"] == "no rate is known for USD"
    assert "currency,rate" in first["remedy"]
    assert second["reason"] == "not a currency"
    chain.write("rates.csv", table("currency,rate", ["USD,.5", "XXX,0", "YYY,-1"]))
    report = chain.load("links.csv", "rates.csv")
    assert (one(report, "links.csv").rejected, one(report, "rates.csv").rejected) == (1, 2)
    link = chain.values("links")["bolt SUPPLIES acme"]
    assert (link["annual_value"], link["evidence"]) == (5.0, "page 7; annual_value 10 USD at 0.5")
    chain.write("events.csv", table("id,company,kind,direct_cost,currency", ["e1,acme,recall,100,USD"]))
    chain.load("events.csv")
    assert chain.values("events")["e1"]["direct_cost"] == 50.0


def test_a_currency_in_a_cell_is_the_rows_or_contradicts_it(desk: Desk) -> None:
    desk.write("rates.csv", table("currency,rate", ["RMB,0.1", "USD,0.5"]))
    rows = [
        "a,5 EUR,", "b,100 USD,", "c,5 元,", "d,€ 5,EUR", "e,US$ 5 USD,USD", "f,$ 8,usd",
        "g,5 USD,EUR", "h,$5,", "i,$5,EUR", "j,¥5,", "k,$5 EUR,", "l,5 USD,CNY", "m,¥5,CNY", "n,$1.2bn,USD",
    ]  # fmt: skip
    desk.write("companies.csv", table("id,annual_revenue,currency", rows))
    report = desk.load("companies.csv", "rates.csv", currency="EUR")
    values = desk.values("companies")
    assert {id: v["annual_revenue"] for id, v in values.items()} == {
        "a": 5.0, "b": 50.0, "c": 0.5, "d": 5.0, "e": 2.5, "f": 4.0, "m": 0.5, "n": 6e8,
    }  # fmt: skip
    assert values["b"]["evidence"] == "annual_revenue 100 USD at 0.5"
    assert report.rejected == 6
    for row in desk.rejected("companies"):
        assert row["remedy"] in ("Write one currency in a row.", "Write the code of one, such as USD.",
                                 "Write the code of one, such as CNY.")  # fmt: skip


def test_a_currency_without_money_is_the_stores_all_the_same(desk: Desk) -> None:
    desk.write("companies.csv", table("id,name,currency", ["a,A,EUR"]))
    assert one(desk.load("companies.csv")).added == 1
    assert desk.store.snapshot().currency == "EUR"
    assert "currency" not in desk.values("companies")["a"]


def test_a_sign_of_several_currencies_is_the_stores_where_that_uses_it(desk: Desk) -> None:
    desk.write("companies.csv", table("id,annual_revenue,cash", ["a,$5k,1", "b,¥5,", "c,5,3 CAD"]))
    desk.load("companies.csv", currency="CAD")
    assert {id: v["annual_revenue"] for id, v in desk.values("companies").items()} == {"a": 5000.0, "c": 5.0}
    (rejected,) = desk.rejected("companies")
    assert (rejected["column"], rejected["value"]) == ("annual_revenue", "¥")


def test_a_currency_beside_what_is_no_money_is_rejected(chain: Desk) -> None:
    chain.write("links.csv", table("source,target,kind,inventory_weeks", ["bolt,acme,SUPPLIES,$5"]))
    assert one(chain.load("links.csv")).rejected == 1


def test_rates_are_kept_by_code(desk: Desk) -> None:
    rows = ["RMB,7", "人民币,8", "US dollars,.5", "EUR,2", "apples,3", "£,2"]
    desk.write("rates.csv", table("currency,rate", rows))
    assert one(desk.load("rates.csv", currency="EUR")).rejected == 3
    reasons = {row["value"]: row["reason"] for row in desk.rejected("rates")}
    assert reasons["apples"] == "not a currency"
    assert reasons["2.0"] == "the store's own currency"
    assert {id: v["rate"] for id, v in desk.values("rates").items()} == {"CNY": 7.0, "USD": 0.5, "GBP": 2.0}


@pytest.mark.parametrize("word", ["apples", "$", "12", "EU"])
def test_no_word_but_a_currency_is_the_stores(desk: Desk, word: str) -> None:
    desk.write("companies.csv", table("id,annual_revenue,currency", [f"a,1,{word}", "b,2,dollars"]))
    assert desk.load("companies.csv").rejected == 1
    assert desk.store.snapshot().currency == "USD"


def test_the_currency_option_goes_before_the_companies(desk: Desk) -> None:
    desk.write("companies.csv", table("id,annual_revenue,currency", ["a,1,EUR"]))
    report = desk.load("companies.csv", currency="usd")
    assert desk.store.snapshot().currency == "USD"
    assert report.rejected == 1


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
