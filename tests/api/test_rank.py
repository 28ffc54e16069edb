"""`knockon rank` and GET /v1/rank as people meet them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api import service
from api.application import app
from graph.explorer import Explorer
from graph.impact import criticality
from graph.impact.comparison import GROUPINGS
from graph.scenario import Outage, Scenario
from graph.stores.registry import open_store
from tests.api.conftest import Run
from tests.api.servers import Server

SAMPLE = Path(__file__).parents[1] / "samples" / "spreadsheet"


@pytest.fixture(scope="module")
def bikes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the sample spreadsheet."""
    path = tmp_path_factory.mktemp("bikes") / "bikes.db"
    result = CliRunner().invoke(app, ["load", str(SAMPLE / "zephyrling.xlsx"), "--store", str(path)])
    assert result.exit_code == 0, result.output
    return path


def ranked(run: Run, bikes: Path, *words: object) -> Any:
    result = run("rank", *words, "--store", bikes, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_five_dangers_and_why_on_one_screen(run: Run, bikes: Path) -> None:
    told = run("rank", "--to", "Zephyrling Bikes", "--store", bikes)
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert len(lines) <= 36
    assert lines[1].startswith("Most dangerous to Zephyrling Bikes: Amberfen Batteries, EUR 12.9 M")
    assert "gets all of its batteries from it alone (stock for 1 week, 10.0% can be replaced" in told.stdout
    assert sum(bool(re.match(r"[1-5]  .*: ", line)) for line in lines) == 5
    chinese = run("rank", "--to", "zephyrling", "--lang", "zh", "--store", bikes).stdout
    assert "独家供应" in chinese
    assert not re.search(r"\b(the|its|from|stock|alone)\b", chinese)


def test_a_loss_is_that_of_the_what_if(run: Run, bikes: Path) -> None:
    told = ranked(run, bikes, "--to", "zephyrling", "--weeks", 6)
    assert [c["loss"] for c in told["companies"]] == sorted(
        (c["loss"] for c in told["companies"]), reverse=True
    )
    with open_store(str(bikes)) as store:
        for company in told["companies"]:
            impact = Explorer(store).what_if(Scenario(shocks=(Outage(company["id"], 1.0, 6),)))
            to = impact.network.index["zephyrling"]
            assert company["loss"] == pytest.approx(float(impact.revenue_loss[to]), rel=1e-12)
            assert company["value_added_loss"] == pytest.approx(impact.value_added_loss, rel=1e-12)
            assert company["loss_per_week"] == company["loss"] / 6
            survives = int(impact.answers.time_to_survive[to])
            assert company["time_to_survive"] == (None if survives < 0 else survives)


def test_times_to_recover_from_a_file(run: Run, bikes: Path, tmp_path: Path) -> None:
    (tmp_path / "recover.csv").write_text("company,weeks\nAmberfen Batteries,9\nswiftwren,1\n")
    told = ranked(run, bikes, "--to", "zephyrling", "--ttr", tmp_path / "recover.csv")
    by = {c["id"]: c for c in told["companies"]}
    assert by["amberfen"]["time_to_recover"] == 9
    assert by["amberfen"]["time_to_survive"] < 9
    assert by["amberfen"]["exposed"]
    assert by["amberfen"]["exposure"] > by["amberfen"]["loss"]
    assert not by["swiftwren"]["exposed"]
    assert by["saltmarrow"]["exposure"] is None
    shown = run("rank", "--to", "zephyrling", "--ttr", tmp_path / "recover.csv", "--store", bikes).stdout
    assert "Felt before the partner is back (first week < recovers): Amberfen Batteries (2 < 9)" in shown
    every = ranked(run, bikes, "--to", "zephyrling", "--ttr", 9)
    assert {c["time_to_recover"] for c in every["companies"]} == {9}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--harm", ".5"), 2, "--harm"),
        (("--shock", "scandal", "--weeks", "3"), 2, "--weeks"),
        (("--shock", "scandal", "--ttr", "3"), 2, "--ttr"),
        (("--shock", "flood"), 2, "flood"),
        (("--severity", "2"), 2, "--severity"),
        (("--weeks", "-1"), 2, "--weeks"),
        (("--horizon", "0"), 2, "--horizon"),
        (("--threshold", "0"), 2, "--threshold"),
        (("--set", "fedback=1"), 2, "feedback"),
        (("--as-of", "soon"), 2, "--as-of"),
        (("--to", "zephyrlin"), 1, "Zephyrling"),
        (("--ttr", "nowhere.csv"), 1, "nowhere.csv"),
        (("--ttr", "odd.csv"), 1, "odd.csv"),
    ],
)
def test_what_is_wrong_is_said(
    run: Run, bikes: Path, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "odd.csv").write_text("company,weeks\namberfen,soon\n")
    for lang in ("en", "zh"):
        result = run("rank", *words, "--store", bikes, "--lang", lang)
        assert result.exit_code == code, result.output
        assert said in result.stderr
        assert result.stdout == ""
        if lang == "zh":
            assert result.stderr.startswith("错误：")


def test_groups_page_and_table_of_all(run: Run, bikes: Path, tmp_path: Path) -> None:
    for by in GROUPINGS:
        assert run("rank", "--by", by, "--store", bikes).exit_code == 0
    result = run("rank", "--html", "r.html", "--csv", "r.csv", "--store", bikes)
    assert result.exit_code == 0
    page = (tmp_path / "r.html").read_text("utf-8")
    assert page.count("<circle") == 13
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    told = ranked(run, bikes)
    assert [row["id"] for row in rows] == [c["id"] for c in told["companies"]]
    assert [float(row["loss"]) for row in rows] == [c["loss"] for c in told["companies"]]


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_grouping_that_nobody_states_says_which_column_it_needs(
    run: Run, tmp_path: Path, by: str, lang: str
) -> None:
    (tmp_path / "companies.csv").write_text("id,name,annual_revenue\na,A,10\nb,B,20\n")
    assert run("load", "companies.csv", "--store", "two.db").exit_code == 0
    told = run("rank", "--by", by, "--store", "two.db", "--lang", lang).stdout
    said = " ".join(told[told.index("Reckoned" if lang == "en" else "依据事实") :].split())
    assert {"role": "roles", "tier": "roles"}.get(by, by) in said
    assert ("links" if by == "category" else "companies") in said
    assert ("this needs" in said) == (lang == "en")


def test_the_structure_of_the_sample(run: Run, bikes: Path) -> None:
    told = ranked(run, bikes, "--to", "zephyrling")
    assert {c["category"]: c["sellers"] for c in told["concentration"]}["batteries"] == 1
    assert {"seller": "amberfen", "buyer": "zephyrling"}.items() <= told["single_sources"][0].items()
    assert told["weakest_links"][0]["company"] == told["companies"][0]["id"]
    assert [c["id"] for c in told["companies"] if c["hidden"]] == ["swiftwren"]
    assert told["key_accounts"][0]["buyers"][0]["id"] == "spokemarket"
    everywhere = ranked(run, bikes)
    assert {w["brand"] for w in everywhere["weakest_links"]} == {"zephyrling", "dandelion"}
    assert everywhere["top"][0]["path"][-1]["target"] == everywhere["companies"][0]["hardest_hit"]


def test_long_work_is_kept_beside_the_store_or_where_it_is_set(
    run: Run, bikes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = bikes.with_name("bikes.db.kept")
    ranked(run, bikes)
    assert not beside.exists(), "what takes a moment is not kept"
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    first = run("rank", "--store", bikes, "--json").stdout
    assert len(list(beside.glob("*/whole.npz"))) == 2
    assert run("rank", "--store", bikes, "--json").stdout == first
    monkeypatch.setenv("KNOCKON_CACHE", str(tmp_path / "elsewhere"))
    assert run("rank", "--store", bikes, "--json").stdout == first
    assert len(list((tmp_path / "elsewhere").glob("*/whole.npz"))) == 2
    monkeypatch.setenv("KNOCKON_CACHE", str(bikes))
    odd = run("rank", "--store", bikes, "--json")
    assert odd.stdout == first
    assert "could not be kept" in odd.stderr


# -- over HTTP ----------------------------------------------------------------------------------------


def test_http_answers_what_the_command_answers(run: Run, bikes: Path, serving: Callable[..., Server]) -> None:
    http = serving(store=str(bikes)).http
    for question, words in (
        ("to=zephyrling&weeks=6&ttr=8&limit=1000", ("--to", "zephyrling", "--weeks", 6, "--ttr", 8)),
        ("shock=scandal&harm=0.7&reach=trade", ("--shock", "scandal", "--harm", 0.7, "--reach", "trade")),
    ):
        answer = http.get(f"/v1/rank?{question}")
        assert answer.status_code == 200, answer.text
        said = answer.json()
        shock = {name: value for name, value in said["shock"].items() if value is not None}
        assert said | {"shock": shock} == ranked(run, bikes, *words)
    cut = http.get("/v1/rank?limit=2&top=1").json()
    assert (len(cut["companies"]), len(cut["top"]), cut["reckoned"]) == (2, 1, 13)
    chinese = http.get("/v1/rank?to=zephyrling", headers={"accept-language": "zh"}).json()
    assert "独家供应" in chinese["top"][0]["why"]


def test_the_page_over_http_runs_no_script(bikes: Path, serving: Callable[..., Server]) -> None:
    answer = serving(store=str(bikes)).http.get("/v1/rank/page?to=zephyrling&lang=zh")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert 'lang="zh-CN"' in answer.text


@pytest.mark.parametrize(
    ("question", "status", "field"),
    [
        ("to=nobody+at+all", 404, ""), ("harm=0.5", 422, "harm"), ("shock=flood", 422, "shock"),
        ("shock=scandal&ttr=3", 422, "ttr"), ("as_of=soon", 422, "as_of"), ("hue=1", 422, "hue"),
    ],
)  # fmt: skip
def test_problems(server: Server, question: str, status: int, field: str) -> None:
    answer = server.http.get(f"/v1/rank?{question}")
    assert answer.status_code == status, answer.text
    assert [each["field"] for each in answer.json().get("errors", [])] == ([field] if field else [])


def test_a_long_ranking_is_answered_where_it_is_kept(
    run: Run, bikes: Path, serving: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(service, "MOST_EFFORT", 1.0)
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    monkeypatch.setenv("KNOCKON_CACHE", str(tmp_path / "kept"))
    http = serving(store=str(bikes), cache=str(tmp_path / "kept")).http
    refused = http.get("/v1/rank?to=zephyrling")
    assert refused.status_code == 422
    assert "knockon rank" in refused.json()["remedy"]
    ranked(run, bikes, "--to", "zephyrling")
    assert http.get("/v1/rank?to=zephyrling").status_code == 200


def test_who_stops_it_is_told_that_it_goes_on(
    run: Run, bikes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    monkeypatch.setenv("KNOCKON_CACHE", str(tmp_path / "kept"))

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(criticality.Bench, "fail", stop)
    stopped = run("rank", "--store", bikes, "--lang", "zh")
    assert stopped.exit_code == 1
    assert stopped.stdout == ""
    assert "再次运行同一命令即可继续" in stopped.stderr
