"""Who wins the customers that others lose (docs/model.md, section 3, and docs/scenarios.md)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from graph.impact.coefficients import Chain, ratio, total
from graph.impact.leaving import TO_COMPANY, TO_RIVALS, Source, together
from graph.impact.propagation import Trajectory
from graph.network import Floats


def rival_gain(chain: Chain, trajectory: Trajectory, p: Mapping[str, float], weeks_a_year: float) -> Floats:
    """G: what each company wins over the horizon [currency], shape (companies,).

    Of the customers that left for rivals, a part goes to the competitors, by their revenue and how untainted
    they are; all that a boon lured goes to its company. Who needs nothing any more goes to nobody, and who
    left for a rival can no more be lured: none is counted twice.
    """
    rivals, size = chain.rivals, len(chain.network)
    row = np.repeat(np.arange(size), (rivals.start[1:] - rivals.start[:-1]).astype(np.int64))
    pull = chain.revenue[rivals.column] * (1.0 - rivals.value)
    part = ratio(pull, total(row, pull, size)[row])
    left = trajectory.series["churn"].sum(axis=0)
    gone, lurable = _gone(trajectory)
    for company, course in gone.items():
        left[company] = course.sum()
    lost = left * chain.coefficients.final_share * chain.revenue / weeks_a_year
    gain = total(rivals.column, p["rival_capture"] * lost[row] * part, size)
    worth = chain.coefficients.final_share * chain.revenue / weeks_a_year
    for source in trajectory.leaving.sources:
        if source.goes == TO_COMPANY:
            gain[source.whose] += float(_won(source, lurable) @ worth[source.company])
    return gain


def _gone(trajectory: Trajectory) -> tuple[Mapping[int, Floats], Mapping[int, Floats]]:
    """By company, for those whose customers leave for more than a bad name, each (weeks,).

    The share that went to rivals, (1 - w) (c (+) m), and how much of each unit lured reaches who lures.
    """
    sources, need, churn = trajectory.leaving.sources, trajectory.leaving.need(), trajectory.series["churn"]
    to_rivals = together(s for s in sources if s.goes == TO_RIVALS)
    lured = [s for s in sources if s.goes == TO_COMPANY]
    gone, lurable = {}, {}
    for company in need.keys() | to_rivals.keys():
        needed = 1.0 - need.get(company, 0.0)
        gone[company] = needed * (1.0 - (1.0 - churn[:, company]) * (1.0 - to_rivals.get(company, 0.0)))
    summed: dict[int, Floats] = {}
    for source in lured:
        for at, company in enumerate(source.company.tolist()):
            summed[company] = summed.get(company, 0.0) + source.course[:, at]
    for company, course in together(lured).items():
        staying = (1.0 - need.get(company, 0.0)) * (1.0 - churn[:, company])
        staying = staying * (1.0 - to_rivals.get(company, 0.0))
        lurable[company] = staying * ratio(course, summed[company])
    return gone, lurable


def _won(source: Source, lurable: Mapping[int, Floats]) -> Floats:
    """The customers that a boon lured from each rival, in weeks, shape (len(company),)."""
    weeks = [source.course[:, at] @ lurable[c] for at, c in enumerate(source.company.tolist())]
    return np.array(weeks, np.float64)
