"""The division of a loss: golden cases, the plain division, sums, twins, order and unit, by hand."""

import json
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.impact.explanation import Asked, Explanation, explain
from graph.impact.impact import Impact, reckon
from graph.impact.paths import Path
from graph.network import Network
from tests.cases import outage, row, scandal, scenario, tables
from tests.chains import chains, random_chain, random_scenario, scenarios
from tests.explaining import apart, golden_apart, of_engine, of_golden, of_plain
from tests.naive_chain import Tables
from tests.naive_explanation import Division
from tests.naive_paths import explain as explain_plainly
from tests.networks import GOLDEN, golden_tables, network_of, scenario_of

CASES = [(path.parent.name, path.name.split(".")[0]) for path in sorted(GOLDEN.glob("*/*.explanation.json"))]


def reckoned(chain: Tables, question: dict[str, Any]) -> tuple[Network, Impact]:
    network = network_of(chain)
    return network, reckon(network, scenario_of(question))


def worst(impact: Impact, most: int) -> list[int]:
    """The companies that lose most, without those that lose nothing."""
    order = np.argsort(-impact.revenue_loss, kind="stable")[:most]
    return [int(i) for i in order if impact.revenue_loss[i] > 0]


@pytest.mark.parametrize(("chain", "name"), CASES)
def test_golden(chain: str, name: str) -> None:
    question = json.loads((GOLDEN / chain / f"{name}.scenario.json").read_text("utf-8"))
    network, impact = reckoned(golden_tables(chain), question)
    for golden in json.loads((GOLDEN / chain / f"{name}.explanation.json").read_text("utf-8")):
        found = explain(impact, network.index[golden["company"]], Asked(share=1.0, most_paths=6))
        assert golden_apart(of_engine(found, network), of_golden(golden)) <= 1e-9


@settings(max_examples=40)
@given(st.data())
def test_agrees_with_the_plain_division(data: st.DataObject) -> None:
    chain = data.draw(chains(most_companies=10, most_links=24))
    agrees(chain, data.draw(scenarios(chain, most_shocks=4)))


def test_agrees_where_nearly_all_partners_have_left() -> None:
    """Losses are news (feedback), so distrust lasts, and 1 − β is 1 but for its last digits."""
    chain = tables(
        [row(id="s", roles="supplier", annual_revenue=100), row(id="b", roles="brand", annual_revenue=520)],
        row(source="s", target="b", kind="SUPPLIES", annual_value=90, contract_weeks=0, switching_cost=0),
    )
    shocks = scandal("s", 1, 1), scandal("b", 0.7, 1, start_week=8)
    question = scenario(30, *shocks, feedback=1, severance_rate=3)
    assert 0 < Division(chain, question).at("beta", ("s", "SUPPLIES", "b", ""), 29) < 1e-8
    agrees(chain, question)


def agrees(chain: Tables, question: dict[str, Any]) -> None:
    """The kernels' division and the plain one, of the headline and of the two that lose most."""
    division = Division(chain, question)
    network, impact = reckoned(chain, question)
    for i in [None, *worst(impact, 2)]:
        money = division.chain.value_added
        if i is not None:
            money = {network.ids[i]: division.chain.revenue[network.ids[i]]}
        expected = of_plain(explain_plainly(division, money, most=4))
        found = of_engine(explain(impact, i, Asked(share=2.0, most_paths=4, most_work=10**12)), network)
        paths, exact = (sorted(each.pop("paths").items()) for each in (found, expected))
        scale = expected["loss"]
        assert max(apart(found[part], expected[part], scale) for part in expected) <= 1e-9
        # Of paths that tie, either may be among the four.
        amounts = sorted(amount for _, amount in paths), sorted(amount for _, amount in exact)
        assert amounts[0] == pytest.approx(amounts[1], rel=1e-9, abs=1e-12 * max(1.0, scale))


def sums(found: Explanation) -> list[float]:
    """What each list of an explanation adds up to."""
    return [
        math.fsum(found.by_shock),
        math.fsum(found.by_channel.values()),
        math.fsum(found.by_link) + found.own,
        math.fsum(path.amount for path in found.paths) + found.remainder,
    ]


def test_sums_in_every_week_and_in_all() -> None:
    """On chains with cycles, ties and empty links: each week's division is that week's loss."""
    for seed in range(60):
        rng = random.Random(seed)
        chain = random_chain(rng, rng.randint(2, 12), rng.randint(0, 30))
        _, impact = reckoned(chain, random_scenario(rng, chain))
        for i in worst(impact, 2):
            whole = explain(impact, i, Asked(most_paths=3))
            assert whole.loss == pytest.approx(impact.revenue_loss[i], rel=1e-12)
            assert sums(whole) == pytest.approx([whole.loss] * 4, rel=1e-9)
            assert whole.remainder >= -1e-9 * whole.loss
            for week in rng.sample(range(impact.weeks), min(4, impact.weeks)):
                part = explain(impact, i, Asked(most_paths=3, week=week))
                lost = impact.series["revenue_loss_share"][week, i] * impact.chain.revenue[i] / 52
                assert part.loss == pytest.approx(lost, rel=1e-12)
                assert sums(part) == pytest.approx([part.loss] * 4, rel=1e-9)
        headline = explain(impact, None, Asked(most_paths=3))
        assert headline.loss == pytest.approx(impact.value_added_loss, rel=1e-9)
        assert sums(headline) == pytest.approx([headline.loss] * 4, rel=1e-9, abs=1e-15)


def test_all_paths_leave_nothing() -> None:
    """Without feedback or cycles of orders paths are finite; they make up the whole."""
    for seed in range(20):
        rng = random.Random(seed)
        chain = random_chain(rng, 6, 10)
        _, impact = reckoned(
            chain, {"horizon_weeks": 6, "shocks": [outage("c01", 3), scandal("c00", 0.7, 1)]}
        )
        for i in worst(impact, 2):
            found = explain(impact, i, Asked(share=2.0, most_paths=100_000, most_work=10**12))
            assert found.ended == "all"
            assert abs(found.remainder) <= 1e-9 * found.loss
            amounts = [path.amount for path in found.paths]
            assert amounts == sorted(amounts, reverse=True)
            assert len({_who(path) for path in found.paths}) == len(found.paths)


def _who(path: Path) -> tuple[Any, ...]:
    return (path.company, path.shock, tuple((h.source, h.target, h.channel) for h in path.hops))


def test_the_order_of_rows_and_the_unit_of_money_change_no_share() -> None:
    for seed in range(12):
        rng = random.Random(seed)
        chain = random_chain(rng, 8, 20)
        question = random_scenario(rng, chain, shocks=3)
        _, impact = reckoned(chain, question)
        mixed = {name: rng.sample(rows, len(rows)) for name, rows in chain.items()}
        other = {name: [dict(each) for each in rows] for name, rows in mixed.items()}
        for table, columns in (
            ("companies", ("annual_revenue", "value_added")),
            ("links", ("annual_value",)),
        ):
            for each in other[table]:
                for column in columns:
                    each[column] = repr(float(each[column]) * 8.0) if each[column] else ""
        for i in [None, *worst(impact, 1)]:
            found = explain(impact, i)
            again = explain(reckoned(mixed, question)[1], i)
            assert found.by_link.tobytes() == again.by_link.tobytes()
            assert found.paths == again.paths
            scaled = explain(reckoned(other, question)[1], i)
            assert scaled.loss == pytest.approx(8.0 * found.loss, rel=1e-9)
            assert scaled.by_link == pytest.approx(8.0 * found.by_link, rel=1e-9, abs=1e-12 * found.loss)


def twins() -> Tables:
    """Two suppliers of one brand that are alike but for the name, each over two slots."""
    return tables(
        [row(id="b", roles="brand", annual_revenue=100)]
        + [row(id=i, roles="supplier", annual_revenue=40) for i in ("s1", "s2")],
        *(
            row(source=i, target="b", kind="SUPPLIES", category=f"{part} {i}", annual_value=10)
            for i in ("s1", "s2")
            for part in ("left", "right")
        ),
    )


def test_symmetric_twins_get_equal_shares() -> None:
    network, impact = reckoned(twins(), scenario(12, outage("s1", 3), outage("s2", 3)))
    found = explain(impact, network.index["b"])
    assert found.by_shock[0] == pytest.approx(found.by_shock[1], rel=1e-12) != 0
    assert found.by_link == pytest.approx([found.loss / 4] * 4, rel=1e-12)
    network, impact = reckoned(twins(), scenario(12, scandal("s1", 0.7, 1), scandal("s2", 0.7, 1)))
    found = explain(impact, network.index["b"])
    assert found.by_shock[0] == pytest.approx(found.by_shock[1], rel=1e-12)
    # Blame passes over each of two links of the same weight by halves.
    assert found.by_link == pytest.approx([found.by_link[0]] * 4, rel=1e-12)


def test_three_companies_by_hand() -> None:
    """A supplier stops and its brand is at fault: the dealer of the brand loses goods and customers."""
    chain = tables(
        [
            row(id="s", roles="supplier", annual_revenue=100),
            row(id="b", roles="brand", annual_revenue=520),
            row(id="d", roles="dealer", annual_revenue=52, market="coffee"),
        ],
        row(source="s", target="b", kind="SUPPLIES", annual_value=40, criticality=0.5, substitutability=0)
        | {"touch": "0"},
        row(source="b", target="d", kind="SELLS_THROUGH", annual_value=26, essential="true")
        | {"criticality": "0.6", "substitutability": "0", "touch": "0"},
    )
    question = scenario(
        3,
        outage("s", 1),
        scandal("b", 0.4, 1),
        association_partner=0,
        association_no_contact=0,
        legal_gain=0,
        attention_fast_share=1,
        churn_differentiated_out_half_life=1,
    )
    network, impact = reckoned(chain, question)
    lost = impact.series["revenue_loss_share"]
    place = network.index
    # b: X = .4, then .2; r = .12; c = ½·.65·r. In week 1 half of its output is gone, more than its demand.
    r0 = 0.3 * 0.4
    r1 = 1 - (1 - 2 ** (-1 / 4) * r0) * (1 - 0.06)
    c0 = 0.5 * 0.65 * r0
    c1 = c0 + 0.5 * (0.65 * r1 - c0)
    # d sells what it buys from b: in week 1 it loses b's customers, in week 2 what b could not deliver.
    assert lost[:, place["d"]].tolist()[:2] == pytest.approx([c0, c1])
    assert lost[2, place["d"]] == pytest.approx(0.6 * 0.5)
    found = explain(impact, place["d"])
    money = 52 / 52
    assert found.by_channel["brand_churn"] == pytest.approx(money * (c0 + c1))
    assert found.by_channel["shortage"] == pytest.approx(money * 0.3)
    assert found.by_shock == pytest.approx([money * 0.3, money * (c0 + c1)])
    assert [_who(path) for path in found.paths] == [
        (place["d"], 0, ((place["s"], place["b"], "shortage"), (place["b"], place["d"], "shortage"))),
        (place["d"], 1, ((place["b"], place["d"], "brand_churn"),)),
    ]
    hops = found.paths[0].hops
    assert [(hop.first_week, hop.last_week) for hop in hops] == [(1, 1), (2, 2)]
    assert found.close_calls.weeks == ()


def test_a_tie_of_supply_and_demand_is_told() -> None:
    """b cannot make half and half is not asked for: the loss is halved, and said to hang on a hair."""
    chain = tables(
        [row(id=i, roles="brand", annual_revenue=100) for i in ("a", "b")],
        row(source="b", target="a", kind="SUPPLIES", annual_value=100, essential="false"),
    )
    shocks = outage("a", 3), outage("b", 2, severity=0.5, start_week=1)
    network, impact = reckoned(chain, scenario(3, *shocks, order_adjustment=0.5))
    found = explain(impact, network.index["b"], Asked(week=1))
    assert found.loss == pytest.approx(0.5 * 100 / 52)
    assert found.by_shock == pytest.approx([found.loss / 2, found.loss / 2])
    assert found.close_calls.weeks == (1,)
    assert found.close_calls.amount == pytest.approx(found.loss)
    assert explain(impact, network.index["b"], Asked(week=2)).close_calls.weeks == ()


def test_nothing_lost_nothing_divided() -> None:
    impact = reckoned(twins(), scenario(4))[1]
    for i in (None, 0):
        found = explain(impact, i)
        assert found.loss == found.remainder == 0
        assert found.paths == ()
        assert not found.by_link.any()


def test_what_ended_the_search_is_told() -> None:
    network, impact = reckoned(twins(), scenario(12, scandal("s1", 0.7, 1), scandal("s2", 0.7, 1)))
    place = network.index["b"]
    assert explain(impact, place, Asked(share=0.5)).ended == "share"
    assert explain(impact, place, Asked(share=1.0, most_paths=1)).ended == "count"
    cut = explain(impact, place, Asked(share=1.0, most_work=0))
    assert cut.ended == "work"
    assert cut.remainder == pytest.approx(cut.loss)
    assert sums(cut) == pytest.approx([cut.loss] * 4, rel=1e-9)
