"""The systemic risk index: by hand, the golden case, the plain version, properties on random chains."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ScenarioError
from graph.impact.systemic import Question, Systemic, systemic
from graph.network import Network
from tests import naive_systemic
from tests.chains import chains
from tests.naive_systemic import Firm, Link
from tests.networks import network_of

CLOSE = 1e-9
_EDGES = ((2, 1), (2, 3), (3, 7), (6, 7), (10, 7), (7, 4), (7, 11), (8, 11), (9, 5), (9, 10))
_SECTORS = dict(enumerate((1, 2, 1, 3, 4, 2, 4, 1, 2, 3, 5), 1))
_ESSENTIAL = {(2, 3), (7, 11), (10, 7), (9, 10)}
_ALONE = (0.1, 0.366667, 0.266667, 0.35, 0.1, 0.166667, 0.7, 0.1, 0.366667, 0.266667, 0.45)


def network(sectors: dict[Firm, str], links: list[Link], revenue: dict[Firm, float] | None = None) -> Network:
    """A compiled chain of suppliers; several links between two have categories of their own."""
    companies: list[dict[str, Any]] = [
        {"id": i, "name": i, "roles": "supplier", "industry": industry}
        | ({"annual_revenue": repr(revenue[i])} if revenue and i in revenue else {})
        for i, industry in sectors.items()
    ]
    rows = [
        {
            "source": seller, "target": buyer, "kind": "SUPPLIES", "category": f"k{n}",
            "annual_value": repr(value), "essential": str(essential).lower(),
        }
        for n, (seller, buyer, value, essential) in enumerate(links)
    ]  # fmt: skip
    return network_of({"companies": companies, "links": rows})


def by_id(found: Systemic) -> dict[str, float]:
    return {found.network.ids[f]: float(x) for f, x in zip(found.firms, found.index, strict=True)}


def golden(essential: set[tuple[int, int]]) -> Network:
    sectors = {f"{i:02d}": str(k) for i, k in _SECTORS.items()}
    return network(sectors, [(f"{a:02d}", f"{b:02d}", 1.0, (a, b) in essential) for a, b in _EDGES])


@pytest.mark.parametrize(
    ("essential", "market_shares", "other"),
    [
        (False, False, {}),
        (False, True, {2: 0.3, 6: 0.116667, 9: 0.311111}),
        (True, False, {9: 0.5, 10: 0.4}),
        (True, True, {2: 0.3, 6: 0.116667, 9: 0.4, 10: 0.4}),
    ],
)
def test_the_published_case(essential: bool, market_shares: bool, other: dict[int, float]) -> None:
    found = systemic(golden(_ESSENTIAL if essential else set()), Question(market_shares=market_shares))
    expected = [other.get(i, value) for i, value in enumerate(_ALONE, 1)]
    assert found.index == pytest.approx(expected, abs=5e-7)
    assert found.converged


def test_three_firms_by_hand() -> None:
    # a sells 30 to c, its rival b 10; c sells 50 to d. Without a: b has all that is left of the sector, a's
    # share of it is min(1, 30/10) = 1, so c loses 30/40 and d as much; nobody buys less from b.
    links: list[Link] = [("a", "c", 30.0, False), ("b", "c", 10.0, False), ("c", "d", 50.0, False)]
    chain = network({"a": "ore", "b": "ore", "c": "steel", "d": "cars"}, links)
    found = by_id(systemic(chain, Question(eps=1e-6)))
    assert found["a"] == pytest.approx((30 + 0.75 * 50) / 90)
    # without b: a covers, b's share is 10/30: c loses 1/3 · 1/4.
    assert found["b"] == pytest.approx((10 + 50 / 12) / 90)
    # without c: both suppliers lose all they sell, and d gets nothing, but sells nothing itself.
    assert found["c"] == pytest.approx(1.0)
    # without d: c sells to nobody, then neither do a and b.
    assert found["d"] == pytest.approx(1.0)


def test_an_essential_sector_stops_and_others_slow() -> None:
    links: list[Link] = [("a", "c", 1.0, True), ("b", "c", 9.0, False), ("c", "d", 10.0, False)]
    chain = network({"a": "chips", "b": "paper", "c": "cars", "d": "shops"}, links)
    found = by_id(systemic(chain, Question()))
    assert found["a"] == pytest.approx((1 + 10) / 20)
    assert found["b"] == pytest.approx((9 + 0.9 * 10) / 20)


def test_the_unit_of_money_changes_nothing_however_small() -> None:
    # The published code puts A = 1 where A is below 1e-10: in a tiny unit its answer is another.
    sectors = {"a": "ore", "b": "ore", "c": "steel", "d": "cars"}
    links: list[Link] = [("a", "c", 30.0, False), ("b", "c", 10.0, False), ("c", "d", 50.0, False)]
    told = systemic(network(sectors, links), Question()).index
    for unit in (1e-14, 1e12):
        scaled: list[Link] = [(a, b, value * unit, e) for a, b, value, e in links]
        assert systemic(network(sectors, scaled), Question()).index == pytest.approx(told, rel=1e-12)


def test_final_demand_softens_what_buyers_take_away() -> None:
    links: list[Link] = [("a", "b", 25.0, False), ("b", "c", 1.0, False)]
    chain = network({"a": "x", "b": "y", "c": "z"}, links, revenue={"a": 100.0})
    assert by_id(systemic(chain, Question()))["b"] == pytest.approx(1.0)
    assert by_id(systemic(chain, Question(demand="final")))["b"] == pytest.approx((25 * 0.25 + 1) / 26)


def test_the_limit_of_a_ring_is_reached_at_once() -> None:
    # Everybody sells to the next and a little to the one after: synchronous sweeps creep for ever.
    firms = [f"f{i:02d}" for i in range(30)]
    links: list[Link] = [(f, firms[(i + 1) % 30], 1.0, False) for i, f in enumerate(firms)]
    links += [(f, firms[i - 1], 0.9, False) for i, f in enumerate(firms)]
    chain = network(dict.fromkeys(firms, ""), links)
    published, limit = systemic(chain, Question()), systemic(chain, Question(eps=0.0))
    assert published.converged
    assert published.residual > 0.001
    assert published.index.max() < 0.6
    assert limit.converged
    assert limit.residual <= 1e-12
    assert limit.sweeps.max() <= 2
    assert limit.index == pytest.approx(np.ones(30))


def test_an_empty_chain_and_one_without_trade() -> None:
    assert len(systemic(network_of({"companies": [], "links": []}), Question()).index) == 0
    assert systemic(network({"a": "", "b": ""}, []), Question()).index.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("wrong", [{"eps": -0.1}, {"eps": 2.0}, {"eps": float("nan")}, {"demand": "some"}])
def test_a_question_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError) as error:
        Question(**wrong)
    assert error.value.field in wrong


# -- random chains ------------------------------------------------------------------------------------


@st.composite
def economies(draw: st.DrawFn) -> tuple[dict[Firm, str], list[Link], dict[Firm, float]]:
    """Firms in few sectors, some in none; parallel links, rings, nothing sold, values over many orders."""
    size = draw(st.integers(1, 12))
    rng = random.Random(draw(st.integers(0, 2**32)))
    firms = [f"f{i:02d}" for i in range(size)]
    sectors = {f: rng.choice(["", "x", "y", "y", "z"]) for f in firms}
    links: list[Link] = []
    for _ in range(draw(st.integers(0, 4 * size))):
        seller, buyer = rng.choice(firms), rng.choice(firms)
        if seller != buyer:
            value = rng.choice([0.0, 1.0, 10.0, rng.lognormvariate(0, 3)])
            links.append((seller, buyer, value, rng.random() < 0.4))
    return sectors, links, {f: rng.lognormvariate(1, 2) for f in firms if rng.random() < 0.5}


@settings(max_examples=60, deadline=None)
@given(economies(), st.sampled_from([0.01, 0.1, 1e-4]), st.booleans(), st.booleans())
def test_the_kernels_agree_with_the_plain_version(
    economy: tuple[dict[Firm, str], list[Link], dict[Firm, float]], eps: float, shares: bool, final: bool
) -> None:
    sectors, links, revenue = economy
    plain = naive_systemic.systemic(
        sectors, links, eps=eps, market_shares=shares, revenue=revenue if final else None
    )
    found = systemic(network(sectors, links, revenue), Question(eps, "final" if final else "none", shares))
    assert by_id(found) == pytest.approx(plain.index, abs=CLOSE)
    assert found.sweeps.tolist() == list(plain.sweeps.values())
    assert found.residual == pytest.approx(plain.residual, abs=CLOSE)


@settings(max_examples=25, deadline=None)
@given(economies(), st.booleans(), st.booleans())
def test_the_limit_is_where_plain_sweeps_lead(
    economy: tuple[dict[Firm, str], list[Link], dict[Firm, float]], shares: bool, final: bool
) -> None:
    sectors, links, revenue = economy
    plain = naive_systemic.systemic(
        sectors, links, eps=0.0, market_shares=shares, revenue=revenue if final else None, most=3000
    )
    found = systemic(network(sectors, links, revenue), Question(0.0, "final" if final else "none", shares))
    index = by_id(found)
    for firm, sweeps in plain.sweeps.items():
        if sweeps < 3000:
            assert index[firm] == pytest.approx(plain.index[firm], abs=1e-6)
        assert index[firm] >= plain.index[firm] - CLOSE


@settings(max_examples=25, deadline=None)
@given(economies(), st.randoms(use_true_random=False))
def test_names_and_order_and_money_change_nothing(
    economy: tuple[dict[Firm, str], list[Link], dict[Firm, float]], rng: random.Random
) -> None:
    sectors, links, _ = economy
    told = by_id(systemic(network(sectors, links), Question()))
    other = [f"g{n:02d}" for n in range(len(sectors))]
    rng.shuffle(other)
    name = dict(zip(sectors, other, strict=True))
    shuffled = sorted(sectors, key=lambda f: rng.random())
    renamed: list[Link] = [(name[a], name[b], 1024.0 * value, e) for a, b, value, e in links]
    rng.shuffle(renamed)
    industry = {name[f]: sectors[f] and f"industry {sectors[f]}" for f in shuffled}
    found = by_id(systemic(network(industry, renamed), Question()))
    assert {f: found[name[f]] for f in sectors} == pytest.approx(told, abs=CLOSE)


@settings(max_examples=20, deadline=None)
@given(chains())
def test_any_chain_has_an_index_from_0_to_1(chain: Any) -> None:
    compiled = network_of(chain)
    for question in (Question(), Question(0.0, "final")):
        found = systemic(compiled, question)
        assert ((found.index >= 0) & (found.index <= 1 + 1e-12)).all()
        assert (found.index[found.sold[found.firms] > 0] > 0).all()


def test_the_same_bytes_on_any_number_of_threads_and_for_some_firms_alone() -> None:
    rng = np.random.default_rng(3)
    firms = [f"f{i:03d}" for i in range(300)]
    sectors = {f: f"s{rng.integers(12)}" for f in firms}
    ends = {(int(300 * rng.random() ** 2), int(rng.integers(300))) for _ in range(2500)}
    links: list[Link] = [
        (firms[a], firms[b], float(np.exp(rng.normal())), bool(rng.random() < 0.5))
        for a, b in sorted(ends)
        if a != b
    ]
    chain = network(sectors, links)
    told: list[tuple[int, int]] = []
    one = systemic(chain, Question(), workers=1, progress=lambda done, all_: told.append((done, all_)))
    assert told[-1] == (300, 300)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert systemic(chain, Question(), workers=5).index.tobytes() == one.index.tobytes()
    some = [250, 3, 77]
    assert systemic(chain, Question(), some).index.tolist() == one.index[some].tolist()


@settings(max_examples=25, deadline=None)
@given(economies(), st.data())
def test_the_same_bytes_however_firms_are_divided(economy: Any, data: st.DataObject) -> None:
    # Nothing of a firm's index may be left for the one after it, whether it was pushed or swept.
    sectors, links, _ = economy
    chain = network(sectors, links)
    question = Question(data.draw(st.sampled_from([0.01, 0.2, 0.0])), "none", data.draw(st.booleans()))
    whole = systemic(chain, question)
    order = data.draw(st.permutations(range(len(chain))))
    cut = data.draw(st.integers(0, len(order)))
    for part in (order[:cut], order[cut:]):
        some = systemic(chain, question, part, workers=data.draw(st.integers(1, 3)))
        for name in ("index", "change", "sweeps"):
            assert getattr(some, name).tobytes() == getattr(whole, name)[part].tobytes(), name


def test_what_is_sold_stands_in_the_order_of_the_network() -> None:
    # Within, firms are numbered by their customers: the last has most here.
    links: list[Link] = [("c", "a", 5.0, True), ("c", "b", 7.0, True), ("b", "a", 2.0, False)]
    found = systemic(network({"a": "x", "b": "y", "c": "z"}, links), Question())
    assert dict(zip(found.network.ids, found.sold.tolist(), strict=True)) == {"a": 0.0, "b": 2.0, "c": 12.0}


def test_hubs_are_swept_as_the_plain_version_has_it() -> None:
    # A star of rings: with the hub gone, whole sweeps take turns with what is pushed.
    rng = random.Random(5)
    firms = [f"f{i:02d}" for i in range(60)]
    sectors = {f: f"s{rng.randrange(7)}" for f in firms}
    links: list[Link] = [(firms[0], f, rng.random(), rng.random() < 0.5) for f in firms[1:]]
    links += [
        (f, firms[i // 3], rng.random(), rng.random() < 0.5) for i, f in enumerate(firms) if i // 3 != i
    ]
    plain = naive_systemic.systemic(sectors, links)
    found = systemic(network(sectors, links), Question())
    assert by_id(found) == pytest.approx(plain.index, abs=CLOSE)
    assert found.sweeps.tolist() == list(plain.sweeps.values())


def test_what_goes_wrong_in_between_stops_the_rest() -> None:
    firms = [f"f{i:03d}" for i in range(200)]
    chain = network(dict.fromkeys(firms, ""), [(a, b, 1.0, False) for a, b in pairwise(firms)])

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        systemic(chain, Question(), workers=2, progress=stop)
