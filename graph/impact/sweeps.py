"""Sweeps backward through the weeks: of all companies at once, or inside one (docs/explanation.md)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.impact.backward_goods import losses_back, orders_back, shortage_back
from graph.impact.backward_news import attention_back, blame_back, others_back, react_back, sever_back
from graph.impact.credit import Closed, Credit, Layer, Ports
from graph.impact.replay import Past
from graph.network import Floats


def layer(past: Past) -> Layer:
    """Room for credit, all zeros."""
    c, shocks = past.given.c, past.given.shocks
    links, loose, size = len(c.seller), len(past.given.loose.link), len(c.final_share)
    weeks = len(shocks.out)
    first_loose = Credit._fields.index("buyer_left")

    def ports() -> Ports:
        return Ports(
            orders=np.zeros(links),
            shortage=np.zeros(links),
            severed=np.zeros(loose),
            brands=np.zeros(len(c.brands.column)),
            taint=np.zeros(len(c.taint.column)),
            probe=np.zeros(len(c.probe.column)),
            blame=np.zeros(len(c.blame.column)),
            blamed=np.zeros(len(c.blame.column)),
            stopped=np.zeros((weeks, len(shocks.out_loose))),
        )

    lengths = (*[size] * first_loose, *[loose] * (len(Credit._fields) - first_loose - 1), links)
    return Layer(
        Credit(*map(np.zeros, lengths)),
        ports(),
        ports(),
        Closed(*(np.zeros_like(each) for each in (shocks.news, shocks.out, shocks.link_out))),
    )


@njit(cache=True, nogil=True)
def _pass(port: Floats, passed: Floats, to: Floats, place: NDArray[np.uint32]) -> None:
    """Hand what stands in a port on to quantities of the companies at `place`."""
    for n in range(len(port)):
        if port[n] > 0.0:
            passed[n] += port[n]
            to[place[n]] += port[n]
            port[n] = 0.0


@njit(cache=True, nogil=True)
def _pass_goods(past: Past, here: Layer, to: Credit) -> None:
    """The same for links."""
    c, orders = past.given.c, here.ports.orders
    for e in range(len(orders)):
        if orders[e] > 0.0:
            here.passed.orders[e] += orders[e]
            if c.terms.through[past.where.terms[e]]:
                to.own[c.buyer[e]] += orders[e]
            else:
                to.lost[c.buyer[e]] += orders[e]
            orders[e] = 0.0
    _pass(here.ports.shortage, here.passed.shortage, to.output, c.seller)


@njit(cache=True, nogil=True)
def _week_back(past: Past, here: Layer, to: Credit, t: int) -> None:
    """One week of one layer; what passes to another company goes on in `to`. `blamed` is left in its port."""
    c, size = past.given.c, len(here.credit.lost)
    for i in range(size):
        orders_back(past, here, i, t)
        shortage_back(past, here, i, t)
    _pass_goods(past, here, to)
    for i in range(size):
        losses_back(past, here, i, t)
    _pass(here.ports.brands, here.passed.brands, to.left, c.brands.column)
    for entry in range(1, len(here.credit.buyer_left)):
        sever_back(past, here, entry, t)
        if here.ports.severed[entry] > 0.0:
            here.passed.severed[entry] += here.ports.severed[entry]
            to.trust[c.buyer[past.given.loose.link[entry]]] += here.ports.severed[entry]
            here.ports.severed[entry] = 0.0
    for i in range(size):
        others_back(past, here, i, t)
        react_back(past, here, i, t)
    _pass(here.ports.taint, here.passed.taint, to.hurt, c.taint.column)
    _pass(here.ports.probe, here.passed.probe, to.hurt, c.probe.column)
    for i in range(size):
        blame_back(past, here, i, t)
    _pass(here.ports.blame, here.passed.blame, to.attention, c.blame.column)
    for i in range(size):
        attention_back(past, here, i, t)


@njit(cache=True, nogil=True)
def sweep(past: Past, worth: Floats, near: Layer, far: Layer) -> None:
    """Divide v * worth of all companies and weeks; `worth` is (weeks, companies) [currency].

    Credit is in `near` until it passes to another company for the first time, from then on in `far`.
    """
    c = past.given.c
    for t in range(len(worth) - 1, -1, -1):
        for i in range(worth.shape[1]):
            near.credit.lost[i] += past.at.revenue_loss_share[t + 1, i] * worth[t, i]
        _week_back(past, near, far.credit, t)
        _week_back(past, far, far.credit, t)
        # Of the week before: only now that all of this week is done.
        _pass(near.ports.blamed, near.passed.blamed, far.credit.blamed, c.blame.column)
        _pass(far.ports.blamed, far.passed.blamed, far.credit.blamed, c.blame.column)
