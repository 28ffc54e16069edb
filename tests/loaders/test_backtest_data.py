"""The back-tests' files: complete, in two languages, and what the plain engine says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.model import fact
from tests.naive import run

FOLDER = Path(__file__).resolve().parents[2] / "loaders" / "backtests"
CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
KEYS = {"name", "unit", "source", "known_failure", "reason", "tables", "scenario", "windows"}
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


def test_the_table_of_section_7_is_there() -> None:
    assert set(CASES) == {
        "bolt_2021", "chipotle_2015", "rana_plaza_2013", "takata_2014",
        "toyota_us_2010", "vw_peers_2015", "yum_china_2014",
    }  # fmt: skip
    assert {name for name, case in CASES.items() if case["known_failure"]} == {"takata_2014", "vw_peers_2015"}


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_complete(name: str) -> None:
    case = CASES[name]
    assert set(case) == KEYS
    assert case["source"]
    assert set(case["name"]) == {"en", "zh"}
    assert case["unit"] in TOLERANCE
    assert (case["reason"] is not None) == case["known_failure"]
    for table, rows in case["tables"].items():
        assert len({fact(table, row).key for row in rows}) == len(rows)
    ids = {row["id"] for row in case["tables"]["companies"]}
    for window in case["windows"]:
        required = {"company", "from", "to", "divide_by", "observed", "model"}
        assert required <= set(window) <= required | {"parameters", "bracketed"}
        assert window["company"] in ids


@pytest.mark.parametrize(
    ("name", "window"),
    [(name, window) for name, case in CASES.items() for window in case["windows"]],
    ids=lambda v: v if isinstance(v, str) else f"{v['company']} {v['from']}-{v['to']} {v['model']}",
)
def test_the_defaults_keep_the_figures(name: str, window: dict[str, Any]) -> None:
    case = CASES[name]
    assert figure(case, window) == pytest.approx(window["model"], abs=TOLERANCE[case["unit"]])
