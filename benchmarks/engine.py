"""One week of the engine at 10k to 1M links, beside NetworkX doing one pass and the memory stream."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import numpy as np

from benchmarks.chains import facts_in_store
from benchmarks.measure import Line, best, stream
from graph.impact.coefficients import Chain, derive
from graph.impact.kernels import RECORDED, Course, week
from graph.impact.leaving import leaving
from graph.impact.propagation import prepare, propagate, room, start
from graph.network import compile_network
from graph.parameters import parameters
from graph.scenario import Outage, Scandal, Scenario

SIZES = ((2_000, 10_000), (20_000, 100_000), (200_000, 1_000_000))
# What one link brings and takes in a week, at least: ends, shares, states.
BYTES_A_LINK = 4 * 2 + 8 * 12


def one_pass(graph: nx.MultiDiGraph, out: dict[int, float]) -> dict[int, float]:
    """Step 11's shortage alone, the way it is written first with NetworkX."""
    short = dict.fromkeys(graph, 0.0)
    for seller, buyer, data in graph.edges(data=True):
        short[buyer] += data["share"] * out[seller] * (1.0 - data["substitutability"])
    return short


def as_networkx(chain: Chain) -> nx.MultiDiGraph:
    """The chain's trade links as NetworkX holds them."""
    c = chain.coefficients
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(chain.network)))
    columns = (c.seller, c.buyer, c.need_share, c.substitutability)
    for s, b, share, sub in zip(*(column.tolist() for column in columns), strict=True):
        graph.add_edge(s, b, share=share, substitutability=sub)
    return graph


def run() -> Iterator[Line]:
    """The lines of this benchmark."""
    p = parameters({})
    scenario = Scenario(shocks=(Outage("c0000000", 1.0, 4), Scandal("c0000003", 0.7)), horizon_weeks=52)
    moved = stream()
    yield Line("memory stream of this machine", f"{moved / 1e9:.1f} GB/s")
    for companies, links in SIZES:
        with facts_in_store(companies, links) as store:
            network = compile_network(store)
        chain = derive(network, p)
        propagate(chain, Scenario(shocks=scenario.shocks, horizon_weeks=2), p)
        seconds = best(lambda chain=chain: propagate(chain, scenario, p), 2)
        graph = as_networkx(chain)
        out = dict.fromkeys(graph, 0.5)
        plain = best(lambda graph=graph, out=out: one_pass(graph, out), 2)
        limit = BYTES_A_LINK * links / moved
        yield Line(
            f"52 weeks, {links:,} links",
            f"{1e3 * seconds / 52:.2f} ms a week, {seconds:.2f} s in all",
            "≤ 19 ms a week, < 1 s" if links == 1_000_000 else "",
            f"NetworkX takes {plain / (seconds / 52):.0f}× for one of the week's passes; "
            f"{seconds / 52 / limit:.1f}× the memory limit",
        )
        if links == 1_000_000:
            yield from where_the_time_goes(chain, scenario)


def where_the_time_goes(chain: Chain, scenario: Scenario) -> Iterator[Line]:
    """A week in the middle of the run, and what deriving the coefficients takes."""
    p = parameters({})
    given = prepare(chain, scenario, p, leaving(chain, scenario, p))
    size = len(chain.network)
    state, work, flows = start(given), room(size), np.zeros((2, 0))
    record = np.zeros((22, len(RECORDED), size))

    def once_at(t: int) -> None:
        week(given, Course(*record[t + 1]), Course(*record[t]), state, t, work, flows)

    for t in range(20):
        once_at(t)
    seconds = best(lambda: once_at(20), 5)
    yield Line("… the kernels of one week on one thread", f"{1e3 * seconds:.2f} ms")
    yield Line(
        "coefficients from facts, 1,000,000 links", f"{best(lambda: derive(chain.network, p), 2):.2f} s"
    )
