"""The model beside history as a page: its picture, its table, and that no text of a case is obeyed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.viz.chains import ATTACKS
from tests.viz.conftest import Opened
from viz.history import Chapter, Mark, history_page

BAND = {"p5": -20.0, "p10": -16.0, "p50": -10.0, "p90": -6.0, "p95": -4.0}
MARK = Mark("gm", 0, 12, -8.0, BAND, (-10.0, -10.0), "verdict_in_80", True, "")
CHAPTER = Chapter("A case", True, 1, False, False, "a source", "a basis", "", (MARK,))
OUTSIDE = replace(MARK, seen=(4.0, 6.0), verdict="verdict_out", sign=False)


def page(*chapters: Chapter, lang: str = "en") -> str:
    return history_page(chapters, "A headline", "below", lang)


def pictures(html: str) -> list[ElementTree.Element]:
    """The pictures, which must be whole XML."""
    found = re.findall(r'<svg class="picture".*?</svg>', html, re.DOTALL)
    return [ElementTree.fromstring(svg) for svg in found]


def x_of(picture: ElementTree.Element, kind: str) -> float:
    """Where the first shape of a class begins."""
    shape = next(each for each in picture.iter() if kind in each.get("class", "").split())
    points = shape.get("points")
    return float(points.split(",")[0]) if points else float(shape.get("x") or shape.get("x1") or "nan")


def test_what_is_drawn_lies_where_its_figure_is() -> None:
    [picture] = pictures(page(CHAPTER))
    ticks = {
        each.text: float(each.get("x", "nan")) for each in picture.iter("text") if each.get("class") == "tick"
    }
    per_unit = (ticks["0.0"] - ticks["-20.0"]) / 20
    assert x_of(picture, "said") == pytest.approx(ticks["0.0"] - 8 * per_unit, abs=0.1)
    assert x_of(picture, "seen") == pytest.approx(ticks["0.0"] - 10 * per_unit, abs=0.1)
    assert x_of(picture, "band4") == pytest.approx(ticks["-20.0"], abs=0.1)
    band = next(each for each in picture.iter("rect") if each.get("class") == "band10")
    assert float(band.get("width", "nan")) == pytest.approx(10 * per_unit, abs=0.1)


def test_a_failure_is_shown_like_a_success() -> None:
    html = page(CHAPTER, replace(CHAPTER, title="Another", failure=True, reason="why", marks=(OUTSIDE,)))
    [picture] = pictures(html)
    assert len(list(picture.iter("polygon"))) == 2
    assert "known failure" in html
    assert "<b>Why it fails</b> why" in html
    assert "outside, the sign is wrong" in html


def test_percent_and_money_have_axes_of_their_own() -> None:
    money = replace(
        CHAPTER, percent=False, places=2, marks=(replace(MARK, said=-0.81, band=None, seen=None),)
    )
    assert len(pictures(page(CHAPTER, money))) == 2
    assert len(pictures(page(money))) == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_of_a_case_is_obeyed(lang: str) -> None:
    for text in ATTACKS:
        hostile = Chapter(
            text, True, 1, True, True, text, text, text, (replace(MARK, company=text, parameters=text),)
        )
        html = page(hostile, lang=lang)
        assert len(pictures(html)) == 1
        assert "<script" not in html.lower()
        assert "<img" not in html.lower()
        assert len(re.findall("<style>", html)) == 1


@pytest.mark.browser
def test_it_opens_by_itself_and_asks_for_nothing(opened: Callable[..., Opened]) -> None:
    shown = opened(page(CHAPTER, replace(CHAPTER, title=ATTACKS[0], marks=(OUTSIDE,))), "history.html")
    assert shown.text("h1") == "A headline"
    wide = shown.value("document.documentElement.scrollWidth <= window.innerWidth")
    assert wide
    rows = shown.value("[...document.querySelectorAll('tbody tr')].map((row) => row.cells[5].textContent)")
    assert rows == ["inside 80 %", "outside, the sign is wrong"]
    style = shown.value("getComputedStyle(document.querySelector('.seen.verdict_out')).fill")
    assert style == "rgb(165, 59, 18)"  # the page's own style holds, so its policy lets it
