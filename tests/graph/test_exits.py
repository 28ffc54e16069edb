"""Exits: who runs out of cash goes, and may bring down the next; every run finds them anew."""

import random
from dataclasses import replace

import numpy as np
import pytest

from graph.impact import costs, uncertainty
from graph.impact.coefficients import Chain
from graph.impact.costs import cash_out_week
from graph.impact.exits import most_runs
from graph.impact.explanation import explain, link_ends
from graph.impact.forms import forms
from graph.impact.impact import NEVER, Impact, reckon, time_to_survive
from graph.impact.removal import removal
from graph.impact.sampling import sample
from graph.impact.uncertainty import Draws, draws
from graph.network import Floats, Network
from graph.scenario import Boycott, Exit, Outage, Scandal, Scenario, Shock
from tests.cases import row, tables
from tests.chains import random_chain, random_scenario
from tests.naive_chain import Tables
from tests.networks import network_of, scenario_of

POOR = {"annual_revenue": 52, "fixed_cost_per_week": 0.5, "contribution_margin": 0.6}
CHAIN = tables(
    [
        row(id="mine", roles="supplier", cash=4, **POOR),
        row(id="cells", roles="supplier", cash=1, **POOR),
        row(id="brand", roles="brand", annual_revenue=104, market="cars"),
    ],
    row(source="mine", target="cells", kind="SUPPLIES", category="ore", annual_value=52),
    row(source="cells", target="brand", kind="SUPPLIES", category="cells", annual_value=52),
)
STOP = Outage("brand", 1.0, 8)
ASKED = Scenario(shocks=(STOP,), horizon_weeks=30, exits=True)
# The cells' maker sells to a second brand too, which nothing else harms; what it has in cash is not sure.
UNSURE = tables(
    [
        row(id="mine", roles="supplier", cash=2, **POOR),
        row(id="cells", roles="supplier", cash=0.6, confidence=0.7, **POOR),
        row(id="brand", roles="brand", annual_revenue=104, market="cars", cash=7, fixed_cost_per_week=1,
            contribution_margin=0.5),
        row(id="second", roles="brand", annual_revenue=104, market="cars"),
    ],
    row(source="mine", target="cells", kind="SUPPLIES", category="ore", annual_value=52),
    row(source="cells", target="brand", kind="SUPPLIES", category="cells", annual_value=44,
        criticality=0.1),
    row(source="cells", target="second", kind="SUPPLIES", category="cells", annual_value=8),
    row(source="brand", target="second", kind="COMPETES_WITH"),
)  # fmt: skip
WEAK = Scenario(shocks=(Outage("brand", 0.6, 8, severity_range=(0.2, 1.0)),), horizon_weeks=30, exits=True)


def by_hand(network: Network, scenario: Scenario) -> tuple[Impact, dict[str, int]]:
    """Run a question, stop whoever is first out of cash by it, run that: by shocks that anybody may write."""
    asked, weeks = replace(scenario, exits=False), scenario.horizon_weeks
    quiet = reckon(network, replace(asked, shocks=())).answers.cash_out_week
    gone: dict[str, int] = {}
    while True:
        impact = reckon(network, asked)
        out = impact.answers.cash_out_week
        sooner = (out != NEVER) & ((quiet == NEVER) | (out < quiet))
        found = {network.ids[i]: int(out[i]) + 1 for i in np.flatnonzero(sooner)}
        found = {company: week for company, week in found.items() if company not in gone}
        first = min(found.values(), default=weeks)
        if first >= weeks:
            return impact, gone
        for company in (company for company, week in found.items() if week == first):
            gone[company] = first
            new: list[Shock] = [Outage(company, 1.0, weeks - first, start_week=first)]
            if impact.chain.coefficients.final_share[network.index[company]] > 0:
                new.append(Boycott(company, 1.0, first))
            asked = replace(asked, shocks=(*asked.shocks, *new))


def weeks_of(impact: Impact) -> dict[str, int]:
    return {gone.company: gone.start_week for gone in impact.exits}


def agree(found: Impact, expected: tuple[Impact, dict[str, int]]) -> None:
    """The same to the bit."""
    impact, gone = expected
    assert weeks_of(found) == gone
    assert found.value_added_loss == impact.value_added_loss
    assert found.revenue_loss.tolist() == impact.revenue_loss.tolist()
    assert found.rival_gain.tolist() == impact.rival_gain.tolist()


def test_one_brings_down_the_next() -> None:
    """The cells' maker lives 5 weeks with few orders; the mine would have lived on."""
    network = network_of(CHAIN)
    found = reckon(network, ASKED)
    assert [gone.company for gone in found.exits] == ["cells", "mine"]
    assert found.exits[0].start_week < found.exits[1].start_week
    agree(found, by_hand(network, ASKED))
    alone = reckon(network, replace(ASKED, exits=False))
    assert alone.answers.cash_out_week[network.index["mine"]] == NEVER
    assert alone.exits == ()
    assert found.value_added_loss > alone.value_added_loss


def test_on_random_chains() -> None:
    """With every kind of link and shock: the run by hand, and a division that adds up with the exits."""
    exits = with_customers = 0
    for seed in range(40):
        rng = random.Random(seed)
        chain = random_chain(rng, rng.randint(3, 9), rng.randint(4, 20))
        for each in chain["companies"]:
            revenue = float(each.get("annual_revenue") or 52) / 52
            purse = {"cash": revenue * rng.random(), "fixed_cost_per_week": revenue / 2}
            each.update(row(**purse, contribution_margin=0.6))
        network = network_of(chain)
        asked = replace(scenario_of(random_scenario(rng, chain, shocks=2)), exits=True)
        found = reckon(network, asked)
        agree(found, by_hand(network, asked))
        division = explain(found, None)
        assert division.by_shock.sum() == pytest.approx(found.value_added_loss, rel=1e-9, abs=1e-12)
        assert len(division.by_shock) == len(asked.shocks) + len(found.exits)
        exits += len(found.exits)
        with_customers += sum(s.shock >= len(asked.shocks) for s in found.trajectory.leaving.sources)
    assert exits > with_customers > 5


def test_the_question_stays_as_it_was_asked() -> None:
    found = reckon(network_of(CHAIN), ASKED)
    assert found.scenario is ASKED
    assert found.settled.shocks == (STOP, *found.exits)
    agree(reckon(found.network, found.settled), (found, {}))


def test_progress_goes_through_the_weeks() -> None:
    seen: list[tuple[int, int]] = []
    found = reckon(network_of(CHAIN), ASKED, progress=lambda *done: seen.append(done))
    assert seen == [(week, 30) for week in (*(gone.start_week for gone in found.exits), 30)]


def test_who_sells_to_customers_loses_them_to_rivals() -> None:
    network, asked = network_of(UNSURE), Scenario(shocks=(STOP,), horizon_weeks=30, exits=True)
    found = reckon(network, asked)
    agree(found, by_hand(network, asked))
    assert {"brand", "cells"} <= weeks_of(found).keys()
    assert found.rival_gain[network.index["second"]] > 0
    moved = {source.shock: network.ids[source.whose] for source in found.trajectory.leaving.sources}
    assert moved == {1 + list(weeks_of(found)).index("brand"): "brand"}, "the cells' maker has no customers"


def test_nobody_goes_in_the_last_week_or_after() -> None:
    network = network_of(CHAIN)
    week = int(reckon(network, replace(ASKED, exits=False)).answers.cash_out_week[1])
    for weeks, count in ((week + 1, 0), (week + 2, 1)):
        assert len(reckon(network, replace(ASKED, horizon_weeks=weeks)).exits) == count


def test_the_course_without_loss_is_reckoned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs it takes to find who goes, and for the notice; not at all where nobody asks."""
    network, losses = network_of(CHAIN), list[Floats]()

    def counted(chain: Chain, loss: Floats, weekly_revenue: Floats) -> Floats:
        losses.append(loss.copy())
        return cash_out_week(chain, loss, weekly_revenue)

    monkeypatch.setattr(costs, "cash_out_week", counted)
    found = reckon(network, ASKED)
    assert len(losses) == 1 + (1 + len(found.exits)) + 1, "without loss, in each run, of what came out"
    assert sum(not loss.any() for loss in losses) == 1
    plain = reckon(network, replace(ASKED, exits=False))
    losses.clear()
    brief = replace(plain.scenario, shocks=(Outage("brand", 0.005, 1),))
    loss = plain.trajectory.series["revenue_loss_share"] * 0.0
    time_to_survive(plain.chain, brief, plain.parameters, loss)
    assert not losses


def test_runs_are_bounded_by_those_that_can_go() -> None:
    network = network_of(CHAIN)
    assert most_runs(network, replace(ASKED, exits=False)) == 1
    assert most_runs(network, ASKED) == 3 == 1 + len(reckon(network, ASKED).exits)
    assert most_runs(network, replace(ASKED, horizon_weeks=2)) == 2


def test_time_to_survive_finds_exits_anew() -> None:
    """A second brand loses its cells once their maker goes: sooner, where the outage never ends."""
    network, brief = network_of(UNSURE), replace(WEAK, shocks=(Outage("brand", 0.75, 1),))
    found, place = reckon(network, brief), network.index["second"]
    assert found.exits == ()
    assert found.answers.first_week[place] == NEVER
    lasting = reckon(network, brief.endless())
    assert lasting.exits
    assert found.answers.time_to_survive[place] == lasting.answers.first_week[place] != NEVER


# -- draws --------------------------------------------------------------------------------------------


def test_each_draw_finds_its_own_exits() -> None:
    network = network_of(UNSURE)
    found = draws(network, WEAK, 32, weekly=True)
    central, taken = found.central, sample(found.central, 32)
    seen = set()
    for number in range(32):
        expected, gone = by_hand(*taken.draw(number))
        seen.add(tuple(gone.items()))
        assert found.figures["value_added_loss"][number] == expected.value_added_loss
        assert found.revenue_loss[number].tolist() == expected.revenue_loss.tolist()
        assert found.rival_gain[number].tolist() == expected.rival_gain.tolist()
        weeks = [gone.get(company, np.inf) for company in network.ids]
        assert found.exit_week[number].tolist() == weeks
    assert weeks_of(central).keys() == {"cells", "mine"}
    companies = {tuple(sorted(company for company, _ in gone)) for gone in seen}
    assert {(), ("brand", "cells", "mine")} < companies, "some keep their cash, in some others lose theirs"
    assert len(seen) > len(companies), "and not in the same week"
    chances = {network.ids[i]: chance for i, chance in found.exit_chances().items()}
    assert chances == {
        company: np.isfinite(found.exit_week[:, network.index[company]]).mean() for company in chances
    }
    assert 0 < chances["brand"] < chances["cells"] < 1


def test_draws_with_exits_are_the_same_bytes_on_any_number_of_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[Draws] = []
    for count in (1, 2, 5):
        monkeypatch.setattr(uncertainty, "workers", lambda network, count=count: count)
        found.append(draws(network_of(UNSURE), WEAK, 21, weekly=True))
    for other in found[1:]:
        for name in ("points", "revenue_loss", "rival_gain", "exit_week", "course", "weekly"):
            assert getattr(other, name).tobytes() == getattr(found[0], name).tobytes(), name


def test_exits_are_no_unsure_shocks_and_the_purse_is_unsure() -> None:
    network = network_of(UNSURE)
    drawn = draws(network, WEAK, 8)
    shocks = [each.name for each in drawn.inputs if each.name.startswith("shocks.")]
    assert drawn.central.exits
    assert shocks == ["shocks.0.severity"]
    about_purse = {each.name for each in drawn.inputs if each.about == ("cells",)}
    purse = {"companies.cash", "companies.fixed_cost_per_week", "companies.contribution_margin"}
    assert about_purse == {"companies.annual_revenue", *purse}


def test_without_exits_a_draw_knows_none() -> None:
    drawn = draws(network_of(UNSURE), replace(WEAK, exits=False), 4)
    assert drawn.exit_week.shape == (4, 0)
    assert drawn.exit_chances() == {}


def test_without_exits_no_loss_hangs_on_the_purse_which_is_drawn_all_the_same() -> None:
    """It would take the place of figures that matter, and raise what the others have to pass."""
    network = network_of(UNSURE)
    taken = sample(reckon(network, replace(WEAK, exits=False)), 8)
    about = [each.name for each in taken.inputs if each.about == ("cells",)]
    assert about == ["companies.annual_revenue"]
    place = network.index["cells"]
    for name in ("cash", "fixed_cost_per_week", "contribution_margin"):
        drawn = {float(taken.draw(number)[0].numbers[name][place]) for number in range(8)}
        assert len(drawn) == 8, name


# -- other runs of the same question ------------------------------------------------------------------


def test_without_its_only_shock_nobody_fails() -> None:
    network = network_of(UNSURE)
    found = reckon(network, WEAK)
    fixed = reckon(network, replace(WEAK, exits=False)).value_added_loss
    (saved,) = removal(found, explain(found, None), 3).shocks
    assert saved.of == 0
    assert saved.amount == pytest.approx(found.value_added_loss, rel=1e-12)
    assert saved.amount > 1.2 * fixed, "and what the exits cost with it"


def test_who_loses_by_an_exit_alone_is_spared_by_removing_what_brought_it() -> None:
    network = network_of(UNSURE)
    found, place = reckon(network, WEAK), network.index["second"]
    division = explain(found, place)
    cells = 1 + [gone.company for gone in found.exits].index("cells")
    assert division.by_shock[0] == 0.0
    assert division.by_shock[cells] == pytest.approx(found.revenue_loss[place]) != 0.0
    assert len(division.by_shock) == 1 + len(found.exits)
    assert {path.shock for path in division.paths} == {cells}
    (saved,) = removal(found, division, 3).shocks
    assert (saved.of, saved.amount) == (0, pytest.approx(found.revenue_loss[place]))


def test_removals_find_exits_anew() -> None:
    """Of two shocks and of each link: the loss less that of a run by hand without it."""
    scandal = Scandal("second", 0.5)
    asked = replace(WEAK, shocks=(*WEAK.shocks, scandal))
    network = network_of(UNSURE)
    found = reckon(network, asked)
    saved = removal(found, explain(found, None), 9)
    assert {each.of for each in saved.shocks} == {0, 1}
    for each in saved.shocks:
        rest, _ = by_hand(network, replace(asked, shocks=(asked.shocks[1 - each.of],)))
        assert each.amount == pytest.approx(found.value_added_loss - rest.value_added_loss, abs=1e-12)
    rows = {(r["source"], r["target"]): r for r in UNSURE["links"]}
    assert saved.links
    for each in saved.links:
        ends = link_ends(network, each.of)[:2]
        rest_of_chain: Tables = UNSURE | {"links": [r for r in UNSURE["links"] if r is not rows[ends]]}
        rest, _ = by_hand(network_of(rest_of_chain), asked)
        assert each.amount == pytest.approx(found.value_added_loss - rest.value_added_loss, abs=1e-12)


def test_other_forms_find_exits_anew() -> None:
    network = network_of(UNSURE)
    found = {form.name: form for form in forms(reckon(network, WEAK))}
    changes = {
        "feedback": {"feedback": 1.0},
        "orders": {"order_adjustment": 0.0},
        "dealers": {},  # there are none
        "search": {"search_threshold": 1.0},
        "severance": {"severance_rate": 0.0},
    }
    assert found.keys() == changes.keys()
    for name, parameters in changes.items():
        expected, gone = by_hand(network, replace(WEAK, parameters=parameters))
        assert found[name].value_added_loss == expected.value_added_loss, name
        assert found[name].revenue_loss.tolist() == expected.revenue_loss.tolist(), name
        assert ("cells" in gone) == (name != "orders"), "nobody withholds orders, so the cells' maker lives"


def test_an_exit_is_for_good() -> None:
    assert Exit("a", 2).course(4).tolist() == [0, 0, 1, 1]
    lasting = Scenario(shocks=(Exit("a", 2),), horizon_weeks=9)
    assert lasting.endless() == lasting
