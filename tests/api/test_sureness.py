"""How sure an answer is, as somebody at a terminal meets it: --draws and calibrate."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from api.sureness import sureness_json
from graph.impact.impact import reckon
from graph.impact.sureness import sureness
from graph.parameters import PARAMETERS
from graph.scenario import Scandal, Scenario
from tests.cases import row, tables
from tests.networks import network_of
from viz.band import input_name, parameter_name, told
from viz.html import impact_map
from viz.words import Words

Run = Callable[..., Result]
Ask = Callable[..., Any]
BOLT = ("--outage", "LG Energy Solution", "--category", "Bolt cells", "--weeks", "32")
PERCENTILES = ("p5", "p10", "p50", "p90", "p95")


def test_draws_answer_in_full(ask: Ask) -> None:
    plain, found = ask("what-if", *BOLT), ask("what-if", *BOLT, "--draws", "32")
    added = {"intervals", "weekly_intervals", "sensitivities", "uncertainty"}
    assert {key: value for key, value in found.items() if key not in added} == plain
    ids = set(found["revenue_loss"])
    for key in ("value_added_loss", "gross_revenue_loss", *(f"revenue_loss.{i}" for i in ids)):
        band = [found["intervals"][key][p] for p in PERCENTILES]
        assert band == sorted(band)
    assert found["intervals"]["value_added_loss"]["p5"] > 0
    assert found["intervals"]["first_week.takata"] == dict.fromkeys(PERCENTILES) | {"chance": 0.0}
    [takata] = [company for company in found["companies"] if company["id"] == "takata"]
    assert takata["recovery_week"] is None
    assert "recovery_week.takata" not in found["intervals"], "it has nothing to recover from"
    over = found["intervals"]["recovery_week.gm"]
    assert found["intervals"]["first_week.gm"]["chance"] < 1.0, "some draws lose less than 1 %"
    assert (over["p5"] >= 32.0, over["p95"], over["chance"]) == (True, 33.0, 1.0)
    survives = [key for key in found["intervals"] if key.startswith("time_to_survive.")]
    assert survives == ["time_to_survive.gm"]
    assert 0.0 < found["intervals"]["time_to_survive.gm"]["chance"] < 1.0
    assert not [key for key in found["intervals"] if key.startswith("cash_out_week.")], "no cash is known"
    for i in ids:
        weekly = found["weekly_intervals"][f"revenue_loss_share.{i}"]
        assert [len(weekly[p]) for p in PERCENTILES] == [52] * 5
        assert all(a <= b for a, b in zip(weekly["p5"], weekly["p95"], strict=True))
    assert found["uncertainty"]["company"] == "gm"
    bands = {key for key in found["weekly_intervals"] if not key.startswith("revenue_loss_share.")}
    assert bands == {"value_added_loss", *(f"{s}.gm" for s in found["series"]["gm"])} - {
        "revenue_loss_share.gm"
    }
    assert all(len(found["weekly_intervals"]["output_loss.gm"][p]) == 52 for p in PERCENTILES)
    assert {s["figure"] for s in found["sensitivities"]} == {"value_added_loss", "revenue_loss.gm"}
    assert all(-1 <= s["correlation"] <= 1 for s in found["sensitivities"])
    assert sum(found["uncertainty"]["coverage"].values()) == pytest.approx(1)
    assert {f["form"] for f in found["uncertainty"]["forms"]} >= {"feedback", "orders", "dealers"}


def test_the_same_seed_gives_the_same_bytes(run: Run) -> None:
    asked = ("what-if", *BOLT, "--draws", "16", "--json")
    assert run(*asked, "--seed", "5").stdout == run(*asked, "--seed", "5").stdout
    one, other = (json.loads(run(*asked, "--seed", seed).stdout) for seed in ("5", "6"))
    assert one["intervals"] != other["intervals"]
    assert one["value_added_loss"] == other["value_added_loss"]


def test_figures_of_no_company_bear_no_name() -> None:
    network = network_of(tables([row(id="brand", roles="brand", annual_revenue=52)]))
    sure = sureness(reckon(network, Scenario(shocks=(Scandal("brand", 0.9),))), 2)
    named = ["time_to_survive.brand", "churn.brand"]
    assert all(f'"{name}"' in "".join(sureness_json(sure)) for name in named)
    unnamed = "".join(sureness_json(replace(sure, company=None)))
    assert not any(f'"{name}"' in unnamed for name in named)


def test_series_have_bands_of_the_company_that_is_explained(ask: Ask) -> None:
    found = ask("what-if", *BOLT, "--draws", "16", "--explain", "LG Energy Solution")
    assert found["uncertainty"]["company"] == "lg_energy_solution"
    assert max(found["weekly_intervals"]["demand_loss.lg_energy_solution"]["p5"]) > 0
    assert "output_loss.gm" not in found["weekly_intervals"]
    chain = ask("what-if", *BOLT, "--draws", "16", "--explain", "all")
    assert chain["uncertainty"]["company"] == "gm"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["How sure is this?", "In 8 of 10 draws", "hangs most on", "rests on observed",
                "What the band does not contain", "P95"]),
        ("zh", ["把握有多大？", "十次抽样中有八次", "主要取决于", "依据观测数据", "区间未包含"]),
    ],
)  # fmt: skip
def test_how_sure_it_is_is_told(run: Run, lang: str, said: list[str]) -> None:
    result = run("what-if", *BOLT, "--draws", "64", "--lang", lang)
    assert result.exit_code == 0
    for words in said:
        assert words in result.stdout


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_when_it_runs_out_is_told_with_its_chance(run: Run, ask: Ask, tmp_path: Path, lang: str) -> None:
    (tmp_path / "companies.csv").write_text(
        "id,name,roles,annual_revenue,cash,fixed_cost_per_week,contribution_margin\n"
        "brand,Brand,brand,520,2,4,.5\ncells,Cells,supplier,52,,,\n"
    )
    (tmp_path / "links.csv").write_text(
        "source,target,kind,annual_value,criticality,substitutability\ncells,brand,SUPPLIES,52,.5,0\n"
    )
    assert run("load", "companies.csv", "links.csv", "--store", "purse.db").exit_code == 0
    asked = ("what-if", "--outage", "cells", "--severity", ".8", "--weeks", "4", "--draws", "64",
             "--explain", "brand", "--store", "purse.db", "--lang", lang)  # fmt: skip
    chance = ask(*asked)["intervals"]["cash_out_week.brand"]["chance"]
    assert 0.5 < chance < 0.95
    run(*asked, "--html", "purse.html")
    page = html.unescape((tmp_path / "purse.html").read_text("utf-8"))
    said = Words(lang)(
        "band_chance", figure=Words(lang)("band_cash_out_week"), chance=Words(lang).percent(100 * chance)
    )
    assert f"<bdi>{said}</bdi>" in page
    assert said.split()[0] in run(*asked).stdout


def test_the_map_is_written_with_the_band(run: Run, tmp_path: Path) -> None:
    run("what-if", *BOLT, "--draws", "16", "--html", "map.html", "--lang", "zh")
    page = (tmp_path / "map.html").read_text("utf-8")
    assert page.count('<svg class="fan"') > 2
    assert "把握有多大？" in page
    assert "：逐周</h3>" in page


def test_names_from_data_are_escaped_wherever_they_are_told() -> None:
    name = "<script>alert(1)</script>\x1b[31m"
    companies = [row(id="evil", name=name, roles="brand", annual_revenue=10, confidence=0.5)]
    impact = reckon(network_of(tables(companies)), Scenario(shocks=(Scandal("evil", 0.9),)), flows=True)
    sure = sureness(impact, 64)
    page = impact_map(impact, sure=sure)
    assert "<script>alert" not in page
    assert "revenue lost by &lt;script&gt;" in page
    assert "\x1b" not in page + "".join(line for _, lines in told(sure, Words("en")).hangs for line in lines)
    json.loads("{" + "".join(sureness_json(sure)).removeprefix(",") + "}")


def test_every_input_has_its_name_in_both_languages() -> None:
    companies = [row(id=i, name=i.upper(), roles="supplier", confidence=0.5, annual_revenue=9) for i in "ab"]
    link = row(source="a", target="b", kind="SUPPLIES", category="cells", annual_value=3, confidence=0.5)
    impact = reckon(network_of(tables(companies, link)), Scenario(shocks=(Scandal("a", 0.9),)))
    sure = sureness(impact, 4)
    named = {input_name(sure, each, Words("en")) for each in sure.drawn.inputs}
    assert {"harm of the scandal at A", "annual value of A → B (cells)", "annual revenue of A"} <= named
    for parameter in PARAMETERS:
        chinese = parameter_name(parameter, Words("zh"))
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese), parameter
        assert not any(c.isascii() and c.isalpha() for c in chinese), chinese
        assert parameter_name(parameter, Words("en"))
    assert {input_name(sure, each, Words("zh")) for each in sure.drawn.inputs}.isdisjoint(named - {""})


def test_calibrate_reports_each_figure(ask: Ask, run: Run, tmp_path: Path) -> None:
    asked = ("calibrate", "--chains", "3", "--truths", "4", "--draws", "16")
    found = ask(*asked, "--html", "c.html")
    assert (found["chains"], found["truths"], found["draws"], found["seed"]) == (3, 4, 16, 0)
    assert {b["percent"] for b in found["bands"]} == {80, 90}
    for band in found["bands"]:
        assert band["share"] == band["inside"] / band["truths"]
        assert band["holds"] == (band["aim"][0] <= band["share"] <= band["aim"][1])
        assert not (band["holds"] and band["unclear"])
        assert sum(found["places"][band["figure"]]) == band["truths"]
    page = (tmp_path / "c.html").read_text("utf-8")
    assert page.count("<svg") == len(found["places"])
    assert "http" not in page.replace("http-equiv", "")
    told_ = run(*asked, "--lang", "zh")
    assert "区间" in told_.stdout
    assert "虚构产业链" in told_.stdout


@pytest.mark.parametrize("words", ["--chains 1", "--truths 0", "--draws 1", "--draws 5000", "--seed -1"])
def test_calibrate_refuses_what_makes_no_sense(run: Run, words: str) -> None:
    result = run("calibrate", *words.split())
    assert result.exit_code == 2
    assert words.split()[0] in result.stderr


@pytest.mark.parametrize(
    ("draws", "weeks", "lang", "said"),
    [
        ("18", "4", "en", "too few for a band of"),
        ("18", "4", "zh", "次数太少"),
        ("19", "4", "en", "In 8 of 10 draws"),
        ("32", "0", "en", "In all 32 draws the chain loses USD 0 of value added."),
    ],
)
def test_a_band_is_claimed_where_draws_hold_one(
    run: Run, draws: str, weeks: str, lang: str, said: str
) -> None:
    told = run("what-if", "--outage", "lges", "--weeks", weeks, "--draws", draws, "--lang", lang).stdout
    assert said in told


def test_half_lives_are_called_so() -> None:
    for name in PARAMETERS:
        if name.endswith("_half_life"):
            assert parameter_name(name, Words("en")).endswith(", half-life in weeks")
