"""The examples that come along: each shows what it says, and nothing like it without its cause."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.examples import example, names
from graph.explorer import Explorer
from graph.stores.registry import open_store
from loaders.session import LoadOptions, load
from tests.api.conftest import Run

# What the requirements name; more may be there.
WANTED = {"S5", "S7", "S8", "S20", "S21", "S23", "S29", "S56", "S75", "S76", "S84", "S85", "S86", "S95"}
# Figures that do not move without the cause, since the example shows the contrast.
SAME = {("couriers", 0)}


def told(run: Run, name: str, lang: str = "en") -> Any:
    result = run("examples", name, "--json", "--lang", lang)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_all_requirements_have_theirs(run: Run) -> None:
    document = json.loads(run("examples", "--json").stdout)
    assert {key for each in document["examples"] for key in each["requirements"]} >= WANTED
    assert [each["name"] for each in document["examples"]] == names()


@pytest.mark.parametrize("name", names())
def test_the_cause_has_its_effect(run: Run, name: str) -> None:
    for number, question in enumerate(told(run, name)["what_ifs"]):
        for watch in question["watch"]:
            if (name, number) in SAME:
                assert watch["without"] == watch["as_it_is"]
                continue
            assert watch["as_it_is"] > watch["without"] * 1.05, watch
            assert watch["as_it_is"] > 0


@pytest.mark.parametrize("name", names())
def test_it_is_told_in_both_languages(run: Run, name: str) -> None:
    english, chinese = told(run, name), told(run, name, "zh")
    for key in ("title", "story", "without", "shows"):
        assert english[key].isascii() or key == "story"
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese[key]), key
    figures = [[q["watch"] for q in each["what_ifs"]] for each in (english, chinese)]
    assert figures[0] == figures[1]
    page = run("examples", name, "--lang", "zh")
    assert chinese["shows"][:12] in page.stdout
    companies = example(name, "zh").tables.companies
    assert all(not str(company["name"]).isascii() for company in companies)


def test_what_is_written_can_be_asked_again(run: Run) -> None:
    document = told(run, "war")
    scenario = Path("knockon-examples/war/1.scenario.json")
    assert {"region": "East", "role": "supplier"} in [
        shock.get("where") for shock in json.loads(scenario.read_text("utf-8"))["shocks"]
    ]
    again = run("what-if", scenario, "--store", document["store"], "--json")
    assert json.loads(again.stdout)["value_added_loss"] == document["what_ifs"][0]["value_added_loss"]
    shown = run("show", "东锻铸件", "--store", document["store"], "--json")
    assert json.loads(shown.stdout)["id"] == "eastforge"


def test_the_couriers_are_ranked_by_what_they_do(run: Run) -> None:
    ranked = [each["title"].split()[0] for each in told(run, "couriers")["ranked"]]
    assert ranked == ["Roughroad", "Grimline's", "Swiftcart"]


def test_what_others_win_is_said_beside_the_loss(run: Run) -> None:
    assert "Others win CNY 41.2 M of revenue from it" in run("examples", "newcomer").stdout
    assert "其他公司由此赢得收入" in run("examples", "newcomer", "--lang", "zh").stdout
    assert "Others win" not in run("examples", "couriers").stdout


def test_no_example_of_that_name(run: Run) -> None:
    result = run("examples", "restaurants")
    assert result.exit_code == 1
    assert "did you mean restaurant?" in result.stderr


@pytest.mark.parametrize("name", names())
def test_the_tables_load_without_a_doubt(name: str, tmp_path: Path, run: Run) -> None:
    told(run, name)
    with open_store(str(tmp_path / "again.db")) as store:
        report = load(store, [Path("knockon-examples") / name], LoadOptions(rejects=tmp_path, strict=True))
        assert report.written
        assert all("scenario.json" in warning for warning in report.warnings)
        assert not report.doubtful
        assert len(Explorer(store).network()) == len(example(name, "en").tables.companies)
