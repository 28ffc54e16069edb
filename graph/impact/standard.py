"""One company's failure after the other on one chain: all is prepared once, and only sums are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.coefficients import Chain
from graph.impact.compiling import is_compiled
from graph.impact.kernels import RECORDED, Course, Given, Shocks, State, Work, week
from graph.impact.layout import Loose
from graph.impact.leaving import leaving
from graph.impact.propagation import prepare, room, start
from graph.network import Floats
from graph.scenario import Scenario

NEVER = -1


def compiled() -> bool:
    """Whether the weeks of one failure after the other are compiled already."""
    return is_compiled(_run)


class Felt(NamedTuple):
    """What counts as felt: that a company loses a share of more than `above` of a week's revenue.

    `by`: which companies count, one entry each; `own`: the one that fails too. `goods`: only output that
    cannot be made counts, no orders or customers that stay away.
    """

    by: NDArray[np.bool_]
    above: float
    own: bool
    goods: bool


class _Place(NamedTuple):
    """Where a run leaves its weeks: two of them in turn, and the sum of each company's loss shares."""

    one: Course
    other: Course
    summed: Floats


@njit(cache=True, nogil=True)
def _clear(given: Given, s: State, work: Work, place: _Place) -> None:
    """Everything as before the first week."""
    for course in (place.one, place.other):
        for series in course:
            series[:] = 0.0
    for series in (s.heard, s.blamed, s.others_left, s.resold, s.shortage, s.own, s.stopped, s.withheld):
        series[:] = 0.0
    s.unsold[:] = 0.0
    s.substituted[:] = 0.0
    s.stocked[:] = True
    s.buyer_stays[:] = 1.0
    s.seller_stays[:] = 1.0
    s.stock[:] = given.c.stock
    work.out[:] = 0.0
    work.probed[:] = 0.0
    place.summed[:] = 0.0


@njit(cache=True, nogil=True)
def _run(given: Given, s: State, work: Work, place: _Place, felt: Felt, weeks: int, until_felt: bool) -> int:
    """Run the weeks: the first one in which the loss is felt, NEVER if none; with `until_felt` to there."""
    flows, passed = np.zeros((2, 0)), NEVER
    for t in range(weeks):
        now, before = (place.one, place.other) if t % 2 == 0 else (place.other, place.one)
        # The kernels write no zero here where few companies have more.
        now.output_loss[:] = 0.0
        now.attributed[:] = 0.0
        now.associated[:] = 0.0
        now.attention[:] = 0.0
        week(given, now, before, s, t, work, flows)
        some = False
        for i in range(len(place.summed)):
            v = now.revenue_loss_share[i]
            place.summed[i] += v
            lost = now.output_loss[i] if felt.goods else v
            some |= felt.by[i] and lost > felt.above
        if some and passed == NEVER:
            passed = t
            if until_felt:
                break
    return passed


class Bench:
    """Where one thread lets companies of a chain fail, one after the other, each from the same beginning.

    `news` says whether their failures are scandals or outages.
    """

    def __init__(self, chain: Chain, p: Mapping[str, float], weeks: int, felt: Felt, *, news: bool) -> None:
        nothing, size = Scenario(horizon_weeks=weeks), len(chain.network)
        given = prepare(chain, nothing, p, leaving(chain, nothing, p))
        self._felt, self._weeks = felt._replace(by=felt.by.copy()), weeks
        # With feedback or word of mouth everybody can be in the news and every link break, whoever fails.
        self._ties = _Ties(given) if news and not len(given.shocks.noticed) else None
        if self._ties is not None:
            given = given._replace(loose=self._ties.room)
        self._failing = np.zeros(1, np.int64)
        self._course = np.zeros((weeks, 1))
        self._given = given._replace(shocks=self._shocks(given.shocks, news))
        self._state, self._work = start(self._given), room(size)
        in_turn = np.zeros((2, len(RECORDED), size))
        self._place = _Place(Course(*in_turn[0]), Course(*in_turn[1]), np.zeros(size))

    def _shocks(self, none: Shocks, news: bool) -> Shocks:
        if not news:
            return none._replace(out_company=self._failing, out=self._course)
        self._noticed = np.zeros(1, np.uint32)
        noticed = none.noticed if self._ties is None else self._noticed
        return none._replace(noticed=noticed, news_company=self._failing, news=self._course)

    @property
    def summed(self) -> Floats:
        """Of the last failure: each company's loss shares summed over the weeks."""
        return self._place.summed

    def fail(self, company: int, course: Floats, *, until_felt: bool = False) -> int:
        """Let the company at this place fail; `course` is s(t) or E(t) of the model, shape (weeks,).

        The first week in which the loss is felt, NEVER if none; `until_felt` ends there.
        """
        given = self._given
        self._failing[0] = company
        self._course[:, 0] = course
        if self._ties is not None:
            self._noticed[0] = company
            given = given._replace(loose=self._ties.loosen(company))
        _clear(given, self._state, self._work, self._place)
        felt = self._felt
        counted = bool(felt.by[company])
        felt.by[company] = counted and felt.own
        passed = int(_run(given, self._state, self._work, self._place, felt, self._weeks, until_felt))
        felt.by[company] = counted
        return passed


class _Ties:
    """The trade links of one company after the other, as those that can break."""

    def __init__(self, given: Given) -> None:
        c = self._c = given.c
        self._terms_of = np.repeat(
            np.arange(len(c.terms.buyer), dtype=np.uint32), np.diff(c.terms.start).astype(np.int64)
        )
        self._sale = np.zeros(len(c.seller), np.int64)  # link -> its place by seller
        self._sale[c.sales.column] = np.arange(len(c.seller))
        self._row = np.zeros(len(c.sales.row), np.int64)  # company -> its row by seller
        self._row[c.sales.row] = np.arange(len(c.sales.row))
        self._links = np.zeros(0, np.int64)
        sold = np.diff(c.sales.start.astype(np.int64))[self._row]
        most = int((np.diff(c.slot_start[c.buyer_start].astype(np.int64)) + sold).max(initial=0))
        self.room = given.loose._replace(
            link=np.zeros(1 + most, np.uint32), terms=np.zeros(1 + most, np.uint32)
        )

    def loosen(self, company: int) -> Loose:
        """The links of this company instead of those of the one before."""
        c, room = self._c, self.room
        room.of_link[self._links] = 0
        room.unsold[self._sale[self._links]] = self._terms_of[self._links]
        room.buyer[c.buyer[self._links]] = False
        row = self._row[company]
        bought = np.arange(*(int(c.slot_start[c.buyer_start[i]]) for i in (company, company + 1)))
        links = np.union1d(bought, c.sales.column[int(c.sales.start[row]) : int(c.sales.start[row + 1])])
        self._links = links = links.astype(np.int64)
        count = 1 + len(links)
        room.link[1:count], room.terms[1:count] = links, self._terms_of[links]
        room.of_link[links] = np.arange(1, count)
        room.unsold[self._sale[links]] = len(c.terms.buyer) + np.arange(1, count)
        room.buyer[c.buyer[links]] = True
        return room._replace(link=room.link[:count], terms=room.terms[:count])
