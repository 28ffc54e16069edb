"""What the page draws: companies with their places and weeks, ties between them, and what travelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.ontology import LinkKind, Role, default_category
from viz import style
from viz.figures import Figures, figures
from viz.flows import Flow, Tie, flows, ties
from viz.layout import APART, BEYOND, CUSTOMERS, DEALERS, DEEPEST, LOGISTICS, Layout, arrange
from viz.selection import Selection, select
from viz.texts import LABEL, NAME, fit
from viz.words import Words

MOST_LINES, MOST_TIES = 1500, 2500
SHOWN_TIES = 4  # categories named of one tie
_COLUMNS = {
    0: "brand_column",
    LOGISTICS: "logistics_column",
    DEALERS: "dealer_column",
    CUSTOMERS: "customer_column",
    BEYOND: "beyond_column",
    APART: "apart_column",
}


@dataclass(frozen=True)
class Drawing:
    """The map of one impact. `figures`, `layout` and `selection.drawn` go by the companies drawn."""

    impact: Impact
    selection: Selection
    figures: tuple[Figures, ...]
    layout: Layout
    ties: tuple[Tie, ...]
    flows: tuple[Flow, ...]

    @property
    def place(self) -> Mapping[int, int]:
        """Where each company of the network stands among those drawn."""
        return {int(company): k for k, company in enumerate(self.selection.drawn)}

    @property
    def lost_by_week(self) -> NDArray[np.float64]:
        """Value added that the whole chain loses in each week [currency], shape (weeks,)."""
        share = self.impact.series["revenue_loss_share"]
        return np.asarray(share @ self.impact.chain.value_added / WEEKS_A_YEAR)

    @property
    def worst_week(self) -> int:
        """The week that the page opens at: the one of the largest loss, of value added or else of shares."""
        lost = self.lost_by_week
        if lost.max(initial=0.0) <= 0:
            lost = self.impact.series["revenue_loss_share"].sum(axis=1)
        return int(lost.argmax())


def draw(impact: Impact, words: Words, limit: int) -> Drawing:
    """Chooses, places and connects what the page shows."""
    selection = select(impact, limit)
    drawn = selection.drawn
    place = {int(company): k for k, company in enumerate(drawn)}
    tied = ties(impact, drawn, MOST_TIES)
    ends = np.array([(place[t.seller], place[t.buyer]) for t in tied], np.int64).reshape(-1, 2)
    roomy = style.SMALLEST_ROOMY if len(drawn) <= style.ROOMY else style.SMALLEST_RADIUS
    layout = arrange(
        selection.column,
        impact.chain.revenue[drawn],
        ends[:, 0],
        ends[:, 1],
        least=np.where(np.isin(drawn, list(selection.shocked)), style.SMALLEST_SHOCKED, roomy),
        empty=np.array([o.column for o in selection.others], np.int64),
    )
    return Drawing(
        impact, selection, figures(impact, drawn, words), layout, tied, flows(impact, drawn, MOST_LINES)
    )


def column_title(column: int, impact: Impact, words: Words) -> str:
    """The heading of a column of viz.layout."""
    if column < 0:
        return words("supplier_deep" if column == -DEEPEST else "supplier_column", tier=-column)
    if column == 0 and not impact.network.plays(Role.BRAND).any():
        return words("centre_column")
    return words(_COLUMNS[column])


def page_data(drawing: Drawing, words: Words, sources: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """All that the page's script needs, as values that JSON can hold; texts are fit to be shown."""
    impact, place = drawing.impact, drawing.place
    radius = drawing.layout.radius
    companies = []
    for k, (company, told) in enumerate(zip(drawing.selection.drawn.tolist(), drawing.figures, strict=True)):
        companies.append(
            {
                "id": told.id,
                "name": told.name,
                "label": fit(told.name, LABEL),
                "x": round(float(drawing.layout.x[k]), 5),
                "y": round(float(drawing.layout.y[k]), 5),
                "r": round(float(radius[k]), 2),
                "column": int(drawing.selection.column[k]),
                "shocked": company in drawing.selection.shocked,
                "fixed": told.fixed,
                "weekly": {name: values.tolist() for name, values in told.weekly.items()},
                "sources": list(sources.get(impact.network.ids[company], ())),
            }
        )
    return {
        "weeks": impact.weeks,
        "worst": drawing.worst_week,
        "companies": companies,
        "columns": _heads(drawing, words),
        "ties": [
            {"a": place[t.seller], "b": place[t.buyer], "what": _traded(t, impact, words)}
            for t in drawing.ties
        ],
        "lines": [
            {
                "a": place[f.source],
                "b": place[f.target],
                "channel": f.channel,
                "bend": bend(drawing, f),
                "amount": np.round(1000.0 * f.amount).astype(np.int64).tolist(),
            }
            for f in drawing.flows
        ],
        "lost": [words("week_lost", money=words.money(float(lost))) for lost in drawing.lost_by_week],
        "style": _style(),
    }


def bend(drawing: Drawing, flow: Flow) -> float:
    """How far a line bows out: its channel's lane, and an arc within a column, past those in between."""
    column, place = drawing.selection.column, drawing.place
    lane = next(c.bend for c in style.CHANNELS if c.name == flow.channel)
    same = column[place[flow.source]] == column[place[flow.target]]
    return round(lane + 0.25, 3) if same else lane


def _heads(drawing: Drawing, words: Words) -> list[dict[str, Any]]:
    """The columns from left to right, each with the companies that it does not show."""
    others = {o.column: o.count for o in drawing.selection.others}
    return [
        {
            "title": column_title(column, drawing.impact, words),
            "x": round(float(x), 5),
            "others": words("others", count=f"{others[column]:,}") if column in others else "",
        }
        for column, x in zip(drawing.layout.columns, drawing.layout.heads, strict=True)
    ]


def _traded(tie: Tie, impact: Impact, words: Words) -> str:
    """What a tie trades; the categories that stand for a blank are words of ours."""
    ours = {
        "": words("link"),
        default_category(LinkKind.CARRIES_FOR, ""): words("delivery"),
        default_category(LinkKind.SELLS_THROUGH, impact.network.ids[tie.seller]): words("goods"),
    }
    said = [ours.get(name) or fit(name, NAME) for name in tie.categories[:SHOWN_TIES]]
    return words("list").join(said) + (" …" if len(tie.categories) > SHOWN_TIES else "")


def _style() -> dict[str, Any]:
    return {
        "damage": [{"above": b.above, "colour": b.colour} for b in style.DAMAGE],
        "channels": {
            c.name: {"colour": c.colour, "dash": list(c.dash), "bend": c.bend} for c in style.CHANNELS
        },
        "ink": style.INK,
        "paper": style.PAPER,
        "border": style.NODE_BORDER,
        "link": style.LINK,
        "chosen": style.CHOSEN,
        "nodeBorder": style.NODE_BORDER_WIDTH,
        "shockedBorder": style.SHOCKED_BORDER_WIDTH,
        "shockedGrowth": style.SHOCKED_GROWTH,
        "linkWidth": style.LINK_WIDTH,
        "thinnest": style.THINNEST,
        "thickest": style.THICKEST,
        "faintest": style.FAINTEST,
        "faint": style.FAINT,
    }
