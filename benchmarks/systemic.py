"""The systemic risk index of firms, beside the plain SciPy version and the memory stream."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from benchmarks.firms import economy
from benchmarks.measure import Line, stream
from graph.impact.systemic import Question
from graph.impact.systemic_flows import Trades, flows, ranked
from graph.impact.systemic_kernels import indices
from graph.impact.systemic_layout import Flows, room

SIZES = ((10_000, 100_000, "≤ .3 ms"), (100_000, 1_000_000, "≤ 1 ms"))
SAMPLE = 400  # firms by chance, the same each time
BYTES_A_LINK = 4 + 8  # an end and a share, once in a sweep of one direction


class Plain:
    """Whole sweeps as SciPy does them: products of sparse matrices and vectors, and a maximum by slot."""

    def __init__(self, told: Trades, f: Flows) -> None:
        size, p = len(f.out), f.purchases
        ends = np.repeat(np.arange(size), np.diff(p.start).astype(np.int64))
        sector = told.sector[p.seller]
        needed = (told.sector[told.seller] * size + told.buyer)[told.essential]
        linear = ~np.isin(sector * size + ends, needed)
        slot = ends * (int(told.sector.max()) + 1) + sector
        _, slot = np.unique(slot[~linear], return_inverse=True)
        self.first = np.flatnonzero(np.diff(slot, prepend=-1))
        self.f, self.sector = f, told.sector
        shape = (int(slot.max()) + 1, size)
        self.essential = sparse.csr_array((p.down[~linear], (slot, p.seller[~linear])), shape=shape)
        self.slot_buyer = ends[~linear][np.unique(slot, return_index=True)[1]]
        self.starts = np.flatnonzero(np.diff(self.slot_buyer, prepend=-1))
        self.linear = sparse.csr_array((p.down[linear], (ends[linear], p.seller[linear])), shape=(size, size))
        self.up = sparse.csr_array(
            (f.sales.up, f.sales.buyer.astype(np.int32), f.sales.start.astype(np.int64)), shape=(size, size)
        )

    def index(self, firm: int, eps: float = 0.01) -> tuple[float, int]:
        """The index of one firm, and the sweeps."""
        out, size = self.f.out, len(self.f.out)
        psi = np.zeros(size)
        psi[firm] = 1.0
        down, up, sweeps = psi.copy(), psi.copy(), 0
        while True:
            left = np.bincount(self.sector, out * (1.0 - down), int(self.sector.max()) + 1)[self.sector]
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(left > 0, np.minimum(1.0, out / left), 1.0)
            passed = share * down
            worst = np.zeros(size)
            worst[self.slot_buyer[self.starts]] = np.maximum.reduceat(self.essential @ passed, self.starts)
            new_down = np.maximum(psi, np.minimum(1.0, np.maximum(worst, self.linear @ passed)))
            new_up = np.maximum(psi, np.minimum(1.0, self.up @ up))
            change = max(np.abs(new_down - down).max(), np.abs(new_up - up).max())
            down, up, sweeps = new_down, new_up, sweeps + 1
            if change <= eps + 1e-12:
                return float(out @ np.maximum(down, up) / out.sum()), sweeps


def run() -> Iterator[Line]:
    """The lines of this benchmark. Seconds are those of the processor: other programs disturb them less."""
    moved = stream()
    for firms, links, aim in SIZES:
        told, number = ranked(economy(firms, links))
        f = flows(told, "none")
        plain, mine, rule = Plain(told, f), room(f), Question().rule()
        chosen = number[np.random.default_rng(0).choice(firms, SAMPLE, replace=False)].astype(np.uint32)
        hub = np.array([np.bincount(told.seller, minlength=firms).argmax()], np.uint32)

        def ours(which: np.ndarray, f: Flows = f, mine: tuple = mine, rule: tuple = rule) -> tuple:  # type: ignore[type-arg]
            index, change, sweeps = (
                np.zeros(len(which)),
                np.zeros(len(which)),
                np.zeros(len(which), np.uint32),
            )
            start = time.thread_time()
            indices(f, rule, *mine, which, index, change, sweeps)
            return (time.thread_time() - start) / len(which), index, sweeps

        ours(chosen[:2])
        seconds, index, sweeps = min((ours(chosen) for _ in range(3)), key=lambda x: x[0])
        start, few = time.thread_time(), chosen[:40]
        told_plainly = [plain.index(int(firm)) for firm in few]
        theirs = (time.thread_time() - start) / len(few)
        assert np.allclose([x for x, _ in told_plainly], index[:40], atol=1e-9)
        own_few = ours(few)[0]
        limit = 2 * BYTES_A_LINK * links / moved
        yield Line(
            f"systemic risk index, {firms:,} firms, {links:,} links, by chance",
            f"{1e3 * seconds:.2f} ms of one thread a firm, {sweeps.mean():.1f} sweeps",
            aim,
            f"SciPy {theirs / own_few:.1f}×; {seconds / limit:.1f}× the memory limit of one sweep",
        )
        own_hub, hub_index, hub_sweeps = min((ours(hub) for _ in range(3)), key=lambda x: x[0])
        start = time.thread_time()
        hub_plain, plain_sweeps = plain.index(int(hub[0]))
        theirs = time.thread_time() - start
        assert abs(hub_plain - hub_index[0]) < 1e-6
        yield Line(
            f"… of the largest hub ({np.bincount(told.seller).max():,} customers)",
            f"{1e3 * own_hub:.1f} ms, {hub_sweeps[0]} sweeps",
            "≤ 100 ms" if links == 1_000_000 else "",
            f"SciPy {theirs / own_hub:.1f}×, {plain_sweeps} sweeps; "
            f"{own_hub / hub_sweeps[0] / limit:.1f}× the memory limit a sweep",
        )
