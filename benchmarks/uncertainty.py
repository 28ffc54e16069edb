"""Draws: 256 of a chain of 50,000 links over a year, beside plain runs of the same on one thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.chains import facts_in_store
from benchmarks.measure import Line, once
from graph.impact.impact import WEEKS_A_YEAR, reckon
from graph.impact.sampling import sample
from graph.impact.sureness import sureness
from graph.impact.uncertainty import Draws, draws, interval, workers
from graph.network import Network, compile_network
from graph.scenario import Outage, Scandal, Scenario

COMPANIES, LINKS, DRAWS = 10_000, 50_000, 256
PLAIN = 16  # draws that are run one after the other


def run() -> Iterator[Line]:
    """The lines of this benchmark."""
    with facts_in_store(COMPANIES, LINKS) as store:
        network = compile_network(store)
    scenario = Scenario(shocks=(Outage("c0000000", 1.0, 4), Scandal("c0000003", 0.7)), horizon_weeks=52)
    taken = sample(reckon(network, scenario), PLAIN)

    def plainly() -> None:
        for number in range(PLAIN):
            reckon(*taken.draw(number))

    def bands(found: Draws) -> None:
        interval(found.revenue_loss)
        for block in found.blocks():
            found.weekly_interval(*block)

    draws(network, replace(scenario, horizon_weeks=2), 2)
    plain = once(plainly) / PLAIN
    began = time.process_time()
    found = []
    seconds = once(lambda: found.append(draws(network, scenario, DRAWS, weekly=True)))
    busy = time.process_time() - began
    sorting = once(lambda: bands(found[0]))
    yield Line(
        f"{DRAWS} draws, {LINKS:,} links, 52 weeks",
        f"{seconds:.1f} s, {busy:.1f} s of processors",
        "< 30 s on two cores",
        f"{DRAWS * plain / seconds:.1f}× one after the other; {workers(network)} at once",
    )
    yield Line("… all bands of all companies and weeks", f"{sorting:.1f} s")
    told = reckon(_with_purses(network), scenario, flows=True)
    began = time.process_time()
    seconds = once(lambda: sureness(told, DRAWS))
    yield Line(
        "… as --draws asks, cash known of all: weeks, forms and all",
        f"{seconds:.1f} s, {time.process_time() - began:.1f} s of processors",
    )


def _with_purses(network: Network) -> Network:
    """The same, where of every company it can be told when its cash is gone."""
    revenue = network.numbers["annual_revenue"]
    purse = {
        "cash": revenue / 10,
        "fixed_cost_per_week": 0.3 * revenue / WEEKS_A_YEAR,
        "contribution_margin": np.full(len(network), 0.35),
    }
    return replace(network, numbers={**network.numbers, **purse})
