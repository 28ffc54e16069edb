"""The back-tests' files: complete, in two languages, and what the plain engine says of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from graph.model import fact
from tests.naive import run

FOLDER = Path(__file__).resolve().parents[2] / "loaders" / "backtests"
CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
KEYS = {
    "name", "unit", "source", "basis", "fitted", "known_failure", "reason", "tables", "scenario", "windows",
}  # fmt: skip
FACTS = {
    row["fact"]: float(row["value"])
    for row in csv.DictReader((FOLDER.parent / "demo" / "facts.csv").open(encoding="utf-8"))
}
TOLERANCE = {"percent of revenue": 0.05, "currency bn": 0.005}


def text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else str(value)


def figure(case: dict[str, Any], window: dict[str, Any]) -> float:
    """What the plain engine says for a window, in the case's unit; a loss is below 0."""
    tables = {
        name: [{column: text(value) for column, value in row.items()} for row in rows]
        for name, rows in case["tables"].items()
    }
    answer = run(tables, {**case["scenario"], "parameters": window.get("parameters", {})})
    company = window["company"]
    weeks = answer["series"][company]["revenue_loss_share"][window["from"] : window["to"] + 1]
    assert len(weeks) == window["to"] + 1 - window["from"], "the horizon ends before the window"
    mean = sum(weeks) / window["divide_by"]
    if case["unit"] == "currency bn":
        return -mean * float(answer["chain"].revenue[company]) / 52 / 1e9
    return -100 * mean


def test_the_table_of_section_7_is_there_and_what_the_demos_facts_tell() -> None:
    assert set(CASES) == {
        "bolt_2021", "chipotle_2015", "rana_plaza_2013", "takata_2014", "toyota_us_2010", "vw_peers_2015",
        "yum_china_2014", "bolt_quarters_2021", "takata_2015",
    }  # fmt: skip
    assert {name for name, case in CASES.items() if case["known_failure"]} == {
        "takata_2014", "vw_peers_2015", "bolt_quarters_2021",
    }  # fmt: skip
    assert {name for name, case in CASES.items() if case["fitted"]} == {
        "chipotle_2015", "yum_china_2014", "toyota_us_2010", "rana_plaza_2013",
    }  # fmt: skip


def test_what_was_seen_follows_from_the_facts() -> None:
    half = FACTS["bolt_us_2021_nine_months"] - FACTS["bolt_us_2021q3"]
    rest = (FACTS["bolt_us_2022"] - FACTS["bolt_us_2022q1"]) / 3
    sold = (FACTS["bolt_us_2021q3"], FACTS["bolt_us_2021q4"], FACTS["bolt_us_2022q1"], rest)
    case = CASES["bolt_quarters_2021"]
    for window, cars in zip(case["windows"], sold, strict=True):
        assert window["observed"] == pytest.approx(100 * (cars / (half / 2) - 1), abs=0.05)
    bolt = next(row for row in case["tables"]["companies"] if row["id"] == "bolt")
    assert bolt["annual_revenue"] == pytest.approx(2 * half * FACTS["bolt_list_price"])
    fell = 100 * (FACTS["takata_sales_2017"] / FACTS["takata_sales_2016"] - 1)
    assert {w["observed"] for w in CASES["takata_2015"]["windows"]} == {round(fell, 1)}
    rose = 100 * (FACTS["takata_sales_2016"] / FACTS["takata_sales_2015"] - 1)
    assert CASES["takata_2014"]["windows"][1]["observed"] == round(rose)


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_complete(name: str) -> None:
    case = CASES[name]
    assert set(case) == KEYS
    assert case["source"]
    for texts in (case["name"], case["basis"], case["reason"] or case["name"]):
        assert set(texts) == {"en", "zh"}
    assert case["unit"] in TOLERANCE
    assert (case["reason"] is not None) == case["known_failure"]
    for table, rows in case["tables"].items():
        assert len({fact(table, row).key for row in rows}) == len(rows)
    ids = {row["id"] for row in case["tables"]["companies"]}
    for window in case["windows"]:
        required = {"company", "from", "to", "divide_by", "observed", "model"}
        assert required <= set(window) <= required | {"parameters", "bracketed", "exact_to"}
        assert window["company"] in ids


@pytest.mark.parametrize(
    ("name", "window"),
    [(name, window) for name, case in CASES.items() for window in case["windows"]],
    ids=lambda v: v if isinstance(v, str) else f"{v['company']} {v['from']}-{v['to']} {v['model']}",
)
def test_the_defaults_keep_the_figures(name: str, window: dict[str, Any]) -> None:
    case = CASES[name]
    assert figure(case, window) == pytest.approx(window["model"], abs=TOLERANCE[case["unit"]])
