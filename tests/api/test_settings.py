"""Settings: from the environment alone, listed, and without a secret in a URL or in a message."""

import json

import pytest

from api.settings import listed, read_settings
from graph.errors import InputError


def test_defaults() -> None:
    settings = read_settings()
    assert (settings.store, settings.chain, settings.lang) == ("./knockon.db", "main", "en")
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_what_is_given_counts_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOCKON_STORE", "environment.db")
    monkeypatch.setenv("KNOCKON_CHAIN", "second")
    settings = read_settings(store="given.db", chain=None)
    assert (settings.store, settings.chain) == ("given.db", "second")


@pytest.mark.parametrize(
    "url",
    [
        "bolt://neo4j:hush@host:7687",
        "neo4j://neo4j@host",
        "neo4j+s://u:hu/sh@host",
        "bolt://host:7687?password=hush",
        "bolt://u:hush#@host",
        "postgres://u:hush@host/db",
        "bolt://",
    ],
)
def test_no_secret_in_a_url(url: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(store=url)
    said = caught.value.message + caught.value.remedy
    assert "--store" in said
    assert "hush" not in said
    assert "hu/sh" not in said


@pytest.mark.parametrize(
    "url", ["bolt://host:7687", "neo4j://[::1]:7687", "a@b.db", "sqlite:///a@b.db", "C:\\chain.db"]
)
def test_other_stores_pass(url: str) -> None:
    assert read_settings(store=url).store == url


def test_what_is_wrong_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOCKON_PORT", "a")
    monkeypatch.setenv("KNOCKON_LANG", "fr")
    with pytest.raises(InputError, match=r"KNOCKON_LANG.*KNOCKON_PORT"):
        read_settings()


def test_the_list_hides_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOCKON_STORE_PASSWORD", "hush")
    rows = {row["name"]: row for row in listed(read_settings())}
    assert rows["KNOCKON_STORE_PASSWORD"]["value"] == "********"
    assert "hush" not in json.dumps(list(rows.values()))
    assert all(row["doc"] for row in rows.values())
