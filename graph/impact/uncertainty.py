"""How sure an answer is: the scenario run many times over what is not known (docs/uncertainty.md)."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.impact import WEEKS_A_YEAR, Impact, reckon
from graph.impact.priors import Input
from graph.impact.propagation import LARGE, Progress, recording
from graph.impact.sampling import sample
from graph.network import Floats, Network
from graph.scenario import Scenario

DRAWS = 256
FEWEST, MOST = 2, 65_536
PERCENTILES = (5.0, 10.0, 50.0, 90.0, 95.0)
IN_MEMORY = 256_000_000  # bytes of what draws leave; an array of more goes to a file of its own
_BLOCK = 4_000_000  # weekly shares that are put in order at once

Functional = Callable[[Impact], float | Floats]
Weekly = NDArray[np.float32]
_Kind = TypeVar("_Kind", np.float32, np.float64)


class Interval(NamedTuple):
    """The percentiles of a figure over the draws, in its own unit: numbers, or arrays of one shape."""

    p5: Floats
    p10: Floats
    p50: Floats
    p90: Floats
    p95: Floats


def interval(drawn: NDArray[np.floating]) -> Interval:
    """Percentiles over the first axis of (draws, …), of the draws that are a number; NaN where none is.

    The value at place p * (draws + 1), between two by proportion, at the ends the outermost: what is drawn
    next lies below P with the chance p, whatever its distribution.
    """
    ordered = np.sort(drawn, axis=0).astype(np.float64, copy=False)  # what is no number comes last
    last = np.maximum(np.sum(~np.isnan(ordered), axis=0) - 1, 0)
    found = []
    for p in PERCENTILES:
        place = np.clip(p / 100.0 * (last + 2) - 1.0, 0.0, last)
        low = place.astype(np.int64)
        one, other = (np.take_along_axis(ordered, n[None], 0)[0] for n in (low, np.minimum(low + 1, last)))
        found.append(_between(one, other, place - low))
    return Interval(*found)


def _between(one: Floats, other: Floats, share: Floats) -> Floats:
    """What lies between two values, of which both or the other may have no end."""
    with np.errstate(invalid="ignore"):
        return np.where((one == other) | (share == 0.0), one, one + share * (other - one))


@dataclass(frozen=True)
class Draws:
    """The draws of one scenario, in the order of their numbers.

    `central` is the scenario with its defaults; `points` the values of the inputs, (draws, inputs). Money
    as in Impact; `figures` maps `value_added_loss`, `gross_revenue_loss` and each functional to (draws, …),
    `defaults` to what it is of `central`;
    `revenue_loss` and `rival_gain` are (draws, companies), `course` the value added that the chain loses in
    each week, (draws, weeks); `weekly` the revenue_loss_share as (draws, weeks, companies), or
    (draws, 0, companies) where it was not asked for. `exit_week` is the week in which each company goes out
    of business, infinite where it does not, (draws, companies), or (draws, 0) where no exits were asked for.
    """

    central: Impact
    inputs: tuple[Input, ...]
    points: Floats
    figures: Mapping[str, Floats]
    defaults: Mapping[str, float | Floats]
    revenue_loss: Floats
    rival_gain: Floats
    exit_week: Floats
    course: Floats
    weekly: Weekly

    def __len__(self) -> int:
        return len(self.points)

    def interval(self, figure: str) -> Interval:
        """The band of one of `figures`."""
        return interval(self.figures[figure])

    def exit_chances(self) -> Mapping[int, float]:
        """The share of the draws in which a company goes out of business, by its place; of those that do."""
        chance = np.isfinite(self.exit_week).mean(axis=0)
        return {int(i): float(chance[i]) for i in np.flatnonzero(chance)}

    def weekly_interval(self, first: int, last: int) -> Interval:
        """The bands of the weekly shares of companies from `first` to before `last`: (weeks, companies)."""
        return interval(self.weekly[:, :, first:last])

    def blocks(self) -> list[tuple[int, int]]:
        """Companies in runs whose weekly bands fit in memory at once."""
        count, weeks, size = self.weekly.shape
        step = max(1, _BLOCK // max(1, count * weeks))
        return [(first, min(first + step, size)) for first in range(0, size, step)]


def draws(
    network: Network,
    scenario: Scenario,
    count: int = DRAWS,
    *,
    functionals: Mapping[str, Functional] = MappingProxyType({}),
    weekly: bool = False,
    progress: Progress | None = None,
) -> Draws:
    """Run a scenario, companies named by id, once as it is and `count` times over what is not known.

    `functionals` are more figures: name -> what makes a number, or an array of one shape, of a draw's Impact,
    whose series hold only until it returns.
    The same network, scenario (with its seed) and count give the same bytes on any number of processors.
    `progress` is called with (draws done, draws). Raises ScenarioError.
    """
    if not FEWEST <= count <= MOST:
        raise ScenarioError(
            f"{count} draws are out of range", field="draws", remedy=f"write a number from {FEWEST} to {MOST}"
        )
    central = reckon(network, scenario)
    taken = sample(central, count)
    size = len(network)
    measures: Mapping[str, Functional] = {**_TOTALS, **functionals}
    defaults = {name: measure(central) for name, measure in measures.items()}
    figures = {name: _room((count, *np.shape(value)), np.float64) for name, value in defaults.items()}
    revenue_loss, rival_gain = (_room((count, size), np.float64) for _ in range(2))
    exit_week = _room((count, size if scenario.exits else 0), np.float64)
    course = np.empty((count, scenario.horizon_weeks))
    shares = _room((count, scenario.horizon_weeks if weekly else 0, size), np.float32)

    at_once = workers(network)
    memories: SimpleQueue[Floats] = SimpleQueue()
    for _ in range(at_once):
        memories.put(recording(scenario.horizon_weeks, size))

    def run(number: int) -> None:
        memory = memories.get()
        try:
            keep(number, reckon(*taken.draw(number), like=central.chain, memory=memory))
        finally:
            memories.put(memory)

    def keep(number: int, impact: Impact) -> None:
        for name, measure in measures.items():
            figures[name][number] = measure(impact)
        revenue_loss[number], rival_gain[number] = impact.revenue_loss, impact.rival_gain
        share = impact.trajectory.series["revenue_loss_share"]
        if scenario.exits:
            exit_week[number] = np.inf
        for gone in impact.exits:
            exit_week[number, network.index[gone.company]] = gone.start_week
        course[number] = share @ impact.chain.value_added / WEEKS_A_YEAR
        if weekly:
            shares[number] = share

    with ThreadPoolExecutor(at_once) as pool:
        for done, _ in enumerate(pool.map(run, range(count)), 1):
            if progress is not None:
                progress(done, count)
    by_company = (revenue_loss, rival_gain, exit_week)
    return Draws(central, taken.inputs, taken.points, figures, defaults, *by_company, course, shares)


def workers(network: Network) -> int:
    """Draws at once: one a processor; of a chain that takes several for itself, one."""
    return 1 if len(network.trade) >= LARGE else os.cpu_count() or 1


_TOTALS: Mapping[str, Functional] = MappingProxyType(
    {
        "value_added_loss": lambda impact: impact.value_added_loss,
        "gross_revenue_loss": lambda impact: impact.gross_revenue_loss,
    }
)


def _room(shape: tuple[int, ...], kind: type[_Kind]) -> NDArray[_Kind]:
    """Room for what draws leave: memory, or a file without a name that ends with the array."""
    if math.prod(shape) * np.dtype(kind).itemsize <= IN_MEMORY:
        return np.empty(shape, kind)
    with TemporaryFile() as file:
        return np.memmap(file, kind, "w+", shape=shape)
