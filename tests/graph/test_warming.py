"""After the engine was compiled ahead, no question compiles anything."""

import random
import subprocess
import sys

import pytest

from graph import warming
from graph.impact import kernels, propagation, standard, sweeps, systemic, systemic_kernels
from graph.impact.criticality import Question, rank
from graph.impact.explanation import explain
from graph.impact.impact import reckon
from tests.chains import random_chain, random_scenario
from tests.conftest import CHECKOUT
from tests.networks import network_of, scenario_of

# What Python calls: all others are compiled into these.
DOORS = (
    *(kernels.week, kernels.begin, kernels.sever, kernels.blame, kernels.react, kernels.losses),
    *(kernels.withhold, kernels.shortages, sweeps._back, standard._run, systemic_kernels.indices),
)


def test_no_question_asks_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and arrays come to a kernel in one layout, or it would be compiled for each."""
    warming.compile_engine()
    for seed in range(8):
        rng = random.Random(seed)
        tables = random_chain(rng, rng.randint(2, 12), rng.randint(0, 40))
        network = network_of(tables)
        scenario = scenario_of(random_scenario(rng, tables, customers=True))
        explain(reckon(network, scenario, flows=True), None)
        explain(reckon(network, scenario), 0)
        rank(network, Question(horizon_weeks=3))
        systemic.systemic(network, systemic.Question())
        monkeypatch.setattr(propagation, "LARGE", 0)
        reckon(network, scenario, flows=True)
        monkeypatch.undo()
    assert {door.__name__: len(door.signatures) for door in DOORS} == {d.__name__: 1 for d in DOORS}
    # Where nothing is in memory yet, by the files alone.
    asked = "from graph import warming; raise SystemExit(not warming.compiled())"
    assert subprocess.run([sys.executable, "-c", asked], cwd=CHECKOUT, check=False).returncode == 0
