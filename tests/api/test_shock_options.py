"""Shocks and filters as options of what-if, and key accounts, as a person types them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Run
from tests.api.servers import Server

Ask = Callable[..., Any]


def test_a_filter_stops_all_that_match(ask: Ask) -> None:
    found = ask("what-if", "--outage-where", "country=jp, role=supplier", "--weeks", 3)
    assert [(s["kind"], s["company"], s["duration_weeks"]) for s in found["scenario"]["shocks"]] == [
        ("outage", "takata", 3)
    ]
    assert found["revenue_loss"]["takata"] > 0
    found = ask("what-if", "--scandal-where", "role=brand, country=KR", "--harm", ".5")
    assert [s["company"] for s in found["scenario"]["shocks"]] == ["hyundai", "kia"]


def test_several_shocks_begin_when_they_are_told(ask: Ask) -> None:
    found = ask(
        "what-if", "--outage", "takata", "--shock", 'boycott company="Hyundai" size=.2 start_week=4',
        "--shock", "demand where.country=US where.role=dealer size=.1 duration_weeks=3",
    )  # fmt: skip
    shocks = found["scenario"]["shocks"]
    assert [(s["kind"], s["company"], s["start_week"]) for s in shocks] == [
        ("outage", "takata", 0),
        ("boycott", "hyundai", 4),
        *[("demand", s["company"], 0) for s in shocks[2:]],
    ]
    assert {s["company"] for s in shocks[2:]} == {"gm_us_dealers", "hyundai_us_dealers", "kia_us_dealers"}
    assert all("where" not in shock for shock in shocks)
    moved = {(m["shock"], m["company"], m["goes"]) for m in found["moved_customers"]}
    assert (1, "hyundai", "rivals") in moved
    lost = found["series"]["hyundai"]["revenue_loss_share"]
    assert lost[4] - lost[3] > 0.15


def test_a_file_and_one_more(run: Run, ask: Ask) -> None:
    echoed = ask("what-if", "--shock", "boon company=gm size=.1")["scenario"]
    assert echoed["shocks"][0]["size"] == 0.1
    with open("one.json", "w", encoding="utf-8") as file:
        file.write('{"shocks": [{"kind": "scandal", "company": "kia", "harm": 0.5}]}')
    both = ask("what-if", "one.json", "--shock", "substitute market=cars pull=.3 start_week=8")
    assert {s["kind"] for s in both["scenario"]["shocks"]} == {"scandal", "substitute"}
    assert len(both["scenario"]["shocks"]) > 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shock", "strike company=kia"], "does not begin with a kind of shock"),
        (["--shock", ""], "does not begin with a kind of shock"),
        (["--shock", 'boycott company="kia'], "does not begin with a kind of shock"),
        (["--shock", "boycott kia"], "'kia' is not NAME=VALUE"),
        (["--shock", "boycott company=kia"], "--shock size: must be given"),
        (["--shock", "boycott company=kia size=2"], "--shock size: Input should be less"),
        (
            ["--outage", "takata", "--shock", "boycott company=kia siz=.2"],
            "--shock siz: there is no such key",
        ),
        (["--outage-where", "Japan"], "'Japan' is not NAME=VALUE"),
        (["--outage-where", "land=JP"], "--outage-where land: there is no such key"),
        (["--outage-where", "role=maker"], "--outage-where role"),
        (["--scandal-where", "role=brand"], "--scandal needs --harm"),
        (["--outage-where", "role=brand", "--harm", ".5"], "--harm does not go with --outage-where"),
        (["--outage-where", "role=brand", "--outage", "kia"], "--outage and --outage-where exclude"),
        (["--shock", "boon company=kia size=.1", "--weeks", "3"], "--weeks does not go with --shock"),
    ],
)
def test_wrong_usage_is_named(run: Run, words: list[str], said: str) -> None:
    result = run("what-if", *words)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.split())


def test_a_filter_that_matches_nobody_fails(run: Run) -> None:
    result = run("what-if", "--outage-where", "country=XX")
    assert result.exit_code == 1
    assert "no company matches country=XX" in result.stderr


def test_what_moves_customers_is_told(run: Run) -> None:
    said = run("what-if", "--shock", "boycott company=hyundai size=.2 duration_weeks=4").stdout
    assert "20.0% of its customers boycott Hyundai" in said
    assert "Hyundai: up to 20.0% of them to rivals (boycott), worth" in " ".join(said.split())
    chinese = run("what-if", "--shock", "opening company=gm structure=homogeneous", "--lang", "zh").stdout
    assert "同质化" in chinese


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "shock",
    [
        "demand company=kia size=.1 duration_weeks=3 recovery=linear recovery_weeks=2",
        "boycott company=kia size=.1",
        "boon company=kia size=.1",
        "experience company=kia perceived=.2 expected=.5 segment=.5 margin=-.1",
        "substitute market=cars pull=.3",
        "opening company=kia structure=monopoly start_week=3",
    ],
)
def test_every_kind_is_drawn(run: Run, shock: str, lang: str) -> None:
    result = run("what-if", "--shock", shock, "--html", "map.html", "--lang", lang)
    assert result.exit_code == 0, result.output
    with open("map.html", encoding="utf-8") as file:
        assert "kia" in file.read()


def test_customers_that_cost_more_than_they_bring(ask: Ask) -> None:
    words = "experience company=kia perceived=.5 expected=1 segment=.1"
    plain, told = (
        ask("what-if", "--shock", shock)["moved_customers"][0] for shock in (words, words + " margin=-.2")
    )
    assert plain["contribution"] is None
    assert told["contribution"] == pytest.approx(-0.2 * told["bought"])
    assert told["bought"] == plain["bought"] > 0


def test_key_accounts(ask: Ask, run: Run, server: Server) -> None:
    found = ask("key-accounts", "takata", "--top", 1)
    assert [a["company"] for a in found["accounts"]] == ["other_carmakers"]
    assert found["accounts"][0]["lost"] == pytest.approx(found["accounts"][0]["share"] * found["revenue"])
    assert found["accounts"][0]["survives"] is None  # no costs are known
    assert server.http.get("/v1/companies/takata/key-accounts?top=1").json() == found
    assert server.http.get("/v1/companies/nobody/key-accounts").status_code == 404
    assert "Other carmakers" in run("key-accounts", "takata").stdout
    assert "no recorded customer" in run("key-accounts", "kia_us_dealers").stdout
