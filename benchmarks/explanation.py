"""Why a loss came about: its division and the largest paths at 100k links, beside the run explained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.chains import facts_in_store
from benchmarks.measure import Line
from graph.impact.explanation import Asked, explain
from graph.impact.impact import reckon
from graph.network import compile_network
from graph.scenario import Outage, Scandal, Scenario

COMPANIES, LINKS = 20_000, 100_000


def processor(run: Callable[[], object], times: int = 3) -> float:
    """The least processor time of several runs [s]; all of it is one thread's."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def run() -> Iterator[Line]:
    """The lines of this benchmark."""
    with facts_in_store(COMPANIES, LINKS) as store:
        network = compile_network(store)
    shocks = (Outage("c0000000", 1.0, 4), Scandal("c0000003", 0.7))
    for parameters, told in (({}, ""), ({"feedback": 0.3}, ", feedback on")):
        scenario = Scenario(shocks=shocks, horizon_weeks=52, parameters=parameters)
        impact = reckon(network, scenario)
        company = int(np.argsort(-impact.revenue_loss)[5])
        explain(impact, company, Asked(most_paths=1))
        whole = processor(lambda scenario=scenario: reckon(network, scenario))
        for place, whose in ((company, "a company's loss"), (None, "the headline")):
            seconds = processor(lambda impact=impact, place=place: explain(impact, place))
            sums = processor(lambda impact=impact, place=place: explain(impact, place, Asked(0.0)))
            yield Line(
                f"why {whose} came about, {LINKS:,} links, 52 weeks{told}",
                f"{seconds:.2f} s of a processor, {sums:.2f} s without paths",
                "< 2 s",
                f"{seconds / whole:.1f}× the what-if",
            )
