"""Why a loss came about, as a user asks: on the command line, over HTTP, on the map, in both languages."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.api.servers import Server
from tests.explaining import golden_apart, of_golden

CASES = ("courier", "mixed", "outage", "partial", "scandal", "staggered")
SHEET = Path(__file__).parents[1] / "samples" / "spreadsheet" / "zephyrling.xlsx"
TAKATA = ("what-if", "--scandal", "takata", "--harm", "1")


@pytest.mark.parametrize("chain", ["weekly_9", "weekly_14"])
def test_the_golden_cases(run: Callable[..., Result], shared: Path, chain: str) -> None:
    folder = shared / "golden" / chain
    tables = [folder / f"{name}.csv" for name in ("links", "companies", "markets")]
    assert run("load", *tables, "--store", "golden.db").exit_code == 0
    for case in CASES:
        for golden in json.loads((folder / f"{case}.explanation.json").read_text()):
            words = ["what-if", folder / f"{case}.scenario.json", "--store", "golden.db", "--json"]
            more = ["--explain", golden["company"], "--paths", 6, "--paths-share", 1]
            found = json.loads(run(*words, *more).stdout)["explanation"]
            assert golden_apart(of_golden(found), of_golden(golden)) <= 1e-9, case


def adds_up(found: dict[str, Any]) -> None:
    """Each list is the loss."""
    for part in ("by_shock", "by_channel", "by_link"):
        assert math.fsum(each["amount"] for each in found[part]) == pytest.approx(found["loss"], rel=1e-9)
    paths = math.fsum(path["amount"] for path in found["paths"])
    assert paths + found["remainder"] == pytest.approx(found["loss"], rel=1e-9)


def test_a_company_and_the_headline(ask: Callable[..., Any]) -> None:
    answer = ask(*TAKATA, "--explain", "Honda", "--removals", 2)
    found = answer["explanation"]
    assert found["company"] == "honda"
    assert found["loss"] == pytest.approx(answer["revenue_loss"]["honda"], rel=1e-9)
    adds_up(found)
    hop = found["paths"][0]["hops"][-1]
    assert (hop["source"], hop["target"], hop["channel"]) == ("takata", "honda", "blame")
    assert hop["links"][0] == {"source": "takata", "target": "honda", "kind": "SUPPLIES"} | {
        "category": hop["links"][0]["category"]
    }
    assert 0 <= hop["first_week"] <= hop["last_week"] < 52
    # Without the only shock all of it is saved.
    assert answer["removal"]["shocks"] == [{"shock": 0, "saved": pytest.approx(found["loss"])}]
    assert [link["target"] for link in answer["removal"]["links"]] == ["honda"]
    headline = ask(*TAKATA, "--explain", "all")
    assert headline["explanation"]["company"] is None
    assert headline["explanation"]["loss"] == pytest.approx(headline["value_added_loss"], rel=1e-9)
    assert headline["removal"] is None
    adds_up(headline["explanation"])


def test_of_one_week(ask: Callable[..., Any], run: Callable[..., Result]) -> None:
    answer = ask(*TAKATA, "--explain", "honda", "--explain-week", "3")
    found, whole = answer["explanation"], ask(*TAKATA, "--explain", "honda")["explanation"]
    (honda,) = (company for company in answer["companies"] if company["id"] == "honda")
    share = answer["series"]["honda"]["revenue_loss_share"]
    assert (found["week"], whole["week"]) == (3, None)
    assert found["loss"] == pytest.approx(honda["revenue_loss"] * share[3] / sum(share), rel=1e-9)
    adds_up(found)
    assert (
        "in week 3. Divided over its causes:"
        in run(*TAKATA, "--explain", "honda", "--explain-week", "3").stdout
    )
    assert "在第 3 周损失" in run(*TAKATA, "--explain", "all", "--explain-week", "3", "--lang", "zh").stdout
    late = run(*TAKATA, "--explain", "all", "--explain-week", "52")
    assert (late.exit_code, "week 52 is not reckoned" in late.stderr) == (1, True)
    both = run(*TAKATA, "--explain", "all", "--explain-week", "3", "--removals", "1")
    assert (both.exit_code, "--removals does not go with --explain-week" in both.stderr) == (2, True)


def test_without_the_question_no_answer(ask: Callable[..., Any]) -> None:
    assert not {"explanation", "removal"} & ask(*TAKATA).keys()


@pytest.mark.parametrize(
    ("lang", "because", "hop", "share"),
    [
        (
            "en",
            "of it comes because a scandal hits Takata",
            "Honda was blamed for Takata (weeks ",
            "part of the loss",
        ),
        ("zh", "的起因：", "受到责难（第 ", "占损失"),
    ],
)
def test_in_words(run: Callable[..., Result], lang: str, because: str, hop: str, share: str) -> None:
    said = run(*TAKATA, "--explain", "honda", "--removals", 1, "--lang", lang).stdout
    assert all(part in said for part in (because, hop, share))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--explain nobody", 1, "nobody"),
        ("--explain Hnda", 1, "honda"),
        ("--paths 3", 2, "--explain"),
        ("--removals 3 --paths-share .5", 2, "--paths-share, --removals"),
        ("--explain honda --paths 0", 2, "--paths"),
        ("--explain honda --paths-share 2", 2, "--paths-share"),
    ],
)
def test_what_is_wrong_is_told(run: Callable[..., Result], words: str, code: int, said: str) -> None:
    result = run(*TAKATA, *words.split())
    assert result.exit_code == code
    assert said in result.stderr


def test_over_http(server: Server, ask: Callable[..., Any]) -> None:
    asked = {"shocks": [{"kind": "scandal", "company": "takata", "harm": 1}]}
    answer = server.http.post("/v1/what-if?explain=honda&paths=4&removals=1", json=asked)
    assert answer.status_code == 200
    told = ask(*TAKATA, "--explain", "honda", "--paths", 4, "--removals", 1)
    assert answer.json()["explanation"] == told["explanation"]
    assert answer.json()["removal"] == told["removal"]
    assert len(told["explanation"]["paths"]) <= 4
    wrong = server.http.post("/v1/what-if?explain=nobody", json=asked)
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "explain"
    assert server.http.post("/v1/what-if?explain=honda&removals=21", json=asked).status_code == 422
    alone = server.http.post("/v1/what-if?removals=3", json=asked, headers={"accept-language": "zh"})
    assert alone.status_code == 422
    assert alone.json()["errors"] == [{"field": "removals", "detail": "须与 explain 同时使用"}]
    page = server.http.post("/v1/what-if/map?explain=honda&lang=en", json=asked).text
    assert "Honda was blamed for Takata" in page


def test_on_the_map(run: Callable[..., Result]) -> None:
    assert run(*TAKATA, "--explain", "honda", "--html", "map.html").exit_code == 0
    assert "Honda was blamed for Takata" in Path("map.html").read_text("utf-8")
    assert run(*TAKATA, "--html", "bare.html").exit_code == 0
    assert "Through which paths" not in Path("bare.html").read_text("utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "words", ["--explain all", "--explain honda", "--draws 32", "--explain honda --draws 32"]
)
def test_an_answer_fits_on_one_screen(run: Callable[..., Result], words: str, lang: str) -> None:
    said = run(*TAKATA, *words.split(), "--lang", lang).stdout
    assert len(said.splitlines()) <= 50


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("words", ["--explain all", "--draws 32"])
def test_so_does_that_of_many_shocks(run: Callable[..., Result], words: str, lang: str) -> None:
    assert run("load", SHEET, "--store", "sheet.db").exit_code == 0
    asked = ["--scandal", "dandelion", "--harm", ".7", "--shock", "boycott company=zephyrling size=.2"]
    for more in ("outage where.country=DE where.role=supplier severity=1 duration_weeks=3",
                 "demand where.role=dealer size=.1 start_week=4"):  # fmt: skip
        asked += ["--shock", more]
    said = run("what-if", *asked, *words.split(), "--store", "sheet.db", "--lang", lang).stdout
    assert 20 < len(said.splitlines()) <= 50


@pytest.mark.parametrize(("lang", "tie"), [("en", "(competes with)"), ("zh", "(竞争)")])
def test_ties_are_called_by_words(run: Callable[..., Result], lang: str, tie: str) -> None:
    assert run("load", SHEET, "--store", "sheet.db").exit_code == 0
    asked = ("what-if", "--scandal", "dandelion", "--harm", ".7", "--explain", "zephyrling")
    said = run(*asked, "--store", "sheet.db", "--lang", lang).stdout
    assert tie in said
    assert "COMPETES_WITH" not in said
