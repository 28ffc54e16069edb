"""Cells as people write them, each form by name, and whatever else a person could type."""

from __future__ import annotations

import datetime
import math
import timeit
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.reading.cells import (
    CellError,
    amount,
    blank,
    day,
    flag,
    integer,
    json_date,
    number,
    share,
    text,
)

NUMBERS = {
    "1200": 1200, "-3": -3, "+3": 3, " 7 ": 7, ".5": 0.5, "5.": 5, "1.2e6": 1.2e6, "1E-3": 1e-3,
    "1,200": 1200, "1,200,000.25": 1200000.25, "-1,200": -1200, "1,20,000": 120000,
    "1 200": 1200, "1\u00a0200\u00a0000": 1200000, "1\u202f200": 1200, "1 200,5": 1200.5, "1 200.5": 1200.5,
    "1'200": 1200, "1’200.5": 1200.5, "1.200,50": 1200.5, "1.234.567": 1234567, "1.234.567,8": 1234567.8,
    "12%": 0.12, "12 %": 0.12, "１２％": 0.12, "0.5%": 0.005, "1,200%": 12, "-5%": -0.05,
    "3.5万": 35000, "1.2亿": 120000000, "1.2 亿元": 120000000, "3萬": 30000, "2千万": 2e7, "1.5万亿": 1.5e12,
    "3.5万美元": 35000, "(1,200)": -1200, "($1,200)": -1200, "（１，２００）": -1200,
    "¥1,200": 1200, "￥1,200": 1200, "$5": 5, "-$5": -5, "$-5": -5, "€ 5": 5, "5 €": 5, "US$ 5": 5,
    "USD 5": 5, "5 USD": 5, "5eur": 5, "1200元": 1200, "人民币1200元": 1200, "5 CNY": 5, "RMB 5": 5,
    "5k": 5000, "3.4m": 3.4e6, "3.4 M": 3.4e6, "1.2bn": 1.2e9, "$1.2B": 1.2e9, "1.2 billion": 1.2e9,
    "USD 1.2bn": 1.2e9, "1.2bn USD": 1.2e9, "1,200k": 1.2e6, "2 trillion": 2e12, "\N{MINUS SIGN}4": -4,
    "１２３": 123, "１．５": 1.5,
}  # fmt: skip

NO_NUMBERS = {
    "1,5": "comma", "1,20": "comma", "12,3456": "comma", "0,500": "comma", "1,5%": "comma", "1,5万": "comma",
    "nan": "finite", "NaN": "finite", "inf": "finite", "-Infinity": "finite", "1e999": "finite",
    "9e308亿": "finite", "$nan": "finite", "-inf%": "finite",
    "abc": "not a number", "12abc": "not a number", "1_000": "not a number", "0x10": "not a number",
    "1 20": "not a number", "1,2000,000": "not a number", "1.2.3": "not a number", "12t": "not a number",
    "%": "not a number", "万": "not a number", "$": "not a number", "1-2": "not a number",
    "2020-06-08": "not a number",
    "5 € %": "not a number", "12%%": "not a number", "1e5e5": "not a number", "()": "not a number",
    "--5": "two signs", "(-5)": "two signs", "": "blank", "   ": "blank", "9" * 200 + "x": "not a number",
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), NUMBERS.items())
def test_numbers_as_people_write_them(written: str, meant: float) -> None:
    assert amount(written)[0] == meant


def test_a_currency_is_for_money_alone() -> None:
    assert amount("1200") == (1200.0, ())
    assert [amount(cell)[1] for cell in ("$1.2bn", "100 USD", "５元", "US$ 5 usd")] == [
        ("$",), ("USD",), ("元",), ("US$", "usd"),
    ]  # fmt: skip
    for cell in ("$5", "5 USD", "5元"):
        for convert in (number, share, integer):
            with pytest.raises(CellError, match="no money") as caught:
                convert(cell)
            assert caught.value.remedy


@pytest.mark.parametrize(("written", "reason"), NO_NUMBERS.items())
def test_what_is_no_number_or_might_be_two(written: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason) as caught:
        number(written)
    assert caught.value.remedy


def test_the_remedy_of_a_decimal_comma_shows_the_number() -> None:
    with pytest.raises(CellError) as caught:
        number("1,5")
    assert "1.5" in caught.value.remedy


def test_numbers_that_are_numbers_already() -> None:
    assert number(3) == 3.0
    assert isinstance(number(3), float)
    for cell in (True, None, datetime.date(2020, 1, 1), float("nan"), float("inf"), 10**400):
        with pytest.raises(CellError):
            number(cell)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_comes_back(value: float) -> None:
    assert number(repr(value)) == value


@given(st.integers(-(10**15), 10**15))
def test_every_grouping_comes_back(value: int) -> None:
    assert number(f"{value:,}") == value
    assert number(f"{value:,}".replace(",", "\u00a0")) == value
    assert integer(str(value)) == value


@given(st.text(max_size=30) | st.text("0123456789.,+-()%eE $¥万亿kmb_ \u00a0", max_size=12))
def test_any_text_is_a_finite_number_or_a_cell_error(written: str) -> None:
    with suppress(CellError):
        assert math.isfinite(number(written))


def test_a_plain_number_costs_little() -> None:
    runs = 100_000
    cost = min(timeit.repeat(lambda: number("1234.5"), number=runs, repeat=5)) / runs
    bare = min(timeit.repeat(lambda: float("1234.5"), number=runs, repeat=5)) / runs
    assert cost - bare < 1e-6


def test_shares() -> None:
    assert [share(cell) for cell in (".12", "12%", "１２％", 1, "0", "100%")] == [0.12, 0.12, 0.12, 1, 0, 1]
    with pytest.raises(CellError, match="above 1") as caught:
        share("12")
    assert "12%" in caught.value.remedy
    with pytest.raises(CellError, match="below 0"):
        share("-.1")


def test_whole_numbers() -> None:
    assert [integer(cell) for cell in ("12", "1,200", "12.0", 12.0, 7, "3万")] == [12, 1200, 12, 12, 7, 30000]
    assert integer("9007199254740993") == 9007199254740993
    for cell in ("12.5", True, "x", None):
        with pytest.raises(CellError):
            integer(cell)


def test_flags() -> None:
    for cell in ("true", "TRUE", "Yes", "y", "1", 1, 1.0, True, "是", "真", "√", " yes ", "ＹＥＳ"):
        assert flag(cell) is True
    for cell in ("false", "No", "n", "0", 0, False, "否", "假"):
        assert flag(cell) is False
    for cell in ("maybe", "", None, "2", datetime.date(2020, 1, 1)):
        with pytest.raises(CellError, match="neither"):
            flag(cell)


@pytest.mark.parametrize(
    "cell", [None, "", "  ", "-", "—", "——", "n/a", "N/A", "NA", " na ", "无", "#N/A", " " * 50]
)
def test_blanks(cell: str | None) -> None:
    assert blank(cell)


@pytest.mark.parametrize("cell", [0, 0.0, False, "0", "nan", "-1", "x", "no", "none at all", "NAN"])
def test_what_is_not_blank(cell: str | float) -> None:
    assert not blank(cell)


DAYS = [
    "2020-06-08", "2020/6/8", "2020.6.8", "2020-6-8", "20200608", "2020年6月8日", "2020 年 6 月 8 日",
    "２０２０年６月８日",
    "2020年6月8号", "8 June 2020", "8th June 2020", "8-Jun-2020", "June 8, 2020", "Jun. 8, 2020",
    "Jun 8th 2020",
    "2020-06-08 13:45", "2020-06-08T13:45:00Z", "2020-06-08T13:45:00.123+08:00", "2020/6/8 0:00:00",
    " 2020-06-08 ", "8 june 2020",
]  # fmt: skip


@pytest.mark.parametrize("written", DAYS)
def test_the_eighth_of_june(written: str) -> None:
    assert day(written) == datetime.date(2020, 6, 8)


def test_other_dates() -> None:
    first_of_june = datetime.date(2020, 6, 1)
    assert [day(cell) for cell in ("2020-06", "2020/6", "2020年6月", "June 2020")] == [first_of_june] * 4
    assert day("2020") == day(2020) == day("2020年") == datetime.date(2020, 1, 1)
    assert day("25/12/2020") == day("12/25/2020") == day("25.12.2020") == datetime.date(2020, 12, 25)
    assert day("6/6/2020") == datetime.date(2020, 6, 6)
    assert day(20200608) == day(datetime.datetime(2020, 6, 8, 3, 4)) == datetime.date(2020, 6, 8)
    assert type(day(datetime.datetime(2020, 6, 8, 3, 4))) is datetime.date
    assert day("29 February 2020") == datetime.date(2020, 2, 29)


@pytest.mark.parametrize(
    "written",
    ["2021-02-30", "2021/2/30", "20210230", "2021年2月30日", "30 February 2021", "2021-13-01", "0000-01-01"],
)
def test_days_that_do_not_exist(written: str) -> None:
    with pytest.raises(CellError, match="no such date"):
        day(written)


def test_days_that_cannot_be_told_apart() -> None:
    with pytest.raises(CellError, match="told apart") as caught:
        day("08/06/2020")
    assert "YYYY-MM-DD" in caught.value.remedy


@pytest.mark.parametrize(
    "cell",
    ["", "soon", "8/6/20", "202006", "2020-6/8", "8 Juno 2020", 43990.5, True, None, "2" * 100, "-2020"],
)
def test_what_is_no_date(cell: str | float | None) -> None:
    with pytest.raises(CellError):
        day(cell)


@given(st.dates(min_value=datetime.date(1000, 1, 1)))
def test_every_date_comes_back(value: datetime.date) -> None:
    assert day(value.isoformat()) == day(f"{value:%Y%m%d}") == value
    assert day(f"{value.year}年{value.month}月{value.day}日") == day(f"{value:%d %B %Y}") == value


@given(st.text(max_size=30) | st.text("0123456789-/年月日TZ: junmay.", max_size=16))
def test_any_text_is_a_date_or_a_cell_error(written: str) -> None:
    for convert in (day, json_date):
        with suppress(CellError):
            assert isinstance(convert(written), datetime.date)


def test_json_dates_are_days_in_utc_whatever_the_offset() -> None:
    assert json_date("/Date(991180800000-0400)/") == datetime.date(2001, 5, 30)
    assert json_date("/Date(991180799000-0400)/") == datetime.date(2001, 5, 29)
    assert json_date("/Date(991195200000)/") == datetime.date(2001, 5, 30)
    assert json_date("/Date(-86400000+0000)/") == datetime.date(1969, 12, 31)
    assert json_date("/Date(57600000+0800)/") == datetime.date(1970, 1, 1)
    for written in ("2001-05-30", "/Date()/", "/Date(999999999999999)/"):
        with pytest.raises(CellError):
            json_date(written)


def test_texts() -> None:
    cells = [None, " a ", 1001, 1.5, True, datetime.date(2020, 6, 8), "NA"]
    assert [text(cell) for cell in cells] == ["", "a", "1001", "1.5", "true", "2020-06-08", "NA"]
