"""How sure an answer is, in words and as a picture: bands, what they hang on, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph.impact.costs import known_purses
from graph.impact.priors import Input
from graph.impact.sensitivity import Sensitivity
from graph.impact.sureness import WEEKS, Sureness
from graph.impact.uncertainty import Interval, interval
from graph.network import Floats
from graph.ontology import TABLES
from graph.parameters import PARAMETERS
from viz.band_words import PARAMETERS_IN_CHINESE
from viz.story import first_of, name_of, with_id
from viz.texts import NAME, fit
from viz.words import NOTHING, Words

MOST_INPUTS = 5
ENOUGH = 19  # draws: with fewer, P5 and P95 are the ends of what was drawn
LEFT_OUT = ("left_out_form", "left_out_links", "left_out_data", "left_out_common")
HEADS = ("band_figure", "band_default", "P5", "P10", "P50", "P90", "P95")
_COLUMNS = frozenset(c.name for c in TABLES["links"].columns) | {"resale"}


@dataclass(frozen=True)
class Fan:
    """A band by week, as points in a box of weeks - 1 by 1, y downward; `most` words its top."""

    outer: str
    inner: str
    middle: str
    weeks: int
    most: str


@dataclass(frozen=True)
class Told:
    """All that a page says of how sure an answer is; texts are plain and fit to be shown.

    `sentence` is the band, and who goes out of business in how many draws where that was asked.
    `fan` is the chain's loss, `courses` the series of the company it is about that are not 0, by name.
    """

    sentence: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    hangs: tuple[tuple[str, tuple[str, ...]], ...]
    rests: tuple[str, ...]
    forms: tuple[str, ...]
    left_out: tuple[str, ...]
    fan: Fan
    courses_title: str
    courses: tuple[tuple[str, Fan], ...]


def told(sure: Sureness, words: Words) -> Told:
    """The words and the picture of how sure an answer is."""
    band = sure.drawn.interval("value_added_loss")
    return Told(
        sentence=" ".join(filter(None, (_sentence(sure, band, words), _exits(sure, words)))),
        heads=tuple(words(h) if h.startswith("band") else h for h in HEADS),
        rows=tuple(_rows(sure, words)),
        hangs=tuple(_hangs(sure, words)),
        rests=(_rests(sure, words), _drawn(sure, words)),
        forms=tuple(_forms(sure, band, words)),
        left_out=tuple(words(phrase) for phrase in LEFT_OUT),
        fan=_fan(interval(sure.drawn.course), lambda most: words("fan_most", money=words.money(most))),
        courses_title=words("courses_title", company=_name(sure)) if sure.courses else "",
        courses=tuple(_courses(sure, words)),
    )


def _sentence(sure: Sureness, band: Interval, words: Words) -> str:
    count, losses = len(sure.drawn), (band.p5, band.p10, band.p50, band.p90, band.p95)
    lowest, low, middle, high, highest = (words.money(float(v)) for v in losses)
    if lowest == highest:
        return words("band_none", count=count, money=lowest)
    if count < ENOUGH:
        return words("band_few", count=count, low=lowest, high=highest)
    return words("band_sentence", low=low, middle=middle, high=high)


def _exits(sure: Sureness, words: Words) -> str:
    """Who goes out of business in how many of the draws, the likeliest first."""
    central, chances = sure.drawn.central, sure.drawn.exit_chances()
    if not central.scenario.exits:
        return ""
    if not chances:
        return words("exits_never") if len(known_purses(central.network)) else ""
    likeliest = sorted(chances, key=lambda i: (-chances[i], i))
    network = central.network
    told = (
        words(
            "exit_chance",
            company=with_id(network, network.ids[i]),
            chance=words.percent(100.0 * chances[i]),
        )
        for i in likeliest
    )
    return words("exits_drawn", companies=first_of(told, len(chances), words, "list_of_pairs"))


def _courses(sure: Sureness, words: Words) -> Iterator[tuple[str, Fan]]:
    for name, band in sure.courses.items():
        if band.p95.any():
            yield (
                words(f"course_{name}"),
                _fan(band, lambda most: words("course_most", share=words.percent(100.0 * most))),
            )


def _fan(band: Interval, worded: Callable[[float], str]) -> Fan:
    """The picture of a band of (weeks,); `worded` says how much its top is."""
    most = float(np.max(band.p95, initial=0.0))
    scaled = Interval(*(1.0 - each / (most or 1.0) for each in band))

    def points(heights: Floats, weeks: Sequence[int]) -> list[str]:
        return [f"{week},{heights[week]:.3f}" for week in weeks]

    weeks = range(len(band.p50))

    def area(top: Floats, bottom: Floats) -> str:
        return " ".join([*points(top, weeks), *points(bottom, weeks[::-1])])

    return Fan(
        outer=area(scaled.p95, scaled.p5),
        inner=area(scaled.p90, scaled.p10),
        middle=" ".join(points(scaled.p50, weeks)),
        weeks=len(weeks),
        most=worded(most),
    )


def _rows(sure: Sureness, words: Words) -> Iterator[tuple[str, ...]]:
    central = sure.drawn.central
    figures: list[tuple[str, float, Interval]] = [
        (words(name), getattr(central, name), sure.drawn.interval(name))
        for name in ("value_added_loss", "gross_revenue_loss")
    ]
    if sure.company is not None:
        place = sure.company
        figures.append(
            (
                _company(sure, words),
                float(central.revenue_loss[place]),
                interval(sure.drawn.revenue_loss[:, place]),
            )
        )
    for label, default, band in figures:
        yield (label, words.money(default), *(words.money(float(v)) for v in band))
    if sure.company is not None:
        yield from _weeks(sure, sure.company, words)


def _weeks(sure: Sureness, company: int, words: Words) -> Iterator[tuple[str, ...]]:
    """When something happens to the company asked about, and in what share of the draws it does at all.

    Of recovery those draws count in which there was a loss to recover from.
    """
    found = {name: sure.when(name, company) for name in WEEKS}
    if sure.survives is not None:
        found["time_to_survive"] = sure.survives
    first: tuple[str, ...] = ()
    for name, when in found.items():
        if np.isnan(when.chance):
            continue
        weeks = tuple(
            f"{v:.3g}" if np.isfinite(v) else NOTHING for v in map(float, (when.default, *when.band))
        )
        if name == "time_to_survive" and weeks == first:  # no outage ends before the loss begins
            continue
        first = first or weeks
        figure = words(f"band_{name}", company=_name(sure))
        if when.chance < 1.0:
            phrase = "band_chance_of_loss" if name == "recovery_week" else "band_chance"
            figure = words(phrase, figure=figure, chance=words.percent(100.0 * float(when.chance)))
        yield (figure, *weeks)


def _name(sure: Sureness) -> str:
    central = sure.drawn.central
    return name_of(central, central.network.ids[sure.company or 0])


def _company(sure: Sureness, words: Words) -> str:
    return words("band_of_company", company=_name(sure))


def _hangs(sure: Sureness, words: Words) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each figure, what it hangs on."""
    for figure, found in sure.hangs_on.items():
        said = words(figure) if figure == "value_added_loss" else _company(sure, words)
        clear = [s for s in found if s.clear][:MOST_INPUTS]
        title = words("hangs_of" if clear else "hangs_none", figure=said)
        yield title, tuple(_line(sure, s, words) for s in clear)


def _line(sure: Sureness, s: Sensitivity, words: Words) -> str:
    return words(
        "hangs_line",
        input=input_name(sure, s.input, words),
        sign="+" if s.correlation > 0 else "−",
        correlation=f"{abs(s.correlation):.2f}",
        direction=words("hangs_more" if s.correlation > 0 else "hangs_less"),
    )


def input_name(sure: Sureness, each: Input, words: Words) -> str:
    """What an uncertain number is called."""
    central = sure.drawn.central
    if each.kind == "parameter":
        return parameter_name(each.name, words)
    if each.kind == "figure":
        table, _, column = each.name.partition(".")
        ends, category = each.about[:2], fit("".join(each.about[2:]), NAME)
        names = " → ".join(name_of(central, end) for end in ends)
        about = f"{names} ({category})" if category else names
        return words("input_figure", column=words.column(table, column), about=about)
    shock = central.scenario.shocks[int(each.name.split(".")[1])]
    return words(f"input_{each.kind}", company=name_of(central, shock.company))


def parameter_name(name: str, words: Words) -> str:
    """What a parameter is called: a default by its column, the others by what they are."""
    if name in _COLUMNS:
        table = "companies" if name == "resale" else "links"
        return words("input_default", column=words.column(table, name))
    if words.language == "en":
        doc = PARAMETERS[name].doc
        return f"{doc}, half-life in weeks" if name.endswith("_half_life") else doc
    if name in PARAMETERS_IN_CHINESE:
        return PARAMETERS_IN_CHINESE[name]
    _, structure, *rest = name.split("_")
    return (
        f"{PARAMETERS_IN_CHINESE[f'churn_{structure}']}：{PARAMETERS_IN_CHINESE['_'.join(['churn', *rest])]}"
    )


def _rests(sure: Sureness, words: Words) -> str:
    if sure.coverage is None:
        return words("coverage_unknown")
    shares: Mapping[str, float] = sure.coverage._asdict()
    return words("coverage_line", **{name: words.percent(100.0 * v) for name, v in shares.items()})


def _drawn(sure: Sureness, words: Words) -> str:
    drawn = sure.drawn
    return words("band_draws", count=len(drawn), inputs=len(drawn.inputs), seed=drawn.central.scenario.seed)


def _forms(sure: Sureness, band: Interval, words: Words) -> Iterator[str]:
    for form in sure.forms:
        loss = form.value_added_loss
        where = "form_within" if band.p5 <= loss <= band.p95 else "form_outside"
        yield words("form_line", form=words(f"form_{form.name}"), money=words.money(loss), where=words(where))
