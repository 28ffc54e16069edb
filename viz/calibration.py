"""Whether the bands hold, as one HTML page: a table, and where the truths lay among the draws."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np
from numpy.typing import NDArray

from graph.impact.calibration import Calibration, Held
from viz import style
from viz.words import Words

HEADS = ("band_figure", "calibration_level", "calibration_inside", "calibration_of", "calibration_error", "")
_WIDTH, _HEIGHT = 300, 90
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CSS = """
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 24px auto;
  max-width: 1000px; padding: 0 16px; }
table { border-collapse: collapse; } th, td { padding: 3px 12px 3px 0; text-align: left; }
td.n { text-align: right; } .no { color: var(--accent); font-weight: 650; } .soft { color: var(--soft); }
.places { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 16px; }
figure { margin: 0; } rect { fill: var(--damaged); } line { stroke: var(--ink); stroke-dasharray: 4 3; }
"""


def rows(found: Calibration, words: Words) -> Iterator[tuple[str, ...]]:
    """The table: one row a figure and band, in the order of HEADS."""
    for held in found.held:
        yield (
            words(held.figure),
            f"{held.percent}%",
            words.percent(100.0 * held.share),
            str(held.truths),
            words.percent(100.0 * held.error),
            words(_verdict(held, "calibration_yes", "calibration_unclear", "calibration_no")),
        )


def conclusion(found: Calibration, words: Words) -> str:
    """What the report says in a sentence."""
    return words(_verdict(found, "calibration_holds", "calibration_too_few", "calibration_fails"))


def _verdict(found: Held | Calibration, holds: str, unclear: str, fails: str) -> str:
    return holds if found.holds else unclear if found.unclear else fails


def calibration_page(found: Calibration, words: Words) -> str:
    """The page as a whole HTML document, to be written as UTF-8; it asks for nothing outside itself."""
    how = words(
        "calibration_how", chains=found.chains, truths=found.truths, count=found.draws, seed=found.seed
    )
    verdict = conclusion(found, words)
    pictures = "".join(
        f"<figure><figcaption>{escape(words(figure))}</figcaption>{_picture(counts, words)}</figure>"
        for figure, counts in found.places.items()
    )
    heads = "".join(f'<th scope="col">{escape(words(h)) if h else ""}</th>' for h in HEADS)
    body = "".join(_row(row, held.holds) for row, held in zip(rows(found, words), found.held, strict=True))
    title = escape(words("calibration_title"))
    return (
        f'<!DOCTYPE html>\n<html lang="{words("html_lang")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{title}</title><style>{style.variables()}{_CSS}</style></head><body><h1>{title}</h1>"
        f"<p><strong>{escape(verdict)}</strong></p><p>{escape(how)}</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f'<h2>{escape(words("calibration_places"))}</h2><div class="places">{pictures}</div>'
        f'<p class="soft">{escape(words("calibration_note"))}</p></body></html>\n'
    )


def _row(cells: tuple[str, ...], holds: bool) -> str:
    first, *numbers, verdict = cells
    middle = "".join(f'<td class="n">{escape(cell)}</td>' for cell in numbers)
    marked = "" if holds else ' class="no"'
    return f'<tr><th scope="row">{escape(first)}</th>{middle}<td{marked}>{escape(verdict)}</td></tr>'


def _picture(counts: NDArray[np.int64], words: Words) -> str:
    """Bars of equal width; the dashed line is what each would be, were the truths spread evenly."""
    most, even = max(int(counts.max()), 1), counts.sum() / len(counts)
    wide = _WIDTH / len(counts)
    bars = "".join(
        f'<rect x="{k * wide + 1:.1f}" y="{_HEIGHT * (1 - n / most):.1f}" width="{wide - 2:.1f}" '
        f'height="{_HEIGHT * n / most:.1f}"><title>{n}</title></rect>'
        for k, n in enumerate(counts.tolist())
    )
    y = f"{_HEIGHT * (1 - even / most):.1f}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(words("calibration_places"))}">{bars}'
        f'<line x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}"></line></svg>'
    )
