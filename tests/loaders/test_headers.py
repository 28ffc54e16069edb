"""The generic tables: what headers become, in both languages."""

from __future__ import annotations

import pytest

from graph.digests import digest
from graph.errors import LoadError
from graph.ontology import LINKS, TABLES
from loaders.headers import columns_of, label
from tests.loaders.loading import COMPANIES, Desk, one, table, tally


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
