"""The map: laid out, and opened in Chromium, beside a plain pyvis page of the same chain."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pyvis.network import Network as Plain

from benchmarks.chains import facts_in_store
from benchmarks.measure import Line, best
from graph.impact.impact import Impact, reckon
from graph.network import compile_network
from graph.scenario import Outage, Scandal, Scenario
from viz.html import impact_map
from viz.layout import arrange

COMPANIES, LINKS = 300, 600
PLACED, TIES = 5_000, 8_000  # for the layout alone
OPENED = 5  # times each page


def run() -> Iterator[Line]:
    """The lines of this benchmark; one that says what is missing where there is no browser."""
    yield _placing()
    with facts_in_store(COMPANIES, LINKS) as store:
        network = compile_network(store)
    shocks = (Outage(network.ids[1], 1.0, 6), Scandal(network.ids[0], 0.5))
    impact = reckon(network, Scenario(shocks=shocks), flows=True)
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    what = f"a map of {COMPANIES} companies, {LINKS} links, opens"
    if browser is None:
        yield Line(what, "not run: there is no Chromium")
        return
    with TemporaryDirectory() as folder:
        ours, plain = Path(folder, "map.html"), Path(folder, "plain.html")
        ours.write_text(impact_map(impact), encoding="utf-8")
        plain.write_text(_plainly(impact), encoding="utf-8")
        seconds, theirs = _opening(browser, ours, plain)
    yield Line(what, f"{seconds:.2f} s", "< 2 s", f"a plain pyvis page {theirs / seconds:.1f}×")


def _placing() -> Line:
    chance = np.random.default_rng(1)
    column = chance.integers(-3, 4, PLACED)
    one, other = chance.integers(0, PLACED, (2, TIES))
    seconds = best(lambda: arrange(column, np.ones(PLACED), one, other))
    return Line(f"{PLACED:,} companies placed on a map", f"{seconds:.3f} s")


def _plainly(impact: Impact) -> str:
    """The same companies and links as pyvis draws them by default, but without its slow search for places."""
    net, network = Plain(directed=True, cdn_resources="in_line"), impact.network
    for id, name in zip(network.ids, network.names, strict=True):
        net.add_node(id, label=name)
    for seller, buyer in zip(network.trade.seller.tolist(), network.trade.buyer.tolist(), strict=True):
        net.add_edge(network.ids[seller], network.ids[buyer])
    net.toggle_physics(False)
    return str(net.generate_html())


def _opening(browser: str, ours: Path, plain: Path) -> tuple[float, float]:
    """Seconds until each page is drawn, the middle of several; the two in turn."""
    from playwright.sync_api import sync_playwright

    # Chromium refuses its sandbox to root.
    args = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    found: dict[Path, list[float]] = {ours: [], plain: []}
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=args)
        for _ in range(OPENED):
            for page in (ours, plain):
                found[page].append(_once(running, page, "html[data-ready]" if page == ours else "canvas"))
        running.close()
    return median(found[ours]), median(found[plain])


def _once(browser: Any, file: Path, drawn: str) -> float:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    began = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector(drawn, timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seconds = time.perf_counter() - began
    page.close()
    return seconds
