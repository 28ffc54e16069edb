"""What a request needs: the service's settings, its store, and a turn at the engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Annotated

from fastapi import Depends, Request

from api.asked_language import asked_language
from api.errors import Busy, TooLarge
from api.settings import Lang, Settings
from api.stores import opened
from graph.errors import StoreUnavailable
from graph.explorer import Explorer
from graph.impact.exits import most_runs
from graph.impact.forms import FORMS
from graph.impact.uncertainty import DRAWS
from graph.network import Network
from graph.scenario import Scenario
from graph.stores.base import Snapshot

AT_ONCE = 2  # scenarios reckoned at the same time: each holds its weeks in memory
WAIT = 20.0  # seconds for a turn
SILENT = 5.0  # seconds that a request waits for others that wait for the store
READY = 0.8  # seconds within which the store must say that it is there
MOST_SHOCKS = 1000  # in one request
MOST_SPREAD = 10_000  # once filters have found their companies, where more than figures is asked
MOST_SPREAD_RUNS = 2_000_000  # of each such shock in each run: 10 to 25 microseconds
MOST_RUNS = 30_000  # however small the chain: 256 draws with exits in each week of a year, about a minute
MOST_COSTS = 1000  # direct costs of all shocks of one request
MOST_EFFORT = 4e9  # of a ranking: some ten seconds (graph.impact.criticality.effort)


class Service:
    """One process's service. The store is opened when it is first needed, and again where that failed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._turns = BoundedSemaphore(AT_ONCE)
        self._opening = Lock()
        self._question = Lock()
        self._explorer: Explorer | None = None
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="ready")
        self._asked: Future[Snapshot] | None = None
        self._since = 0.0  # when that was

    def explorer(self) -> Explorer:
        """The questions that may be asked. Raises StoreError while the store cannot be opened."""
        if self._explorer is not None:
            return self._explorer
        if not self._opening.acquire(timeout=SILENT):
            raise _silent(SILENT)
        try:
            if self._explorer is None:
                self._explorer = Explorer(opened(self.settings))
            return self._explorer
        finally:
            self._opening.release()

    async def ready(self) -> Snapshot:
        """The store's stamp, within a second. Raises StoreError where it is not to be had by then.

        Waits in no thread: those may all be waiting for the store already.
        """
        with self._question:
            if self._asked is None or self._asked.done():
                self._asked = self._asking.submit(lambda: self.explorer().store.snapshot())
                self._since = time.monotonic()
            asked = self._asked
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(asked)), READY)
        except TimeoutError:
            raise _silent(READY) from None

    def silent(self) -> bool:
        """Whether `ready` has waited for the store so long that nobody else need begin to."""
        with self._question:
            waiting = self._asked is not None and not self._asked.done()
            return waiting and time.monotonic() - self._since > SILENT

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn at the engine. Raises Busy."""
        if not self._turns.acquire(timeout=WAIT):
            raise Busy("too many scenarios are being reckoned", remedy="try again in a while")
        try:
            yield
        finally:
            self._turns.release()

    def allow(self, network: Network, asked: Scenario, *, links: bool = False, runs: int = 1) -> None:
        """Refuse what would be larger than this service answers. Raises TooLarge.

        `runs` is how often the scenario is reckoned, each time with its exits, where it asks for those.
        """
        costs = sum(len(shock.direct_costs) for shock in asked.shocks)
        for count, most, what in (
            (len(asked.shocks), MOST_SHOCKS, "shocks"),
            (costs, MOST_COSTS, "direct_costs"),
        ):
            if count > most:
                raise TooLarge(
                    f"{count} {what} are more than {most}",
                    remedy="ask for fewer at once, or use the command line",
                )
        size, limit = len(network) * asked.horizon_weeks, self.settings.answer_limit
        if links:
            size = max(size, len(network.trade) * asked.horizon_weeks)
        if size > limit:
            raise TooLarge(
                f"{len(network)} companies and {len(network.trade)} links over {asked.horizon_weeks} weeks "
                f"are more than this service answers ({limit})",
                remedy="shorten horizon_weeks, use the command line, or raise KNOCKON_ANSWER_LIMIT",
            )
        runs *= most_runs(network, asked)
        if runs > MOST_RUNS or size * runs > limit * times(DRAWS):
            raise TooLarge(
                f"{runs} runs, for draws and exits, over {asked.horizon_weeks} weeks "
                "are more than this service answers",
                remedy="ask for fewer draws or weeks, use the command line, or raise KNOCKON_ANSWER_LIMIT",
            )

    def allow_spread(self, network: Network, resolved: Scenario, *, runs: int, more: bool) -> None:
        """Refuse a scenario whose filters found too many companies. Raises TooLarge.

        `runs` as in `allow`; `more` than figures is asked for: draws, an explanation or a map.
        """
        count, most = len(resolved.shocks), MOST_SPREAD_RUNS // (runs * most_runs(network, resolved))
        if more:
            most = min(most, MOST_SPREAD)
        if count > most:
            raise TooLarge(
                f"{count} shocks are more than {most}",
                remedy="ask for fewer at once, or use the command line",
            )

    def allow_ranking(self, effort: float) -> None:
        """Refuse a ranking that would hold the engine for long. Raises TooLarge."""
        if effort > MOST_EFFORT:
            raise TooLarge(
                "this ranking takes longer than a request may",
                remedy="run it once by knockon rank: what that keeps is answered at once",
            )

    def close(self) -> None:
        """Give back what is open."""
        self._asking.shutdown(wait=False, cancel_futures=True)
        if self._explorer is not None:
            self._explorer.store.close()


def times(draws: int | None, removals: int = 0) -> int:
    """How often a scenario is reckoned at most.

    Once, and once for the time to survive, and so in each draw; draws also ask for a run at the defaults of
    their own, again with its time to survive, and one by each other form. Of removals, each has two runs.
    """
    return 2 + 2 * removals + (2 * draws + 2 + len(FORMS) if draws else 0)


def _silent(seconds: float) -> StoreUnavailable:
    return StoreUnavailable(f"the store did not answer within {seconds:g} s", remedy="try again in a while")


async def service(request: Request) -> Service:
    """The service that answers this request."""
    found: Service = request.app.state.service
    return found


async def answering(served: Annotated[Service, Depends(service)]) -> Service:
    """The service, unless its store is known to be silent: so that no threads pile up before it."""
    if served.silent():
        raise _silent(SILENT)
    return served


def explorer(served: Annotated[Service, Depends(answering)]) -> Explorer:
    """The explorer of the service's store."""
    return served.explorer()


Spoken = Annotated[Lang, Depends(asked_language)]
Served = Annotated[Service, Depends(service)]
Explored = Annotated[Explorer, Depends(explorer)]
