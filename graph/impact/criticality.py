"""Criticality: what one standard failure costs, reckoned for each company in turn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.impact.coefficients import Chain, derive
from graph.impact.impact import NEVER, NOTICEABLE, WEEKS_A_YEAR
from graph.impact.kept import Arrays, Kept
from graph.impact.parts import Places, cut_out, part_of, parts
from graph.impact.propagation import Progress
from graph.impact.standard import Bench, Felt
from graph.network import Floats, Network
from graph.ontology import Role
from graph.parameters import parameters
from graph.scenario import Outage, Scandal, Scenario

BLOCK = 32  # companies that are kept together: some tenths of a second of work on a chain of 10,000
# Companies times weeks times what a week goes through (companies and links): below it, a second or less.
WORTH_KEEPING = 5e8


Shock = Outage | Scandal


@dataclass(frozen=True, slots=True)
class Question:
    """Who matters most to `to` (an id; '' is all)?

    `shock` is the standard failure, naming no company. `threshold`: share of a week's revenue of `to` (of
    all: of anybody but who fails) that counts as felt. `recovery`: weeks to recover by id, `recovery_weeks`
    of all others, None where unknown. Raises ScenarioError.
    """

    shock: Shock = field(default_factory=lambda: Outage("", 1.0, 4))
    to: str = ""
    horizon_weeks: int = 52
    parameters: Mapping[str, float] = field(default_factory=dict)
    as_of: str = ""
    threshold: float = NOTICEABLE
    recovery_weeks: int | None = None
    recovery: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Scenario(horizon_weeks=self.horizon_weeks, parameters=self.parameters, as_of=self.as_of)
        if not 0.0 < self.threshold < 1.0:
            raise ScenarioError(
                f"threshold = {self.threshold!r} is not between 0 and 1",
                field="threshold",
                remedy="write a share of the week's revenue, such as .01",
            )
        if isinstance(self.shock, Scandal) and (self.recovery or self.recovery_weeks is not None):
            raise ScenarioError(
                "times to recover go with an outage",
                field="ttr",
                remedy="leave them out, or ask for an outage",
            )

    def recovers(self, company: str) -> int | None:
        """The weeks that a company takes to recover."""
        return self.recovery.get(company, self.recovery_weeks)


@dataclass(frozen=True)
class Ranking:
    """What each company's standard failure costs; arrays have one entry a company of the network.

    Money is over the horizon [currency]. `loss` is what `to` loses of its revenue, or all of value added; 0
    for companies that nothing leads from to `to`, which `reckoned` leaves out, and whose other figures are
    NaN. `hardest` is the company, by place, that loses most beside the one that fails. `first_week`: in which
    `to`, or of all anybody but who fails, loses more than the threshold; `time_to_survive`: weeks until `to`
    would of an outage that never ends, or of all until anybody else cannot make so much; `exposure`: `loss`
    of an outage of `time_to_recover` weeks, and `exposed_week` its `first_week` where that comes before the
    outage is over; NEVER or NaN where unknown. `weakest` is the company whose failure costs each company that
    is a brand most of its revenue, `weakest_loss`; NEVER where none does.
    """

    network: Network
    chain: Chain
    question: Question
    reckoned: NDArray[np.bool_]
    loss: Floats
    value_added_loss: Floats
    gross_revenue_loss: Floats
    own_loss: Floats
    hardest: NDArray[np.int64]
    hardest_loss: Floats
    first_week: NDArray[np.int64]
    time_to_survive: NDArray[np.int64]
    time_to_recover: NDArray[np.int64]
    exposure: Floats
    exposed_week: NDArray[np.int64]
    weakest: NDArray[np.int64]
    weakest_loss: Floats
    not_kept: str

    @property
    def to(self) -> int | None:
        """The place of the company asked about, None for all."""
        return self.network.index[self.question.to] if self.question.to else None

    @property
    def order(self) -> Places:
        """The companies whose failure costs anything, the most first, without the one asked about."""
        order = np.lexsort((np.arange(len(self.loss)), -self.loss))
        order = order[self.loss[order] > 0]
        return order if self.to is None else order[order != self.to]

    @property
    def exposed(self) -> NDArray[np.bool_]:
        """Where `to`, or of all anybody else, feels the failure before the company has recovered."""
        return np.asarray(self.exposed_week != NEVER, np.bool_)


def rank(
    network: Network,
    question: Question,
    *,
    keep_in: Path | None = None,
    workers: int = 0,
    progress: Progress | None = None,
) -> Ranking:
    """Let every company fail that can cost `to` anything, each by itself.

    Every figure is that of `reckon` for the same shock. `keep_in` is a folder where long work is kept
    (graph.impact.kept); `workers` are threads, 0 for one a processor: they change no byte. `progress` is
    called with (runs done, runs). Raises ScenarioError.
    """
    return _run(network, question, keep_in, workers, progress).ranking()


def _run(
    network: Network,
    question: Question,
    keep_in: Path | None,
    workers: int = 0,
    progress: Progress | None = None,
) -> _Run:
    if question.to and question.to not in network.index:
        raise ScenarioError(
            f"there is no company {question.to!r} in the chain", field="to", remedy="name one that is"
        )
    chain = derive(network, parameters(question.parameters))
    groups = [part_of(network, network.index[question.to])] if question.to else [*parts(network)]
    return _Run(chain, question, groups, keep_in, workers or _processors(), progress)


def is_kept(network: Network, question: Question) -> bool:
    """Whether the work is long enough to be kept where there is a folder."""
    return _run(network, question, None).effort >= WORTH_KEEPING


def effort(network: Network, question: Question, keep_in: Path | None = None) -> float:
    """What `rank` has still to go through: companies and links, each week of each run; 0 if all is kept."""
    run = _run(network, question, keep_in)
    left = [s for s in run.sweeps if Kept(run.keep_in, run.identity(s)).whole() is None]
    return run.effort * len(left)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not told on every system
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One failure of every company: the standard one, an endless one, or one until it has recovered."""

    name: str
    course: Callable[[str], Floats | None]  # by company; None: not asked
    until_felt: bool = False


def _sweeps(question: Question) -> Iterator[_Sweep]:
    shock, weeks, p = question.shock, question.horizon_weeks, parameters(question.parameters)
    if isinstance(shock, Scandal):
        news = shock.course(weeks, p)
        yield _Sweep("standard", lambda company: news)
        return

    def lasting(duration: int) -> Floats:
        return replace(shock, duration_weeks=duration).course(weeks)

    once, endless = shock.course(weeks), lasting(weeks)
    yield _Sweep("standard", lambda company: once)
    yield _Sweep("endless", lambda company: endless, until_felt=True)
    if question.recovery or question.recovery_weeks is not None:
        known = {
            w: lasting(w) for w in {*question.recovery.values(), question.recovery_weeks} if w is not None
        }
        yield _Sweep(
            "recovery", lambda company: None if (w := question.recovers(company)) is None else known[w]
        )


class _Run:
    """All sweeps over all parts of the chain."""

    def __init__(
        self,
        chain: Chain,
        question: Question,
        groups: list[Places],
        keep_in: Path | None,
        workers: int,
        progress: Progress | None,
    ) -> None:
        self.chain, self.question, self.groups = chain, question, groups
        self.p = parameters(question.parameters)
        self.sweeps = [*_sweeps(question)]
        self.workers, self.progress = workers, progress
        of_a_week = sum(len(g) for g in groups) * (len(chain.network) + len(chain.network.trade))
        self.effort = float(of_a_week * question.horizon_weeks)
        self.keep_in = keep_in if self.effort >= WORTH_KEEPING else None
        self.done, self.runs = 0, len(self.sweeps) * sum(len(g) for g in groups)
        self.not_kept = ""

    def ranking(self) -> Ranking:
        """The whole answer."""
        network, size = self.chain.network, len(self.chain.network)
        found = {sweep.name: self._swept(sweep) for sweep in self.sweeps}
        standard = found["standard"]
        asked = standard["value_added_loss"] if not self.question.to else standard["loss"]
        reckoned = np.zeros(size, np.bool_)
        for group in self.groups:
            reckoned[group] = True
        weeks = [self.question.recovers(company) for company in network.ids]
        recover = np.array([NEVER if w is None else w for w in weeks], np.int64)
        endless = found.get("endless", standard)["first_week"]
        recovery = found.get("recovery") or _nothing(size)
        return Ranking(
            network=network,
            chain=self.chain,
            question=self.question,
            reckoned=reckoned,
            loss=np.where(reckoned, asked, 0.0),
            value_added_loss=standard["value_added_loss"],
            gross_revenue_loss=standard["gross_revenue_loss"],
            own_loss=standard["own_loss"],
            hardest=standard["hardest"],
            hardest_loss=standard["hardest_loss"],
            first_week=standard["first_week"],
            time_to_survive=endless,
            time_to_recover=recover,
            exposure=recovery["loss"],
            exposed_week=np.where(recovery["first_week"] < recover, recovery["first_week"], NEVER),
            weakest=standard["weakest"],
            weakest_loss=standard["weakest_loss"],
            not_kept=self.not_kept,
        )

    def _swept(self, sweep: _Sweep) -> dict[str, NDArray[Any]]:
        """One sweep: from what is kept, as far as it is, and the rest reckoned."""
        kept = Kept(self.keep_in, self.identity(sweep))
        runs = sum(len(group) for group in self.groups)
        if (whole := kept.whole()) is not None:
            self._told(runs)
            return dict(whole)
        found = _nothing(len(self.chain.network))
        is_brand = self.chain.network.plays(Role.BRAND)
        blocks = 0
        for group in self.groups:
            brands = group[is_brand[group]]
            for places, block in self._part(sweep, group, kept, blocks):
                for name in (*_MONEY, *_WHERE_AND_WHEN):
                    found[name][places] = block[name]
                hit = places[block["hardest"] != NEVER]
                found["hardest"][hit] = group[found["hardest"][hit]]
                more = block["weakest_loss"] > found["weakest_loss"][brands]
                found["weakest"][brands[more]] = group[block["weakest"][more]]
                found["weakest_loss"][brands[more]] = block["weakest_loss"][more]
            blocks += -(-len(group) // BLOCK)
        kept.keep_whole(found)
        self.not_kept = self.not_kept or kept.failed
        return found

    def identity(self, sweep: _Sweep) -> dict[str, object]:
        """All that a sweep's figures depend on, but the code."""
        question, snapshot = self.question, self.chain.network.snapshot
        courses: dict[str, int | None] = {}
        if sweep.name == "recovery":
            courses = {"*": question.recovery_weeks, **question.recovery}
        return {
            "facts": snapshot.hash,
            "day": question.as_of or snapshot.loaded_until[:10],
            "shock": [type(question.shock).__name__, repr(question.shock)],
            "to": question.to,
            "weeks": question.horizon_weeks,
            "threshold": question.threshold,
            "parameters": dict(self.p),
            "sweep": sweep.name,
            "recovery": courses,
        }

    def _part(self, sweep: _Sweep, group: Places, kept: Kept, first: int) -> Iterator[tuple[Places, Arrays]]:
        """The blocks of one part, in their order, each with the places of its companies in the whole."""
        part = _Part(self, sweep, group)
        lows = range(0, len(group), BLOCK)

        def block(low: int) -> Arrays:
            number = first + low // BLOCK
            known = kept.block(number)
            if known is None:
                known = part.block(low, min(low + BLOCK, len(group)))
                kept.keep_block(number, known)
            return known

        pool = ThreadPoolExecutor(min(self.workers, len(lows)))
        try:
            for low, found in zip(lows, pool.map(block, lows), strict=True):
                places = group[low : low + BLOCK]
                self._told(len(places))
                yield places, found
        finally:
            pool.shutdown(cancel_futures=True)

    def _told(self, runs: int) -> None:
        self.done += runs
        if self.progress is not None:
            self.progress(self.done, self.runs)


class _Part:
    """One part of the chain under one sweep, with a bench for each thread that works on it."""

    def __init__(self, run: _Run, sweep: _Sweep, group: Places) -> None:
        self.run, self.sweep = run, sweep
        network = cut_out(run.chain.network, group)
        whole = len(group) == len(run.chain.network)
        self.chain = run.chain if whole else derive(network, run.p)
        self.to = network.index[run.question.to] if run.question.to else None
        self.brands = np.flatnonzero(network.plays(Role.BRAND))
        everybody = self.to is None
        by = self.chain.revenue > 0 if everybody else np.arange(len(network)) == self.to
        goods = everybody and sweep.until_felt
        self.felt = Felt(by, run.question.threshold, own=not everybody, goods=goods)
        self._benches: SimpleQueue[Bench] = SimpleQueue()

    def _bench(self) -> Bench:
        """One that no other thread works on."""
        try:
            return self._benches.get_nowait()
        except Empty:
            question = self.run.question
            news = isinstance(question.shock, Scandal)
            return Bench(self.chain, self.run.p, question.horizon_weeks, self.felt, news=news)

    def block(self, low: int, high: int) -> Arrays:
        """The figures of the part's companies from `low` to `high`."""
        bench = self._bench()
        found = _nothing(high - low, len(self.brands))
        for at, company in enumerate(range(low, high)):
            course = self.sweep.course(self.chain.network.ids[company])
            if course is None:
                continue
            found["first_week"][at] = bench.fail(company, course, until_felt=self.sweep.until_felt)
            if not self.sweep.until_felt:
                self._sums(found, at, company, bench.summed / WEEKS_A_YEAR)
        self._benches.put(bench)
        return found

    def _sums(self, found: dict[str, NDArray[Any]], at: int, company: int, summed: Floats) -> None:
        chain = self.chain
        added = float(np.sum(summed * chain.value_added))
        found["value_added_loss"][at] = added
        found["gross_revenue_loss"][at] = float(np.sum(summed * chain.revenue))
        found["own_loss"][at] = summed[company] * chain.revenue[company]
        found["loss"][at] = added if self.to is None else summed[self.to] * chain.revenue[self.to]
        lost = summed * chain.revenue
        lost[company] = 0.0
        if (hardest := int(lost.argmax())) != company and lost[hardest] > 0:
            found["hardest"][at], found["hardest_loss"][at] = hardest, lost[hardest]
        of_brands = lost[self.brands]
        more = of_brands > found["weakest_loss"]
        found["weakest"][more], found["weakest_loss"][more] = company, of_brands[more]


_MONEY = ("loss", "value_added_loss", "gross_revenue_loss", "own_loss", "hardest_loss")
_WHERE_AND_WHEN = ("first_week", "hardest")


def _nothing(companies: int, brands: int | None = None) -> dict[str, NDArray[Any]]:
    """Figures before anything is reckoned; `weakest` and its loss have one entry a brand where it is said."""
    rows = companies if brands is None else brands
    found: dict[str, NDArray[Any]] = {name: np.full(companies, np.nan) for name in _MONEY}
    found |= {name: np.full(companies, NEVER, np.int64) for name in _WHERE_AND_WHEN}
    found["weakest"], found["weakest_loss"] = np.full(rows, NEVER, np.int64), np.zeros(rows)
    return found
