"""The impact map as one HTML file that opens offline: pyvis's network page, hardened."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from graph.impact.explanation import Explanation
from graph.impact.impact import Impact
from graph.impact.sureness import Sureness
from viz import style
from viz.drawing import Drawing, bend, draw, page_data
from viz.page import Page, page
from viz.sources import Teller, blanks, origins
from viz.words import Words

LIMIT = 300
_ASSETS = Path(__file__).parent / "assets"
# The phrases that the script fills in itself.
_SCRIPTED = (
    *("play", "pause", "week_of", "table_caption", "choose_none", "worst_now", "worst_none", "close"),
    *("role", "tier", "revenue", "loss_week", "output", "demand", "reputation", "churn", "over_weeks"),
    *("revenue_loss", "value_added", "rival_gain", "first_week", "recovery_week", "time_to_survive"),
    *("runway", "curve", "sources", "sources_none", *(channel.name for channel in style.CHANNELS)),
)
_WIDTH, _HEIGHT = 980.0, 500.0  # px, until the page knows its own


def impact_map(
    impact: Impact,
    *,
    lang: str = "en",
    limit: int = LIMIT,
    facts: Teller | None = None,
    why: Explanation | None = None,
    sure: Sureness | None = None,
) -> str:
    """The map of an impact as a whole HTML document, to be written as UTF-8.

    Goods missing and orders withheld are drawn where `impact` was reckoned with `flows=True`; otherwise the
    page says that they are not known. Up to `limit` companies are drawn, the most money at risk first.
    `facts` hands in where the figures were told (viz.sources.told_by takes them from a store); `why` is an
    explanation of the impact, whose largest paths are shown, `sure` says how sure the figures are. `lang` is
    en or zh (ValueError otherwise). The document asks for nothing outside itself, and no text of the data can
    run as script.
    """
    words = Words(lang, impact.network.snapshot.currency)
    drawing = draw(impact, words, limit)
    sources = _sources(impact, drawing, words, facts)
    return _document(
        drawing,
        page(drawing, words, sources, why, sure),
        {"words": {phrase: words(phrase) for phrase in _SCRIPTED}, **page_data(drawing, words, sources)},
    )


def _sources(
    impact: Impact, drawing: Drawing, words: Words, facts: Teller | None
) -> Mapping[str, tuple[str, ...]]:
    ids = [impact.network.ids[i] for i in drawing.selection.drawn]
    told = origins(facts(ids), ids, words) if facts else dict.fromkeys(ids, ())
    return {
        company: (*told[company], *blanks(impact, int(i), words))
        for company, i in zip(ids, drawing.selection.drawn, strict=True)
    }


def _document(drawing: Drawing, shown: Page, data: dict[str, Any]) -> str:
    # pyvis brings IPython along, a second to import: only those who draw pay for it.
    import pyvis.network

    library = Path(pyvis.__file__).with_name("templates") / "lib/vis-9.1.2/vis-network.min.js"
    scripts = [_inlined(file) for file in (library, _ASSETS / "picture.js", _ASSETS / "map.js")]
    css = f"{style.variables()}\n{_inlined(_ASSETS / 'map.css')}"
    net = pyvis.network.Network(directed=True, cdn_resources="in_line")
    net.options = _options()
    _nodes(net, drawing)
    _edges(net, drawing)
    # Our template instead of pyvis's, which asks a CDN for Bootstrap and escapes nothing.
    net.set_template_dir(f"{_ASSETS}/", "map.html")
    net.templateEnv.autoescape = True
    net.templateEnv.globals |= {
        "page": shown,
        "data": data,
        "css": css,
        "scripts": scripts,
        "policy": _policy(scripts, css),
    }
    return str(net.generate_html())


def _inlined(file: Path) -> str:
    """A script or style as the browser will read it from the page, so that its hash is the same."""
    text = file.read_text("utf-8")  # universal newlines, as in HTML
    lines = text.split("\n")
    kept = "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL"))
    if "</script" in kept or "</style" in kept or "<!--" in kept:
        raise ValueError("a script that is inlined may not hold a tag that ends it")
    return kept


def _policy(scripts: list[str], css: str) -> str:
    """Nothing may be loaded, sent or run, but these very scripts and this style."""
    return (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src {_hash(css)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _options() -> dict[str, Any]:
    return {
        "autoResize": False,
        "physics": {"enabled": False},
        "layout": {"improvedLayout": False},
        "interaction": {
            "hover": True,
            "dragNodes": False,
            "zoomView": False,
            "selectConnectedEdges": False,
            "hoverConnectedEdges": False,
            "hideEdgesOnDrag": False,
        },
        "nodes": {"chosen": False, "borderWidthSelected": style.NODE_BORDER_WIDTH},
        "edges": {"chosen": False, "hoverWidth": 0, "selectionWidth": 0},
    }


def _nodes(net: Any, drawing: Drawing) -> None:
    """The companies, by number: no text of the data goes through pyvis or vis-network."""
    worst, layout = drawing.worst_week, drawing.layout
    for k, company in enumerate(drawing.selection.drawn.tolist()):
        shocked = company in drawing.selection.shocked
        loss = float(drawing.figures[k].weekly["loss"][worst])
        colour = [b.colour for b in style.DAMAGE if loss > b.above][-1]
        net.add_node(
            k,
            label=" ",
            x=float(layout.x[k]) * _WIDTH,
            y=float(layout.y[k]) * _HEIGHT,
            size=float(layout.radius[k]) * (style.SHOCKED_GROWTH if shocked else 1.0),
            shape=style.SHOCKED_SHAPE if shocked else style.NODE_SHAPE,
            color={"background": colour, "border": style.INK if shocked else style.NODE_BORDER},
            borderWidth=style.SHOCKED_BORDER_WIDTH if shocked else style.NODE_BORDER_WIDTH,
        )


def _edges(net: Any, drawing: Drawing) -> None:
    """A grey line for each tie, and over it a line for each channel that something travelled along."""
    worst, place = drawing.worst_week, drawing.place
    channels = {channel.name: channel for channel in style.CHANNELS}
    for number, tie in enumerate(drawing.ties):
        net.add_edge(
            place[tie.seller],
            place[tie.buyer],
            id=f"t{number}",
            color=style.LINK,
            width=style.LINK_WIDTH,
            smooth=False,
            arrows="",
        )
    for number, flow in enumerate(drawing.flows):
        channel, amount, bow = channels[flow.channel], float(flow.amount[worst]), bend(drawing, flow)
        net.add_edge(
            place[flow.source],
            place[flow.target],
            id=f"l{number}",
            color={"color": channel.colour, "opacity": round(style.line_opacity(amount), 3)},
            width=style.line_width(amount),
            dashes=list(channel.dash) or False,
            smooth={"enabled": True, "type": "curvedCW", "roundness": bow} if bow else False,
            arrows={"to": {"enabled": True, "scaleFactor": style.ARROW}},
            hidden=amount < style.FAINTEST,
        )
