"""Exits: who runs out of cash goes, and may bring down the next."""

from graph.impact.exits import with_exits
from graph.impact.impact import reckon
from graph.scenario import Boycott, Outage, Scenario
from tests.cases import row, tables
from tests.networks import network_of

POOR = {"annual_revenue": 52, "fixed_cost_per_week": 0.5, "contribution_margin": 0.6}
CHAIN = tables(
    [
        row(id="mine", roles="supplier", cash=2, **POOR),
        row(id="cells", roles="supplier", cash=1, **POOR),
        row(id="brand", roles="brand", annual_revenue=104, market="cars"),
    ],
    row(source="mine", target="cells", kind="SUPPLIES", category="ore", annual_value=52),
    row(source="cells", target="brand", kind="SUPPLIES", category="cells", annual_value=52),
)
STOP = Outage("brand", 1.0, 8)


def test_one_brings_down_the_next() -> None:
    """The cells' maker lives 2 weeks without orders; the mine would have lived through the 8."""
    network, asked = network_of(CHAIN), Scenario(shocks=(STOP,), horizon_weeks=30)
    found = with_exits(network, asked)
    first, second = found.shocks[1:]
    assert isinstance(first, Outage)
    assert isinstance(second, Outage)
    assert [first.company, second.company] == ["cells", "mine"]
    assert first.start_week < second.start_week
    for shock in (first, second):
        assert shock.start_week + shock.duration_weeks == 30
        alone = reckon(network, Scenario(shocks=found.shocks[: found.shocks.index(shock)], horizon_weeks=30))
        place = network.index[shock.company]
        assert alone.answers.cash_out_week[place] == shock.start_week - 1
    assert with_exits(network, found) == found


def test_progress_goes_through_the_weeks() -> None:
    seen: list[tuple[int, int]] = []
    found = with_exits(
        network_of(CHAIN), Scenario(shocks=(STOP,), horizon_weeks=30), lambda *done: seen.append(done)
    )
    starts = [shock.start_week for shock in found.shocks[1:] if isinstance(shock, Outage)]
    assert seen == [(week, 30) for week in (*starts, 30)]


def test_who_sells_to_customers_loses_them_to_rivals() -> None:
    chain = {
        **CHAIN,
        "companies": [*CHAIN["companies"][:2], {**CHAIN["companies"][2], **row(cash=1, **POOR)}],
    }
    found = with_exits(network_of(chain), Scenario(shocks=(STOP,), horizon_weeks=30))
    gone = [shock for shock in found.shocks[1:] if shock.company == "brand"]
    assert gone == [Outage("brand", 1.0, 30 - gone[0].start_week, start_week=gone[0].start_week),
                    Boycott("brand", 1.0, gone[0].start_week)]  # fmt: skip


def test_nobody_goes_in_the_last_week_or_after() -> None:
    network = network_of(CHAIN)
    week = int(reckon(network, Scenario(shocks=(STOP,), horizon_weeks=30)).answers.cash_out_week[1])
    for weeks, count in ((week + 1, 0), (week + 2, 1)):
        assert len(with_exits(network, Scenario(shocks=(STOP,), horizon_weeks=weeks)).shocks) == 1 + count
