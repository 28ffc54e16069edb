"""The kernels against the golden cases, the plain engine, and the properties of section 3 of the model."""

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.impact import layout, propagation
from graph.impact.impact import Impact, reckon
from graph.impact.kernels import SERIES
from graph.network import Network
from tests.cases import differences
from tests.chains import chains, random_chain, random_scenario, scenarios
from tests.naive import run
from tests.naive_chain import Tables
from tests.networks import GOLDEN, golden_tables, network_of, scenario_of

CASES = [(path.parent.name, path.name.split(".")[0]) for path in sorted(GOLDEN.glob("*/*.expected.json"))]


def answer(network: Network, question: dict[str, Any]) -> dict[str, Any]:
    """The result in the shape of the golden files."""
    impact = reckon(network, scenario_of(question), flows=True)
    ids = network.ids
    return {
        "weeks": impact.weeks,
        "series": {
            c: {name: impact.series[name][:, i].tolist() for name in SERIES} for i, c in enumerate(ids)
        },
        "revenue_loss": dict(zip(ids, impact.revenue_loss.tolist(), strict=True)),
        "rival_gain": dict(zip(ids, impact.rival_gain.tolist(), strict=True)),
        "value_added_loss": impact.value_added_loss,
        "gross_revenue_loss": impact.gross_revenue_loss,
        "direct_costs": [
            {"amount": c.amount, "repaid": c.repaid, "borne": c.borne} for c in impact.direct_costs
        ],
    }


def test_all_golden_cases_are_there() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize(("chain", "name"), CASES)
def test_golden(chain: str, name: str) -> None:
    question = json.loads((GOLDEN / chain / f"{name}.scenario.json").read_text("utf-8"))
    expected = json.loads((GOLDEN / chain / f"{name}.expected.json").read_text("utf-8"))
    assert differences(answer(network_of(golden_tables(chain)), question), expected) == []


@settings(max_examples=150)
@given(st.data())
def test_agrees_with_the_plain_engine(data: st.DataObject) -> None:
    tables = data.draw(chains())
    question = data.draw(scenarios(tables, customers=True))
    expected = run(tables, question)
    found = answer(network_of(tables), question)
    costs = [{k: c[k] for k in ("amount", "repaid", "borne")} for c in expected["direct_costs"]]
    keys = ("weeks", "series", "revenue_loss", "rival_gain", "value_added_loss", "gross_revenue_loss")
    assert differences(found, {k: expected[k] for k in keys} | {"direct_costs": costs}) == []


def test_blocks_on_threads_give_the_bytes_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As large chains are run, on small ones: with cuts in the middle, at an end, and without any link."""
    for seed in range(60):
        rng = random.Random(seed)
        tables = random_chain(rng, rng.randint(1, 14), rng.randint(0, 40))
        scenario = scenario_of(random_scenario(rng, tables, customers=True))
        network = network_of(tables)
        expected = reckon(network, scenario, flows=True).trajectory
        monkeypatch.setattr(propagation, "LARGE", 0)
        monkeypatch.setattr(propagation, "BLOCKS", rng.randint(1, 5))
        monkeypatch.setattr(layout, "GROUP", rng.randint(1, 4))
        found = reckon(network, scenario, flows=True).trajectory
        monkeypatch.undo()
        for name, values in expected.series.items():
            assert found.series[name].tobytes() == values.tobytes()
        assert found.missing.tobytes() == expected.missing.tobytes()
        assert found.withheld.tobytes() == expected.withheld.tobytes()


def test_what_cannot_be_missing_is_not_looked_for() -> None:
    """Of forty chains that end in one supplier each, one stops, twice; between, stocks fill up."""
    names = [f"{role}{i:02}" for i in range(40) for role in ("b", "s")]
    tables = {
        "companies": [
            {"id": name, "name": name, "roles": "supplier", "annual_revenue": "100"} for name in names
        ],
        "links": [
            {"source": f"s{i:02}", "target": f"b{i:02}", "kind": "SUPPLIES", "annual_value": "10"}
            | {"inventory_weeks": "2"}
            for i in range(40)
        ],
    }
    outages = [
        {"kind": "outage", "company": "s07", "severity": 1.0, "duration_weeks": 4, "start_week": week}
        for week in (0, 12)
    ]
    question = {"horizon_weeks": 30, "shocks": outages}
    network, expected = network_of(tables), run(tables, question)
    found = answer(network, question)
    assert differences(found["series"], expected["series"]) == []
    # The second time the stock lasts less long: it has not filled up again.
    assert [t for t, o in enumerate(found["series"]["b07"]["output_loss"]) if o > 0] == [3, 4, 13, 14, 15, 16]
    missing = reckon(network, scenario_of(question), flows=True).trajectory.missing.any(axis=0)
    assert [network.ids[i] for i in network.trade.seller[missing]] == ["s07"]


@settings(max_examples=50)
@given(st.data())
def test_what_travels_along_links_agrees(data: st.DataObject) -> None:
    """Orders withheld, week by week, are the plain engine's D of the week before."""
    tables = data.draw(chains())
    question = data.draw(scenarios(tables))
    network = network_of(tables)
    withheld = reckon(network, scenario_of(question), flows=True).trajectory.withheld
    states = run(tables, question)["states"]["D"]
    trade = network.trade
    for e in range(len(trade)):
        kind = ("SUPPLIES", "CARRIES_FOR", "SELLS_THROUGH")[trade.kind[e]]
        key = (
            network.ids[trade.seller[e]],
            kind,
            network.ids[trade.buyer[e]],
            network.categories[trade.category[e]],
        )
        assert np.allclose(withheld[1:, e], states[key][:-1], rtol=0, atol=1e-12)
        assert withheld[0, e] == 0


def reordered(tables: Tables, seed: int) -> Tables:
    """The rows in another order."""
    rng = random.Random(seed)
    return {name: rng.sample(rows, len(rows)) for name, rows in tables.items()}


@settings(max_examples=40)
@given(st.data())
def test_same_facts_give_the_same_bytes(data: st.DataObject) -> None:
    tables = data.draw(chains())
    scenario = scenario_of(data.draw(scenarios(tables)))
    first = reckon(network_of(tables), scenario)
    second = reckon(network_of(reordered(tables, data.draw(st.integers(0, 999)))), scenario)
    assert first.network.snapshot.hash == second.network.snapshot.hash
    for name in SERIES:
        assert first.series[name].tobytes() == second.series[name].tobytes()
    assert first.revenue_loss.tobytes() == second.revenue_loss.tobytes()
    assert first.rival_gain.tobytes() == second.rival_gain.tobytes()


@settings(max_examples=40)
@given(st.data())
def test_states_stay_in_range_and_nothing_comes_of_nothing(data: st.DataObject) -> None:
    tables = data.draw(chains())
    question = data.draw(scenarios(tables))
    network = network_of(tables)
    for values in reckon(network, scenario_of(question)).trajectory.series.values():
        assert (values >= -1e-12).all()
        assert (values <= 1 + 1e-12).all()
    for shock in question["shocks"]:
        shock["harm" if shock["kind"] == "scandal" else "severity"] = 0
    quiet: Impact = reckon(network, scenario_of(question))
    assert not any(values.any() for values in quiet.series.values())
    assert quiet.gross_revenue_loss == quiet.value_added_loss == 0


@settings(max_examples=40)
@given(st.data())
def test_the_currency_does_not_matter(data: st.DataObject) -> None:
    tables = data.draw(chains())
    scenario = scenario_of(data.draw(scenarios(tables)))
    other = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    for table, columns in (("companies", ("annual_revenue", "value_added")), ("links", ("annual_value",))):
        for row in other[table]:
            for column in columns:
                row[column] = repr(float(row[column]) * 8.0) if row[column] else ""
    found, expected = reckon(network_of(other), scenario), reckon(network_of(tables), scenario)
    for name in SERIES:
        assert np.allclose(found.series[name], expected.series[name], rtol=0, atol=1e-12)
    assert found.gross_revenue_loss == pytest.approx(8 * expected.gross_revenue_loss, rel=1e-9)
