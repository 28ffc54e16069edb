"""The leaderboard of couriers as a user asks for it: on the command line and over HTTP, in both languages."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from api.app import create_app
from api.application import app
from api.routes.leaderboard import CourierLine
from api.settings import read_settings

COMPANIES = [["id", "name", "roles"], ["shop", "柳盒", "brand"], ["mall", "Mall", "brand"],
             ["swift", "捷车快递", "logistics"], ["rough", "Roughroad", "logistics"]]  # fmt: skip
LINKS = [["source", "target", "kind", "annual_value"], ["swift", "shop", "CARRIES_FOR", "2000000"],
         ["rough", "shop", "CARRIES_FOR", "1000000"],
         ["rough", "mall", "CARRIES_FOR", "1000000"]]  # fmt: skip
COMPLAINTS = [
    ["投诉编号", "日期", "品牌", "快递公司", "内容"],
    *([f"s{n}", "2025-01-01", "柳盒", "捷车快递", "包裹延误"] for n in range(2)),
    *([f"r{n}", "2025-12-31", "柳盒", "Roughroad", "The box was crushed."] for n in range(9)),
    ["x", "2025-06-01", "柳盒", "[red]Stranger\u202e 快递", "颜色不对"],
]


def loaded(folder: Path, complaints: list[list[str]]) -> str:
    tables = {"companies": COMPANIES, "links": LINKS, "complaints": complaints}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    store = str(folder / "chain.db")
    result = CliRunner().invoke(app, ["load", str(folder), "--strict", "--store", store])
    assert result.exit_code == 0, result.output
    return store


@pytest.fixture
def store(tmp_path: Path) -> str:
    return loaded(tmp_path, COMPLAINTS)


def ask(store: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["leaderboard", *words, "--store", store])


def told(store: str, *words: str) -> Any:
    result = ask(store, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_answer(store: str) -> None:
    found = told(store)
    assert (found["first_day"], found["last_day"], found["complaints"]) == ("2025-01-01", "2025-12-31", 12)
    assert found["without_topic"] == 1
    assert found["silent"] == ["mall"]
    everything, delay, damage, attitude = found["boards"]
    assert [board["topic"] for board in found["boards"]] == ["all", "delay", "damage", "attitude"]
    rough, swift, stranger = everything["couriers"]
    assert [rough["company"], rough["place"], rough["complaints"]] == ["rough", 1, 9]
    assert [swift["name"], swift["place"], swift["complaints"]] == ["捷车快递", 2, 2]
    assert rough["carried"] == pytest.approx(2e6 * 365 / 365.25)
    assert rough["low"] < rough["rate"] < rough["high"]
    assert everything["prior"]["basis"] == "learned"
    assert 0 < everything["prior"]["shrinkage"] < 1
    millions = rough["carried"] / 1e6
    assert everything["benchmark"] < rough["rate"] < 9 / millions  # drawn to what is usual
    assert everything["benchmark"] == pytest.approx(11 / 4 * 365.25 / 365)
    assert [stranger["place"], stranger["carried"], stranger["rate"], stranger["unknown"]] == [
        None, None, None, "no_link"
    ]  # fmt: skip
    assert stranger["complaints"] == 1
    assert [delay["couriers"][0]["company"], damage["couriers"][0]["company"]] == ["swift", "rough"]
    assert attitude["prior"]["basis"] == "no_comparison"
    assert [line["place"] for line in attitude["couriers"]] == [None] * 3


def test_the_same_over_http(store: str) -> None:
    with TestClient(create_app(read_settings(store=store))) as client:
        for words, query in (
            ((), {}),
            (("--brand", "柳盒", "--until", "2025-06-30"), {"to": "shop", "until": "2025-06-30"}),
        ):
            got = client.get("/v1/leaderboard", params=query)
            assert got.status_code == 200
            assert got.json() == told(store, *words)
        for wrong in ({"since": "x"}, {"since": "2025-02-30"}, {"since": "2025-02-02", "until": "2025-02-01"},
                      {"top": 1}):  # fmt: skip
            assert client.get("/v1/leaderboard", params=wrong).status_code == 422
        assert client.get("/v1/leaderboard", params={"to": "nobody"}).status_code == 404


def test_it_is_told_in_both_languages(store: str) -> None:
    english, chinese = ask(store), ask(store, "--lang", "zh")
    assert re.search(r"^ +1 +Roughroad \(rough\) +9 ", english.stdout, re.MULTILINE)
    assert re.search(r"^ +1 +Roughroad \(rough\) +9 ", chinese.stdout, re.MULTILINE)
    assert "Damage: 9" in english.stdout
    assert "破损：9 件" in chinese.stdout
    assert "In 1 of 12 complaints no known topic was found" in english.stdout
    assert "12 件投诉中有 1 件未识别出主题" in chinese.stdout
    assert "no CARRIES_FOR link says that they carry: [red]Stranger" in english.stdout
    assert "没有 CARRIES_FOR 关系表明其承运）：[red]Stranger" in chinese.stdout
    assert "\u202e" not in english.stdout
    left = re.sub(r"\(.*?\)|Roughroad|CARRIES_FOR|\[red]Stranger|--to|mall|[0-9a-f]{64}", "", chinese.stdout)
    assert not re.search("[A-Za-z]{2}", left)


def test_dates_that_are_missing_or_stray_are_told(tmp_path: Path) -> None:
    stray = [["u", "", "柳盒", "捷车快递", "晚到"], ["z", "1924-06-01", "柳盒", "捷车快递", "晚到"]]
    store = loaded(tmp_path, COMPLAINTS + stray)
    found = told(store)
    assert (found["first_day"], found["last_day"], found["complaints"]) == ("2025-01-01", "2025-12-31", 14)
    assert found["undated"] == 1
    assert found["set_aside"] == [{"complaint": "z", "date": "1924-06-01"}]
    english, chinese = ask(store).stdout, ask(store, "--lang", "zh").stdout
    assert "Complaints without a date: 1." in english
    assert "more than 5 years from most others: 1 (z (1924-06-01))" in english
    assert "无日期的投诉：1 件" in chinese
    assert "相隔逾 5 年的投诉：1 件（z (1924-06-01)）" in chinese
    with TestClient(create_app(read_settings(store=store))) as client:
        assert client.get("/v1/leaderboard").json() == found
    asked = ask(store, "--since", "2025-01-01").stdout
    assert "Left out, since they have no date: 1" in asked
    assert "slips of the pen" not in asked


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_learned_is_certain(tmp_path: Path, lang: str) -> None:
    many = [[f"m{n}", "2025-06-01", "柳盒", "Roughroad", "broken"] for n in range(300)]
    rows = ask(loaded(tmp_path, COMPLAINTS + many), "--lang", lang).stdout.splitlines()
    chances = [row.split()[-1] for row in rows if re.match(r" +[12] ", row)]
    assert {">99.9%", "<0.1%"} <= set(chances)
    assert not {"0%", "100%", "0.0%", "100.0%"} & set(chances)


def test_as_json_a_chance_may_round_to_certain(tmp_path: Path) -> None:
    """And the documents say so of both ways to show it."""
    many = [[f"m{n}", "2025-06-01", "柳盒", "Roughroad", "broken"] for n in range(300)]
    lines = told(loaded(tmp_path, COMPLAINTS + many))["boards"][0]["couriers"]
    assert 1.0 - 1e-12 < max(line["above"] or 0.0 for line in lines) <= 1.0
    text = (Path(__file__).parents[2] / "docs" / "complaints.md").read_text(encoding="utf-8")
    assert "on the terminal never shown as 0 or 100 %" in text
    assert "as JSON the number as reckoned, in extremes 0.0 or 1.0" in text
    above = CourierLine.model_fields["above"].description or ""
    assert "0 or 1 in extremes" in above


def test_without_complaints_there_is_no_order(tmp_path: Path) -> None:
    store = loaded(tmp_path, COMPLAINTS[:1])
    found = told(store)
    assert {line["place"] for board in found["boards"] for line in board["couriers"]} == {None}
    assert "nothing can be put in order" in ask(store).stdout
    assert "无从排名" in ask(store, "--lang", "zh").stdout


def test_wrong_usage(store: str) -> None:
    wrong = ask(store, "--since", "2025-02-30")
    assert wrong.exit_code == 2
    assert "since = '2025-02-30' is not a date" in wrong.stderr
    assert ask(store, "--since", "2025-02-02", "--until", "2025-02-01").exit_code == 2
    assert ask(store, "--top", "0").exit_code == 2
    assert ask(store, "--to", "nobody").exit_code == 1


def test_only_the_first_are_shown(store: str) -> None:
    rows = ask(store, "--top", "1").stdout.split("Delay: 2")[0].splitlines()
    assert [row.split()[0] for row in rows[1:] if row] == ["place", "1", "…"]
