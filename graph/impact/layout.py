"""How a chain lies in memory for the kernels: sparse rows, links by seller and by terms, loose links."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network import Floats, Ints

# Places are unsigned: for a signed index numba also compiles the case that it counts from the end.
Places = NDArray[np.uint32]
Starts = NDArray[np.uint64]

# Rows that kernels walk stand in groups of so many, within a group the short ones first: a loop that ends
# where the last one did costs the processor no wrong guess.
GROUP = 4096


class Weights(NamedTuple):
    """A sparse matrix by rows: row i's entries are start[i]:start[i + 1]; columns rise within a row."""

    start: Starts
    column: Places
    value: Floats


class Entries(NamedTuple):
    """What each link would give to a sparse matrix: between two companies the largest of them counts.

    `link` is its place among the trade links, or that many and its place among the COMPETES_WITH pairs.
    """

    row: Ints
    column: Ints
    value: Floats
    link: NDArray[np.integer[Any]]


class Walked(NamedTuple):
    """A sparse matrix as kernels walk it: the entries of row row[q] are start[q]:start[q + 1].

    All rows are there, in groups of GROUP: rows lo to hi are walked at q from lo to hi, where both are
    bounds of groups. Within a row entries keep the order that sums and products run in.
    """

    row: Places
    start: Starts
    column: Places
    value: Floats


class Terms(NamedTuple):
    """Runs of links start[q]:start[q + 1] of one buyer that withholds the same share of its orders on each.

    The next links of a buyer with the same take-or-pay are a run; a SELLS_THROUGH link is one by itself.
    """

    start: Starts
    buyer: Places
    seller: Places  # of the first link
    through: NDArray[np.bool_]  # SELLS_THROUGH
    orders: Floats  # 1 - take_or_pay


class Loose(NamedTuple):
    """The links that can break in a scenario, those of companies in the news and those that a shock stops.

    Their states stand in arrays of len(link) entries. Entry 0 stands for all the other links, which hold:
    nobody leaves over them and no shock stops them, so that its states never change.
    """

    link: Places  # entry -> link; entry 0 has none
    terms: Places  # entry -> place in Terms
    of_link: Places  # link -> entry, 0 for those that hold
    buyer: NDArray[np.bool_]  # companies that buy over one
    unsold: Places  # of the links by seller (Coefficients.sales): where State.unsold has what each lost


def starts(place: NDArray[np.integer[Any]], size: int) -> Starts:
    """Where each of `size` rows begins among entries whose rows rise."""
    return np.searchsorted(place, np.arange(size + 1)).astype(np.uint64)


class Sorted(NamedTuple):
    """Where entries of a sparse matrix come to stand, whatever their values, as Walked and as it is walked.

    Those of one place in the matrix are runs that begin at `first` of the entries taken in `order`; `entry`
    takes the runs as rows are walked. `first` is None where there is one of each: then `entry` takes all.
    """

    row: NDArray[np.integer[Any]]  # the entries that were put in order
    column: NDArray[np.integer[Any]]
    order: NDArray[np.intp]
    first: NDArray[np.intp] | None
    entry: NDArray[np.intp]
    walked: Walked  # without values

    def holds(self, row: NDArray[np.integer[Any]], column: NDArray[np.integer[Any]], size: int) -> bool:
        """Whether these entries come to stand so."""
        same = len(self.walked.row) == size
        return same and np.array_equal(self.row, row) and np.array_equal(self.column, column)

    def with_values(self, value: Floats) -> Walked:
        """The matrix: between two companies the largest value counts."""
        if self.first is None:
            return self.walked._replace(value=value[self.entry])
        return self.walked._replace(value=np.maximum.reduceat(value[self.order], self.first)[self.entry])


def largest(entries: Entries, size: int, known: Sorted | None = None) -> tuple[Walked, Sorted]:
    """Entries as a matrix that kernels walk, those of 0 left out.

    `known` spares putting them in order where they are of the same places as before.
    """
    row, column, value, _ = entries
    some = value > 0
    if not some.all():
        row, column, value = row[some], column[some], value[some]
    if known is None or not known.holds(row, column, size):
        known = _sorted(row, column, size)
    return known.with_values(value), known


def _sorted(row: NDArray[np.integer[Any]], column: NDArray[np.integer[Any]], size: int) -> Sorted:
    place = row.astype(np.int64) * size + column
    order = np.argsort(place, kind="stable")
    place = place[order]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    alone = len(first) == len(place)
    place = place[first]
    start = np.searchsorted(place, np.arange(size + 1, dtype=np.int64) * size).astype(np.uint64)
    at = np.arange(len(place))
    frame = walked(Weights(start, (place % max(size, 1)).astype(np.uint32), at.astype(np.float64)))
    entry = frame.value.astype(np.intp)
    frame = frame._replace(value=np.zeros(0))
    if alone:
        order = entry = order[entry]
    return Sorted(row, column, order, None if alone else first, entry, frame)


def weights(row: Ints, column: Ints, value: Floats, size: int) -> Weights:
    """Sparse rows from entries in any order; between two companies the largest value counts, 0 is dropped."""
    some = value > 0
    row, column, value = row[some], column[some], value[some]
    place = row.astype(np.int64) * size + column
    order = np.argsort(place, kind="stable")
    place, value = place[order], value[order]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    most = np.maximum.reduceat(value, first) if len(first) else value
    place = place[first]
    start = np.searchsorted(place, np.arange(size + 1, dtype=np.int64) * size).astype(np.uint64)
    return Weights(start, (place % max(size, 1)).astype(np.uint32), most)


def walked(w: Weights) -> Walked:
    """The same matrix as kernels walk it: see GROUP."""
    start = w.start.astype(np.int64)
    length = np.diff(start)
    group = np.arange(len(length)) // GROUP
    row = np.argsort(group * (length.max(initial=0) + 1) + length, kind="stable")
    begin = np.append(0, np.cumsum(length[row]))
    entry = np.repeat(start[row] - begin[:-1], length[row]) + np.arange(begin[-1])
    return Walked(row.astype(np.uint32), begin.astype(np.uint64), w.column[entry], w.value[entry])


def symmetric(one: Ints, other: Ints, value: Floats, size: int) -> Weights:
    """Sparse rows from pairs that hold both ways; entries of weight 0 stay."""
    row, column = np.concatenate([one, other]), np.concatenate([other, one])
    both = np.concatenate([value, value])
    order = np.lexsort((column, row))
    return Weights(starts(row[order], size), column[order].astype(np.uint32), both[order])


def terms(buyer: Ints, seller: Ints, through: NDArray[np.bool_], orders: Floats) -> Terms:
    """The runs of links on the same terms; links come in the order of their buyers."""
    change = through | (np.diff(buyer, prepend=-1) != 0) | (np.diff(orders, prepend=-1.0) != 0)
    change[1:] |= through[:-1]
    first = np.flatnonzero(change)
    return Terms(
        start=np.append(first, len(buyer)).astype(np.uint64),
        buyer=buyer[first].astype(np.uint32),
        seller=seller[first].astype(np.uint32),
        through=through[first],
        orders=orders[first],
    )


def by_seller(seller: Ints, seller_share: Floats, size: int, known: Walked | None = None) -> Walked:
    """The links (columns) of each seller (row), in their order, with its share of the seller's revenue.

    `known` is that of the same sellers.
    """
    if known is not None:
        return known._replace(value=seller_share[known.column])
    # Seller above, link below in one number: to sort numbers takes half as long as to sort places.
    both = (seller.astype(np.int64) << 32) | np.arange(len(seller))
    both.sort()
    link = (both & 0xFFFFFFFF).astype(np.uint32)
    return walked(Weights(starts(both >> 32, size), link, seller_share[link]))


def loose(link: NDArray[np.intp], sales: Walked, on: Terms) -> Loose:
    """The loose links, given in rising order."""
    buys = np.zeros(len(sales.row), np.bool_)
    of_link = np.zeros(len(sales.column), np.uint32)
    of_link[link] = np.arange(1, len(link) + 1)
    terms_of = np.repeat(np.arange(len(on.buyer), dtype=np.uint32), np.diff(on.start).astype(np.int64))
    unsold = np.where(of_link > 0, len(on.buyer) + of_link, terms_of)
    buys[on.buyer[terms_of[link]]] = True
    return Loose(
        link=np.append(0, link).astype(np.uint32),
        terms=np.append(0, terms_of[link]).astype(np.uint32),
        of_link=of_link,
        buyer=buys,
        unsold=unsold.astype(np.uint32)[sales.column],
    )


def ranges(effort: NDArray[np.float64], blocks: int) -> tuple[tuple[int, int], ...]:
    """Companies cut into blocks of about the same effort, between groups; `effort` is each company's."""
    done = np.cumsum(effort)
    aims = [done[-1] * b / blocks for b in range(1, blocks)] if len(done) else []
    cuts = [min(len(done), round(int(np.searchsorted(done, aim)) / GROUP) * GROUP) for aim in aims]
    return tuple(pairwise([0, *cuts, len(done)]))
