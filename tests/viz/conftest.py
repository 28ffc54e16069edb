"""What tests of pages share: a page opened from a file, watched for all that it must not do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graph.impact.impact import Impact
from tests.viz.chains import LARGE, SMALL, impact_of, large, small
from viz.html import impact_map


@dataclass
class Opened:
    """A page and what it did."""

    page: Any
    url: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def value(self, script: str) -> Any:
        """What a script in the page gives."""
        return self.page.evaluate(script)

    def text(self, selector: str) -> str:
        """What an element shows."""
        return str(self.page.inner_text(selector))

    def place(self, company: int) -> tuple[float, float]:
        """Where a company stands in the window [px]."""
        at = self.value(
            f"""(() => {{ const c = document.getElementById("canvas"), b = c.getBoundingClientRect();
            const p = placed(JSON.parse(document.getElementById("data").textContent), c.clientWidth,
            c.clientHeight).nodes[{company}]; return [b.left + p.x, b.top + p.y]; }})()"""
        )
        return at[0], at[1]

    def colour(self, company: int) -> str:
        """The colour of a company on the canvas, as #rrggbb."""
        x, y = self.place(company)
        read = f"""(async () => {{
            const frame = () => new Promise((r) => requestAnimationFrame(r));
            await frame(); await frame();
            const c = document.querySelector("#canvas canvas"), b = c.getBoundingClientRect();
            const k = c.width / b.width;
            const d = c.getContext("2d").getImageData(({x} - b.left) * k, ({y} - b.top) * k, 1, 1).data;
            return "#" + [...d].slice(0, 3).map((v) => v.toString(16).padStart(2, "0")).join("");
        }})()"""
        return str(self.value(read))


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a document from a file, 1280 x 800; sees afterwards that it did nothing that it must not."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    pages: list[Opened] = []

    def show(html: str, name: str = "map.html") -> Opened:
        file = tmp_path / name
        file.write_text(html, encoding="utf-8")
        page = context.new_page()
        shown = Opened(page, file.as_uri())
        pages.append(shown)
        page.on("request", lambda request: shown.asked.append(request.url))
        page.on("dialog", lambda dialog: (shown.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: shown.said.append(f"console {message.text}"))
        page.on("pageerror", lambda error: shown.said.append(f"error {error}"))
        page.on("popup", lambda _: shown.said.append("popup"))
        page.add_init_script(
            "window.violations = []; document.addEventListener('securitypolicyviolation',"
            "(e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI))"
        )
        page.goto(shown.url)
        page.wait_for_selector("html[data-ready]", timeout=20_000)
        return shown

    yield show
    for shown in pages:
        assert shown.asked == [shown.url]
        # Chromium's advice on reading a canvas is about these tests.
        assert [said for said in shown.said if "willReadFrequently" not in said] == []
        assert shown.value("window.violations") == []
        assert shown.value("window.pwned") is None
    context.close()


@pytest.fixture(scope="session")
def small_impact(tmp_path_factory: pytest.TempPathFactory) -> Impact:
    """Twelve companies, an outage and a scandal."""
    return impact_of(small(), SMALL, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def large_impact(tmp_path_factory: pytest.TempPathFactory) -> Impact:
    """Three hundred companies."""
    return impact_of(large(300), LARGE, tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="session")
def small_map(small_impact: Impact) -> str:
    """The English map of the small chain."""
    return impact_map(small_impact)
