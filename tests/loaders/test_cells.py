"""The generic tables: what cells and money become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ValueRejected
from graph.model import fact
from graph.ontology import COMPLAINTS, LINKS, Kind
from loaders.columns import Bad, converter
from tests.loaders.loading import Desk, one, table, tally

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
