"""The model beside history as one HTML file: a picture of bands and of what was seen, and its table."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

from viz import style
from viz.plot import Axis, axis_of, decimals
from viz.texts import LABEL, NAME, SENTENCE, fit
from viz.words import NOTHING, Words

_CSS = Path(__file__).parent / "assets" / "history.css"
_WIDTH, _LEFT, _RIGHT = 1000, 260, 130  # px: the picture, the labels before it, the verdicts behind it
_ROW, _TITLE, _AXIS = 21, 25, 46
_BOUNDS = ("p5", "p10", "p90", "p95")


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure, all in the case's unit, a loss below 0; `verdict` is a phrase (verdict_…), or ''."""

    company: str
    first: int
    last: int
    said: float
    band: Mapping[str, float] | None
    seen: tuple[float, float] | None
    verdict: str
    sign: bool | None
    parameters: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One case with its figures, all texts in the page's language; `places` are decimals."""

    title: str
    percent: bool
    places: int
    fitted: bool
    failure: bool
    source: str
    basis: str
    reason: str
    marks: tuple[Mark, ...]


def history_page(chapters: Sequence[Chapter], headline: str, below: str, lang: str) -> str:
    """The whole document, to be written as UTF-8. It asks for nothing outside itself and runs no script."""
    words = Words(lang)
    css = f"{style.variables()}\n{_CSS.read_text('utf-8')}"
    policy = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'; "
    policy += "base-uri 'none'; form-action 'none'"
    return "".join(
        (
            f'<!DOCTYPE html>\n<html lang="{words("html_lang")}" data-ready="1">\n<head>\n'
            '<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_text(words('history_title'))}</title>\n<style>{css}</style>\n</head>\n<body>\n<main>\n"
            f'<h1>{_text(headline)}</h1>\n<p class="below">{_text(below)}</p>\n',
            f'<p class="below">{_text(words("history_holds"))}</p>\n',
            _legend(words),
            *(_picture(group, words) for group in _by_unit(chapters)),
            *_table(chapters, words),
            "</main>\n</body>\n</html>\n",
        )
    )


def _text(text: str, longest: int = 3 * SENTENCE) -> str:
    """A text from data, fit to be shown and escaped."""
    return escape(fit(text, longest))


def _by_unit(chapters: Sequence[Chapter]) -> Iterator[Sequence[Chapter]]:
    """Percent and money apart: each has its own axis."""
    for percent in (True, False):
        if group := [chapter for chapter in chapters if chapter.percent == percent]:
            yield group


# -- the picture --------------------------------------------------------------------------------------


def _picture(chapters: Sequence[Chapter], words: Words) -> str:
    marks = [mark for chapter in chapters for mark in chapter.marks]
    axis = axis_of([v for mark in marks for v in _extent(mark)] + [0.0], _LEFT, _WIDTH - _RIGHT)
    height = sum(_TITLE + _ROW * len(chapter.marks) for chapter in chapters) + _AXIS
    drawn = [_grid(axis, height - _AXIS)]
    top = 0.0
    for chapter in chapters:
        drawn.append(_heading(chapter, top, words))
        top += _TITLE
        for mark in chapter.marks:
            drawn.append(_row(mark, chapter, axis, top + _ROW / 2, words))
            top += _ROW
    unit = words("history_axis_percent" if chapters[0].percent else "history_axis_bn")
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    drawn.append(f'<text x="{middle:g}" y="{height - 6}" class="unit">{_text(unit)}</text>')
    label = _text(words("history_picture"))
    return (
        f'<svg class="picture" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _extent(mark: Mark) -> list[float]:
    """The ends of all that is drawn of a figure."""
    return [mark.said, *(mark.band[b] for b in _BOUNDS if mark.band), *(mark.seen or ())]


def _grid(axis: Axis, bottom: float) -> str:
    lines = []
    for value, name in axis.ticks:
        x = axis.place(value)
        kind = "zero" if value == 0 else "grid"
        lines.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{bottom:g}" class="{kind}"/>')
        lines.append(f'<text x="{x:.1f}" y="{bottom + 16:g}" class="tick">{name}</text>')
    return "".join(lines)


def _heading(chapter: Chapter, top: float, words: Words) -> str:
    notes = [words(n) for n, so in (("case_fitted", chapter.fitted), ("case_failure", chapter.failure)) if so]
    said = f'<tspan class="note"> · {_text(words("list").join(notes))}</tspan>' if notes else ""
    return f'<text x="0" y="{top + 17:g}" class="title">{_text(chapter.title, NAME)}{said}</text>'


def _row(mark: Mark, chapter: Chapter, axis: Axis, y: float, words: Words) -> str:
    parts = [f"<g><title>{_text(_tip(mark, chapter, words))}</title>"]
    label = f"{fit(mark.company, LABEL)} · {words('weeks_of', first=mark.first, last=mark.last)}"
    if mark.parameters:  # the line before it is the same without them
        label = f"… {words('with_parameters', parameters=mark.parameters)}"
    parts.append(f'<text x="12" y="{y + 4:g}" class="label">{_text(label)}</text>')
    if mark.band:
        for (low, high), size in ((("p5", "p95"), 4), (("p10", "p90"), 10)):
            x, end = axis.place(mark.band[low]), axis.place(mark.band[high])
            parts.append(
                f'<rect x="{x:.1f}" y="{y - size / 2:g}" width="{max(end - x, 1.0):.1f}" height="{size}" '
                f'class="band{size}"/>'
            )
    x = axis.place(mark.said)
    parts.append(f'<line x1="{x:.1f}" y1="{y - 7:g}" x2="{x:.1f}" y2="{y + 7:g}" class="said"/>')
    if mark.seen:
        parts.append(_seen(mark.seen, mark.verdict, axis, y))
    verdict = words(mark.verdict) if mark.verdict else words("history_none") if mark.seen is None else ""
    kind, x = mark.verdict or "none", _WIDTH - _RIGHT + 12
    parts.append(f'<text x="{x}" y="{y + 4:g}" class="{kind}">{_text(verdict)}</text></g>')
    return "".join(parts)


def _seen(seen: tuple[float, float], verdict: str, axis: Axis, y: float) -> str:
    """A diamond; over a line from end to end where what was seen is known roughly."""
    low, high = axis.place(seen[0]), axis.place(seen[1])
    x = (low + high) / 2
    line = f'<line x1="{low:.1f}" y1="{y:g}" x2="{high:.1f}" y2="{y:g}" class="rough"/>' if high > low else ""
    points = f"{x:.1f},{y - 6:g} {x + 6:.1f},{y:g} {x:.1f},{y + 6:g} {x - 6:.1f},{y:g}"
    return f'{line}<polygon points="{points}" class="seen {verdict}"/>'


def _tip(mark: Mark, chapter: Chapter, words: Words) -> str:
    said, seen = _number(mark.said, chapter), _seen_said(mark, chapter)
    return f"{mark.company}: {words('said')} {said}, {words('seen')} {seen}"


def _legend(words: Words) -> str:
    """What the shapes mean."""
    keys = (
        ("legend_90", '<rect x="1" y="5" width="32" height="4" class="band4"/>'),
        ("legend_80", '<rect x="1" y="2" width="32" height="10" class="band10"/>'),
        ("legend_model", '<line x1="17" y1="0" x2="17" y2="14" class="said"/>'),
        ("legend_seen", '<line x1="3" y1="7" x2="31" y2="7" class="rough"/>'
         '<polygon points="17,1 23,7 17,13 11,7" class="seen"/>'),
    )  # fmt: skip
    items = (
        f'<span class="key"><svg width="34" height="14" aria-hidden="true">{shape}</svg>'
        f"{_text(words(name))}</span>"
        for name, shape in keys
    )
    return f'<p class="legend">{"".join(items)}</p>\n'


# -- the table ----------------------------------------------------------------------------------------


def _table(chapters: Sequence[Chapter], words: Words) -> Iterator[str]:
    heads = (
        words("company"), words("history_weeks"), words("seen"), words("said"), words("band_90"), "",
    )  # fmt: skip
    for chapter in chapters:
        yield f"<section>\n<h2>{_text(chapter.title)}</h2>\n"
        notes = (
            ("case_source", chapter.source),
            ("case_basis", chapter.basis),
            ("case_reason", chapter.reason),
        )
        for name, text in notes:
            if text:
                yield f"<p><b>{_text(words(name))}</b> {_text(text)}</p>\n"
        yield (
            "<table><thead><tr>"
            + "".join(f"<th>{_text(head)}</th>" for head in heads)
            + "</tr></thead><tbody>\n"
        )
        for mark in chapter.marks:
            yield (
                "<tr>"
                + "".join(f"<td>{_text(cell)}</td>" for cell in _cells(mark, chapter, words))
                + "</tr>\n"
            )
        yield "</tbody></table>\n</section>\n"


def _cells(mark: Mark, chapter: Chapter, words: Words) -> Iterator[str]:
    yield mark.company
    yield f"{mark.first}–{mark.last}"
    yield _seen_said(mark, chapter)
    yield _number(mark.said, chapter)
    yield (
        f"{_number(mark.band['p5'], chapter)} … {_number(mark.band['p95'], chapter)}"
        if mark.band
        else NOTHING
    )
    said = [words(mark.verdict)] if mark.verdict else []
    said += [words("verdict_sign")] if mark.sign is False else []
    said += [words("with_parameters", parameters=mark.parameters)] if mark.parameters else []
    yield words("list").join(said)


def _seen_said(mark: Mark, chapter: Chapter) -> str:
    if mark.seen is None:
        return NOTHING
    low, high = (_number(value, chapter) for value in mark.seen)
    return low if low == high else f"{low} … {high}"


def _number(value: float, chapter: Chapter) -> str:
    return decimals(value, chapter.places)
