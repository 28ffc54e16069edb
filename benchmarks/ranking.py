"""Every company of a chain failing in turn, beside what-ifs run one by one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.chains import facts_in_store
from benchmarks.measure import Line
from graph.impact.criticality import Question, rank
from graph.impact.impact import reckon
from graph.network import Network, compile_network
from graph.scenario import Outage, Scandal, Scenario

COMPANIES, LINKS = 10_000, 50_000
SAMPLE = 20  # what-ifs that are run one by one, spread over the companies
SHOCKS = (Outage("", 1.0, 4), Scandal("", 0.5))


def run(companies: int = COMPANIES, links: int = LINKS) -> Iterator[Line]:
    """The lines of this benchmark."""
    with facts_in_store(companies, links) as store:
        network = compile_network(store)
    for shock in SHOCKS:
        yield _line(network, shock)


def _line(network: Network, shock: Outage | Scandal) -> Line:
    question = Question(shock)
    warm = Scenario(shocks=(replace(shock, company=network.ids[0]),), horizon_weeks=2)
    reckon(network, warm)
    rank(network, replace(question, to=network.ids[0], horizon_weeks=1))
    began, busy = time.perf_counter(), time.process_time()
    rank(network, question)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    own = time.process_time()
    for company in network.ids[:: max(1, len(network) // SAMPLE)][:SAMPLE]:
        reckon(network, replace(warm, shocks=(replace(shock, company=company),), horizon_weeks=52))
    one_by_one = (time.process_time() - own) / SAMPLE
    kind = "outages, each also without an end" if isinstance(shock, Outage) else "scandals"
    return Line(
        f"{len(network):,} {kind}, {len(network.trade):,} links, 52 weeks",
        f"{seconds:.0f} s; {busy:.0f} s of processors",
        "≤ 120 s on two cores",
        f"{1e3 * busy / len(network):.1f} ms of a processor each; a what-if of one {1e3 * one_by_one:.0f} ms",
    )


if __name__ == "__main__":
    for line in run(*map(int, sys.argv[1:3])):
        print(f"{line.what}: {line.figure} ({line.ratio})", flush=True)
