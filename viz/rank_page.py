"""A ranking as one HTML file that opens offline: the picture, the most dangerous and why, what is behind."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape

from graph.impact.basis import of_ranking
from graph.impact.comparison import Group, Hidden, hidden
from graph.impact.criticality import Ranking
from graph.parameters import parameters
from viz import story, style
from viz.dangers import asked, behind, counted, dangers, headline, name, question
from viz.rank_table import cells, columns, group_cells
from viz.scatter import Axes, Dot, powers, scatter
from viz.words import Words

TOLD, DOTS, GROUPS = 20, 1500, 8  # companies in the table and in the picture, rows of a grouping
_CSS = """
*{box-sizing:border-box}
html{font-family:"Segoe UI",system-ui,"Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC","WenQuanYi Micro Hei","Noto Sans",sans-serif;font-size:14px;line-height:1.4;
color:var(--ink);background:var(--paper)}
body{margin:0 auto;max-width:1000px;padding:14px 20px 40px}
h1{font-size:21px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:16px;margin:22px 0 4px}
h3{font-size:13px;margin:12px 0 2px}
p,li,caption,th,td{overflow-wrap:anywhere}
p{margin:2px 0}
.soft,caption,small{color:var(--soft)}
table{border-collapse:collapse;width:100%}
th,td{padding:4px 8px;border-bottom:1px solid var(--edge);text-align:left;vertical-align:top}
thead th{font-weight:400;color:var(--soft)}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.flag td,.flag th{background:var(--shade)}
tr.why td{border-bottom:1px solid var(--edge);padding-top:0;color:var(--soft)}
tr.danger th,tr.danger td{border-bottom:0}
ul{margin:4px 0;padding-left:20px}
.groups{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:4px 24px}
.groups>div{min-width:0}
.groups th,.groups td{padding:4px 5px;font-size:13px}
.groups .n:last-child{white-space:normal;min-width:96px}
.groups th:first-child{min-width:84px}
svg{width:100%;height:auto;display:block}
svg text{font-size:12px;fill:var(--soft)}
svg .name{fill:var(--ink)}
svg .grid{stroke:var(--edge);stroke-width:1}
svg .lead{stroke:var(--soft);stroke-width:.7}
svg circle{fill:var(--paper);fill-opacity:.7;stroke:var(--accent);stroke-width:1.5}
svg .filled{fill:var(--accent);fill-opacity:1}
@media print{.groups{display:block}}
"""


def rank_page(ranking: Ranking, groups: Mapping[str, Sequence[Group]], lang: str) -> str:
    """The whole document, to be written as UTF-8. It asks for nothing outside itself and runs no script.

    `groups` as graph.impact.comparison.groups has them; `lang` is en or zh. All texts of the data are
    escaped.
    """
    words = Words(lang, ranking.network.snapshot.currency)
    found = hidden(ranking)
    css = style.variables() + _CSS
    digest = b64encode(sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = (
        *_head(ranking, words, found),
        *_table(ranking, words, found),
        *_groups(ranking, words, groups),
        *_basis(ranking, words),
    )
    title = f"{words('rank_title')} – {asked(ranking, words)}"
    return (
        f'<!DOCTYPE html>\n<html lang="{words("html_lang")}" data-ready>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(ranking: Ranking, words: Words, found: Hidden) -> Iterator[str]:
    yield f"<h1>{escape(headline(ranking, words))}</h1>"
    yield f'<p class="soft">{escape(question(ranking, words))} {escape(counted(ranking, words))}</p>'
    dots = _dots(ranking, words, found)
    if dots:
        ticks = {power: words.money(10.0**power) for power in powers(dots)}
        x = words("rank_scatter_revenue" if ranking.to is None else "rank_traded")
        yield f"<h2>{escape(words('rank_scatter'))}</h2>"
        yield f'<p class="soft">{escape(words("rank_scatter_note"))}</p>'
        yield scatter(
            dots, Axes(x, words("rank_scatter_y"), words("rank_nothing_traded"), ticks), words("rank_scatter")
        )


def _dots(ranking: Ranking, words: Words, found: Hidden) -> list[Dot]:
    """A dot a company, those first whose names matter most: hidden ones, large losses."""
    dots = []
    for place in ranking.order[:DOTS].tolist():
        worded = cells(ranking, found, place, words)
        said = "; ".join(f"{words(head)}: {worded[head]}" for head in columns(ranking)[1:])
        shown = name(ranking, place)
        traded, loss = float(found.traded[place]), float(ranking.loss[place])
        dots.append(Dot(traded, loss, shown, f"{shown} – {said}", bool(found.hidden[place])))
    return sorted(dots, key=lambda dot: not dot.filled)


def _table(ranking: Ranking, words: Words, found: Hidden) -> Iterator[str]:
    heads = columns(ranking)
    shown = dangers(ranking, words, TOLD)
    if shown:
        yield f"<h2>{escape(words('rank_title'))}</h2>\n<table>"
        yield f"<caption>{escape(words('rank_adds_not'))}</caption>"
        yield _row("th", [words(head) for head in heads], "", "thead")
        yield "<tbody>"
        for danger in shown:
            worded = cells(ranking, found, danger.place, words)
            flag = " flag" if ranking.exposed[danger.place] else ""
            yield _row("td", [worded[head] for head in heads], f"danger{flag}")
            yield f'<tr class="why"><td colspan="{len(heads)}">{escape(danger.why)}</td></tr>'
        yield "</tbody></table>"
    yield from _lines(words("rank_behind"), behind(ranking, words, found))


def _lines(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<h2>{escape(title)}</h2>\n<ul>"
        yield from (f"<li>{escape(line)}</li>" for line in lines)
        yield "</ul>"


def _row(tag: str, texts: Sequence[str], kind: str, around: str = "") -> str:
    """One row: its first cell heads it, the others are numbers."""
    first, *others = texts
    scope = "col" if tag == "th" else "row"
    row = f'<th scope="{scope}"><bdi>{escape(first)}</bdi></th>'
    scoped = ' scope="col"' if tag == "th" else ""
    row += "".join(f'<{tag}{scoped} class="n">{escape(text)}</{tag}>' for text in others)
    classed = f' class="{kind}"' if kind else ""
    made = f"<tr{classed}>{row}</tr>"
    return f"<{around}>{made}</{around}>" if around else made


def _groups(ranking: Ranking, words: Words, groups: Mapping[str, Sequence[Group]]) -> Iterator[str]:
    heads = [words(phrase) for phrase in ("rank_count", "rank_mean", "rank_largest", "rank_largest_of")]
    yield '<section class="groups">'
    for by, found in groups.items():
        if not found:
            continue
        title = words("rank_by", grouping=words(f"rank_by_{by}"))
        yield f"<div><h3>{escape(title)}</h3><table>"
        yield _row("th", [words(f"rank_by_{by}"), *heads], "", "thead")
        yield "<tbody>"
        yield from (_row("td", group_cells(ranking, by, group, words), "") for group in found[:GROUPS])
        yield "</tbody></table></div>"
    yield "</section>"


def _basis(ranking: Ranking, words: Words) -> Iterator[str]:
    """What the ranking rests on."""
    basis, changed = of_ranking(ranking), ranking.question.parameters
    resting = (
        *story.defaults(basis.assumed, parameters(changed), words),
        *story.overridden(changed, words),
    )
    yield from _lines(words("assumptions"), resting or (words("assumed_none"),))
    yield from _lines(words("warnings"), story.warnings(basis, words))
    yield from _lines(words("snapshot"), (story.snapshot(ranking.network, words),))
