"""The systemic risk index of firms (ESRI): which share of all that is sold is lost with each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.compiling import is_compiled
from graph.impact.layout import Places
from graph.impact.systemic_flows import DEMANDS, Demand, flows, ranked, trades
from graph.impact.systemic_kernels import TIE, indices
from graph.impact.systemic_layout import Lists, Rule, State, room
from graph.network import Floats, Network

Progress = Callable[[int, int], None]

PUBLISHED = 0.01  # where the published code stops
BATCH = 32  # firms that a thread takes at once: short enough for Control-C and for a bar that moves
MOST_SWEEPS = 100_000
# What may wait at a firm is so small that no figure is out by more than about 1e-11, and no stop by more than
# a thousandth of eps.
NEGLIGIBLE = 1e-10


@dataclass(frozen=True, slots=True)
class Question:
    """How the index is asked for.

    Sweeps end when none changes a firm by more than `eps` [0-1]; 0 asks for the limit. `demand`: none, as
    published (what no recorded buyer takes counts as not sold), or final (as sold outside the chain). Without
    `market_shares` nobody else of a firm's sector helps out. Whoever has not come to rest after `most_sweeps`
    is left there.
    """

    eps: float = PUBLISHED
    demand: Demand = "none"
    market_shares: bool = True
    most_sweeps: int = MOST_SWEEPS

    def __post_init__(self) -> None:
        if not 0.0 <= self.eps <= 1.0:
            raise ScenarioError(
                f"eps = {self.eps:g} is not from 0 to 1", field="eps", remedy="the published one is .01"
            )
        if self.demand not in DEMANDS:
            raise ScenarioError(f"demand is {self.demand!r}, not one of {', '.join(DEMANDS)}", field="demand")

    def rule(self) -> Rule:
        """The same for the kernels."""
        return Rule(self.eps, min(NEGLIGIBLE, self.eps / 1000), self.market_shares, self.most_sweeps)


@dataclass(frozen=True)
class Systemic:
    """The index of `firms` (places in the network) and how each was reached; arrays have one entry a firm.

    `index` [0-1]; `change` what the last sweep changed a firm by, at most; `sweeps` how many there were;
    `sold` what each sells over recorded links [currency/year].
    """

    network: Network
    question: Question
    firms: Places
    index: Floats
    change: Floats
    sweeps: NDArray[np.uint32]
    sold: Floats

    @property
    def residual(self) -> float:
        """The largest change of a last sweep."""
        return float(self.change.max(initial=0.0))

    @property
    def converged(self) -> bool:
        """Whether every firm's sweeps came to where they should stop."""
        return self.residual <= self.question.eps + TIE


def compiled() -> bool:
    """Whether the kernels are compiled already: the first run on a machine takes some seconds longer."""
    return is_compiled(indices)


def systemic(
    network: Network,
    question: Question,
    firms: Sequence[int] | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Systemic:
    """The index of all firms, or of those at these places, on so many threads (None: one a core).

    The same bytes whatever `workers` is. `progress` is called with (firms done, firms). Raises ScenarioError.
    """
    told, number = ranked(trades(network))
    sold_to = flows(told, question.demand)
    wanted = np.arange(len(network)) if firms is None else np.asarray(firms)
    places = wanted.astype(np.uint32)
    numbers = number[places].astype(np.uint32)
    index, change, sweeps = np.zeros(len(places)), np.zeros(len(places)), np.zeros(len(places), np.uint32)
    rule = question.rule()
    threads = min(workers or os.cpu_count() or 1, -(-len(places) // BATCH) or 1)
    rooms: SimpleQueue[tuple[State, Lists]] = SimpleQueue()
    for _ in range(threads):
        rooms.put(room(sold_to))

    def run(first: int) -> int:
        these = slice(first, first + BATCH)
        mine = rooms.get()
        indices(sold_to, rule, *mine, numbers[these], index[these], change[these], sweeps[these])
        rooms.put(mine)
        return len(places[these])

    done = 0
    with _threads(threads) as pool:
        for future in as_completed(pool.submit(run, first) for first in range(0, len(places), BATCH)):
            done += future.result()
            if progress is not None:
                progress(done, len(places))
    return Systemic(network, question, places, index, change, sweeps, sold_to.out[number])


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that, where something goes wrong or Control-C comes, begin nothing more."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
