"""The systemic risk index as a user asks for it: on the command line and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from api.app import create_app
from api.application import app
from api.routes import systemic as route
from api.settings import read_settings

SAMPLE = Path(__file__).parents[1] / "samples" / "spreadsheet" / "zephyrling.xlsx"


@pytest.fixture
def store(tmp_path: Path) -> str:
    place = str(tmp_path / "chain.db")
    assert CliRunner().invoke(app, ["load", str(SAMPLE), "--store", place]).exit_code == 0
    return place


@pytest.fixture
def client(store: str) -> Iterator[TestClient]:
    with TestClient(create_app(read_settings(store=store))) as client:
        yield client


def ask(store: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["systemic", *words, "--store", store])


def test_the_answer_as_json_is_the_same_over_http(store: str, client: TestClient) -> None:
    result = ask(store, "--json", "--demand", "final", "--no-market-shares", "--eps", ".001")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert set(told) >= {"eps", "converged", "residual", "index"}
    assert told["converged"] is True
    assert told["residual"] <= 0.001 + 1e-12
    assert len(told["index"]) > 10
    assert max(told["index"].values()) <= 1
    got = client.get("/v1/systemic", params={"demand": "final", "market_shares": False, "eps": 0.001})
    assert got.status_code == 200
    assert got.json() == told


def test_only_those_that_are_named(store: str, client: TestClient) -> None:
    told = json.loads(ask(store, "--json", "Amberfen Batteries", "zephyrling").stdout)["index"]
    assert sorted(told) == ["amberfen", "zephyrling"]
    got = client.get("/v1/systemic", params={"company": ["amberfen", "zephyrling"]}).json()["index"]
    assert got == told
    assert ask(store, "Nobody at all").exit_code == 1
    assert client.get("/v1/systemic", params={"company": "nobody at all"}).status_code == 404


def test_the_table_names_the_highest_first_in_both_languages(store: str) -> None:
    index = json.loads(ask(store, "--json").stdout)["index"]
    first = max(index, key=lambda key: index[key])
    english, chinese = ask(store, "--top", "3"), ask(store, "--top", "3", "--lang", "zh")
    assert f"({first})" in english.stdout.splitlines()[1]
    assert "for good" in english.stdout
    assert f"({first})" in chinese.stdout.splitlines()[1]
    assert "永久停摆" in chinese.stdout


@pytest.mark.parametrize(
    ("words", "exit_code"), [(("--eps", "2"), 2), (("--demand", "x"), 2), (("--top", "0"), 2)]
)
def test_wrong_usage(store: str, words: tuple[str, ...], exit_code: int) -> None:
    assert ask(store, *words).exit_code == exit_code


def test_wrong_questions_over_http(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ({"eps": 2}, {"eps": "nan"}, {"demand": "x"}, {"unknown": 1}):
        assert client.get("/v1/systemic", params=wrong).status_code == 422
    monkeypatch.setattr(route, "MOST_WORK", 100)
    refused = client.get("/v1/systemic")
    assert refused.status_code == 422
    assert "fewer companies" in refused.json()["remedy"]
