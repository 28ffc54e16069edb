"""Both languages say the same things; numbers, money and names are written as people read them."""

import re
from pathlib import Path
from string import Formatter

import pytest

from viz.texts import fit
from viz.words import LANGUAGES, PHRASES, Words

CHECKOUT = Path(__file__).resolve().parents[2]
EN, ZH = Words("en", "USD"), Words("zh", "USD")


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("phrase", PHRASES)
def test_both_languages_fill_in_the_same(phrase: str) -> None:
    english, chinese = PHRASES[phrase]
    assert blanks(english) == blanks(chinese)
    assert not re.search("[\u3000-\u9fff\uff00-\uffef]", english)
    assert not re.search("[\u4e00-\u9fff][,;:()]|[,;:()][\u4e00-\u9fff]", chinese), (
        "Chinese has its own marks"
    )


def test_every_phrase_is_used() -> None:
    # Notices are told by their kind, which graph names.
    files = [f for room in ("viz", "api", "graph") for f in (CHECKOUT / room).rglob("*.*")]
    text = "\n".join(
        f.read_text("utf-8") for f in files if f.suffix in (".py", ".js", ".html") and f.stem != "words"
    )
    # Names that are put together from parts.
    made = re.compile("(role|recover|status|shock|legend|if|sales)_|.*_column$|.*_(note|blank|share|of|to)$")
    unused = [p for p in PHRASES if not re.search(rf"\b{p}\b", text) and not made.match(p)]
    assert unused == []


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (0, "USD 0", "0 美元"),
        (0.0123, "USD 0.0123", "0.0123 美元"),
        (101.56, "USD 102", "102 美元"),
        (9_994, "USD 9.99 k", "9994 美元"),
        (999_999, "USD 1 M", "100 万美元"),
        (1.3e6, "USD 1.3 M", "130 万美元"),
        (4.5e8, "USD 450 M", "4.5 亿美元"),
        (1.27e11, "USD 127 bn", "1270 亿美元"),
        (5e12, "USD 5 tn", "5 万亿美元"),
        (-3.2e5, "USD -320 k", "-32 万美元"),
        (float("nan"), "–", "–"),
    ],
)
def test_money(value: float, english: str, chinese: str) -> None:
    assert (EN.money(value), ZH.money(value)) == (english, chinese)


def test_money_without_a_currency_and_in_a_rare_one() -> None:
    assert Words("en").money(1500) == "1.5 k"
    assert Words("zh", "SEK").money(2e8) == "2 亿 SEK"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0%"),
        (1e-9, "<0.1%"),
        (0.05, "0.1%"),
        (12.25, "12.3%"),
        (99.94, "99.9%"),
        (99.96, "100%"),
        (100, "100%"),
    ],
)
def test_percent(value: float, text: str) -> None:
    assert EN.percent(value) == text


def test_one_week_is_no_weeks() -> None:
    assert EN("weeks", weeks=1) == "1 week"
    assert EN("weeks", weeks=21) == "21 weeks"
    assert EN("slots_oversold", about=1).startswith("The given shares of 1 slot sum to more than 1: ")
    assert EN("not_on_date", about=31, date="today").startswith("Not counted on today: 31 links that ")
    assert EN("over_weeks", weeks="0.1") == "over 0.1 weeks"


def test_chinese_stands_apart_from_latin() -> None:
    assert ZH("if_outage", company="LG", weeks=3) == "LG 停产 3 周"
    assert ZH("if_outage", company="赣锋", weeks=3) == "赣锋停产 3 周"
    assert ZH("if_outage", company="{weeks}", weeks=3).startswith("{weeks}")


def test_columns_are_named() -> None:
    assert EN.column("links", "inventory_weeks") == "inventory weeks"
    assert ZH.column("links", "inventory_weeks") == "库存周数"


def test_other_languages_are_not_known() -> None:
    with pytest.raises(ValueError, match="en, zh"):
        Words("tlh")
    assert LANGUAGES == ("en", "zh")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Toyota", "Toyota"),
        (" two\nlines\t", "two lines"),
        ("\u202eevil\u2066", "evil"),
        ("a\u2028b", "a b"),
        ("nul\0 half \ud800", "nul  half"),
        ("x" * 10_000, "x" * 79 + "…"),
        ("<b>&amp;", "<b>&amp;"),
        ("مرحبا", "مرحبا"),
    ],
)
def test_fit(told: str, shown: str) -> None:
    assert fit(told, 80) == shown
