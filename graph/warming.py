"""Compiles the engine ahead, so that no question has to wait for it."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from graph.impact import propagation, standard, sweeps, systemic
from graph.impact.criticality import Question, rank
from graph.impact.explanation import explain
from graph.impact.impact import reckon
from graph.model import fact
from graph.network import Network, compile_network
from graph.scenario import Outage, Scandal, Scenario
from graph.stores.registry import open_store

_WEEKS = 3
_SHOCKS = Outage("s", 1.0, 2), Outage("s", 0.5, 1, target="b"), Scandal("b", 0.5, 1)


def compiled() -> bool:
    """Whether all that compiles is compiled already, for this state of the engine's code."""
    return all(part.compiled() for part in (propagation, sweeps, standard, systemic))


def compile_engine() -> None:
    """Ask a chain of three each question that compiles something: 45 s of one processor on a new machine.

    What was compiled before is read in a second.
    """
    network = _three()
    explain(reckon(network, Scenario("", _SHOCKS, _WEEKS), flows=True), None)
    for shock in (Outage("", 1.0, 1), Scandal("", 0.5, 1)):
        rank(network, Question(shock, "b", _WEEKS))
    systemic.systemic(network, systemic.Question(), workers=1)


def _three() -> Network:
    """A supplier, its buyer and a rival of that."""
    with TemporaryDirectory() as folder, open_store(f"{folder}/three.db") as store:
        store.upsert([fact("companies", {"id": id, "annual_revenue": 1e6}) for id in "sbr"])
        sells = {"source": "s", "kind": "SUPPLIES", "target": "b", "annual_value": 1e5}
        rivals = {"source": "b", "kind": "COMPETES_WITH", "target": "r"}
        store.upsert([fact("links", sells), fact("links", rivals)])
        return compile_network(store)


if __name__ == "__main__":
    compile_engine()
