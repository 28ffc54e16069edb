"""Finding companies as people name them, compiling once per revision, scenarios by name."""

from collections.abc import Iterator

import pytest

from graph.errors import Ambiguous, NotFound, ScenarioError
from graph.explorer import Explorer
from graph.model import fact
from graph.scenario import DirectCost, Outage, Scandal, Scenario
from tests.cases import row, tables
from tests.networks import MOMENT, store_of

CHAIN = tables(
    [
        row(
            id="lges", name="LG Energy Solution", roles="supplier", annual_revenue=10, aliases="엘지;LG新能源"
        ),
        row(id="gm", name="General Motors", roles="brand", annual_revenue=100),
        row(id="twin1", name="Apex Parts Inc.", roles="supplier"),
        row(id="twin2", name="APEX PARTS GmbH", roles="supplier"),
        row(id="gmdealer", name="GM dealers", roles="dealer"),
    ],
    row(source="lges", target="gm", kind="SUPPLIES", category="cells", annual_value=1),
    row(source="gm", target="gmdealer", kind="SELLS_THROUGH", annual_value=1),
)


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    with store_of(CHAIN) as store:
        yield Explorer(store)


@pytest.mark.parametrize(
    "name",
    [
        "lges",
        "LG Energy Solution",
        "lg energy solution",
        "LG Energy Solution, Ltd.",
        "ＬＧ　Energy Solution",
        "LG新能源",
    ],
)
def test_a_company_is_found_by_id_name_or_alias(explorer: Explorer, name: str) -> None:
    assert explorer.find(name).id == "lges"


def test_an_unknown_name_gives_the_closest(explorer: Explorer) -> None:
    with pytest.raises(NotFound) as caught:
        explorer.find("Genral Motor")
    assert ("gm", "General Motors") in caught.value.candidates
    assert "General Motors (gm)" in caught.value.remedy


def test_a_name_of_two_is_ambiguous(explorer: Explorer) -> None:
    with pytest.raises(Ambiguous) as caught:
        explorer.find("Apex Parts")
    assert {c for c, _ in caught.value.candidates} == {"twin1", "twin2"}


@pytest.mark.parametrize("name", ["", "   ", "\0", "'; DROP TABLE companies; --"])
def test_odd_names_are_not_found(explorer: Explorer, name: str) -> None:
    with pytest.raises(NotFound):
        explorer.find(name)


def test_the_network_is_compiled_once_per_revision(explorer: Explorer) -> None:
    first = explorer.network()
    assert explorer.network() is first
    assert explorer.network("2020-01-01") is not first
    assert explorer.network() is first
    explorer.store.upsert([fact("companies", {"id": "new", "annual_revenue": 5}, loaded_at=MOMENT)])
    assert explorer.network() is not first
    assert "new" in explorer.network().index


def test_only_a_few_dates_are_kept(explorer: Explorer) -> None:
    for year in range(1990, 2020):
        explorer.network(f"{year}-01-01")
    assert len(explorer._networks) <= 4


def test_a_scenario_may_name_companies(explorer: Explorer) -> None:
    outage = Outage(
        "LG新能源", 1.0, 2, target="general motors", direct_costs=(DirectCost("General Motors", 1.0, "엘지"),)
    )
    impact = explorer.what_if(Scenario(shocks=(outage,)))
    assert impact.scenario.shocks == (
        Outage("lges", 1.0, 2, target="gm", direct_costs=(DirectCost("gm", 1.0, "lges"),)),
    )
    assert impact.revenue_loss[impact.network.index["gm"]] > 0


def test_an_unknown_company_in_a_scenario_is_named_by_its_field(explorer: Explorer) -> None:
    scandal = Scandal("gm", 0.5, direct_costs=(DirectCost("gm", 1.0), DirectCost("nobody", 1.0)))
    with pytest.raises(ScenarioError) as caught:
        explorer.what_if(Scenario(shocks=(Scandal("gm", 0.5), scandal)))
    assert caught.value.field == "shocks.1.direct_costs.1.bearer"


def test_companies_are_listed_and_searched(explorer: Explorer) -> None:
    assert [c.id for c in explorer.companies()] == ["gm", "gmdealer", "lges", "twin1", "twin2"]
    assert [c.id for c in explorer.companies(role="brand")] == ["gm"]
    assert [c.id for c in explorer.companies(after="lges", limit=1)] == ["twin1"]
    assert explorer.companies("新能源")[0].id == "lges"


def test_a_portrait_shows_what_refers_to_a_company(explorer: Explorer) -> None:
    portrait = explorer.show("gm", limit=1)
    assert portrait.company.id == "gm"
    assert len(portrait.related["links"]) == 1
    assert portrait.cut == {"links"}
    assert explorer.show("gm").cut == frozenset()


def test_the_chain_around_a_company(explorer: Explorer) -> None:
    around = explorer.chain("LG Energy Solution", 1)
    assert [(c.id, distance) for c, distance in around.companies] == [("lges", 0), ("gm", 1)]
    assert {c.id for c, _ in explorer.chain("lges", 2).companies} == {"lges", "gm", "gmdealer"}
