"""Every answer says what it rests on: the date of its chain, the defaults that it uses, what to beware of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from api.app import create_app
from api.application import app
from api.ledger.entries import Prediction, open_ledger
from api.ledger.file import append
from api.settings import read_settings
from graph.stores.registry import open_store

COMPANIES = """id,name,roles,annual_revenue
forge,Old Forge,supplier,100
mill,New Mill,supplier,
brand,Lantern,brand,1000
"""
LINKS = """source,target,kind,category,annual_value,since,until
forge,brand,SUPPLIES,parts,40,2015-01-01,2021-01-01
mill,brand,SUPPLIES,parts,60,2021-01-01,
"""
SCENARIO = {"shocks": [{"kind": "outage", "company": "brand", "severity": 1, "duration_weeks": 4}]}
ASKED = "2020-06-01"
BRANDS = ("--outage", "brand", "--horizon", "8")
# The commands that reckon from the chain, and the paths that answer the same; with --as-of or without it.
DATED: dict[str, tuple[tuple[str, ...], str]] = {
    "what-if": (("what-if", *BRANDS), ""),
    "rank": (("rank", "--to", "brand", "--horizon", "8"), "/v1/rank?to=brand&horizon=8"),
}
LATEST: dict[str, tuple[tuple[str, ...], str]] = {
    **DATED,
    "systemic": (("systemic",), "/v1/systemic"),
    "key-accounts": (("key-accounts", "mill"), "/v1/companies/mill/key-accounts"),
}
Ask = Callable[..., Any]


def made(folder: Path, links: str) -> Path:
    (folder / "companies.csv").write_text(COMPANIES, encoding="utf-8")
    (folder / "links.csv").write_text(links, encoding="utf-8")
    place = folder / "chain.db"
    assert told("load", folder / "companies.csv", folder / "links.csv", "--store", place).exit_code == 0
    return place


def told(*words: object, **more: Any) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], **more)


def on_one_line(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def answer(*words: object, **more: Any) -> Any:
    result = told(*words, "--json", **more)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    """A store with two links: one took the other's place at the beginning of 2021."""
    return made(tmp_path, LINKS)


@pytest.fixture
def undated(tmp_path: Path) -> Path:
    return made(tmp_path, re.sub(r"\d{4}-\d\d-\d\d", "", LINKS))


@pytest.fixture
def client(dated: Path) -> Iterator[TestClient]:
    with TestClient(create_app(read_settings(store=str(dated)))) as client:
        yield client


def loaded_on(store: Path) -> str:
    with open_store(str(store)) as opened:
        return opened.snapshot().loaded_until[:10]


# -- the date of the chain ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", LATEST)
def test_where_no_date_is_asked_for_the_answer_names_the_latest_known(command: str, dated: Path) -> None:
    found = answer(*LATEST[command][0], "--store", dated)
    assert found["chain_as_of"] == loaded_on(dated)
    assert found.get("as_of") is None


@pytest.mark.parametrize("command", DATED)
def test_a_date_that_is_asked_for_is_the_date_of_the_chain(command: str, dated: Path) -> None:
    found = answer(*DATED[command][0], "--as-of", ASKED, "--store", dated)
    assert found["chain_as_of"] == found["as_of"] == ASKED


@pytest.mark.parametrize("command", LATEST)
def test_a_chain_that_is_the_same_on_any_day_has_no_date(command: str, undated: Path) -> None:
    assert answer(*LATEST[command][0], "--store", undated)["chain_as_of"] is None
    if command in DATED:
        dated_by_asking = answer(*LATEST[command][0], "--as-of", ASKED, "--store", undated)
        assert dated_by_asking["chain_as_of"] == ASKED


def test_the_figures_are_those_of_that_date(dated: Path) -> None:
    names = {
        day: {c["id"] for c in answer(*DATED["rank"][0], *day, "--store", dated)["companies"]}
        for day in ((), ("--as-of", ASKED))
    }
    assert names == {(): {"mill"}, ("--as-of", ASKED): {"forge"}}


@pytest.mark.parametrize("command", [name for name, (_, path) in LATEST.items() if path])
def test_over_http_it_is_the_same(command: str, dated: Path, client: TestClient) -> None:
    words, path = LATEST[command]
    expected = answer(*words, "--store", dated)
    got = client.get(path).json()
    for key in ("chain_as_of", "assumed", "warnings"):
        assert got[key] == expected[key], key
    chinese = client.get(path, headers={"Accept-Language": "zh"}).json()
    assert chinese["warnings"] == answer(*words, "--lang", "zh", "--store", dated)["warnings"]
    if command in DATED:
        assert client.get(f"{path}&as_of={ASKED}").json()["chain_as_of"] == ASKED


def test_a_what_if_over_http_says_it_too(dated: Path, client: TestClient) -> None:
    assert client.post("/v1/what-if", json=SCENARIO).json()["chain_as_of"] == loaded_on(dated)
    assert client.post("/v1/what-if", json=SCENARIO | {"as_of": ASKED}).json()["chain_as_of"] == ASKED


def test_a_prediction_keeps_the_date_of_its_chain(dated: Path, client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "scenario.json").write_text(json.dumps(SCENARIO))
    (tmp_path / "then.json").write_text(json.dumps(SCENARIO | {"as_of": ASKED}))
    add = ("ledger", "add", "--draws", 0, "--store", dated)
    assert answer(*add, tmp_path / "scenario.json")["chain_as_of"] == loaded_on(dated)
    assert answer(*add, tmp_path / "then.json")["chain_as_of"] == ASKED
    assert answer("ledger", "show", "last", "--store", dated)["chain_as_of"] == ASKED
    shown = told("ledger", "show", "last", "--store", dated).stdout
    assert f"The chain is that of {ASKED}." in shown
    assert client.get("/v1/ledger/last").json()["chain_as_of"] == ASKED
    filed = client.post("/v1/ledger", json={"scenario": SCENARIO})
    assert filed.json()["chain_as_of"] == loaded_on(dated)


def test_a_prediction_of_an_earlier_release_still_stands(dated: Path, tmp_path: Path) -> None:
    (tmp_path / "scenario.json").write_text(json.dumps(SCENARIO))
    book = tmp_path / "new.jsonl"
    assert told(
        "ledger", "add", tmp_path / "scenario.json", "--draws", 0, "--store", dated, "--ledger", book
    ).exit_code == 0  # fmt: skip
    [new] = open_ledger(book).filed
    earlier = Prediction.model_dump(new.prediction, exclude={"chain_as_of"})
    append(tmp_path / "old.jsonl", earlier)
    old = answer("ledger", "show", "last", "--store", dated, "--ledger", tmp_path / "old.jsonl")
    assert old["chain_as_of"] is None
    assert old["losses"]


def test_a_window_of_history_says_it_too(tmp_path: Path) -> None:
    link = {"source": "a", "target": "b", "kind": "SUPPLIES", "annual_value": 10, "since": "2019-01-01"}
    case = {
        "name": "Own", "unit": "percent of revenue", "source": "nowhere",
        "tables": {
            "companies": [{"id": c, "annual_revenue": 100, "roles": ["brand"]} for c in "ab"],
            "links": [link],
        },
        "scenario": {"shocks": [{"kind": "outage", "company": "a", "severity": 1, "duration_weeks": 4}],
                     "as_of": "2019-05-05"},
        "windows": [{"company": "a", "from": 0, "to": 3, "divide_by": 4, "observed": -90}],
    }  # fmt: skip
    (tmp_path / "case.json").write_text(json.dumps(case))
    [found] = answer("back-test", tmp_path / "case.json", "--draws", 0)["cases"]
    assert [window["chain_as_of"] for window in found["windows"]] == ["2019-05-05"]
    del link["since"], case["scenario"]["as_of"]  # type: ignore[attr-defined]
    (tmp_path / "case.json").write_text(json.dumps(case))
    [found] = answer("back-test", tmp_path / "case.json", "--draws", 0)["cases"]
    assert [window["chain_as_of"] for window in found["windows"]] == [None]


@pytest.mark.parametrize("command", LATEST)
def test_people_are_told_the_date_where_the_facts_are_told(command: str, dated: Path) -> None:
    words = LATEST[command][0]
    said = on_one_line(told(*words, "--store", dated))
    assert f"as of the latest known date, {loaded_on(dated)}." in said
    chinese = "".join(told(*words, "--lang", "zh", "--store", dated).stdout.split())
    assert f"截至最新日期{loaded_on(dated)}。" in chinese
    if command in DATED:
        said = on_one_line(told(*words, "--as-of", ASKED, "--store", dated))
        assert f"as of {ASKED}." in said


@pytest.mark.parametrize("command", LATEST)
def test_people_are_told_no_date_where_none_plays_a_part(command: str, undated: Path) -> None:
    said = told(*LATEST[command][0], "--store", undated).stdout
    assert "Reckoned on revision" in said
    assert "as of" not in said


def test_pages_say_the_date(dated: Path, tmp_path: Path) -> None:
    for name, (words, _) in DATED.items():
        page = tmp_path / f"{name}.html"
        assert told(*words, "--html", page, "--store", dated).exit_code == 0
        assert f"as of the latest known date, {loaded_on(dated)}" in page.read_text("utf-8")
        assert told(*words, "--html", page, "--as-of", ASKED, "--store", dated).exit_code == 0
        assert f"as of {ASKED}" in page.read_text("utf-8")


# -- defaults and warnings ----------------------------------------------------------------------------


def test_each_answer_counts_the_defaults_that_it_uses(dated: Path) -> None:
    counts = {name: answer(*words, "--store", dated)["assumed"] for name, (words, _) in LATEST.items()}
    assert counts["what-if"]["links.touch"] == 1
    assert counts["rank"]["links.inventory_weeks"] == 1
    assert not {"links.touch", "companies.market"} & counts["rank"].keys()
    assert counts["systemic"] == {"companies.industry": 1, "links.essential": 1}
    assert counts["key-accounts"] == {"companies.annual_revenue": 1}
    scandal = answer("rank", "--to", "brand", "--shock", "scandal", "--horizon", 8, "--store", dated)
    assert scandal["assumed"]["links.touch"] == 1


@pytest.mark.parametrize("command", ["rank", "systemic", "key-accounts"])
def test_people_are_told_the_defaults_in_one_line(command: str, dated: Path) -> None:
    words = LATEST[command][0]
    assumed = answer(*words, "--store", dated)["assumed"]
    shown = on_one_line(told(*words, "--store", dated))
    [line] = re.findall(r"Blank in the data, so that the model's defaults stand: ([^.]*)\.", shown)
    assert line.count(" of ") == min(3, len(assumed))
    assert [int(more) for more in re.findall(r"\+(\d+) other", line)] == [
        n for n in [len(assumed) - 3] if n > 0
    ]
    chinese = told(*words, "--lang", "zh", "--store", dated).stdout
    assert "数据空缺、取模型默认值：" in chinese


def test_the_page_of_a_ranking_lists_defaults_and_warnings(dated: Path, tmp_path: Path) -> None:
    page = tmp_path / "rank.html"
    words = (*LATEST["rank"][0], "--set", "inventory_weeks=3", "--html", page, "--store", dated)
    found = answer(*words)
    told_there = page.read_text("utf-8")
    assert "<li>inventory weeks (links): 1 blank, taken as 3</li>" in told_there
    assert "<li>Parameter inventory_weeks set to 3</li>" in told_there
    assert told_there.count(" blank, ") == len(found["assumed"])
    assert "touch (links)" not in told_there
    for warning in found["warnings"]:
        assert f"<li>{warning}</li>" in told_there


@pytest.mark.parametrize("command", LATEST)
def test_warnings_name_companies_and_the_date(command: str, dated: Path) -> None:
    found = answer(*LATEST[command][0], "--store", dated)["warnings"]
    day = loaded_on(dated)
    assert f"Not counted on {day}: 1 link that had ended, or not begun." in found
    chinese = answer(*LATEST[command][0], "--lang", "zh", "--store", dated)["warnings"]
    assert f"1 条关系在 {day} 不计入：已结束或尚未开始。" in chinese


def test_a_warning_is_the_same_on_the_terminal(undated: Path) -> None:
    (undated.parent / "companies.csv").write_text(COMPANIES.replace("Lantern,brand,1000", "Lantern,brand,"))
    links = undated.parent / "links.csv"
    links.write_text(re.sub(r",(40|60),", ",,", links.read_text()))
    other = undated.with_name("other.db")
    files = (undated.parent / "companies.csv", links)
    assert told("load", *files, "--store", other).exit_code == 0
    for words, said in (
        (("rank", "--to", "brand"), "No revenue is known of Lantern (brand), New Mill (mill): "),
        (("key-accounts", "mill"), "No revenue is known of New Mill (mill): "),
        (("systemic",), "No link says how much is sold over it: "),
    ):
        assert any(w.startswith(said) for w in answer(*words, "--store", other)["warnings"]), words
        shown = on_one_line(told(*words, "--store", other))
        assert f"Warning: {said}" in shown, words
    assert (
        "New Mill (mill) sells to no recorded customer."
        in told("key-accounts", "mill", "--store", other).stdout
    )
