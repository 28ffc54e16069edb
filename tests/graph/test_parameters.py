"""The ends of what parameters may be: nothing overflows there, and what lies beyond is refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ScenarioError
from graph.impact.explanation import explain
from graph.impact.impact import reckon
from graph.parameters import PARAMETERS, Parameter, parameters
from tests.chains import chains, scenarios
from tests.networks import network_of, scenario_of


def lowest(p: Parameter) -> float:
    return sys.float_info.min if p.above else p.low


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("value", [1e308, -1e308, -1e-300])
def test_what_lies_beyond_is_refused_with_the_range(name: str, value: float) -> None:
    with pytest.raises(ScenarioError) as error:
        parameters({name: value})
    assert f"{PARAMETERS[name].high:g}" in error.value.remedy


@pytest.mark.filterwarnings("error")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_end_of_a_range_overflows(data: st.DataObject) -> None:
    chain = data.draw(chains())
    asked = data.draw(scenarios(chain, customers=True))
    ends = {name: st.sampled_from([lowest(p), p.default, p.high]) for name, p in PARAMETERS.items()}
    impact = reckon(
        network_of(chain), scenario_of(asked | {"parameters": data.draw(st.fixed_dictionaries(ends))})
    )
    for name, series in impact.series.items():
        assert ((series >= 0.0) & (series <= 1.0)).all(), name
    for money in (impact.revenue_loss, impact.rival_gain, impact.answers.replacement_cost,
                  impact.answers.rematching_cost):  # fmt: skip
        assert np.isfinite(money).all()
    explain(impact, None)
