"""The page as people meet it, in a real Chromium: it shows, replays, answers, prints, asks for nothing.

What every page must not do (requests, dialogs, errors, breaches of its policy) the fixture `opened` sees to.
"""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.impact.impact import Impact, reckon
from graph.network import compile_network
from tests.viz.chains import ATTACKS, attack, hostile, kept, small
from tests.viz.conftest import Opened
from viz.html import impact_map
from viz.page import COLUMNS
from viz.sources import told_by
from viz.style import DAMAGE
from viz.texts import NAME, fit
from viz.words import Words

pytestmark = pytest.mark.browser

Show = Callable[..., Opened]
EN = Words("en", "USD")


def rows(opened: Opened) -> dict[str, dict[str, str]]:
    """The table's cells by company and column."""
    told = opened.value(
        """[...document.querySelectorAll("tbody tr")].map((row) => [
            row.querySelector("button").textContent, [...row.cells].slice(1).map((c) => c.textContent)])"""
    )
    return {name: dict(zip([c for c, _ in COLUMNS[1:]], cells, strict=True)) for name, cells in told}


def show_week(opened: Opened, week: int) -> None:
    """Moves the slider as a mouse does."""
    opened.page.fill("#week", str(week))


def colour_of(loss: float) -> str:
    return next(b.colour for b in reversed(DAMAGE) if loss > b.above)


def percent_of(impact: Impact, series: str, week: int, company: int) -> str:
    return EN.percent(round(100 * float(impact.series[series][week, company]), 3))


@pytest.mark.parametrize("week", [0, 1, 9, 25])
def test_the_table_holds_the_impacts_figures(
    opened: Show, small_map: str, small_impact: Impact, week: int
) -> None:
    page = opened(small_map)
    show_week(page, week)
    assert page.text("#now") == f"week {week}"
    assert page.text("caption").endswith(f"shares are those of week {week}.")
    told = rows(page)
    assert len(told) == 12
    for i, name in enumerate(small_impact.network.names):
        cells, first = told[name], int(small_impact.answers.first_week[i])
        assert cells["loss"] == percent_of(small_impact, "revenue_loss_share", week, i)
        assert cells["reputation"] == percent_of(small_impact, "reputation_damage", week, i)
        assert cells["churn"] == percent_of(small_impact, "churn", week, i)
        assert cells["revenue_loss"] == EN.money(float(small_impact.revenue_loss[i]))
        assert cells["revenue"] == EN.money(float(small_impact.chain.revenue[i]))
        assert cells["first_week"] == ("–" if first < 0 else f"week {first}")
    total = page.text("tfoot tr:last-child")
    assert "All 12 companies" in total
    assert EN.money(small_impact.gross_revenue_loss) in total
    assert EN.money(small_impact.value_added_loss) in total


def test_it_opens_at_the_worst_week_with_the_totals(
    opened: Show, small_map: str, small_impact: Impact
) -> None:
    page = opened(small_map)
    value_added = small_impact.series["revenue_loss_share"] @ small_impact.chain.value_added
    assert page.text("#now") == f"week {int(value_added.argmax())}"
    assert EN.money(float(value_added.max()) / 52) in page.text("#lost")
    tiles = page.text(".tiles")
    for amount in (
        small_impact.value_added_loss,
        small_impact.gross_revenue_loss,
        float(small_impact.rival_gain.sum()),
        2e9,
    ):
        assert EN.money(amount) in tiles
    assert EN.money(small_impact.value_added_loss) in page.text("h1")


def test_colours_follow_the_week(opened: Show, small_map: str, small_impact: Impact) -> None:
    page = opened(small_map)
    names = [
        row["id"] for row in page.value("JSON.parse(document.getElementById('data').textContent).companies")
    ]
    seen = set()
    for week in (0, 2, 12):
        show_week(page, week)
        for name in ("lg", "gm", "hyundai", "lithia"):
            i = small_impact.network.index[name]
            loss = round(100 * float(small_impact.series["revenue_loss_share"][week, i]), 3)
            shown = page.colour(names.index(name))
            assert shown == colour_of(loss), (name, week)
            seen.add(shown)
    assert len(seen) > 3


def test_the_figures_are_written_alike_on_both_sides(opened: Show, small_map: str) -> None:
    page = opened(small_map)
    values = [0, 1e-9, 0.049, 0.05, 0.25, 0.35, 1.05, 12.25, 12.35, 33.333, 99.949, 99.95, 100]
    assert page.value(f"{values}.map(percent)") == [EN.percent(v) for v in values]


def test_play_replays_the_spread_and_stops(opened: Show, small_map: str) -> None:
    page = opened(small_map)
    page.page.click("#play")
    assert page.text("#now") == "week 0"
    assert page.text("#play") == "Pause"
    until = time.monotonic() + 5
    while page.text("#now") != "week 2" and time.monotonic() < until:  # its policy forbids wait_for_function
        page.page.wait_for_timeout(50)
    assert page.text("#now") == "week 2"
    page.page.click("#play")
    week = page.text("#now")
    page.page.wait_for_timeout(700)
    assert (page.text("#now"), page.text("#play")) == (week, "Play")
    show_week(page, 25)
    page.page.click("#play")
    assert page.text("#now") == "week 0"
    page.page.click("#worst")
    assert page.text("#play") == "Play"
    assert page.text("#now") != "week 0"


def test_hover_and_click_tell_figures_and_sources(opened: Show, small_impact: Impact, tmp_path: Path) -> None:
    with kept(small(), tmp_path) as store:
        page = opened(impact_map(small_impact, facts=told_by(store)))
    names = [
        row["id"] for row in page.value("JSON.parse(document.getElementById('data').textContent).companies")
    ]
    gm = small_impact.network.index["gm"]
    page.page.mouse.move(*page.place(names.index("gm")))
    page.page.wait_for_selector("#tip:not([hidden])", timeout=3000)
    assert "General Motors" in page.text("#tip")
    assert f"Revenue lost: {EN.money(float(small_impact.revenue_loss[gm]))}" in page.text("#tip")
    assert "told in companies.csv:2" in page.text("#tip")
    page.page.mouse.move(5, 5)
    page.page.wait_for_selector("#tip", state="hidden", timeout=3000)
    page.page.mouse.click(*page.place(names.index("gm")))
    panel = page.text("#told")
    assert "General Motors" in panel
    for said in (
        EN.money(float(small_impact.chain.revenue[gm])),
        EN.money(float(small_impact.revenue_loss[gm])),
        "Cash lasts",
        "told in companies.csv:2",
        "lg → gm, SUPPLIES cells: told in links.csv:7",
        "value added derived",
        "market blank",
    ):
        assert said in panel
    assert page.value("document.getElementById('company').value") == str(names.index("gm"))
    page.page.keyboard.press("Escape")
    assert "Hardest hit this week" in page.text("#told")


def test_a_line_says_what_travelled(opened: Show, small_map: str, small_impact: Impact) -> None:
    page = opened(small_map)
    show_week(page, 5)
    names = [
        row["id"] for row in page.value("JSON.parse(document.getElementById('data').textContent).companies")
    ]
    (ax, ay), (bx, by) = page.place(names.index("gm")), page.place(names.index("autonation"))
    page.page.mouse.move(ax + 0.7 * (bx - ax), ay + 0.7 * (by - ay), steps=3)
    page.page.wait_for_selector("#tip:not([hidden])", timeout=3000)
    said = page.text("#tip")
    trade, index = small_impact.network.trade, small_impact.network.index
    [link] = [
        e
        for e in range(len(trade))
        if (trade.seller[e], trade.buyer[e]) == (index["gm"], index["autonation"])
    ]
    amount = round(1000 * float(small_impact.trajectory.missing[5, link])) / 10
    assert said.startswith("General Motors – AutoNation\ngoods\n")
    assert f"→ AutoNation: goods missing {EN.percent(amount)}" in said
    assert "→ AutoNation: taint" in said


def test_channels_can_be_hidden(opened: Show, small_map: str) -> None:
    page = opened(small_map)
    pixels = """(async () => {
        const frame = () => new Promise((r) => requestAnimationFrame(r));
        await frame(); await frame();
        const c = document.querySelector("#canvas canvas");
        const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        let blue = 0;
        for (let i = 0; i < d.length; i += 4) blue += d[i] < 90 && d[i + 2] > 110 && d[i + 1] < d[i + 2] - 25;
        return blue;
    })()"""
    before = page.value(pixels)
    page.page.uncheck("input[data-channel=missing]")
    assert page.value(pixels) < before / 4
    page.page.check("input[data-channel=missing]")
    assert page.value(pixels) == pytest.approx(before, rel=0.02)


def test_everything_works_by_keyboard(opened: Show, small_map: str) -> None:
    page = opened(small_map)
    keyboard = page.page.keyboard
    reached = []
    for _ in range(14):
        keyboard.press("Tab")
        reached.append(page.value("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:6] == ["play", "worst", "week", "closer", "farther", "whole"]
    assert "company" in reached
    page.page.focus("#week")
    week = int(page.text("#now").split()[1])
    keyboard.press("ArrowRight")
    assert page.text("#now") == f"week {week + 1}"
    assert page.value("document.getElementById('week').getAttribute('aria-valuetext')") == f"week {week + 1}"
    assert page.text("#live").startswith(f"week {week + 1}: USD ")
    keyboard.press("Home")
    assert page.text("#now") == "week 0"
    page.page.focus("#play")
    keyboard.press("Enter")
    assert page.text("#play") == "Pause"
    keyboard.press("Space")
    assert page.text("#play") == "Play"
    page.page.focus("tbody tr:nth-child(3) button")
    keyboard.press("Enter")
    name = page.text("tbody tr:nth-child(3) button")
    assert page.text("#told h2") == name
    page.page.select_option("#company", label="Takata")
    assert page.text("#told h2") == "Takata"


def test_screen_readers_find_a_table(opened: Show, small_map: str) -> None:
    page = opened(small_map)
    assert page.page.locator("table caption").count() == 1
    assert page.page.locator("thead th[scope=col]").count() == len(COLUMNS)
    assert page.page.locator("tbody th[scope=row]").count() == 12
    assert page.value("document.getElementById('live').getAttribute('aria-live')") == "polite"
    unnamed = page.value(
        """[...document.querySelectorAll("button, select, input")].filter((e) => !(e.textContent.trim() ||
            e.getAttribute("aria-label") || (e.labels && e.labels.length))).map((e) => e.outerHTML)"""
    )
    assert unnamed == []


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (700, 900)])
def test_nothing_runs_over(opened: Show, small_map: str, size: tuple[int, int]) -> None:
    page = opened(small_map)
    page.page.set_viewport_size({"width": size[0], "height": size[1]})
    page.page.wait_for_timeout(100)
    assert page.value("document.documentElement.scrollWidth") <= size[0]
    box = page.page.locator("#canvas").bounding_box()
    assert box["width"] > 500
    assert box["height"] > 400
    if size[0] >= 1280:
        legend = page.page.locator(".legend").bounding_box()
        assert legend["y"] + legend["height"] <= size[1], "map and legend fit into the first screen"


def test_a_long_name_leaves_figures_on_one_line(opened: Show, small_impact: Impact) -> None:
    network = replace(small_impact.network, names=tuple("W" * 200 for _ in small_impact.network.names))
    page = opened(impact_map(replace(small_impact, network=network)))
    lines = page.value(
        """[...document.querySelectorAll("#told ol li span, td.n")].map((cell) => {
            const line = document.createRange();
            line.selectNodeContents(cell);
            return new Set([...line.getClientRects()].map((box) => box.top)).size;
        })"""
    )
    assert len(lines) > 20
    assert max(lines) == 1
    assert page.value("(l => l.scrollWidth - l.clientWidth)(document.querySelector('#told'))") <= 0


def test_names_do_not_cover_one_another(opened: Show, large_impact: Impact) -> None:
    page = opened(impact_map(large_impact))
    found = page.value(
        """(() => { const data = JSON.parse(document.getElementById("data").textContent);
        const c = document.getElementById("canvas");
        const room = {width: c.clientWidth, height: c.clientHeight, scale: 1};
        const nodes = placed(data, room.width, room.height).nodes;
        const channels = new Set(Object.keys(data.style.channels));
        const segments = segmentsOf(data, nodes, data.worst, channels);
        return labels(data, nodes, (k) => data.companies[k].r, data.worst, segments, room)
            .map((l) => ({...l.box, text: l.text})); })()"""
    )
    assert len(found) > 12
    assert {"Brand b0", "Brand b1", "Brand b2", "Brand b3"} <= {box["text"] for box in found}
    for n, a in enumerate(found):
        for b in found[:n]:
            beside = a["left"] >= b["right"] or b["left"] >= a["right"]
            assert beside or a["top"] >= b["bottom"] or b["top"] >= a["bottom"], (a, b)


def test_hostile_texts_are_texts(opened: Show, tmp_path: Path) -> None:
    with kept(hostile(), tmp_path) as store:
        impact = reckon(compile_network(store), attack(), flows=True)
        page = opened(impact_map(impact, facts=told_by(store)))
    names = page.value("JSON.parse(document.getElementById('data').textContent).companies.map((c) => c.name)")
    assert {fit(text, NAME) for text in ATTACKS} == set(names)
    assert set(rows(page)) == set(names)
    assert ATTACKS[0] in page.text(".scenario")
    for k, name in enumerate(names):
        x, y = page.place(k)
        page.page.mouse.move(x, y)
        page.page.mouse.click(x, y)
        page.page.select_option("#company", str(k))
        assert page.text("#told h2") == " ".join(name.split())
        assert "javascript:alert(2)" in page.text("#told .sources") or len(name) > 70
    assert page.page.locator("main img, main a, main svg[onload]").count() == 0
    assert page.page.locator("script").count() == 5
    page.page.emulate_media(media="print")
    page.page.pdf()


def test_chinese(opened: Show, small_impact: Impact) -> None:
    page = opened(impact_map(small_impact, lang="zh"))
    assert page.text("h1").startswith("若 LG Energy Solution 断供 cells 8 周")
    heads = page.value("[...document.querySelectorAll('thead th')].map((th) => th.firstChild.textContent)")
    assert heads[:5] == ["公司", "角色", "层级", "年营收", "营收损失"]
    titles = page.value("JSON.parse(document.getElementById('data').textContent).columns.map((c) => c.title)")
    assert titles[:4] == ["3 级供应商", "2 级供应商", "1 级供应商", "品牌"]
    assert "亿美元" in page.text(".tiles")
    latin = re.findall(r"[A-Za-z]{4,}", page.text(".legend") + page.text(".controls") + " ".join(heads))
    assert latin == []
    show_week(page, 4)
    assert page.text("#now") == "第 4 周"
    page.page.click("#play")
    assert page.text("#play") == "暂停"
    page.page.click("#play")


def print_pages(page: Any) -> int:
    """How many pages of A4 the browser prints."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, print_background=True)))


def test_print_is_a_picture_and_a_table(opened: Show, small_map: str) -> None:
    page = opened(small_map)
    show_week(page, 5)
    pages = print_pages(page.page)
    assert 2 <= pages <= 4
    page.page.emulate_media(media="print")
    assert page.page.locator("#canvas").is_hidden()
    assert page.page.locator("#play").is_hidden()
    svg = page.page.locator("#print svg")
    assert svg.is_visible()
    texts = page.value("[...document.querySelectorAll('#print text')].map((t) => t.textContent)")
    assert {"General Motors", "赣锋锂业", "Brands"} <= set(texts)
    fills = page.value("[...document.querySelectorAll('#print path')].map((p) => p.getAttribute('fill'))")
    assert sum(fill in {b.colour for b in DAMAGE} for fill in fills) == 12
    loss = rows(page)["Hyundai Motor"]["loss"]
    assert f"−{loss}" in texts


def test_three_hundred_companies_open_and_print(opened: Show, large_impact: Impact) -> None:
    page = opened(impact_map(large_impact))
    for week in range(10):
        show_week(page, week)
    assert print_pages(page.page) > 5


def test_without_scripts_the_table_stands(browser: Any, small_map: str, tmp_path: Path) -> None:
    (tmp_path / "map.html").write_text(small_map, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    assert "needs JavaScript" in page.inner_text("noscript")
    assert page.locator(".board").is_hidden()
    assert "General Motors" in page.inner_text("table")
    assert page.locator("tbody tr").count() == 12
    context.close()
