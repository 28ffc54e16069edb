"""The model against history as its user meets it: own cases, bad ones, bands, the page."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from api.back_tests import Result as Reckoned
from api.back_tests import back_test, figure_of
from api.cases import Window, bundled, cases
from api.history import summary
from graph.explorer import Explorer
from graph.impact.uncertainty import draws
from graph.scenario import Outage, Scenario
from tests.cases import row, tables
from tests.networks import store_of

Run = Callable[..., Result]
Ask = Callable[..., Any]
CASE: dict[str, Any] = {
    "name": "Own",
    "unit": "percent of revenue",
    "source": "nowhere",
    "tables": {
        "companies": [
            {"id": "a", "annual_revenue": 100, "roles": ["supplier"]},
            {"id": "b", "annual_revenue": 100, "roles": ["brand"]},
        ],
        "links": [{"source": "a", "target": "b", "kind": "SUPPLIES", "annual_value": 10}],
    },
    "scenario": {
        "shocks": [{"kind": "outage", "company": "a", "severity": 0.5, "duration_weeks": 52}],
        "seed": 3,
    },
    "windows": [{"company": "a", "from": 0, "to": 51, "divide_by": 52, "observed": -48}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The case with another value at a path such as windows.0.to; an Ellipsis takes it away."""
    case: Any = copy.deepcopy(CASE)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = case
    for part in way:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return case  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "field", "remedy"),
    [
        ("name", ..., "name: must be given", "docs/back-tests.md"),
        ("source", "", "source", "docs/back-tests.md"),
        ("unit", "pounds", "unit", "docs/back-tests.md"),
        ("windows", [], "windows", "docs/back-tests.md"),
        ("observd", 3, "observd: there is no such key (the nearest is", "docs/back-tests.md"),
        ("windows.0.observed", [3, 1], "windows.0.observed", "docs/back-tests.md"),
        ("windows.0.observed", "-48", "windows.0.observed", "docs/back-tests.md"),
        ("windows.0.exact_to", -1, "windows.0.exact_to", "docs/back-tests.md"),
        ("windows.0.divide_by", 0, "windows.0.divide_by", "docs/back-tests.md"),
        ("windows.0.divide_by", 1e-300, "windows.0.divide_by", "docs/back-tests.md"),
        ("windows.0.observed", 1e308, "windows.0.observed", "docs/back-tests.md"),
        ("windows.0.exact_to", 1e308, "windows.0.exact_to", "docs/back-tests.md"),
        ("tables.companies.0.name", "\ud800", "tables.companies.0.name: holds half", "docs/back-tests.md"),
        ("windows.0.company", "nobody", "windows.0.company: there is no company 'nobody'", "by id"),
        ("windows.0.to", 52, "windows.0: weeks 0 to 52", "below horizon_weeks"),
        ("windows.0.from", 52, "windows.0: weeks 52 to 51", "below horizon_weeks"),
        ("windows.0.parameters", {"feedbak": 1}, "feedbak", "feedback"),
        ("scenario.shocks.0.severity", 2, "scenario: shocks.0.severity", "docs/model.md"),
        ("scenario.shocks.0.company", "nobody", "nobody", ""),
        ("tables.companies", [], "tables.companies", "docs/back-tests.md"),
        ("tables.companies.1.annual_revenue", "many", "tables.companies.1.annual_revenue", "number"),
        ("tables.links.0.kind", "LIKES", "tables.links.0.kind", "SUPPLIES"),
    ],
)  # fmt: skip
def test_a_bad_case_names_file_field_and_remedy(
    run: Run, path: str, value: object, field: str, remedy: str
) -> None:
    Path("own.json").write_text(json.dumps(changed(path, value)))
    result = run("back-test", "own.json", "--draws", "0")
    assert result.exit_code == 1
    error, _, advice = result.stderr.replace("\n", " ").partition("What to do:")
    assert "own.json" in error
    assert field in error
    assert remedy in advice
    assert "Traceback" not in result.stderr


def test_a_column_that_nobody_knows_is_warned_of(run: Run) -> None:
    Path("own.json").write_text(json.dumps(changed("tables.companies.0.annual_revenu", 5)))
    result = run("back-test", "own.json", "--draws", "0", "--json")
    assert result.exit_code == 0
    assert "annual_revenu" in json.loads(result.stdout)["cases"][0]["warnings"][0]
    assert "own.json" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "not JSON"), (b"[1]", "must be an object"), (b'{"a":1,"a":2}', "twice")]
)
def test_what_is_no_case_at_all(run: Run, content: bytes, said: str) -> None:
    Path("own.json").write_bytes(content)
    result = run("back-test", "own.json")
    assert result.exit_code == 1
    assert said in result.stderr.replace("\n", " ")


def test_an_empty_folder_is_no_success(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    result = run("back-test", "cases")
    assert result.exit_code == 1
    assert "holds no case" in result.stderr


def test_a_folder_of_cases(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    for name in ("b.json", "a.json", "notes.txt"):
        (tmp_path / "cases" / name).write_text(json.dumps(CASE))
    found = ask("back-test", "cases", "--draws", 0)
    assert [Path(case["file"]).name for case in found["cases"]] == ["a.json", "b.json"]


def test_the_band_is_that_of_the_same_figure_over_the_draws(ask: Ask) -> None:
    Path("own.json").write_text(json.dumps(CASE))
    [window] = ask("back-test", "own.json", "--draws", 32)["cases"][0]["windows"]
    links = row(source="a", target="b", kind="SUPPLIES", annual_value=10)
    chain = [row(id=i, roles=r, annual_revenue=100) for i, r in (("a", "supplier"), ("b", "brand"))]
    measured = Window.model_validate(CASE["windows"][0])
    with store_of(tables(chain, links)) as store:
        scenario = Scenario(shocks=(Outage("a", 0.5, 52),), seed=3)
        drawn = draws(
            Explorer(store).network(), scenario, 32,
            functionals={"own": figure_of("percent of revenue", measured)},
        )  # fmt: skip
    band = drawn.interval("own")
    assert window["band"]["p5"] == pytest.approx(float(band.p5))
    assert window["band"]["p95"] == pytest.approx(float(band.p95))
    assert window["model"] == -50
    assert window["verdict"]["inside_80"] is True


def test_the_same_question_has_the_same_answer(run: Run) -> None:
    Path("own.json").write_text(json.dumps(CASE))
    one, two = (run("back-test", "own.json", "--draws", 16, "--json").stdout for _ in range(2))
    assert one == two


def test_without_draws_there_are_no_bands_and_nothing_is_said_of_them(ask: Ask, run: Run) -> None:
    Path("own.json").write_text(json.dumps(CASE))
    found = ask("back-test", "own.json", "--draws", 0)
    [window] = found["cases"][0]["windows"]
    assert window["band"] is None
    assert window["verdict"]["inside_90"] is None
    assert found["inside_90"]["tested"] == {"count": 0, "of": 0, "share": None, "low": None, "high": None}
    assert "no bands" in run("back-test", "own.json", "--draws", 0).stdout


def test_only_figures_with_the_defaults_count_as_tests() -> None:
    fitted = [changed("fitted", True), CASE, changed("windows.0.parameters", {"feedback": 0.1})]
    results: list[Reckoned] = []
    for number, case in enumerate(fitted):
        file = Path(f"{number}.json")
        file.write_text(json.dumps(case))
        results += [back_test(path, read, 8) for path, read in cases([file])]
    found = summary(results)
    assert (found.fitted.of, found.tested.of, found.untold) == (1, 1, 0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_every_window(run: Run, lang: str) -> None:
    Path("own.json").write_text(json.dumps(changed("name", {"en": "Own <b>", "zh": "自有<b>"})))
    result = run("back-test", "own.json", "--draws", 8, "--html", "h.html", "--lang", lang)
    assert result.exit_code == 0
    html = Path("h.html").read_text(encoding="utf-8")
    assert ("Own &lt;b&gt;" if lang == "en" else "自有&lt;b&gt;") in html
    assert "-50.0" in html
    assert "-48.0" in html


def test_what_comes_along_says_how_its_shocks_were_fixed() -> None:
    found = list(cases(bundled()))
    assert len(found) == 9
    assert all(case.basis is not None and case.basis.zh for _, case in found)
