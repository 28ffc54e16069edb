"""Exits as people and programs are told them: by name and week, with draws how often, in both languages."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from graph.impact.impact import reckon
from graph.impact.sampling import sample
from graph.model import fact
from graph.scenario import Scenario
from graph.stores.registry import open_store
from tests.graph.test_exits import UNSURE, WEAK, by_hand
from tests.networks import facts_of, network_of
from viz.words import Words

Run = Callable[..., Result]
SHOCK = {
    "kind": "outage", "company": "brand", "severity": 0.6, "severity_range": [0.2, 1], "duration_weeks": 8
}  # fmt: skip
ASKED = {"shocks": [SHOCK], "horizon_weeks": 30}


@pytest.fixture
def run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on the store of the unsure chain, with its question as asked.json."""
    with open_store(str(tmp_path / "unsure.db")) as store:
        for facts in facts_of(UNSURE).values():
            store.upsert(facts)
    (tmp_path / "asked.json").write_text(json.dumps(ASKED))
    monkeypatch.setenv("KNOCKON_STORE", str(tmp_path / "unsure.db"))
    return run


def answer(run: Run, *words: str) -> Any:
    result = run("what-if", "asked.json", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def central() -> dict[str, int]:
    return by_hand(network_of(UNSURE), WEAK)[1]


def drawn(count: int) -> list[dict[str, int]]:
    taken = sample(reckon(network_of(UNSURE), WEAK), count)
    return [by_hand(*taken.draw(number))[1] for number in range(count)]


def test_who_goes_is_named_with_the_week(run: Run) -> None:
    found = answer(run, "--exits")
    assert found["exits"] == [{"company": company, "week": week} for company, week in central().items()]
    assert found["scenario"]["exits"] is True
    assert [shock["company"] for shock in found["scenario"]["shocks"]] == ["brand"]


def test_with_draws_so_is_how_often(run: Run) -> None:
    found, gone = answer(run, "--exits", "--draws", "24"), drawn(24)
    chance = {id: sum(id in each for each in gone) / 24 for id in ("cells", "mine", "brand")}
    certain = [{"company": id, "week": week, "chance": chance[id]} for id, week in central().items()]
    assert chance["brand"] > 0
    assert found["exits"] == [*certain, {"company": "brand", "week": None, "chance": chance["brand"]}]


def test_a_scenario_that_says_so_itself_asks_the_same(run: Run, tmp_path: Path) -> None:
    asked_for = answer(run, "--exits", "--draws", "8")
    (tmp_path / "asked.json").write_text(json.dumps(asked_for["scenario"]))
    assert answer(run, "--draws", "8") == asked_for


def test_causes_count_on_after_the_shocks_of_the_scenario(run: Run) -> None:
    found = answer(run, "--exits", "--explain", "second", "--removals", "2")
    cells = 1 + [gone["company"] for gone in found["exits"]].index("cells")
    assert [each["shock"] for each in found["explanation"]["by_shock"]] == [cells]
    assert [each["shock"] for each in found["removal"]["shocks"]] == [0]
    assert found["removal"]["shocks"][0]["saved"] == pytest.approx(found["explanation"]["loss"])


def test_what_is_filed_in_the_ledger_has_the_bands_of_the_what_if(run: Run, tmp_path: Path) -> None:
    (tmp_path / "asked.json").write_text(json.dumps(ASKED | {"exits": True}))
    filed = run("ledger", "add", "asked.json", "--draws", "8", "--json")
    assert filed.exit_code == 0, filed.stderr
    found, told = json.loads(filed.stdout), answer(run, "--draws", "8")
    assert found["scenario"]["exits"] is True
    assert found["value_added_loss"] == told["value_added_loss"]
    assert found["intervals"]["value_added_loss"] == told["intervals"]["value_added_loss"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "out of cash by it goes out of business the week after."), ("zh", "自下一周起退出市场。")],
)
def test_a_prediction_that_is_shown_says_whether_companies_go(
    run: Run, tmp_path: Path, lang: str, said: str
) -> None:
    for exits in (True, False):
        (tmp_path / "asked.json").write_text(json.dumps(ASKED | {"exits": exits}))
        assert run("ledger", "add", "asked.json", "--draws", "0").exit_code == 0
        shown = run("ledger", "show", "last", "--lang", lang).stdout
        assert (said.replace(" ", "") in "".join(shown.split())) == exits


@pytest.mark.parametrize(
    ("lang", "hurt", "over"),
    [
        ("en", "second first loses 1% (in {} of the draws)",
         "loses less again (in 0% of the draws that lose 1%) – –"),
        ("zh", "second 损失首次达到 1% 的周（{} 的抽样中出现）",
         "损失重新低于 1% 的周（损失达到 1% 的抽样中，0% 出现） – –"),
    ],
)  # fmt: skip
def test_of_draws_without_a_loss_nobody_is_told_that_they_recover(
    run: Run, lang: str, hurt: str, over: str
) -> None:
    """The second brand loses in some draws, and does not recover in any of those."""
    words = ("--exits", "--explain", "second", "--draws", "64")
    found = answer(run, *words)["intervals"]
    assert found["recovery_week.second"] == dict.fromkeys(found["recovery_week.second"]) | {"chance": 0.0}
    chance = found["first_week.second"]["chance"]
    assert 0 < chance < 1
    told = " ".join(run("what-if", "asked.json", *words, "--lang", lang).stdout.split())
    for said in (hurt.format(Words("en").percent(100 * chance)), over):
        assert said.replace(" ", "") in told.replace(" ", "")


NOBODY = {
    "en": "Of the 3 companies (of 4) whose cash, fixed cost and margin are known, none goes out of business",
    "zh": "4 家公司中有 3 家的现金、固定成本和利润率已知，其中没有一家因此退出市场",
}
UNTOLD = {
    "en": "Whether anybody goes out of business by it cannot be told:",
    "zh": "无法判断是否有公司因此退出市场：",
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_where_no_purse_is_known_nobody_is_said_to_stay(run: Run, lang: str, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "bare.db")) as store:
        for facts in facts_of(UNSURE).values():
            store.upsert([fact(f.table, {k: v for k, v in f.values.items() if k != "cash"}) for f in facts])
    words = ("--exits", "--draws", "19", "--store", str(tmp_path / "bare.db"), "--lang", lang)
    said = " ".join(run("what-if", "asked.json", *words).stdout.split())
    assert UNTOLD[lang] in said
    assert {"en": "of them go", "zh": "其中的公司"}[lang] not in said


@pytest.mark.parametrize(
    ("lang", "told", "likely", "because"),
    [
        ("en", "Out of business by it (2): cells, from week {cells}; mine, from week {mine}.",
         "Out of business, in so many of the draws: cells, ", "cells goes out of business"),
        ("zh", "因此退出市场（2 家）：cells，第 {cells} 周起；mine，第 {mine} 周起。",
         "退出市场的公司及其占抽样次数的比例：cells，", "cells 退出市场"),
    ],
)  # fmt: skip
def test_in_words(run: Run, lang: str, told: str, likely: str, because: str) -> None:
    words = ("--exits", "--explain", "second", "--draws", "24", "--lang", lang, "--html", "map.html")
    result = run("what-if", "asked.json", *words)
    assert result.exit_code == 0, result.stderr
    page = Path("map.html").read_text("utf-8")
    for text in (" ".join(result.stdout.split()), page):
        for said in (told.format(**central()), likely, because):
            assert said.replace(" ", "") in text.replace(" ", "")
    none = run("what-if", "asked.json", "--exits", "--set", "order_adjustment=0", "--lang", lang).stdout
    assert NOBODY[lang] in none
    silent = run("what-if", "asked.json", "--draws", "24", "--lang", lang).stdout
    assert {"en": "out of business", "zh": "退出市场"}[lang] not in silent.lower()


def test_nothing_is_said_where_nobody_asks(run: Run) -> None:
    """No key of the answer, no other figure; the echoed scenario fills in that it is off."""
    plain = answer(run, "--draws", "4", "--explain", "all", "--removals", "2")
    assert "exits" not in plain
    assert plain["scenario"] == {
        "name": "", "horizon_weeks": 30, "seed": 0, "as_of": None, "parameters": {}, "levers": [],
        "shocks": plain["scenario"]["shocks"], "exits": False,
    }  # fmt: skip
    fixed = reckon(network_of(UNSURE), Scenario(shocks=WEAK.shocks, horizon_weeks=30))
    assert plain["value_added_loss"] == fixed.value_added_loss
