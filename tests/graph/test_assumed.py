"""An answer counts the defaults that it uses, each of them, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import pytest

from graph.impact import criticality
from graph.impact.basis import Basis, of_accounts, of_ranking, of_systemic
from graph.impact.coefficients import derive
from graph.impact.criticality import Question, Ranking, rank
from graph.impact.notices import Notice
from graph.impact.systemic import Question as SystemicQuestion
from graph.impact.systemic import Systemic, systemic
from graph.impact.systemic_flows import Demand
from graph.parameters import parameters
from graph.scenario import Outage, Scandal
from tests.cases import row, tables
from tests.naive_chain import Tables
from tests.networks import network_of

# Two parts: no link leads from the smelter, its brand, dealer and rival to the other two.
COMPANIES = [
    row(id="smelter", roles="supplier", annual_revenue=100),
    row(id="brand", roles="brand", annual_revenue=1000),
    row(id="dealer", roles="dealer", annual_revenue=500),
    row(id="rival", roles="brand", value_added=1),
    row(id="apart", roles="supplier", annual_revenue=100),
    row(id="beyond", roles="brand", annual_revenue=900),
]
LINKS = [
    row(source="smelter", target="brand", kind="SUPPLIES", category="ore", annual_value=40),
    row(source="smelter", target="brand", kind="SUPPLIES", category="coal", criticality=0.1),
    row(source="brand", target="dealer", kind="SELLS_THROUGH", annual_value=300),
    row(source="brand", target="rival", kind="COMPETES_WITH"),
    row(source="brand", target="rival", kind="REGULATED_WITH"),
    row(source="apart", target="beyond", kind="SUPPLIES", category="ore", annual_value=50),
    row(source="smelter", target="brand", kind="SUPPLIES", category="glue", annual_value=9, criticality=0.9),
]
OUTAGE, SCANDAL = Outage("", 1.0, 4), Scandal("", 0.5)
FIGURES = ("loss", "value_added_loss", "gross_revenue_loss", "own_loss", "hardest_loss")

Cell = tuple[str, int, str, object]
GOODS: list[Cell] = [
    ("companies", 3, "annual_revenue", 800),
    ("companies", 0, "resale", 0.9),
    ("companies", 0, "value_added", 11),
    ("links", 1, "annual_value", 30),
    ("links", 6, "essential", "false"),
    ("links", 0, "criticality", 1),
    ("links", 6, "inventory_weeks", 3),
    ("links", 6, "substitutability", 0.1),
    ("links", 0, "take_or_pay", 0.7),
]
NEWS: list[Cell] = [
    ("companies", 1, "consumer_share", 0.2),
    ("companies", 1, "market", "coffee"),
    ("links", 0, "attribution", 0.1),
    ("links", 0, "contract_weeks", 50),
    ("links", 0, "switching_cost", 0.9),
    ("links", 0, "touch", 0.1),
    ("links", 3, "closeness", 0.1),
    ("links", 3, "informed", 0.9),
    ("links", 4, "regulatory_exposure", 0.9),
]
ELSEWHERE: list[Cell] = [("links", 5, "criticality", 0.3), ("companies", 5, "value_added", 11)]
IDLE: list[Cell] = [
    ("links", 2, "criticality", 0.3),  # of goods that nobody's production waits for
    ("companies", 2, "resale", 0.9),  # sells to no business
]


def chain_with(*cells: Cell) -> Tables:
    """The chain, these cells filled in."""
    chain = deepcopy(tables(COMPANIES, *LINKS))
    for table, number, column, value in cells:
        assert not chain[table][number].get(column), "it was blank"
        chain[table][number][column] = str(value)
    return chain


def ranked(question: Question, *cells: Cell) -> Ranking:
    return rank(network_of(chain_with(*cells)), question)


def figures(ranking: Ranking) -> list[bytes]:
    return [getattr(ranking, name).tobytes() for name in FIGURES]


def place(cell: Cell) -> str:
    return f"{cell[0]}.{cell[2]}"


def one_less(counts: Mapping[str, int], cell: Cell) -> dict[str, int]:
    fewer = dict(counts)
    fewer[place(cell)] -= 1
    return {name: n for name, n in fewer.items() if n}


# -- who matters most ---------------------------------------------------------------------------------

TO_BRAND, BY_SCANDAL = Question(OUTAGE, to="brand"), Question(SCANDAL, to="brand")
IN_THE_NEWS = Question(OUTAGE, to="brand", parameters={"feedback": 0.5, "feedback_threshold": 0.01})


@pytest.mark.parametrize("cell", GOODS, ids=place)
def test_a_default_that_a_ranking_uses_is_counted_until_its_cell_is_filled(cell: Cell) -> None:
    blank, filled = ranked(TO_BRAND), ranked(TO_BRAND, cell)
    assert of_ranking(filled).assumed == one_less(of_ranking(blank).assumed, cell)
    assert figures(filled) != figures(blank)


@pytest.mark.parametrize("cell", NEWS + ELSEWHERE + IDLE, ids=place)
def test_a_default_that_an_outage_does_not_use_is_not_counted(cell: Cell) -> None:
    blank, filled = ranked(TO_BRAND), ranked(TO_BRAND, cell)
    assert of_ranking(filled).assumed == of_ranking(blank).assumed
    assert figures(filled) == figures(blank)


@pytest.mark.parametrize("question", [BY_SCANDAL, IN_THE_NEWS], ids=["scandal", "feedback"])
@pytest.mark.parametrize("cell", GOODS + NEWS, ids=place)
def test_who_is_in_the_news_uses_them_all(cell: Cell, question: Question) -> None:
    blank, filled = ranked(question), ranked(question, cell)
    assert of_ranking(filled).assumed == one_less(of_ranking(blank).assumed, cell)


@pytest.mark.parametrize("question", [BY_SCANDAL, IN_THE_NEWS], ids=["scandal", "feedback"])
@pytest.mark.parametrize("cell", ELSEWHERE + IDLE, ids=place)
def test_what_nothing_hangs_on_is_never_counted(cell: Cell, question: Question) -> None:
    blank, filled = ranked(question), ranked(question, cell)
    assert of_ranking(filled).assumed == of_ranking(blank).assumed
    assert figures(filled) == figures(blank)


def test_what_the_chain_does_not_record_counts_where_there_is_news() -> None:
    """The smelter sells to businesses beside the brand, but then over no link."""
    chain = chain_with()
    chain["links"] = [each for each in chain["links"] if each["source"] != "smelter"]
    chain["links"].append(row(source="brand", target="smelter", kind="COMPETES_WITH"))
    assert of_ranking(rank(network_of(chain), BY_SCANDAL)).assumed["companies.resale"] == 2
    # The brand alone sells over a link.
    chain["companies"][1]["resale"] = "0.9"
    network = network_of(chain)
    assert "companies.resale" not in of_ranking(rank(network, TO_BRAND)).assumed
    assert of_ranking(rank(network, BY_SCANDAL)).assumed["companies.resale"] == 1


def test_nothing_else_is_counted() -> None:
    assert set(of_ranking(ranked(TO_BRAND)).assumed) == {place(cell) for cell in GOODS}
    assert set(of_ranking(ranked(BY_SCANDAL)).assumed) == {place(cell) for cell in GOODS + NEWS}


@pytest.mark.parametrize("cell", ELSEWHERE, ids=place)
def test_of_all_every_part_is_counted(cell: Cell) -> None:
    blank, filled = ranked(Question(OUTAGE)), ranked(Question(OUTAGE), cell)
    assert of_ranking(filled).assumed == one_less(of_ranking(blank).assumed, cell)
    assert figures(filled) != figures(blank)


def test_warnings_are_of_the_part_that_was_reckoned() -> None:
    chain = chain_with()
    chain["companies"][5]["annual_revenue"] = ""  # of `beyond`
    network = network_of(chain)
    assert of_ranking(rank(network, TO_BRAND)).notices == (Notice("no_revenue", ("rival",)),)
    assert of_ranking(rank(network, Question(OUTAGE))).notices == (Notice("no_revenue", ("beyond", "rival")),)


def test_a_ranking_that_was_kept_rests_on_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(criticality, "WORTH_KEEPING", 0)
    network = network_of(chain_with())
    first, kept = (of_ranking(rank(network, TO_BRAND, keep_in=tmp_path)) for _ in range(2))
    assert kept == first
    other = network_of(chain_with(GOODS[-1]))
    assert of_ranking(rank(other, TO_BRAND, keep_in=tmp_path)).assumed == one_less(first.assumed, GOODS[-1])


# -- the systemic risk index --------------------------------------------------------------------------

TRADED: list[Cell] = [
    ("companies", 0, "industry", "metals"),
    ("links", 1, "annual_value", 30),
    ("links", 0, "essential", "false"),
]
UNTOUCHED: list[Cell] = [
    ("companies", 2, "industry", "shops"),  # sells to nobody
    ("companies", 0, "value_added", 11),
    ("companies", 3, "annual_revenue", 800),  # sells nothing
    ("links", 0, "criticality", 0.3),
    ("links", 0, "inventory_weeks", 0.5),
    ("links", 0, "substitutability", 0.1),
    ("links", 3, "closeness", 0.1),
]


def index_of(*cells: Cell, demand: Demand = "none", without: tuple[int, ...] = ()) -> Systemic:
    """The index of the chain; of companies at `without` no revenue is told."""
    chain = chain_with(*cells)
    for number in without:
        chain["companies"][number]["annual_revenue"] = ""
    return systemic(network_of(chain), SystemicQuestion(demand=demand))


@pytest.mark.parametrize("cell", TRADED, ids=place)
@pytest.mark.parametrize("demand", ["none", "final"])
def test_a_default_that_the_index_uses_is_counted(cell: Cell, demand: Demand) -> None:
    blank, filled = index_of(demand=demand), index_of(cell, demand=demand)
    assert of_systemic(filled).assumed == one_less(of_systemic(blank).assumed, cell)


@pytest.mark.parametrize("cell", UNTOUCHED, ids=place)
@pytest.mark.parametrize("demand", ["none", "final"])
def test_a_default_that_the_index_does_not_use_is_not_counted(cell: Cell, demand: Demand) -> None:
    blank, filled = index_of(demand=demand), index_of(cell, demand=demand)
    assert of_systemic(filled).assumed == of_systemic(blank).assumed
    assert filled.index.tobytes() == blank.index.tobytes()


def test_revenue_counts_where_final_demand_is_asked_for() -> None:
    assert set(of_systemic(index_of()).assumed) == {place(cell) for cell in TRADED}
    assert of_systemic(index_of(without=(1,))).assumed == of_systemic(index_of()).assumed
    told, untold = index_of(demand="final"), index_of(demand="final", without=(1,))
    assert of_systemic(untold).assumed == {"companies.annual_revenue": 1} | dict(of_systemic(told).assumed)
    assert untold.index.tobytes() != told.index.tobytes()


def test_an_index_that_is_no_finding_says_so() -> None:
    chain = chain_with()
    for link in chain["links"]:
        link.pop("annual_value", None)
    found = systemic(network_of(chain), SystemicQuestion())
    assert of_systemic(found).notices == (Notice("systemic_no_values"),)
    assert of_systemic(index_of()).notices == ()
    ring = [row(source=a, target=b, kind="SUPPLIES", annual_value=1) for a, b in ("ab", "bc", "ca")]
    early = systemic(
        network_of(tables([row(id=c, roles="supplier") for c in "abc"], *ring)),
        SystemicQuestion(most_sweeps=1),
    )
    assert Notice("systemic_open") in of_systemic(early).notices


def test_links_left_out_are_said() -> None:
    chain = chain_with()
    chain["links"][5]["until"] = "2020-01-01"
    network = network_of(chain)
    assert Notice("not_on_date", count=1) in of_ranking(rank(network, TO_BRAND)).notices
    assert Notice("not_on_date", count=1) in of_systemic(systemic(network, SystemicQuestion())).notices


# -- key accounts -------------------------------------------------------------------------------------


def accounts(company: str, *cells: Cell) -> Basis:
    chain = derive(network_of(chain_with(*cells)), parameters({}))
    return of_accounts(chain, chain.network.index[company])


def test_key_accounts_count_their_own_alone() -> None:
    assert accounts("smelter").assumed == {"links.annual_value": 1}
    assert accounts("smelter", ("links", 1, "annual_value", 30)).assumed == {}
    assert accounts("smelter", ("links", 0, "criticality", 0.3)).assumed == {"links.annual_value": 1}
    assert accounts("brand").assumed == {}
    assert accounts("rival").assumed == {"companies.annual_revenue": 1}
    assert accounts("rival", ("companies", 3, "annual_revenue", 800)).assumed == {}


def test_key_accounts_warn_of_their_own_alone() -> None:
    assert accounts("rival").notices == (Notice("no_revenue", ("rival",)),)
    assert accounts("brand").notices == ()
    above = (("links", 0, "seller_share", 0.9), ("links", 1, "seller_share", 0.6))
    assert accounts("smelter", *above).notices == (Notice("shares_above_one", ("smelter",)),)
    assert accounts("brand", *above).notices == ()
