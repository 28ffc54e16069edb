"""What the service refuses for the work that it would be: runs, and shocks in each of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.errors import TooLarge
from api.service import Service, times
from api.settings import Settings
from graph.impact import impact as reckoning
from graph.impact.coefficients import Chain
from graph.impact.exits import most_runs
from graph.impact.explanation import explain
from graph.impact.propagation import Trajectory, propagate
from graph.impact.removal import removal
from graph.impact.sureness import sureness
from graph.impact.uncertainty import DRAWS
from graph.network import Network
from graph.scenario import Outage, Scenario
from tests.api.servers import Server
from tests.cases import row, tables
from tests.networks import network_of

PURSE = {"annual_revenue": 52, "fixed_cost_per_week": 0.5, "contribution_margin": 0.6}


def runs_of(network: Network, asked: Scenario, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the weeks are gone through by all that may be asked of a scenario, with 8 draws."""
    ran: list[Scenario] = []

    def counted(chain: Chain, scenario: Scenario, p: Mapping[str, float], **how: Any) -> Trajectory:
        ran.append(scenario)
        return propagate(chain, scenario, p, **how)

    monkeypatch.setattr(reckoning, "propagate", counted)
    impact = reckoning.reckon(network, asked)
    assert impact.answers
    removal(impact, explain(impact, None), 1)
    sureness(impact, 8, company="s")
    return len(ran)


def test_runs_are_counted_as_they_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each draw again for the time to survive, which looks for exits again; other forms; removals."""
    network = network_of(
        tables(
            [row(id="s", roles="supplier", cash=0.01, **PURSE), row(id="b", roles="brand", cash=9, **PURSE)],
            row(source="s", target="b", kind="SUPPLIES", annual_value=52),
        )
    )
    small = Outage("b", 0.005, 8, severity_range=(0.005, 0.005))  # what passes 1 % would do so later
    found = runs_of(network, Scenario(shocks=(small,), horizon_weeks=30), monkeypatch)
    assert found == times(8, 1) == 27
    asked = Scenario(shocks=(Outage("b", 0.5, 8),), horizon_weeks=30, exits=True)
    found = runs_of(network, asked, monkeypatch)
    assert times(8, 1) < found <= times(8, 1) * most_runs(network, asked)


def test_runs_of_a_small_chain_have_their_price() -> None:
    """Draws with exits in each week of a year still go; four times as many do not, as small as it is."""
    rows = [row(id=f"c{n}", roles="supplier", cash=9, **PURSE) for n in range(51)]
    network, asked, served = network_of(tables(rows)), Scenario(exits=True), Service(Settings())
    served.allow(network, asked, runs=times(DRAWS))
    served.allow(network, replace(asked, exits=False), runs=times(1024))
    with pytest.raises(TooLarge, match=f"{52 * times(1024)} runs"):
        served.allow(network, asked, runs=times(1024))


@pytest.mark.parametrize(
    ("shocks", "draws", "exits", "more", "goes"),
    [
        (20_000, None, False, False, True),
        (10_001, None, False, True, False),
        (10_000, None, True, True, True),
        (20_000, None, True, False, False),
        (1000, DRAWS, False, True, True),
        (250, 1024, False, True, True),
        (70, DRAWS, True, True, True),
        (1000, DRAWS, True, True, False),
    ],
)
def test_what_filters_make_counts_in_each_run(
    shocks: int, draws: int | None, exits: bool, more: bool, goes: bool
) -> None:
    rows = [row(id=f"c{n}", roles="supplier", cash=9, **PURSE) for n in range(51)]
    network, served = network_of(tables(rows)), Service(Settings())
    resolved = Scenario(shocks=(Outage("c0", 1.0, 4),) * shocks, exits=exits)
    if goes:
        served.allow_spread(network, resolved, runs=times(draws), more=more)
        return
    with pytest.raises(TooLarge, match=f"{shocks} shocks are more than"):
        served.allow_spread(network, resolved, runs=times(draws), more=more)


def test_figures_alone_are_refused_before_they_are_reckoned(
    serving: Callable[..., Server], stories_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.service.MOST_SPREAD_RUNS", 1)
    served = serving(store=str(stories_db))

    def never(*asked: Any, **how: Any) -> None:
        raise AssertionError("it was run")

    monkeypatch.setattr(reckoning, "propagate", never)
    scenario = {"shocks": [{"kind": "demand", "where": {"role": "brand"}, "size": 0.1}]}
    for path, body in (
        ("/v1/what-if", scenario),
        ("/v1/what-if/map", scenario),
        ("/v1/ledger", {"scenario": scenario}),
    ):
        answer = served.http.post(path, json=body)
        assert answer.status_code == 422, path
        assert "shocks are more than 0" in answer.json()["detail"]
