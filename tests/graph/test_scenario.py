"""Scenarios and parameters: their courses by hand, and what is refused."""

import numpy as np
import pytest

from graph.errors import ScenarioError
from graph.parameters import PARAMETERS, parameters
from graph.scenario import DirectCost, Outage, Scandal, Scenario


def test_courses_of_an_outage() -> None:
    step = Outage("a", 0.8, 2, start_week=1)
    assert step.course(5).tolist() == [0, 0.8, 0.8, 0, 0]
    linear = Outage("a", 0.8, 1, recovery="linear", recovery_weeks=3)
    assert linear.course(6) == pytest.approx([0.8, 0.6, 0.4, 0.2, 0, 0])
    exponential = Outage("a", 0.8, 1, recovery="exponential", recovery_weeks=1)
    assert exponential.course(4) == pytest.approx([0.8, 0.4, 0.2, 0.1])
    assert Outage("a", 0.8, 1, recovery="linear").course(3).tolist() == [0.8, 0, 0]


def test_course_of_a_scandal() -> None:
    p = parameters({})
    course = Scandal("a", 0.5, 0.7, victims="third_parties", reach="regional", start_week=1).course(3, p)
    size = 0.5 * 0.7 * 0.05 * 0.6
    assert course == pytest.approx([0, size, size * (0.9 * 0.5 + 0.1 * 2 ** (-1 / 8))])
    slow = Scandal("a", 0.5, start_week=1).course(3, parameters({"attention_rise_half_life": 1.0}))
    assert slow == pytest.approx([0, 0.35 * 0.5, 0.35 * (0.9 * 0.5 + 0.1 * 2 ** (-1 / 8)) * 0.75])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Outage("a", 1.1, 1), "severity"),
        (lambda: Outage("a", float("nan"), 1), "severity"),
        (lambda: Outage("a", 1.0, -1), "duration_weeks"),
        (lambda: Outage("a", 1.0, 1, recovery="slow"), "recovery"),
        (lambda: Scandal("a", -0.1), "harm"),
        (lambda: Scandal("a", 0.1, victims="dogs"), "victims"),
        (lambda: DirectCost("a", float("inf")), "amount"),
        (lambda: Scenario(horizon_weeks=0), "horizon_weeks"),
        (lambda: Scenario(horizon_weeks=10**9), "horizon_weeks"),
        (lambda: Scenario(as_of="yesterday"), "as_of"),
        (lambda: Scenario(parameters={"touch": 1.5}), "parameters.touch"),
        (lambda: Scenario(parameters={"reputation_half_life": 0}), "parameters.reputation_half_life"),
        (lambda: Scenario(parameters={"touch": float("nan")}), "parameters.touch"),
    ],
)
def test_what_is_wrong_is_named(make: object, field: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.field == field
    assert caught.value.remedy


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(ScenarioError) as caught:
        parameters({"reputation_gane": 0.1})
    assert "reputation_gain" in caught.value.remedy


def test_every_default_lies_in_its_ranges() -> None:
    for p in PARAMETERS.values():
        parameters({p.name: p.default})
        if p.prior:
            assert p.low <= p.prior[0] <= p.default <= p.prior[1] <= p.high


def test_endless_outages_last() -> None:
    scenario = Scenario(shocks=(Outage("a", 1.0, 2, start_week=3), Scandal("b", 0.5)), horizon_weeks=8)
    outage, scandal = scenario.endless().shocks
    assert np.all(outage.course(8)[3:] == 1)  # type: ignore[union-attr, call-arg]
    assert scandal == scenario.shocks[1]
