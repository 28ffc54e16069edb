"""The words and tables around the map: what stands on the page before its script runs, and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.impact.explanation import Explanation
from graph.impact.impact import Impact
from graph.impact.sureness import Sureness
from viz import story, style
from viz.band import Told, told
from viz.drawing import MOST_LINES, MOST_TIES, Drawing, column_title
from viz.figures import WEEKLY
from viz.flows import recorded
from viz.selection import value_added_loss
from viz.texts import NAME, fit
from viz.why import MOST, because, opening, path_told
from viz.words import NOTHING, Words

# The table's columns: the phrase that heads it, and the small one below that.
COLUMNS = (
    ("company", ""),
    ("role", ""),
    ("tier", ""),
    ("revenue", ""),
    ("loss", "this_week"),
    ("revenue_loss", "over_horizon"),
    ("value_added", "over_horizon"),
    ("reputation", "this_week"),
    ("churn", "this_week"),
    ("first_week", ""),
    ("recovery_week", ""),
    ("time_to_survive", "shock_endless"),
    ("runway", ""),
    ("told", ""),
)
_TEXTS = ("company", "role", "told")
_HEADS = {"loss": "revenue_loss", "told": "sources"}


@dataclass(frozen=True)
class Tile:
    """One total."""

    label: str
    value: str
    note: str
    main: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell of the table; `weekly` names the series that the script keeps up to date in it."""

    text: str
    weekly: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Row:
    """One line of the table: a company by its place among those drawn, or a sum (place -1)."""

    name: str
    id: str
    place: int
    cells: tuple[Cell, ...]
    shocked: bool = False


@dataclass(frozen=True)
class Step:
    """One step of the damage scale in the legend."""

    colour: str
    label: str


@dataclass(frozen=True)
class Way:
    """One path: its share of the loss [%], the sentence, and of each hop what passed, source and target."""

    share: float
    told: str
    hops: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Why:
    """What an explanation says: what is divided, the largest paths, and what is left."""

    opening: str
    ways: tuple[Way, ...]
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Everything that the template shows; all texts are plain, the template escapes them."""

    words: Words
    title: str
    headline: str
    below: str
    scenario: str
    tiles: tuple[Tile, ...]
    weeks: int
    worst: int
    curve: str
    band: Told | None
    lost: str
    steps: tuple[Step, ...]
    marked: str
    channels: tuple[style.Channel, ...]
    heads: tuple[tuple[str, str, bool], ...]
    rows: tuple[Row, ...]
    sums: tuple[Row, ...]
    shocks: tuple[str, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    cuts: tuple[str, ...]
    snapshot: tuple[str, ...]
    why: Why | None


def page(
    drawing: Drawing,
    words: Words,
    sources: Mapping[str, Sequence[str]],
    why: Explanation | None = None,
    sure: Sureness | None = None,
) -> Page:
    """The page of a drawing; `sources` as in viz.sources.origins, `why` an explanation of its impact.

    `sure` where draws were asked for.
    """
    impact = drawing.impact
    name = fit(impact.scenario.name, NAME)
    worst = drawing.worst_week
    return Page(
        words=words,
        title=f"{words('map_title')} – {name}" if name else words("map_title"),
        headline=story.headline(impact, words),
        below=" ".join(filter(None, (story.below_headline(impact, words), story.exits(impact, words)))),
        scenario=name,
        tiles=_tiles(impact, words),
        weeks=impact.weeks,
        worst=worst,
        curve=_curve(drawing),
        band=told(sure, words) if sure else None,
        lost=words("week_lost", money=words.money(float(drawing.lost_by_week[worst]))),
        steps=_steps(words),
        marked=words("legend_exit" if impact.exits else "legend_shock"),
        channels=style.CHANNELS,
        heads=_heads(impact, words),
        rows=_rows(drawing, words, sources),
        sums=_sums(drawing, words),
        shocks=story.shocks(impact, words),
        assumptions=story.assumptions(impact, words),
        warnings=story.warnings(impact, words),
        cuts=_cuts(drawing, words),
        snapshot=_snapshot(impact, words),
        why=None if why is None else _why(impact, why, words),
    )


def _why(impact: Impact, found: Explanation, words: Words) -> Why:
    ids = impact.network.ids
    ways = tuple(
        Way(
            share=100.0 * path.amount / found.loss,
            told=path_told(impact, found, path, words),
            hops=tuple(
                (
                    words(f"channel_{hop.channel}"),
                    story.name_of(impact, ids[hop.source]),
                    story.name_of(impact, ids[hop.target]),
                )
                for hop in path.hops
            ),
        )
        for path in found.paths[:MOST]
    )
    return Why(opening(impact, found, words), ways, because(impact, found, words)[len(ways) :])


def _tiles(impact: Impact, words: Words) -> tuple[Tile, ...]:
    costs = impact.direct_costs
    return (
        Tile(
            words("value_added_loss"),
            words.money(impact.value_added_loss),
            words("value_added_note", weeks=impact.weeks),
            main=True,
        ),
        Tile(words("gross_revenue_loss"), words.money(impact.gross_revenue_loss), words("gross_note")),
        Tile(words("rival_gain"), words.money(float(impact.rival_gain.sum())), words("rival_note")),
        Tile(
            words("direct_costs"),
            words.money(sum(c.amount for c in costs)) if costs else NOTHING,
            words(
                "direct_note",
                repaid=words.money(sum(c.repaid for c in costs)),
                borne=words.money(sum(c.borne for c in costs)),
            )
            if costs
            else words("direct_none"),
        ),
    )


def _curve(drawing: Drawing) -> str:
    """The chain's loss by week as the points of an area, in a box of weeks - 1 by 1, y downward."""
    lost = drawing.lost_by_week
    heights = [1.0 - float(v) / (float(lost.max()) or 1.0) for v in lost]
    points = [
        f"{week},{height:.3f}" for week, height in enumerate(heights * 2 if len(lost) == 1 else heights)
    ]
    return " ".join(["0,1", *points, f"{max(len(lost) - 1, 1)},1"])


def _steps(words: Words) -> tuple[Step, ...]:
    return tuple(Step(b.colour, "0%" if b.above < 0 else f"> {b.above:g}%") for b in style.DAMAGE)


def _heads(impact: Impact, words: Words) -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (
            words(_HEADS.get(name, name)),
            words(below, **({"weeks": impact.weeks} if below == "over_horizon" else {})) if below else "",
            name not in _TEXTS,
        )
        for name, below in COLUMNS
    )


def _rows(drawing: Drawing, words: Words, sources: Mapping[str, Sequence[str]]) -> tuple[Row, ...]:
    rows = []
    ids, worst = drawing.impact.network.ids, drawing.worst_week
    for place, (company, shown) in enumerate(
        zip(drawing.selection.drawn.tolist(), drawing.figures, strict=True)
    ):
        cells = []
        for name, _ in COLUMNS[1:]:
            if name in WEEKLY:
                cells.append(Cell(words.percent(float(shown.weekly[name][worst])), weekly=name))
            elif name == "told":
                cells.append(Cell(next(iter(sources.get(ids[company], ())), NOTHING), numeric=False))
            else:
                cells.append(Cell(shown.fixed[name], numeric=name not in _TEXTS))
        shocked = company in drawing.selection.shocked
        rows.append(Row(shown.name, shown.id if shown.id != shown.name else "", place, tuple(cells), shocked))
    return tuple(rows)


def _sums(drawing: Drawing, words: Words) -> tuple[Row, ...]:
    """What the companies that are not drawn lose, by column, and all companies together."""
    impact = drawing.impact

    def row(name: str, revenue_loss: float, value_added: float) -> Row:
        filled = {"revenue_loss": words.money(revenue_loss), "value_added": words.money(value_added)}
        return Row(name, "", -1, tuple(Cell(filled.get(column, "")) for column, _ in COLUMNS[1:]))

    others = [
        row(
            words("others_row", count=o.count, column=column_title(o.column, impact, words)),
            o.revenue_loss,
            o.value_added_loss,
        )
        for o in drawing.selection.others
    ]
    total = row(
        words("total_row", count=len(impact.network)),
        impact.gross_revenue_loss,
        float(value_added_loss(impact).sum()),
    )
    return (*others, total)


def _cuts(drawing: Drawing, words: Words) -> tuple[str, ...]:
    """What the map leaves out."""
    said = [] if recorded(drawing.impact) else [words("flows_absent")]
    if drawing.selection.others:
        left, whole = sum(o.count for o in drawing.selection.others), len(drawing.impact.network)
        said.append(words("not_drawn", count=left, all=whole))
    if len(drawing.flows) == MOST_LINES:
        said.append(words("lines_cut", count=MOST_LINES))
    if len(drawing.ties) == MOST_TIES:
        said.append(words("ties_cut", count=MOST_TIES))
    return tuple(said)


def _snapshot(impact: Impact, words: Words) -> tuple[str, ...]:
    return (
        story.snapshot(impact.network, words),
        words("horizon", weeks=impact.weeks),
        words("currency", currency=words.currency) if words.currency else words("currency_none"),
    )
