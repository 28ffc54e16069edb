"""What an answer hangs on, what it rests on, what other forms of the model say, and whether bands hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from graph.impact import sureness as gathered
from graph.impact import uncertainty
from graph.impact.calibration import AIMS, FIGURES, Calibration, Held, calibrate
from graph.impact.coefficients import Chain
from graph.impact.coverage import Coverage, coverage
from graph.impact.forms import forms
from graph.impact.impact import NEVER, reckon, time_to_survive
from graph.impact.kernels import SERIES
from graph.impact.sampling import sample
from graph.impact.sensitivity import chance_alone, sensitivities
from graph.impact.sureness import sureness
from graph.impact.uncertainty import Draws, draws, interval
from graph.network import Network
from graph.parameters import PARAMETERS
from graph.scenario import Outage, Scandal, Scenario
from tests.cases import row, tables
from tests.chains import chains, scenarios
from tests.graph.test_exits import UNSURE, WEAK
from tests.networks import network_of, scenario_of

# A supplier's only customer is a brand that sells to consumers; it has all that it makes from there.
FULL = {
    "criticality": 0.5,
    "substitutability": 0,
    "inventory_weeks": 0,
    "take_or_pay": 1,
    "share": 1,
    "seller_share": 1,
}
STOP = Scenario(shocks=(Outage("supplier", 0.8, 4),), horizon_weeks=8)


def chain(link: dict[str, object], **brand: object) -> Network:
    return network_of(
        tables(
            [
                row(id="brand", roles="brand", annual_revenue=520, **brand),
                row(id="supplier", roles="supplier", annual_revenue=52),
            ],
            row(source="supplier", target="brand", kind="SUPPLIES", annual_value=52, **link),
        )
    )


def test_a_loss_on_observed_figures_alone() -> None:
    impact = reckon(chain(FULL), STOP, flows=True)
    assert coverage(impact, impact.network.index["brand"]) == pytest.approx((1, 0, 0))
    assert coverage(impact, impact.network.index["supplier"]) == pytest.approx((1, 0, 0))


def test_coverage_by_hand() -> None:
    """The brand's loss comes over the link, from its revenue and four figures, two of them blank.

    The need share is inferred from the annual value, criticality and inventory were given.
    """
    link = {name: FULL[name] for name in ("criticality", "inventory_weeks")}
    impact = reckon(chain(link), STOP, flows=True)
    brand, supplier = (impact.network.index[name] for name in ("brand", "supplier"))
    # revenue, criticality and inventory observed; the share inferred; substitutability assumed
    assert coverage(impact, brand) == pytest.approx((3 / 5, 1 / 5, 1 / 5))
    # Its own stop on its own revenue, afterwards orders that the brand withholds: by thirds on its revenue,
    # its share (from the annual value) and what is taken or paid (blank).
    impact = reckon(impact.network, replace(STOP, parameters={"order_adjustment": 1.0}), flows=True)
    stopped, withheld = 4 * 0.8, float(impact.series["revenue_loss_share"][4:, supplier].sum())
    assert withheld > 0.3
    part = withheld / (stopped + withheld) / 3
    assert coverage(impact, supplier) == pytest.approx((1 - 2 * part, part, part))


def test_what_the_data_calls_assumed_or_inferred_is() -> None:
    impact = reckon(chain(FULL | {"assumed": "criticality", "inferred": "share"}), STOP, flows=True)
    assert coverage(impact, impact.network.index["brand"]) == pytest.approx((3 / 5, 1 / 5, 1 / 5))


def test_nothing_lost_rests_on_nothing() -> None:
    impact = reckon(chain(FULL), Scenario(), flows=True)
    assert coverage(impact) == Coverage(0, 0, 0)


PURSE = {"cash": 2, "fixed_cost_per_week": 4, "contribution_margin": 0.5}


@pytest.mark.parametrize("stock", [0, 4])
def test_when_it_happens_is_what_each_draw_says(stock: int) -> None:
    """With stock for four weeks nothing is missed before the supplier is back: it survives longer."""
    network = chain(FULL | {"inventory_weeks": stock}, **PURSE, confidence=0.9)
    impact = reckon(network, replace(STOP, horizon_weeks=20))
    brand, sure = network.index["brand"], sureness(impact, 24, company="brand")
    taken = sample(impact, 24)
    each = [reckon(*taken.draw(k)).answers for k in range(24)]
    survives = [int(answers.time_to_survive[brand]) for answers in each]
    assert sure.survives is not None
    assert sure.survives.default == impact.answers.time_to_survive[brand]
    assert sure.survives.band.p50 == interval(np.array(survives, float)).p50
    assert min(survives) > stock
    for name in ("first_week", "recovery_week", "cash_out_week"):
        weeks = np.array([getattr(answers, name)[brand] for answers in each], float)
        comes = weeks != NEVER
        when = sure.when(name, brand)
        if name == "recovery_week" and stock:
            assert np.isnan([when.default, *when.band, when.chance]).all(), "it lost nothing"
            continue
        assert when.chance == comes.mean()
        for found, expected in zip(when.band, interval(np.where(comes, weeks, np.inf)), strict=True):
            assert found == expected, name
    gone = sure.when("cash_out_week")
    assert (0 < gone.chance[brand] < 1) == (stock == 0), (
        "with .7 to .95 of the part missing it burns 3 in 4 weeks"
    )
    assert np.isnan(gone.default[network.index["supplier"]]), "nobody knows its cash"


def test_recovery_is_told_of_the_draws_with_a_loss_to_recover_from() -> None:
    """Of two brands one loses in a half of the draws and never recovers in those, one recovers in some."""
    network = network_of(UNSURE)
    impact = reckon(network, WEAK)
    sure, taken = sureness(impact, 32), sample(impact, 32)
    each = [reckon(*taken.draw(k)).answers for k in range(32)]
    first = np.array([answers.first_week for answers in each])
    over = np.where(first == NEVER, np.nan, [answers.recovery_week for answers in each])
    when = sure.when("recovery_week")
    for i, company in enumerate(network.ids):
        lost = over[~np.isnan(over[:, i]), i]
        assert when.chance[i] == (lost != NEVER).mean()
        expected = interval(np.where(lost == NEVER, np.inf, lost))
        assert [band[i] for band in when.band] == [float(p) for p in expected], company
    second, brand = (network.index[id] for id in ("second", "brand"))
    assert 0 < sure.when("first_week").chance[second] < 1
    assert when.chance[second] == 0
    assert 0 < when.chance[brand] < 1


def test_what_never_comes_is_later_than_all_else() -> None:
    network = chain(FULL, **PURSE)
    when = sureness(reckon(network, STOP), 64).when("cash_out_week", network.index["brand"])
    assert when.band.p5 < when.band.p50 < np.inf
    assert when.band.p95 == np.inf
    assert 0.5 < when.chance < 0.95


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_coverage_is_whole_on_random_chains(data: st.DataObject) -> None:
    tables_ = data.draw(chains())
    impact = reckon(network_of(tables_), scenario_of(data.draw(scenarios(tables_))), flows=True)
    for company, lost in ((None, impact.value_added_loss), (0, float(impact.revenue_loss[0]))):
        found = coverage(impact, company)
        assert all(-1e-12 <= share <= 1 + 1e-12 for share in found)
        assert sum(found) == pytest.approx(1.0 if lost > 0 else 0.0)


def test_what_an_answer_hangs_on() -> None:
    """The brand loses by how much of the part is missing, how critical it is, and by nothing of the news."""
    link = {name: FULL[name] for name in ("inventory_weeks", "take_or_pay")}
    scenario = replace(STOP, parameters={"purchases_share": 0.5})
    drawn = draws(chain(link), scenario, 128)
    found = sensitivities(drawn, drawn.revenue_loss[:, 0])
    named = {s.input.name: s for s in found}
    assert [s.input.name for s in found if s.clear][:2] == ["criticality", "shocks.0.severity"]
    assert named["criticality"].correlation > 0.7
    assert named["shocks.0.severity"].correlation > 0
    assert not named["reputation_gain"].clear
    strengths = [abs(s.correlation) for s in found]
    assert strengths == sorted(strengths, reverse=True)


def test_what_only_moves_along_with_what_matters_is_not_clear() -> None:
    """Of Sobol points in fifty dimensions some pairs move together; a figure of two inputs hangs on two."""
    wrong = 0
    for seed in range(20):
        drawn = draws(chain(FULL), replace(STOP, seed=seed, horizon_weeks=1), 64)
        one, other = (np.argsort(np.argsort(drawn.points[:, i])) for i in (3, 10))
        found = sensitivities(drawn, one + 0.5 * other)
        names = {s.input.name for s in found if s.clear}
        assert drawn.inputs[3].name in names
        wrong += bool(names - {drawn.inputs[i].name for i in (3, 10)})
    assert wrong <= 4  # 1 is expected


def test_rank_correlation_by_hand() -> None:
    drawn = draws(chain(FULL), STOP, 8)
    one = np.argsort(np.argsort(drawn.points[:, 0])).astype(float)
    found = {s.input.name: s.correlation for s in sensitivities(drawn, np.exp(one))}
    assert found[drawn.inputs[0].name] == pytest.approx(1.0)
    found = {s.input.name: s.correlation for s in sensitivities(drawn, -one)}
    assert found[drawn.inputs[0].name] == pytest.approx(-1.0)
    assert all(s.correlation == 0 and not s.clear for s in sensitivities(drawn, np.ones(8)))


def test_chance_alone_by_hand() -> None:
    """One input: the 97.5 % point of the normal over the root of n - 1; more inputs, a higher bound."""
    assert chance_alone(101, 1) == pytest.approx(0.1959964, abs=1e-6)
    assert chance_alone(101, 50) > 0.3


def test_other_forms_are_runs_of_their_own() -> None:
    network = chain({"criticality": 0.5})
    scenario = Scenario(shocks=(Outage("supplier", 0.8, 4), Scandal("brand", 0.5)), horizon_weeks=20)
    found = {form.name: form for form in forms(reckon(network, scenario))}

    def with_(**parameters: float) -> float:
        return reckon(network, replace(scenario, parameters=parameters)).value_added_loss

    assert found["feedback"].value_added_loss == with_(feedback=1.0)
    assert found["orders"].value_added_loss == with_(order_adjustment=0.0)
    assert found["search"].value_added_loss == with_(search_threshold=1.0)
    assert found["severance"].value_added_loss == with_(severance_rate=0.0)
    assert found["dealers"].value_added_loss == with_(), "there is no dealer"
    fed = replace(scenario, parameters={"feedback": 1.0})
    assert forms(reckon(network, fed))[0].value_added_loss == with_(feedback=0.0)


def test_dealers_that_take_all_leave_their_brand_unharmed_by_them() -> None:
    companies = [
        row(id="brand", roles="brand", annual_revenue=100, consumer_share=0),
        row(id="shop", roles="dealer", annual_revenue=120),
    ]
    network = network_of(
        tables(companies, row(source="brand", target="shop", kind="SELLS_THROUGH", seller_share=1))
    )
    impact = reckon(network, Scenario(shocks=(Outage("shop", 1.0, 4),), horizon_weeks=10))
    dealers = {form.name: form for form in forms(impact)}["dealers"]
    assert impact.revenue_loss[0] > 0
    assert dealers.revenue_loss[0] == 0


def test_sureness_is_about_who_loses_most_or_who_was_asked_about() -> None:
    impact = reckon(chain(FULL), STOP, flows=True)
    assert sureness(impact, 4).company == int(np.argmax(impact.revenue_loss))
    asked = sureness(impact, 4, company="supplier")
    assert set(asked.hangs_on) == {"value_added_loss", "revenue_loss.supplier"}
    assert asked.coverage is not None
    nothing = sureness(reckon(chain(FULL), Scenario()), 4)
    assert nothing.company is None
    assert nothing.courses == {}
    assert nothing.coverage is None


def test_the_time_to_survive_is_found_once_at_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """And once in each draw: with exits it takes many runs."""
    asked: list[Scenario] = []

    def counted(chain: Chain, scenario: Scenario, *how: Any) -> NDArray[np.int64]:
        asked.append(scenario)
        return time_to_survive(chain, scenario, *how)

    monkeypatch.setattr(gathered, "time_to_survive", counted)
    impact = reckon(chain(FULL), STOP)
    found = sureness(impact, 4)
    assert asked.count(impact.scenario) == 1
    assert len(asked) == 1 + 4
    assert found.survives is not None
    assert found.survives.default == impact.answers.time_to_survive[found.company]


ALL_CHANNELS = Scenario(
    shocks=(Outage("supplier", 0.8, 4), Scandal("brand", 0.9), Scandal("supplier", 0.5)), horizon_weeks=12
)


@pytest.mark.parametrize(
    ("company", "moving"),
    [
        ("brand", SERIES[: SERIES.index("associated")]),
        ("supplier", ("output_loss", "demand_loss", "associated")),
    ],
)
def test_every_series_of_a_company_has_the_percentiles_of_single_runs(
    company: str, moving: tuple[str, ...]
) -> None:
    """Each draw's parameters run by hand, one by one; 19 draws in order are P5, P10, … themselves."""
    network = chain({"criticality": 0.5})
    place = network.index[company]
    sure = sureness(reckon(network, ALL_CHANNELS), 19, company=company)
    assert tuple(sure.courses) == SERIES
    taken = sample(sure.drawn.central, 19)
    runs = [reckon(*taken.draw(number)).series for number in range(19)]
    for name, band in sure.courses.items():
        ordered = np.sort([run[name][:, place] for run in runs], axis=0)
        for found, at in zip(band, (0, 1, 9, 17, 18), strict=True):
            assert found == pytest.approx(ordered[at], abs=1e-7), name
    assert all(sure.courses[name].p95.any() for name in moving)


def test_the_share_lost_has_one_band_whatever_is_asked() -> None:
    sure = sureness(reckon(chain({}), ALL_CHANNELS), 32)
    assert sure.company is not None
    everyone = sure.drawn.weekly_interval(sure.company, sure.company + 1)
    for one, other in zip(sure.courses["revenue_loss_share"], everyone, strict=True):
        assert one.tolist() == other[:, 0].tolist()


def test_bands_of_series_are_the_same_on_any_number_of_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    impact, found = reckon(chain({}), ALL_CHANNELS), []
    for count in (1, 3):
        monkeypatch.setattr(uncertainty, "workers", lambda network, count=count: count)
        found.append(sureness(impact, 24, weekly=False).courses)
    assert found[0].keys() == found[1].keys()
    for name, band in found[0].items():
        assert np.stack(band).tobytes() == np.stack(found[1][name]).tobytes(), name


def test_the_worked_example_of_the_document() -> None:
    link = {name: FULL[name] for name in ("criticality", "inventory_weeks", "share")}
    week = Scenario(shocks=(Outage("supplier", 0.8, 1),), horizon_weeks=2)
    impact = reckon(chain(link), week, flows=True)
    brand = impact.network.index["brand"]
    assert impact.revenue_loss[brand] == pytest.approx(4.0)
    sure = sureness(impact, 256)
    band = interval(sure.drawn.revenue_loss[:, brand])
    assert [float(v) for v in band[1:4]] == pytest.approx([3.59, 4.0, 4.41], abs=0.02)
    assert coverage(impact, brand) == pytest.approx((0.8, 0.0, 0.2))
    first = sensitivities(sure.drawn, sure.drawn.revenue_loss[:, brand])[0]
    assert (first.input.name, first.correlation) == ("shocks.0.severity", pytest.approx(1.0))


@pytest.fixture(scope="module")
def small() -> Calibration:
    return calibrate(12, 30, 64, seed=1)


def test_bands_hold(small: Calibration) -> None:
    """A small calibration; the bounds are those of the bands, wider by two standard errors."""
    assert {(h.figure, h.percent) for h in small.held} == {(f, level) for f in FIGURES for level in AIMS}
    for held in small.held:
        low, high = AIMS[held.percent]
        assert low - 2 * held.error <= held.share <= high + 2 * held.error, held
        assert held.truths >= 250, held
        assert held.error < 0.05, held
    for figure, counts in small.places.items():
        level = next(h for h in small.held if h.figure == figure)
        assert counts.sum() == level.truths


def test_a_band_that_is_too_narrow_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws that know the parameters, where the truths do not."""
    fixed = {name: p.default for name, p in PARAMETERS.items()}
    known = draws

    def sure_of_itself(network: Network, scenario: Scenario, count: int, *, weekly: bool) -> Draws:
        found = known(network, replace(scenario, parameters=fixed), count, weekly=weekly)
        return replace(found, central=reckon(network, scenario))

    monkeypatch.setattr("graph.impact.calibration.draws", sure_of_itself)
    found = {(h.figure, h.percent): h for h in calibrate(5, 20, 32).held}
    assert not found["value_added_loss", 80].holds
    assert found["value_added_loss", 80].share < 0.6
    assert not found["value_added_loss", 80].unclear


@pytest.mark.parametrize(
    ("truths", "inside", "error", "holds", "unclear"),
    [
        (16, 13, 0.05, True, False),
        (12, 11, 0.0, False, True),  # 92 % of twelve may be chance, though no chain differs from another
        (1200, 1100, 0.005, False, False),
        (1200, 1100, 0.04, False, True),  # of few chains, whose truths go together
        (12, 3, 0.02, False, False),
    ],
)
def test_few_truths_leave_it_open(truths: int, inside: int, error: float, holds: bool, unclear: bool) -> None:
    found = Held("value_added_loss", 80, truths, inside, error)
    assert (found.holds, found.unclear) == (holds, unclear)


def test_calibration_gives_the_same_again() -> None:
    assert calibrate(3, 5, 16).held == calibrate(3, 5, 16).held
    assert calibrate(3, 5, 16).held != calibrate(3, 5, 16, seed=9).held
