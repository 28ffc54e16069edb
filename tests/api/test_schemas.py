"""Scenarios at the door: what is accepted, and that what is refused is named by its field."""

from typing import Any

import pytest

from api.answers import scenario as echo
from api.schemas import KINDS, WhatIfRequest, scenario_from
from graph.errors import ScenarioError
from graph.parameters import PARAMETERS
from graph.scenario import DirectCost, Opening, Outage, Scandal, Scenario

OUTAGE = {"kind": "outage", "company": "a", "severity": 1, "duration_weeks": 4}
SCANDAL = {"kind": "scandal", "company": "a", "harm": 0.5}


def test_defaults_are_those_of_the_scenario() -> None:
    made = scenario_from({"shocks": [OUTAGE, SCANDAL]})
    assert made == Scenario(shocks=(Outage("a", 1.0, 4), Scandal("a", 0.5)))


def test_null_is_a_blank_and_52_0_is_52() -> None:
    cost = {"bearer": "b", "supplier": None, "amount": 3}
    shock = OUTAGE | {"category": None, "target": None, "start_week": 2.0, "direct_costs": [cost]}
    made = scenario_from({"seed": None, "as_of": None, "horizon_weeks": 26.0, "shocks": [shock]})
    assert made == Scenario(
        shocks=(Outage("a", 1.0, 4, start_week=2, direct_costs=(DirectCost("b", 3.0),)),), horizon_weeks=26
    )


def test_the_echo_asks_the_same_again() -> None:
    document = {
        "name": "电池",
        "horizon_weeks": 30,
        "seed": 7,
        "as_of": "2021-08-23",
        "shocks": [
            OUTAGE | {"category": "cells", "recovery": "linear", "recovery_weeks": 3},
            SCANDAL | {"harm_range": [0.4, 0.9]},
            SCANDAL | {"direct_costs": [{"bearer": "b", "supplier": "a", "amount": 3}]},
        ],
        "parameters": {"feedback": 0.5},
    }
    made = scenario_from(document)
    assert scenario_from(echo(made)) == made


NEW: list[dict[str, Any]] = [
    {"kind": "demand", "where": {"market": "cars", "tier": 1}, "size": 0.2, "duration_weeks": 3},
    {"kind": "boycott", "company": "a", "size": 0.2, "recovery": "linear", "recovery_weeks": 4},
    {"kind": "boon", "company": "a", "size": 0.2, "start_week": 4},
    {"kind": "experience", "company": "a", "perceived": 0.2, "expected": 0.7},
    {"kind": "substitute", "where": {"country": "日本", "role": "brand"}, "pull": 0.2},
    {"kind": "opening", "company": "a", "structure": "homogeneous", "start_week": 9},
]


@pytest.mark.parametrize("shock", NEW, ids=[one["kind"] for one in NEW])
def test_every_kind_is_taken_and_echoed(shock: dict[str, Any]) -> None:
    made = scenario_from({"shocks": [shock]})
    said = echo(made)["shocks"][0]
    assert {name: said[name] for name in shock} == shock
    assert scenario_from(echo(made)) == made


def test_a_market_is_a_filter() -> None:
    made = scenario_from({"shocks": [{"kind": "opening", "market": "水", "structure": "homogeneous"}]})
    assert made.shocks == (Opening("", "homogeneous", where=(("market", "水"),)),)


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"horizon": 3}, "horizon", "horizon_weeks"),
        ({"shocks": [OUTAGE | {"sverity": 1}]}, "shocks.0.sverity", "severity"),
        ({"shocks": [OUTAGE | {"\ud800": 1}]}, "shocks.0.\ud800", "no such key"),
        ({"shocks": [SCANDAL, SCANDAL | {"harm": 1.1}]}, "shocks.1.harm", "less than or equal to 1"),
        ({"shocks": [SCANDAL | {"harm": float("nan")}]}, "shocks.0.harm", "finite"),
        ({"shocks": [SCANDAL | {"harm": "0.5"}]}, "shocks.0.harm", "number"),
        ({"shocks": [SCANDAL | {"harm": True}]}, "shocks.0.harm", "number"),
        ({"shocks": [{"kind": "outage", "company": "a"}]}, "shocks.0.severity", "must be given"),
        ({"shocks": [{"kind": "scandal", "company": "a"}]}, "shocks.0.harm", "must be given"),
        ({"shocks": [OUTAGE | {"start_week": -1}]}, "shocks.0.start_week", "greater"),
        ({"shocks": [OUTAGE | {"duration_weeks": 1.5}]}, "shocks.0.duration_weeks", "integer"),
        ({"shocks": [OUTAGE | {"duration_weeks": 10**400}]}, "shocks.0.duration_weeks", "less"),
        ({"shocks": [OUTAGE | {"company": ""}]}, "shocks.0.company", "blank"),
        ({"shocks": [OUTAGE | {"company": "a\0"}]}, "shocks.0.company", "character"),
        ({"shocks": [OUTAGE | {"company": "\ud800"}]}, "shocks.0.company", "half"),
        ({"shocks": [OUTAGE | {"recovery": "slow"}]}, "shocks.0.recovery", "linear"),
        ({"shocks": [SCANDAL | {"harm_range": [0.4]}]}, "shocks.0.harm_range", "2"),
        ({"shocks": [SCANDAL | {"harm_range": [0.6, 0.9]}]}, "harm_range", "does not hold"),
        ({"shocks": [{"kind": "strike"}]}, "shocks.0.kind", "outage"),
        ({"shocks": [{}]}, "shocks.0", ', '.join(KINDS[:-1]) + " or opening"),
        ({"shocks": [{"kind": "boycott", "size": 0.1}]}, "shocks.0.company", "where in its place"),
        ({"shocks": [OUTAGE | {"where": {"role": "brand"}}]}, "shocks.0.company", "place: not both"),
        ({"shocks": [{"kind": "boon", "where": {}, "size": 1}]}, "shocks.0.where", "such as country"),
        ({"shocks": [{"kind": "boon", "where": {"role": None}, "size": 1}]}, "shocks.0.where", "is empty"),
        ({"shocks": [{"kind": "opening", "where": {}, "structure": "monopoly"}]},
         "shocks.0.where", "is empty"),
        ({"shocks": [{"kind": "boon", "where": {"role": "x"}, "size": 1}]}, "shocks.0.where.role", "brand"),
        ({"shocks": [{"kind": "boon", "where": {"rol": "x"}, "size": 1}]}, "shocks.0.where.rol", "role"),
        ({"shocks": [{"kind": "demand", "company": "a"}]}, "shocks.0.size", "must be given"),
        ({"shocks": [{"kind": "demand", "company": "a", "size": 2}]}, "shocks.0.size", "less than"),
        ({"shocks": [{"kind": "demand", "company": "a", "market": "m", "size": 1}]},
         "shocks.0.market", "no such key"),
        ({"shocks": [{"kind": "opening", "market": "m", "structure": "free"}]},
         "shocks.0.structure", "monopoly"),
        ({"shocks": {}}, "shocks", "list"),
        ({"shocks": [OUTAGE | {"direct_costs": [{"bearer": "b", "amount": -1}]}]},
         "shocks.0.direct_costs.0.amount", "greater"),
        ({"horizon_weeks": 0}, "horizon_weeks", "greater"),
        ({"horizon_weeks": 1041}, "horizon_weeks", "1040"),
        ({"seed": -1}, "seed", "greater"),
        ({"as_of": "23/8/2021"}, "as_of", "YYYY-MM-DD"),
        ({"as_of": "2021-02-30"}, "as_of", "not a date"),
        ({"parameters": {"feedbck": 0}}, "parameters.feedbck", "feedback"),
        ({"parameters": {"feedback": 2}}, "parameters.feedback", "out of range"),
        ({"parameters": {"feedback": "2"}}, "parameters.feedback", "number"),
        ({"levers": [1]}, "levers", "no levers yet"),
        ([], "", "object"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(document: Any, field: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_from(document)
    assert caught.value.field == field
    assert said in f"{caught.value.message} {caught.value.remedy}"


def test_all_that_is_wrong_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"shocks\.0\.harm.*shocks\.1\.severity.*horizon_weeks|horizon"):
        scenario_from({"shocks": [SCANDAL | {"harm": 2}, OUTAGE | {"severity": 2}], "horizon_weeks": 0})


def test_the_schema_knows_every_parameter() -> None:
    described = WhatIfRequest.model_json_schema()["properties"]["parameters"]["properties"]
    assert set(described) == set(PARAMETERS)
    assert described["reputation_half_life"]["exclusiveMinimum"] == 0
    assert described["feedback"]["maximum"] == 1
