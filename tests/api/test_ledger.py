"""The prediction ledger as people and programs meet it: filed, seen later, scored."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from api.ledger.entries import Band, Filed, Loss, Outcome, Prediction, Stamp, open_ledger
from api.ledger.file import append
from api.ledger.scoring import calibration, score
from tests.api.servers import Server

Run = Callable[..., Result]
Ask = Callable[..., Any]
BOLT = {
    "name": "Bolt",
    "shocks": [
        {
            "kind": "outage", "company": "LG Energy Solution", "category": "Bolt cells",
            "severity": 1, "duration_weeks": 32,
        }
    ],
}  # fmt: skip
PAST = "2021-08-23"


def loss(**other: Any) -> Loss:
    told = {"company": "a", "name": "A", "first": 0, "last": 12, "revenue": 50.0, "loss": 0.10, "band": None}
    return Loss.model_validate(told | other)


def filed(losses: list[Loss], *outcomes: Outcome, begins: str = "2027-01-04") -> Filed:
    prediction = Prediction(
        filed_at="2026-11-28T12:00:00+00:00", release="1", note="", begins=begins, chain="main",
        snapshot=Stamp(revision=1, hash="ab"), currency="USD", scenario={}, parameters={}, draws=0,
        value_added_loss=1.0, gross_revenue_loss=2.0, intervals={}, losses=losses,
    )  # fmt: skip
    seen: dict[Any, tuple[Outcome, ...]] = {}
    for each in outcomes:
        place = (each.company, each.first, each.last)
        seen[place] = (*seen.get(place, ()), each)
    return Filed("p", prediction, seen)


def seen(low: float, high: float | None = None, **other: Any) -> Outcome:
    told = {
        "entered_at": "2028-01-01T00:00:00+00:00", "prediction": "p", "company": "a", "first": 0, "last": 12,
        "unit": "share", "low": low, "high": low if high is None else high, "source": "s",
    }  # fmt: skip
    return Outcome.model_validate(told | other)


# -- by hand ------------------------------------------------------------------------------------------

BAND = Band(p5=0.02, p10=0.04, p50=0.1, p90=0.16, p95=0.2)


@pytest.mark.parametrize(
    ("outcome", "in_80", "in_90", "sign", "near", "error"),
    [
        (seen(0.08), True, True, True, True, 0.02),
        (seen(0.18), False, True, True, True, -0.08),
        (seen(0.21), False, False, True, False, -0.11),
        (seen(-0.05), False, False, False, False, 0.15),  # a gain
        (seen(0.01, 0.03), False, None, True, False, 0.08),
        (seen(4.0, unit="money"), True, True, True, True, 0.02),  # 4 of 50
    ],
)
def test_a_score_by_hand(
    outcome: Outcome, in_80: bool | None, in_90: bool | None, sign: bool, near: bool, error: float
) -> None:
    told = loss(band=BAND)
    found = score(filed([told], outcome), told)
    assert found is not None
    verdict = found.verdict
    assert (verdict.inside_80, verdict.inside_90, verdict.sign, verdict.near) == (in_80, in_90, sign, near)
    assert verdict.error == pytest.approx(error)


def test_the_last_of_several_outcomes_counts() -> None:
    told = loss()
    found = score(filed([told], seen(0.5), seen(0.1)), told)
    assert found is not None
    assert found.verdict.error == 0
    assert score(filed([told]), told) is None


@pytest.mark.parametrize(
    ("begins", "hindsight"), [("2027-01-04", False), ("2026-08-30", False), ("2026-08-29", True)]
)
def test_what_is_filed_after_its_weeks_is_no_prediction(begins: str, hindsight: bool) -> None:
    # 13 weeks from 30 August end on 29 November; it was filed on the 28th.
    told = loss()
    assert filed([told], begins=begins).hindsight(told) == hindsight


def test_the_calibration_of_ten_figures_by_hand() -> None:
    losses = [loss(company=str(n), band=BAND) for n in range(10)]
    values = [0.05] * 7 + [0.18, 0.3, -0.1]
    outcomes = [seen(v, company=str(n)) for n, v in enumerate(values)]
    told = filed(losses, *outcomes)
    found = calibration([s for each in losses if (s := score(told, each))])
    assert found.count == 10
    assert (found.inside["80"].count, found.inside["90"].count) == (7, 8)
    assert found.inside["80"].low == pytest.approx(0.3968, abs=1e-4)  # Wilson for 7 of 10
    assert (found.sign.count, found.near.count) == (9, 8)
    assert found.mean_error == pytest.approx((7 * 0.05 - 0.08 - 0.2 + 0.2) / 10)
    assert found.mean_absolute_error == pytest.approx((7 * 0.05 + 0.08 + 0.2 + 0.2) / 10)


# -- the command --------------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands keep their ledger; nothing is in it yet."""
    path = tmp_path / "own.jsonl"
    monkeypatch.setenv("KNOCKON_LEDGER", str(path))
    (tmp_path / "bolt.json").write_text(json.dumps(BOLT))
    return path


def add(ask: Ask, *more: str, draws: int = 0) -> Any:
    return ask("ledger", "add", "bolt.json", "--draws", draws, *more)


def test_a_prediction_holds_what_the_what_if_says(ask: Ask, ledger: Path) -> None:
    answer = ask("what-if", "bolt.json")
    found = add(ask, "--company", "General Motors", "--window", "0-51", "--window", "4-16", "--begins", PAST)
    assert found["scenario"] == answer["scenario"]
    assert found["snapshot"] == answer["snapshot"]
    assert found["value_added_loss"] == answer["value_added_loss"]
    whole, part = found["losses"]
    assert whole["money"] == pytest.approx(answer["revenue_loss"]["gm"])
    weekly = answer["series"]["gm"]["revenue_loss_share"]
    assert part["loss"] == pytest.approx(sum(weekly[4:17]) / 13)
    assert part["revenue"] == pytest.approx(whole["revenue"] / 4)
    assert part["ends"] == "2021-12-20"  # 17 weeks after week 0 began
    assert ledger.exists()


def test_the_bands_are_those_of_the_draws(ask: Ask, ledger: Path) -> None:
    one, two = (add(ask, "--company", "gm", draws=16) for _ in range(2))
    band = one["losses"][0]["band"]
    assert band["p5"] <= band["p10"] <= band["p50"] <= band["p90"] <= band["p95"]
    assert band["p5"] < band["p95"]
    assert one["losses"] == two["losses"]  # the same facts, the same seed
    assert set(one["intervals"]) == {"value_added_loss", "gross_revenue_loss"}
    assert one["id"] != two["id"]


def test_unless_named_those_shocked_and_the_hardest_hit_are_foretold(ask: Ask, ledger: Path) -> None:
    found = add(ask)
    assert found["losses"][0]["company"] == "lg_energy_solution"
    assert "gm" in {each["company"] for each in found["losses"]}
    assert {(each["from"], each["to"]) for each in found["losses"]} == {(0, 51)}


def test_an_answer_is_filed_as_long_as_the_facts_are_the_same(ask: Ask, run: Run, ledger: Path) -> None:
    answer = ask("what-if", "bolt.json")
    Path("answer.json").write_text(json.dumps(answer))
    assert ask("ledger", "add", "answer.json", "--draws", 0)["scenario"] == answer["scenario"]
    answer["snapshot"]["hash"] = "0" * 64
    Path("answer.json").write_text(json.dumps(answer))
    refused = run("ledger", "add", "answer.json", "--draws", 0)
    assert refused.exit_code == 1
    assert "other facts" in refused.stderr


def test_from_a_prediction_to_its_score(ask: Ask, run: Run, ledger: Path) -> None:
    found = add(ask, "--company", "gm", "--window", "0-51", "--window", "0-12", "--begins", PAST)
    key, revenue = found["id"], found["losses"][0]["revenue"]
    assert ask("ledger", "list")["predictions"][0]["due"] == 2
    one = ask("ledger", "outcome", key[:6], "General Motors", "--loss", "825e6..835e6",
              "--window", "0-51", "--source", "facts")  # fmt: skip
    seen = one["losses"][0]["outcome"]
    assert (seen["low"], seen["high"]) == pytest.approx((825e6 / revenue, 835e6 / revenue))
    assert one["losses"][0]["verdict"]["near"] is True
    ask("ledger", "outcome", key, "gm", "--share", "-3%", "--window", "0-12", "--source", "a slip")
    two = ask("ledger", "outcome", key, "gm", "--share", ".9%", "--window", "0-12", "--source", "facts")
    assert two["losses"][1]["corrections"] == 1
    assert two["losses"][1]["outcome"]["low"] == pytest.approx(0.009)
    assert ask("ledger", "show", key)["losses"] == two["losses"]
    listed = ask("ledger", "list")["predictions"][0]
    assert (listed["scored"], listed["due"]) == (2, 0)
    scores = ask("ledger", "score")
    assert len(scores["scores"]) == 2
    assert scores["calibration"]["predictions"]["count"] == 0
    after = scores["calibration"]["hindsight"]
    assert (after["count"], after["sign"]["count"], after["inside"]["90"]["of"]) == (2, 2, 0)
    for words in (("list",), ("show", key), ("score",), ("check",)):
        told = run("ledger", *words, "--lang", "zh")
        assert told.exit_code == 0
        assert "事后登记" in told.stdout or words[0] in ("list", "check")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("gm", "--share", "many", "--source", "s"), 2, "no number"),
        (("gm", "--share", "inf", "--source", "s"), 2, "no number"),
        (("gm", "--source", "s"), 2, "either --share or --loss"),
        (("gm", "--share", ".1", "--loss", "3", "--source", "s"), 2, "either --share or --loss"),
        (("gm", "--share", ".1"), 2, "--source"),
        (("gm", "--share", ".1", "--source", " "), 1, "no source"),
        (("gm", "--share", ".2...1", "--source", "s"), 1, "lower end"),
        (("takata", "--share", ".1", "--source", "s"), 1, "says nothing of 'takata'"),
        (("gm", "--share", ".1", "--source", "s", "--window", "0-9"), 1, "0-51"),
        (("gm", "--share", ".1", "--source", "s", "--window", "x"), 2, "FROM-TO"),
    ],
)
def test_an_outcome_that_is_wrong_is_refused(
    ask: Ask, run: Run, ledger: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    key = add(ask, "--company", "gm", "--begins", PAST)["id"]
    before = ledger.read_bytes()
    result = run("ledger", "outcome", key, *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert ledger.read_bytes() == before


def test_nobody_has_seen_weeks_that_are_not_over(ask: Ask, run: Run, ledger: Path) -> None:
    key = add(ask, "--company", "gm")["id"]
    result = run("ledger", "outcome", key, "gm", "--share", ".1", "--source", "s")
    assert result.exit_code == 1
    ends = dt.datetime.now(dt.UTC).date() + dt.timedelta(weeks=52)
    assert f"end on {ends}" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--window", "5-3"), 1, "do not lie within a horizon of 52"),
        (("--window", "0-52"), 1, "do not lie within a horizon of 52"),
        (("--window", "one"), 2, "FROM-TO"),
        (("--begins", "soon"), 2, "no date"),
        (("--begins", "9999-12-31"), 2, "up to 9900"),
        (("--company", "nobody"), 1, "no company 'nobody'"),
    ],
)
def test_a_prediction_that_is_wrong_is_refused(
    run: Run, ledger: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    result = run("ledger", "add", "bolt.json", "--draws", "0", *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert not ledger.exists()


def test_an_id_must_name_one_prediction(ask: Ask, run: Run, ledger: Path) -> None:
    key = add(ask, "--company", "gm")["id"]
    for name in ("zzzz", key[:3], "", key + "0"):
        result = run("ledger", "show", name)
        assert result.exit_code == 1
        assert "there is no prediction" in result.stderr


def test_a_damaged_line_is_named_and_the_others_still_count(ask: Ask, run: Run, ledger: Path) -> None:
    for _ in range(3):
        add(ask, "--company", "gm")
    assert run("ledger", "check").exit_code == 0
    head = ask("ledger", "list")["head"]
    assert ask("ledger", "check", "--head", head)["head_found"] is True
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[0] + lines[1].replace(b'"draws":0', b'"draws":9') + lines[2])
    listed = run("ledger", "list")
    assert listed.exit_code == 0
    assert "Line 2" in listed.stderr
    assert len(ask("ledger", "list")["predictions"]) == 2
    checked = run("ledger", "check", "--json")
    assert checked.exit_code == 1
    assert [flaw["line"] for flaw in json.loads(checked.stdout)["flaws"]] == [2, 3]
    gone = run("ledger", "check", "--head", "ab" * 32)
    assert "does not hold the head" in gone.stderr


def test_an_entry_of_a_later_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    append(path, {"kind": "prophecy"})
    append(path, {"kind": ["x"]})
    append(path, {**filed([loss()]).prediction.model_dump(), "begins": "9999-12-31"})
    found = open_ledger(path)
    assert found.filed == ()
    assert [(flaw.line, flaw.broken) for flaw in found.flaws] == [(1, False), (2, False), (3, False)]


def test_the_ledger_lies_beside_the_store(run: Run, stories_db: Path, tmp_path: Path) -> None:
    store = tmp_path / "chain.db"
    store.write_bytes(stories_db.read_bytes())
    (tmp_path / "bolt.json").write_text(json.dumps(BOLT))
    run("ledger", "add", "bolt.json", "--draws", "0", "--store", store)
    assert (tmp_path / "chain.ledger.jsonl").exists()


def test_names_from_the_data_do_not_command_a_terminal(ask: Ask, run: Run, ledger: Path) -> None:
    Path("bolt.json").write_text(json.dumps(BOLT | {"name": "\x1b[2J[red]x"}))
    key = add(ask, "--company", "gm", "--begins", PAST, "--note", "\x1b]0;x\x07")["id"]
    for words in (("list",), ("show", key)):
        told = run("ledger", *words).stdout
        assert "\x1b" not in told
        assert "[red]x" in told


# -- HTTP ---------------------------------------------------------------------------------------------

Serving = Callable[..., Server]


@pytest.fixture
def service(serving: Serving, stories_db: Path, ledger: Path) -> Server:
    """A service with a ledger of its own."""
    return serving(store=str(stories_db))


ASKED = {"scenario": BOLT, "companies": ["gm"], "windows": [{"from": 0, "to": 12}], "begins": PAST}


def test_over_http_it_is_the_same_ledger(ask: Ask, service: Server) -> None:
    made = service.http.post("/v1/ledger", json=ASKED)
    assert made.status_code == 201
    key = made.json()["id"]
    body = {"company": "gm", "low": 0.009, "high": 0.011, "source": "facts"}
    entered = service.http.post(f"/v1/ledger/{key}/outcomes", json=body)
    assert entered.status_code == 201
    assert entered.json()["losses"][0]["verdict"]["sign"] is True
    assert service.http.get(f"/v1/ledger/{key}").json() == ask("ledger", "show", key)
    for path, word in (("/v1/ledger", "list"), ("/v1/ledger/score", "score")):
        said = ask("ledger", word)
        assert said.pop("ledger")
        assert service.http.get(path).json() == said


def test_predictions_come_in_pages_the_newest_first(service: Server) -> None:
    keys = [service.http.post("/v1/ledger", json=ASKED).json()["id"] for _ in range(3)]
    found = service.http.get("/v1/ledger?limit=1&skip=1").json()
    assert [p["id"] for p in found["predictions"]] == [keys[1]]
    assert found["count"] == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/v1/ledger", {}, 422, "scenario"),
        ("/v1/ledger", ASKED | {"begins": "2027-02-30"}, 422, "begins"),
        ("/v1/ledger", ASKED | {"windows": [{"from": 3, "to": 2}]}, 422, "windows.0"),
        ("/v1/ledger", ASKED | {"draws": 70000}, 422, "draws"),
        ("/v1/ledger", ASKED | {"draws": 1}, 422, "draws"),
        ("/v1/ledger", ASKED | {"begins": "2027-W01"}, 422, "begins"),
        ("/v1/ledger", ASKED | {"begins": "20270104"}, 422, "begins"),
        ("/v1/ledger", ASKED | {"hue": 1}, 422, "hue"),
        (
            "/v1/ledger",
            ASKED | {"scenario": {"shocks": [{"kind": "scandal", "company": "gm", "harm": 2}]}},
            422,
            "scenario.shocks.0.harm",
        ),
        ("/v1/ledger", ASKED | {"companies": ["nobody"]}, 404, ""),
        ("/v1/ledger/abcdef/outcomes", {"company": "gm", "low": 0, "high": 0, "source": "s"}, 404, ""),
    ],
)
def test_what_is_wrong_is_a_problem_and_nothing_is_filed(
    service: Server, ledger: Path, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    answer = service.http.post(path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in {"", *(each["field"] for each in answer.json().get("errors", []))}
    assert "Value error" not in answer.text
    assert not ledger.exists()


def test_whole_numbers_may_have_a_point(service: Server) -> None:
    windows = [{"from": 0.0, "to": 12.0}]
    assert service.http.post("/v1/ledger", json=ASKED | {"windows": windows, "draws": 2.0}).status_code == 201


def test_filters_with_draws_are_held_to_a_limit(service: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.service.MOST_SPREAD", 1)
    shock = {"kind": "outage", "where": {"role": "supplier"}, "severity": 1, "duration_weeks": 1}
    scenario = {"shocks": [shock], "horizon_weeks": 2}
    asked = ASKED | {"scenario": scenario, "windows": []}
    for path, body in (
        ("/v1/ledger", asked | {"draws": 2}),
        ("/v1/what-if?draws=2", scenario),
        ("/v1/what-if?explain=all", scenario),
        ("/v1/what-if/map", scenario),
    ):
        answer = service.http.post(path, json=body)
        assert answer.status_code == 422, path
        assert "shocks are more than 1" in answer.json()["detail"]
    assert service.http.post("/v1/what-if", json=scenario).status_code == 200


def test_a_path_of_two_methods_names_both(service: Server) -> None:
    answer = service.http.delete("/v1/ledger")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert service.http.delete("/v1/ledger/score").headers["allow"] == "GET"


def test_a_form_of_another_site_cannot_file(service: Server, ledger: Path) -> None:
    answer = service.http.post(
        "/v1/ledger", content=json.dumps(ASKED), headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 415
    assert not ledger.exists()


def test_a_ledger_that_cannot_be_written_is_no_fault_of_the_asker(
    serving: Serving, stories_db: Path, tmp_path: Path
) -> None:
    service = serving(store=str(stories_db), ledger=str(tmp_path))
    assert service.http.post("/v1/ledger", json=ASKED).status_code == 503
    assert service.http.get("/v1/ledger").status_code == 503


def test_what_is_too_much_is_refused(serving: Serving, stories_db: Path, ledger: Path) -> None:
    service = serving(store=str(stories_db), answer_limit=1000)
    answer = service.http.post("/v1/ledger", json=ASKED | {"draws": 1024})
    assert answer.status_code == 422
    assert "draws" in answer.json()["detail"]
