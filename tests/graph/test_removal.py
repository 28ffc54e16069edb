"""What is saved without a shock or a link is what a run without its row says."""

import random
from typing import Any

import pytest

from graph.impact.explanation import explain, link_ends
from graph.impact.impact import Impact, reckon
from graph.impact.removal import removal
from tests.chains import random_chain, random_scenario
from tests.naive import run
from tests.naive_chain import TRADE, Row, Tables
from tests.networks import network_of, scenario_of


def named(row: Row) -> tuple[str, ...]:
    """What a link is called in an explanation."""
    default = {"SUPPLIES": "", "CARRIES_FOR": "delivery", "SELLS_THROUGH": f"goods:{row['source']}"}
    category = row["category"] or default[row["kind"]] if row["kind"] in TRADE else ""
    return row["source"], row["target"], row["kind"], category


def without(chain: Tables, link: tuple[str, ...]) -> Tables:
    """The tables without the row of a link."""
    return chain | {"links": [row for row in chain["links"] if named(row) != link]}


def lost(chain: Tables, question: dict[str, Any], company: str) -> float:
    return float(run(chain, question)["revenue_loss"][company])


def test_removals_are_runs_without() -> None:
    seen = 0
    for seed in range(40):
        rng = random.Random(seed)
        chain = random_chain(rng, 8, 18)
        question = random_scenario(rng, chain, shocks=2)
        network = network_of(chain)
        impact: Impact = reckon(network, scenario_of(question))
        place = int(impact.revenue_loss.argmax())
        company = network.ids[place]
        if impact.revenue_loss[place] <= 0:
            continue
        found = removal(impact, explain(impact, place), 3)
        scale = max(1.0, float(impact.revenue_loss[place]))
        for saved in found.shocks:
            rest = question | {"shocks": [s for n, s in enumerate(question["shocks"]) if n != saved.of]}
            expected = impact.revenue_loss[place] - lost(chain, rest, company)
            assert saved.amount == pytest.approx(expected, abs=1e-9 * scale)
        for saved in found.links:
            rest_of_chain = without(chain, tuple(link_ends(network, saved.of)))
            assert len(rest_of_chain["links"]) == len(chain["links"]) - 1
            expected = impact.revenue_loss[place] - lost(rest_of_chain, question, company)
            assert saved.amount == pytest.approx(expected, abs=1e-9 * scale)
            seen += 1
    assert seen > 20
