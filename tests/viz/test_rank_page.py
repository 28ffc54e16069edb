"""The page of a ranking: its figures, nothing outside it, nothing that the data wrote as markup."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.explorer import Explorer
from graph.impact.comparison import groups, hidden, places_of, sold_categories
from graph.impact.criticality import Question, Ranking, rank
from graph.model import Fact
from graph.scenario import Outage, Scandal
from graph.stores.registry import open_store
from tests.viz.chains import ATTACKS, hostile, small
from tests.viz.conftest import Opened
from tests.viz.test_html import Document
from viz.dangers import FEW, behind, category_name, dangers, headline, name
from viz.rank_page import TOLD, rank_page
from viz.scatter import Axes, Dot, powers, scatter
from viz.words import Words

Pages = Callable[..., tuple[Ranking, str]]


@pytest.fixture
def made(tmp_path: Path) -> Pages:
    """The ranking of a chain, and its page."""

    def make(facts: list[Fact], question: Question, lang: str = "en") -> tuple[Ranking, str]:
        with open_store(str(tmp_path / "chain.db")) as store:
            for table in ("markets", "companies", "links"):
                store.upsert([f for f in facts if f.table == table])
            ranking = rank(Explorer(store).network(), question)
            found = groups(ranking, places_of(store, ranking), sold_categories(ranking))
            return ranking, rank_page(ranking, found, lang)

    return make


def texts(page: str) -> Iterator[str]:
    for _, _, said in Document(page).found:
        yield from said


@pytest.mark.parametrize("question", [Question(Outage("", 1.0, 4)), Question(Scandal("", 0.5))])
def test_the_page_holds_the_rankings_figures(made: Pages, question: Question) -> None:
    ranking, page = made(small(), question)
    words = Words("en", ranking.network.snapshot.currency)
    said = [text for text in texts(page) if text.strip()]
    assert headline(ranking, words) in said
    for danger in dangers(ranking, words, TOLD):
        assert danger.why in said
        assert words.money(float(ranking.loss[danger.place])) in said
    for line in behind(ranking, words, hidden(ranking)):
        assert line in said
    assert page.count("<circle") == len(ranking.order)


def test_nothing_runs_and_nothing_is_loaded(made: Pages) -> None:
    _, page = made(hostile(), Question())
    tags = {tag for tag, _, _ in Document(page).found}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "a", "form", "base"}
    for tag, attributes, _ in Document(page).found:
        assert not {a for a in attributes if a.startswith("on") or a in ("style", "src", "href")}, tag
    assert not re.search("[\u202e\u2066\u2028\x07]", page)
    assert page.count("<style>") == page.count("</style>") == 1


@pytest.mark.browser
@pytest.mark.parametrize("facts", [small, hostile])
def test_in_a_browser(made: Pages, opened: Callable[..., Opened], facts: Callable[[], list[Fact]]) -> None:
    ranking, page = made(facts(), Question(Scandal("", 0.5)))
    shown = opened(page, "rank.html")
    assert shown.value("document.querySelectorAll('circle').length") == len(ranking.order)
    assert shown.value("document.documentElement.scrollWidth <= innerWidth"), "nothing runs out at the side"
    # The style counts: its hash stands in the policy.
    assert shown.value("getComputedStyle(document.querySelector('h1')).fontSize") == "21px"
    assert shown.value("document.querySelector('h1').textContent") == headline(
        ranking, Words("en", ranking.network.snapshot.currency)
    )


def test_a_chain_where_nobody_costs_anything(made: Pages) -> None:
    alone = [f for f in small() if f.table == "companies"][:1]
    ranking, page = made(alone, Question(to=alone[0].id))
    assert len(ranking.order) == 0
    assert "No other company" in page
    assert "<svg" not in page


def test_names_stand_in_sentences_as_they_are_fit_to_be_shown(made: Pages) -> None:
    ranking, _ = made(hostile(), Question())
    for lang in ("en", "zh"):
        words = Words(lang)
        for danger in dangers(ranking, words, 20):
            assert not re.search("[\u202e\u2066\u2028\x07\n]", danger.why)
            assert len(danger.why) < 1000
    assert all(len(name(ranking, place)) <= 80 for place in range(len(ATTACKS)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_blank_categories_stand_for_has_words(made: Pages, lang: str) -> None:
    ranking, page = made(small(), Question(Outage("", 1.0, 4)), lang)
    goods = [c for c in ranking.network.categories if c.startswith("goods:")]
    assert goods
    for each in goods:
        brand = name(ranking, ranking.network.index[each.removeprefix("goods:")])
        assert each not in page
        assert category_name(ranking, Words(lang), each) == Words(lang)("rank_goods", brand=brand)
    assert category_name(ranking, Words(lang), "goods:nobody") == "goods:nobody"
    assert category_name(ranking, Words(lang), "delivery") == Words(lang)("delivery")


def drawn(dots: list[Dot]) -> str:
    ticks = {power: f"{10.0**power:g}" for power in powers(dots)}
    return scatter(dots, Axes("x", "y", "none", ticks), "label")


def test_a_picture_of_one_dot_and_of_none_traded() -> None:
    for dots in ([Dot(5.0, 3.0, "a", "a", True)], [Dot(0.0, 3.0, "a", "a", False)] * (FEW + 20)):
        picture = drawn(dots)
        assert picture.count("<circle") == len(dots)
        assert "nan" not in picture
        assert picture.count('class="name"') >= 1


def crowd() -> list[Dot]:
    """Companies alike in trade and loss, with long names, some at the edges, one without any trade."""
    rng = random.Random(3)
    names = (
        "Precision Castings and Forgings of the North",
        '<b>&"</b>',
        "株洲精密铸造股份有限公司",
        "Ore",
        "ACME WWW",
    )
    spread = [
        Dot(rng.lognormvariate(4, 0.4), rng.lognormvariate(3, 0.4), names[i % 5], "", i < 3)
        for i in range(40)
    ]
    return [*spread, Dot(1e6, 1e5, names[0], "", True), Dot(0.0, 30.0, names[0], "", False)]


@pytest.mark.browser
def test_names_cover_neither_dots_nor_each_other(made: Pages, opened: Callable[..., Opened]) -> None:
    """As the browser sets the letters, not as the picture thinks that they are."""
    _, page = made(small(), Question())
    shown = opened(re.sub("<svg.*</svg>", lambda _: drawn(crowd()), page, flags=re.DOTALL), "scatter.html")
    boxes = """(of) => [...document.querySelectorAll(of)].map((e) => {
        const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"""
    named = shown.value(f"({boxes})('svg .name')")
    dots = shown.value(f"({boxes})('svg circle')")
    picture = shown.value(f"({boxes})('svg')")[0]
    assert len(named) >= 8
    for at, one in enumerate(named):
        assert picture[0] <= one[0] < one[2] <= picture[2], "nothing is cut off"
        for other in (*named[at + 1 :], *dots):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 0.5 or down <= 3, "boxes of letters have room above and below"


def test_the_last_tick_is_not_cut_off() -> None:
    picture = drawn([Dot(1.0, 1.0, "a", "a", False), Dot(5.0, 5.0, "b", "b", False)])
    last = re.findall(r'text-anchor="(\w+)">10<', picture)
    assert last == ["end", "end"], "the last of y stands left of its axis, the last of x left of the edge"


def test_more_categories_are_not_counted_as_companies() -> None:
    assert Words("zh")("others_things", count=2) == "其他 2 项"
    assert Words("en")("others_things", count=1) == "+1 other"
