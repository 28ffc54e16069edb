"""Draws: what is spread and how, each a plain what-if, the same bytes on any number of processors."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ScenarioError
from graph.impact import priors, uncertainty
from graph.impact.coefficients import derive
from graph.impact.impact import reckon
from graph.impact.layout import walked, weights
from graph.impact.priors import alike, asked, figures, prior, triangular
from graph.impact.propagation import recording
from graph.impact.sampling import sample
from graph.impact.uncertainty import Draws, draws, interval
from graph.network import Network
from graph.parameters import PARAMETERS, parameters
from graph.scenario import Demand, Outage, Scandal, Scenario
from tests.chains import chains, random_chain, scenarios
from tests.networks import golden_tables, network_of, scenario_of

COMPANIES = [
    {"id": "a", "name": "A", "roles": "supplier", "annual_revenue": "100"},
    {"id": "b", "name": "B", "roles": "supplier", "annual_revenue": "100", "confidence": "0.9"},
    {"id": "z", "name": "Z", "roles": "brand", "annual_revenue": "520"},
]
LINK = {"kind": "SUPPLIES", "target": "z", "category": "tyres", "annual_value": "50"}
LINKS = [
    {**LINK, "source": "a", "share": "0.9", "confidence": "0.5"},
    {**LINK, "source": "b", "share": "0.1", "confidence": "0.8", "criticality": "0.9"},
]
OUTAGE = Scenario(shocks=(Outage("a", 0.5, 4),), horizon_weeks=10, seed=7)


@pytest.fixture(scope="module")
def three() -> Network:
    """Two suppliers of one brand, whose figures are not sure."""
    return network_of({"companies": COMPANIES, "links": LINKS})


def same(one: Draws, other: Draws) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("points", "revenue_loss", "rival_gain", "weekly")
    ) and all(np.array_equal(one.figures[name], other.figures[name]) for name in one.figures)


def test_a_triangle_by_hand() -> None:
    u = np.array([0.0, 0.125, 0.5, 0.875, 1.0])
    low, mode, high = np.zeros(5), np.ones(5), np.full(5, 2.0)
    assert triangular(u, low, mode, high).tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert triangular(u, low, high, high).tolist() == pytest.approx((2 * np.sqrt(u)).tolist())
    assert triangular(u, low, low, high).tolist() == pytest.approx((2 - 2 * np.sqrt(1 - u)).tolist())
    assert triangular(u, mode, mode, mode).tolist() == [1.0] * 5


def test_percentiles_by_hand() -> None:
    """Of 19 draws the first lies at P5, the tenth at P50; a twentieth falls below P5 once in 20 times."""
    found = interval(np.arange(19.0, 0.0, -1.0))
    assert [float(v) for v in found] == [1.0, 2.0, 10.0, 18.0, 19.0]
    assert [float(v) for v in interval(np.array([3.0, 1.0]))] == [1.0, 1.0, 2.0, 3.0, 3.0]
    assert interval(np.zeros((4, 3, 2))).p90.shape == (3, 2)
    some = np.array([[1.0, np.nan, 5.0], [np.nan, np.nan, 6.0], [3.0, np.nan, np.inf]])
    assert interval(some).p50[[0, 2]].tolist() == [2.0, 6.0], "of the draws that are a number"
    assert interval(some).p95[[0, 2]].tolist() == [3.0, np.inf]
    assert np.isnan(interval(some).p50[1])


def test_what_is_spread_and_how_far() -> None:
    shocks = (Outage("a", 1.0, 4), Scandal("b", 0.5), Outage("a", 0.5, 1, severity_range=(0.2, 0.6)))
    found = {i.name: (i.low, i.mode, i.high) for i in asked(Scenario(shocks=shocks))}
    assert found["shocks.0.severity"] == (0.85, 1.0, 1.0)
    assert found["shocks.1.harm"] == pytest.approx((0.35, 0.5, 0.65))
    assert found["shocks.2.severity"] == (0.2, 0.5, 0.6)
    assert found["attribution_component"] == (0.6, 0.8, 0.9)
    assert found["legal_gain"] == (0.01, 0.02, 0.03)
    assert found["touch"] == (0.5, 1.0, 1.0)
    assert not {"feedback", "take_or_pay", "resale", "inventory_weeks"} & found.keys(), "their default is 0"


def test_shocks_alike_are_drawn_as_one(three: Network) -> None:
    """Those of one filter are one event; drawn apart, a hundred of them would average out."""
    shocks = (Outage("a", 0.5, 4), Demand("z", 0.3), Outage("b", 0.5, 4), Outage("b", 0.5, 5))
    scenario = Scenario(shocks=shocks, horizon_weeks=9)
    assert [i.name for i in asked(scenario) if i.kind != "parameter"] == [
        "shocks.0.severity",
        "shocks.1.size",
        "shocks.3.severity",
    ]
    for k in range(4):
        drawn = sample(reckon(three, scenario), 4).draw(k)[1].shocks
        severities = [s.severity for s in drawn if isinstance(s, Outage)]
        assert severities[0] == severities[1] != severities[2]
        assert isinstance(drawn[1], Demand)
        assert 0.15 < drawn[1].size < 0.45


def test_shocks_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of them: a filter may make thousands."""
    compared: list[Scenario] = []

    def counted(scenario: Scenario) -> tuple[int, ...]:
        compared.append(scenario)
        return alike(scenario)

    monkeypatch.setattr(priors, "alike", counted)
    scenario = Scenario(shocks=(*(Outage(str(i), 0.5, 4) for i in range(9)), Demand("z", 0.3)))
    assert [i.name for i in asked(scenario)][-2:] == ["shocks.0.severity", "shocks.9.size"]
    assert compared == [scenario]


def test_what_is_overridden_or_given_no_width_stays() -> None:
    shocks = (Scandal("b", 0.5, harm_range=(0.5, 0.5)),)
    found = {i.name for i in asked(Scenario(shocks=shocks, parameters={"legal_gain": 0.5}))}
    assert not {"shocks.0.harm", "legal_gain"} & found


def test_priors_hold_their_defaults() -> None:
    for p in PARAMETERS.values():
        low, high = prior(p)
        assert p.low <= low <= p.default <= high <= p.high, p.name


@pytest.mark.parametrize("wrong", [(0.6, 0.7), (0.1, 1.2), (0.5, 0.4)])
def test_a_range_that_cannot_be_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ScenarioError, match="severity_range"):
        Outage("a", 0.5, 4, severity_range=wrong)


def test_figures_spread_by_their_confidence(three: Network) -> None:
    found = {(f.part, f.column): (f.low.tolist(), f.mode.tolist(), f.high.tolist()) for f in figures(three)}
    assert found["companies", "annual_revenue"] == (pytest.approx([90]), [100], pytest.approx([110]))
    assert found["trade", "annual_value"] == (pytest.approx([25, 40]), [50, 50], pytest.approx([75, 60]))
    assert found["trade", "share"][2] == pytest.approx([1.0, 0.12]), "at most 1"
    assert found["trade", "criticality"] == (pytest.approx([0.72]), [0.9], [1.0])


def test_drawn_figures_lie_where_they_may_and_fill_no_slot_twice(three: Network) -> None:
    taken = sample(reckon(three, OUTAGE), 64)
    shares = np.array([taken.draw(k)[0].trade.numbers["share"] for k in range(64)])
    values = np.array([taken.draw(k)[0].trade.numbers["annual_value"] for k in range(64)])
    assert (shares.sum(axis=1) <= 1.0 + 1e-12).all()
    assert (shares.sum(axis=1) < 0.99).any()
    assert ((values[:, 0] > 25) & (values[:, 0] < 75)).all()
    assert values.mean(axis=0) == pytest.approx([50, 50], rel=0.05)
    assert three.trade.numbers["annual_value"].tolist() == [50, 50], "the chain itself is not touched"


def test_figures_beyond_those_with_an_input_are_drawn_too(
    three: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.impact.priors.MOST_FIGURES", 1)
    taken = sample(reckon(three, OUTAGE), 8)
    assert [i.kind for i in taken.inputs].count("figure") == 1
    values = np.array([taken.draw(k)[0].trade.numbers["annual_value"] for k in range(8)])
    assert (np.ptp(values, axis=0) > 0).all()


def test_a_draw_is_a_plain_what_if(three: Network) -> None:
    found = draws(three, OUTAGE, 9, weekly=True)
    taken = sample(found.central, 9)
    for k in (0, 4, 8):
        impact = reckon(*taken.draw(k))
        assert found.figures["value_added_loss"][k] == impact.value_added_loss
        assert found.revenue_loss[k].tolist() == impact.revenue_loss.tolist()
        assert found.weekly[k] == pytest.approx(impact.series["revenue_loss_share"], abs=1e-7)
    assert found.central.value_added_loss == reckon(three, OUTAGE).value_added_loss


def test_same_bytes_on_any_number_of_processors(three: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for count in (1, 2, 5):
        monkeypatch.setattr(uncertainty, "workers", lambda network, count=count: count)
        found.append(draws(three, OUTAGE, 21, weekly=True))
    assert same(found[0], found[1])
    assert same(found[0], found[2])
    assert not same(found[0], draws(three, replace(OUTAGE, seed=8), 21, weekly=True))


def test_shares_in_a_file_are_those_in_memory(three: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    held = draws(three, OUTAGE, 5, weekly=True)
    monkeypatch.setattr(uncertainty, "IN_MEMORY", 0)
    filed = draws(three, OUTAGE, 5, weekly=True)
    assert isinstance(filed.weekly, np.memmap)
    assert same(held, filed)


def test_bands_by_block_are_those_of_all(three: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    found = draws(three, OUTAGE, 8, weekly=True)
    whole = found.weekly_interval(0, 3)
    monkeypatch.setattr(uncertainty, "_BLOCK", 1)
    assert found.blocks() == [(0, 1), (1, 2), (2, 3)]
    for first, last in found.blocks():
        assert found.weekly_interval(first, last).p95.tolist() == whole.p95[:, first:last].tolist()


def test_any_number_of_an_impact_gets_its_band(three: Network) -> None:
    found = draws(three, OUTAGE, 16, functionals={"worst": lambda i: float(i.series["output_loss"].max())})
    assert found.interval("worst").p5 >= 0.35
    assert found.interval("worst").p95 <= 0.65


def test_too_few_or_too_many_draws_are_refused(three: Network) -> None:
    for count in (-1, 0, 1, 100_000):
        with pytest.raises(ScenarioError, match="draws"):
            draws(three, OUTAGE, count)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_on_random_chains(data: st.DataObject) -> None:
    tables = data.draw(chains())
    unsure = random.Random(data.draw(st.integers(0, 99)))
    for row in tables["links"] + tables["companies"]:
        row["confidence"] = unsure.choice(("", "0", "0.4", "0.9", "1"))
    asked_for = scenario_of(data.draw(scenarios(tables)))
    found = draws(network_of(tables), asked_for, 7, weekly=True)
    assert ((found.weekly >= 0) & (found.weekly <= 1)).all()
    for each in (found.interval("value_added_loss"), interval(found.revenue_loss), interval(found.weekly)):
        assert all((low <= high).all() for low, high in pairwise(np.asarray(v) for v in each))
    if not asked_for.shocks:
        assert not found.revenue_loss.any()


def test_the_unit_of_money_changes_no_share() -> None:
    tables = golden_tables("weekly_9")
    for row in tables["links"]:
        row["confidence"] = "0.7"
    scaled = {**tables}
    for name, columns in (
        ("companies", ("annual_revenue", "value_added", "cash")),
        ("links", ("annual_value",)),
    ):
        scaled[name] = [
            {**row, **{c: str(float(row[c]) * 1024) for c in columns if row.get(c)}} for row in tables[name]
        ]
    scandal = Scenario(shocks=(Scandal(tables["companies"][0]["id"], 0.5),), horizon_weeks=20)
    one, other = (draws(network_of(t), scandal, 8, weekly=True) for t in (tables, scaled))
    assert one.weekly == pytest.approx(other.weekly, abs=1e-9)
    assert one.figures["value_added_loss"] * 1024 == pytest.approx(other.figures["value_added_loss"])


def _bytes(value: object) -> bytes:
    return b"".join(map(_bytes, value)) if isinstance(value, tuple) else np.asarray(value).tobytes()


def test_what_a_chain_like_it_spares_moves_no_byte() -> None:
    """Other figures in the same places, none there any more, other links."""
    others = network_of(random_chain(random.Random(99), 9, 25))
    for seed in range(12):
        rng = random.Random(seed)
        network = network_of(random_chain(rng, rng.randint(2, 12), rng.randint(0, 40)))
        chain = derive(network, parameters({}))
        for changed in ({"touch": 0.3, "closeness": 0.2}, {"touch": 0.0}, {"association_partner": 0.0}):
            p = parameters(changed)
            expected = derive(network, p)
            for like in (chain, derive(network, parameters({"touch": 0.0})), derive(others, p)):
                found = derive(network, p, like)
                assert _bytes(found.coefficients) == _bytes(expected.coefficients)
        walks = [walked(weights(*entries[:3], len(network))) for entries in (expected.blame, expected.taint)]
        assert _bytes((expected.coefficients.blame, expected.coefficients.taint)) == _bytes(tuple(walks))


def test_memory_that_is_written_over_is_as_new(three: Network) -> None:
    memory = recording(10, 3)
    memory[1:] = 0.75
    used, fresh = reckon(three, OUTAGE, memory=memory), reckon(three, OUTAGE)
    for name, series in fresh.trajectory.series.items():
        assert used.trajectory.series[name].tobytes() == series.tobytes(), name
