"""Wrong values for every field of every request: each is named, in both languages, and none breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from fastapi import params as where
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel, ValidationError

from api.app import create_app
from api.door import Door
from api.routes import companies, health, leaderboard, ledger, rank, systemic, what_if
from api.routes.ledger import OutcomeIn, PredictionIn, WeeksIn
from api.schemas import AnyShock, DirectCostIn, OpeningIn, SubstituteIn, WhatIfRequest, WhereIn
from api.settings import read_settings
from graph.model import fact
from graph.stores.registry import open_store
from tests.api.test_chinese import _LATIN, OF_PYDANTIC, WORDS

LONG = "9" * 5000
IN_ADDRESSES = ["", "qq", "-1", "1.5", "-1e9", "nan", "1e999", LONG, "x\0", "0001-01-01", "9999-99-99", "yes"]
IN_BODIES = [
    None, True, "", "qq", "x\0", "\ud800", LONG, -1, 1.5, 10**30, -1e300, float("nan"), float("inf"), [],
    [None], ["qq"], [[1, "qq", None]], [0.1] * 200, {}, {"qq": 1}, "0001-01-01", "9999-12-31", "2025-02-30",
    "20250101",
]  # fmt: skip
_BOON = {"kind": "boon", "size": 1.0}
# A document that is right for each model of a body, and where it stands.
SHOCKS: dict[str, dict[str, Any]] = {
    "outage": {"severity": 1, "duration_weeks": 1},
    "scandal": {"harm": 1},
    "demand": {"size": 1},
    "boycott": {"size": 1},
    "boon": {"size": 1},
    "experience": {"perceived": 1, "expected": 1},
    "substitute": {"pull": 1},
    "opening": {"structure": "monopoly"},
}


def _bodies() -> Iterator[tuple[type[BaseModel], str, dict[str, Any], str, Any]]:
    """Models, paths, right documents, where such a document stands in a body, and how it becomes one."""
    what_if, ledger, outcome = "/v1/what-if", "/v1/ledger", "/v1/ledger/none/outcomes"
    for shock in get_args(AnyShock):
        kind = get_args(shock.model_fields["kind"].annotation)[0]
        right = {"kind": kind, "company": "a"} | SHOCKS[kind]
        yield shock, what_if, right, "shocks.0.", lambda one: {"shocks": [one]}
    yield (
        WhereIn, what_if, {"role": "brand"}, "shocks.0.where.",
        lambda one: {"shocks": [{**_BOON, "where": one}]},
    )  # fmt: skip
    yield (
        DirectCostIn, what_if, {"bearer": "a", "amount": 1}, "shocks.0.direct_costs.0.",
        lambda one: {"shocks": [{**_BOON, "company": "a", "direct_costs": [one]}]},
    )  # fmt: skip
    yield WhatIfRequest, what_if, {}, "", lambda one: one
    yield WhatIfRequest, ledger, {}, "scenario.", lambda one: {"scenario": one}
    yield PredictionIn, ledger, {"scenario": {}}, "", lambda one: one
    yield WeeksIn, ledger, {"from": 0, "to": 1}, "windows.0.", lambda one: {"scenario": {}, "windows": [one]}
    yield OutcomeIn, outcome, {"company": "a", "low": 0, "high": 0, "source": "s"}, "", lambda one: one


BODIES = list(_bodies())
# What may be named in place of a field: no one key of a filter is wrong where all of them match nobody.
INSTEAD = {
    **{(WhereIn, name): "shocks.0.where" for name in WhereIn.model_fields},
    (SubstituteIn, "market"): "shocks.0.company",  # both are given
    (OpeningIn, "market"): "shocks.0.company",
}
# The values that are right for one field or another, by what is answered then.
TEXTS: list[Any] = ["qq", "0001-01-01", "9999-12-31", "2025-02-30", "20250101"]
BLANKS: list[Any] = [None, ""]
NULL: list[Any] = [None]
NONE: list[Any] = [[]]
TAKEN: dict[int, dict[str, list[Any]]] = {
    200: {
        **dict.fromkeys(("category", "target", "supplier", "market", "country", "region", "city"), BLANKS),
        **dict.fromkeys(("industry", "sells_in"), BLANKS),
        **dict.fromkeys(("where", "severity_range", "harm_range", "duration_weeks", "tier", "seed"), NULL),
        **dict.fromkeys(("direct_costs", "shocks", "levers"), NONE),
        "amount": [1.5], "margin": [None, -1], "parameters": [{}], "exits": [True],
        "name": [*BLANKS, *TEXTS], "as_of": [*BLANKS, "0001-01-01", "9999-12-31"],
    },
    404: {  # there is no such company, and no prediction whose outcome it is
        "companies": [["qq"]], "company": TEXTS, "source": TEXTS,
        "weeks": NULL, "low": [-1, 1.5], "high": [-1, 1.5],
    },
}  # fmt: skip
TAKEN[201] = TAKEN[200] | {
    "scenario": [{}], "companies": NONE, "windows": NONE,
    "begins": [None, "0001-01-01"], "note": ["", *TEXTS],
}  # fmt: skip
_SHORT = [text for text in IN_ADDRESSES if text != LONG]
_DAYS = ["", "0001-01-01"]
TAKEN_IN_ADDRESSES: dict[int, dict[str, list[Any]]] = {
    200: {
        "q": _SHORT, "cursor": [""], "to": [""], "exits": ["yes"], "market_shares": ["yes"],
        "as_of": _DAYS, "since": _DAYS, "until": _DAYS,
    },
    404: {"to": _SHORT[1:], "company": _SHORT},
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over one company."""
    folder = tmp_path_factory.mktemp("wrong")
    with open_store(str(folder / "a.db")) as store:
        store.upsert([fact("companies", {"id": "a", "annual_revenue": 1.0, "roles": ["brand"]})])
    settings = read_settings(
        store=str(folder / "a.db"), ledger=str(folder / "ledger.jsonl"), cache=str(folder)
    )
    with TestClient(create_app(settings), raise_server_exceptions=False) as made:
        yield made


def paths() -> Iterator[tuple[APIRoute, type[BaseModel]]]:
    """The paths that take query parameters, each with its model of them."""
    for group in (health, companies, what_if, rank, systemic, leaderboard, ledger):
        for route in group.router.routes:
            if isinstance(route, APIRoute):
                for hint in get_type_hints(route.endpoint, include_extras=True).values():
                    if get_origin(hint) is Annotated and isinstance(hint.__metadata__[0], where.Query):
                        yield route, get_args(hint)[0]


PATHS = list(paths())
# What is told as it was sent, or stands in a request: values and keys.
MODELS = [*(model for model, *_ in BODIES), *(model for _, model in PATHS)]
SENT = {"qq", "brand", *SHOCKS, *(name for model in MODELS for name in model.model_fields)}


def test_all_requests_are_tried() -> None:
    def grown(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for child in model.__subclasses__():
            yield from grown(child) if child.__subclasses__() else (child,)

    requests = {
        model for model in grown(Door) if not model.__module__.startswith(("api.cases", "api.examples"))
    }
    assert {model for model, *_ in BODIES} == requests
    assert len(PATHS) == 10


def raised(model: type[BaseModel], right: dict[str, Any], values: list[Any]) -> Iterator[str]:
    """The types of error that wrong values, missing and unknown keys of a model raise."""
    keys = [field.alias or name for name, field in model.model_fields.items()]
    tried = [{**right, key: value} for key in (*keys, "qq") for value in values]
    tried += [{other: right[other] for other in right if other != key} for key in keys]
    for document in tried:
        try:
            model.model_validate(document)
        except ValidationError as error:
            yield from (each["type"] for each in error.errors())


def test_the_types_of_error_are_those_that_have_their_chinese() -> None:
    found = {kind for model, _, right, *_ in BODIES for kind in raised(model, right, IN_BODIES)}
    found |= {kind for _, model in PATHS for kind in raised(model, {}, IN_ADDRESSES)}
    assert found - {"value_error"} <= set(OF_PYDANTIC.split())  # ours are sentences of the code
    assert len(found) > 15


def faults(
    english: Any, chinese: Any, field: str, right: Container[int], instead: str | None = None
) -> Iterator[str]:
    """What is wrong with the answers to a value in both languages.

    They name `field`, or something within it, or `instead`, unless the status is one of `right`.
    """
    if english.status_code != chinese.status_code or english.status_code >= 500:
        yield f"{english.status_code} and {chinese.status_code}"
    elif english.status_code == 422:
        errors = english.json().get("errors", [])
        named = [each["field"] for each in errors]
        if not any(name == instead or f"{name}.".startswith(f"{field}.") for name in named):
            yield f"names {errors}"
        for each in chinese.json().get("errors", []):
            left = re.sub(r"'[^']*'", "", each["detail"])
            if words := set(_LATIN.findall(left)) - WORDS - SENT:
                yield f"leaves {words} in English: {each['detail']}"
    elif english.status_code not in right:
        yield f"is answered by {english.status_code}"


def taken(by_status: dict[int, dict[str, list[Any]]], name: str, value: object) -> list[int]:
    """By which statuses a value may be answered though it is tried as a wrong one."""
    return [status for status, fields in by_status.items() if value in fields.get(name, [])]


@pytest.mark.parametrize(("route", "model"), PATHS, ids=[route.name for route, _ in PATHS])
def test_in_the_address(client: TestClient, route: APIRoute, model: type[BaseModel]) -> None:
    path = "/v1" + route.path.replace("{id:path}", "a")
    wrong = []
    for name in (*model.model_fields, "qq"):
        for value in IN_ADDRESSES:
            answers = [
                client.request(
                    next(iter(route.methods)), path, params={name: value}, headers={"accept-language": lang},
                    **({"json": {}} if "POST" in route.methods else {}),
                )
                for lang in ("en", "zh")
            ]  # fmt: skip
            right = taken(TAKEN_IN_ADDRESSES, name, value)
            wrong += [f"{name}={value[:20]!r} {fault}" for fault in faults(*answers, name, right)]
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(
    ("model", "path", "right", "stands", "body"),
    BODIES,
    ids=[f"{model.__name__}{path}" for model, path, *_ in BODIES],
)
def test_in_the_body(
    client: TestClient, model: type[BaseModel], path: str, right: dict[str, Any], stands: str, body: Any
) -> None:
    wrong = []
    for name, field in [*model.model_fields.items(), ("qq", None)]:
        key = (field and field.alias) or name
        for value in IN_BODIES:
            content = json.dumps(body({**right, key: value}))
            answers = [
                client.post(
                    path,
                    content=content,
                    headers={"accept-language": lang, "content-type": "application/json"},
                )
                for lang in ("en", "zh")
            ]
            missing = value is None and field is not None and field.is_required()
            may_be = [] if missing else taken(TAKEN, key, value)
            found = faults(*answers, stands + key, may_be, INSTEAD.get((model, name)))
            wrong += [f"{key}={value!r:.40} {fault}" for fault in found]
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(("route", "model"), PATHS, ids=[route.name for route, _ in PATHS])
def test_a_parameter_is_given_once(client: TestClient, route: APIRoute, model: type[BaseModel]) -> None:
    path, method = "/v1" + route.path.replace("{id:path}", "a"), next(iter(route.methods))
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is list:
            continue
        for lang, said in (
            ("en", f"{name} is given 2 times: give it once"),
            ("zh", f"{name} 出现了 2 次：请只写一次"),
        ):
            twice = client.request(
                method, path, params=[(name, "1"), (name, "1")],
                headers={"accept-language": lang, "content-type": "application/json"},
            )  # fmt: skip
            assert twice.status_code == 422
            assert twice.json()["errors"] == [{"field": name, "detail": said}]


def test_several_companies_may_be_named(client: TestClient) -> None:
    found = client.get("/v1/systemic", params=[("company", "a"), ("company", "a")])
    assert found.status_code == 200


@pytest.mark.parametrize(
    ("path", "params", "lang", "field", "detail"),
    [
        ("/v1/leaderboard", {"since": "abc"}, "en", "since",
         "since = 'abc' is not a date: write it as YYYY-MM-DD"),
        ("/v1/leaderboard", {"since": "abc"}, "zh", "since", "since = 'abc' 不是日期：请写成 YYYY-MM-DD"),
        ("/v1/leaderboard", {"until": "2025-02-30"}, "zh", "until",
         "until = '2025-02-30' 不是日期：请写成 YYYY-MM-DD"),
        ("/v1/rank", {"as_of": "abc"}, "zh", "as_of", "as_of = 'abc' 不是日期：请写成 YYYY-MM-DD"),
    ],
)  # fmt: skip
def test_a_wrong_day(client: TestClient, path: str, params: Any, lang: str, field: str, detail: str) -> None:
    found = client.get(path, params=params, headers={"accept-language": lang})
    assert found.status_code == 422
    assert found.json()["errors"] == [{"field": field, "detail": detail}]


@pytest.mark.parametrize(
    ("path", "body", "field", "english", "chinese"),
    [
        ("/v1/ledger", {"scenario": {}, "begins": "9999-12-31"}, "begins",
         "is too late: the year may be 9900 at most", "太晚：年份最大为 9900"),
        ("/v1/ledger", {"scenario": {}, "begins": "2025-02-30"}, "begins",
         "is no date: write it as YYYY-MM-DD", "不是日期：请写成 YYYY-MM-DD"),
        ("/v1/what-if", {"shocks": [{**_BOON, "company": "a"}, {**_BOON, "where": {}}]}, "shocks.1.where",
         "is empty: say which companies, such as country, role or category",
         "是空的：请说明是哪些企业，例如 country、role 或 category"),
        ("/v1/what-if", {"shocks": [{**_BOON, "company": "a", "where": {}}]}, "shocks.0.where",
         "is empty: say which companies, such as country, role or category",
         "是空的：请说明是哪些企业，例如 country、role 或 category"),
        ("/v1/what-if", {"shocks": [{**_BOON, "kind": LONG}]}, "shocks.0.kind",
         "is none of outage, scandal, demand, boycott, boon, experience, substitute, opening",
         "不在可选值之列：outage、scandal、demand、boycott、boon、experience、substitute、opening"),
        ("/v1/ledger", {"scenario": {"shocks": [{**_BOON, "company": "b"}]}}, "scenario.shocks.0.company",
         "there is no company 'b': see the companies by: knockon companies",
         "没有企业 'b'：查看所有企业：knockon companies"),
        ("/v1/what-if", {"shocks": [{"kind": "substitute", "pull": 1, "market": "m", "where": {}}]},
         "shocks.0.where", "is empty: say which companies, such as country, role or category",
         "是空的：请说明是哪些企业，例如 country、role 或 category"),
    ],
)  # fmt: skip
def test_what_a_body_says_wrong(
    client: TestClient, path: str, body: Any, field: str, english: str, chinese: str
) -> None:
    for lang, detail in (("en", english), ("zh", chinese)):
        found = client.post(path, json=body, headers={"accept-language": lang})
        assert found.status_code == 422
        assert found.json()["errors"] == [{"field": field, "detail": detail}]
