"""`knockon demo`: three true stories, loaded, asked what-if, drawn, and set beside history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api import answers
from api.carried import carried
from api.console import Call, command
from api.files import fresh_store, make_folder
from api.running import run, write_map
from api.settings import read_settings
from api.stories import Figure, Question, Story, load_stories, stories
from api.telling import tell_carried, tell_direct_costs, tell_headline
from api.terminal import table
from api.words import Speech
from graph.explorer import Explorer
from graph.impact.impact import Impact
from viz.story import headline

app = typer.Typer()

_LINKS = 4
Asked = dict[str, tuple[Question, Impact, Path]]


@command(app, "demo", "knockon demo", "knockon demo --out stories --lang zh")
def demo(
    call: Call,
    out: Annotated[Path, typer.Option(help="The folder for the store and the maps.")] = Path("knockon-demo"),
) -> None:
    """Shows three true stories: what a failure did, what the model says, and where the two disagree."""
    make_folder(out)
    file = fresh_store(out / "stories.db")
    call = replace(call, settings=read_settings(store=str(file), chain="main", lang=call.lang))
    call.note(call.speech()("demo_loading"))
    documents = []
    with call.opened(make=True) as store:
        with call.progress(call.speech()("loading")) as told:
            load_stories(store, out, lambda name, done, total, rows: told(name, done, total))
        explorer = Explorer(store)
        say = call.speech(store.snapshot().currency)
        for story in stories(say.lang):
            asked = {q.name: (q, *_reckoned(call, explorer, q, out)) for q in story.questions}
            if call.as_json:
                documents.append(_document(say, story, asked))
            else:
                _tell(call, say, story, asked)
    if call.as_json:
        call.answer({"store": str(file), "stories": documents})
    else:
        call.print(say("demo_store", path=file))
        call.print(f"knockon what-if --store {file} --scandal hyundai --harm .5", indent=2)


def _reckoned(call: Call, explorer: Explorer, question: Question, out: Path) -> tuple[Impact, Path]:
    impact = run(call, explorer, question.scenario, to_draw=True, to_tell=True)
    path = out / f"{question.name}.html"
    write_map(path, call, explorer, impact)
    return impact, path


# -- for a person -------------------------------------------------------------------------------------


def _tell(call: Call, say: Speech, story: Story, asked: Asked) -> None:
    call.out.rule(say.of(story.title), align="left", characters="=")
    call.print(say("story_happened"), style="bold")
    call.print(say.of(story.what_happened), indent=2)
    for question, impact, path in asked.values():
        call.print()
        call.print(say("story_what_if", title=say.of(question.title)), style="bold reverse")
        call.print(say("story_basis", basis=say.of(question.basis)))
        tell_headline(call, impact, say)
        tell_carried(call, impact, say, _LINKS)
        tell_direct_costs(call, impact, say)
        call.print(say("demo_map", path=path))
    call.print()
    call.print(say("story_beside"), style="bold")
    call.print(_beside(say, story, asked), indent=2)
    for step in (step for beside in story.beside for step in beside.steps):
        call.print(_step(say, step), indent=2, style="dim")
    call.print(say("disagreement"), style="bold")
    call.print(say.of(story.disagreement), indent=2)
    for figure in story.figures:
        call.print(_step(say, figure), indent=2, style="dim")
    call.print()


def _beside(say: Speech, story: Story, asked: Asked) -> Table:
    verdicts = {True: "agrees", False: "disagrees", None: "unknown"}
    rows = [
        [
            say.of(beside.text),
            _figure(say, beside.unit, beside.figure(asked[beside.question][1])),
            say("no_fact") if beside.observed is None else _figure(say, beside.unit, beside.observed),
            say(verdicts[beside.agrees]),
        ]
        for beside in story.beside
    ]
    headers = ["", *(say(h) for h in ("model", "history", "verdict"))]
    return table(headers, rows, numbers=(1, 2))


def _step(say: Speech, step: Figure) -> str:
    return f"{say.of(step.text)}: {_figure(say, step.unit, step.value)}"


def _figure(say: Speech, unit: str, value: float) -> str:
    if unit in ("percent", "share"):
        return f"{value if unit == 'percent' else 100.0 * value:.1f}%"
    if unit == say.words.currency:
        return say.words.money(value)
    return f"{value:,.0f}"


# -- as JSON ------------------------------------------------------------------------------------------


def _document(say: Speech, story: Story, asked: Asked) -> dict[str, Any]:
    return {
        "id": story.id,
        "title": say.of(story.title),
        "what_happened": say.of(story.what_happened),
        "what_ifs": [
            {
                "title": say.of(question.title),
                "basis": say.of(question.basis),
                "headline": headline(impact, say.words),
                "map": str(path),
                "chain_as_of": impact.network.day or None,
                "carried": answers.links_carried(impact, carried(impact, _LINKS)),
                **answers.totals(impact),
            }
            for question, impact, path in asked.values()
        ],
        "beside": [
            {
                "text": say.of(b.text),
                "company": b.company,
                "quantity": b.quantity,
                "from": b.first,
                "to": b.last,
                "unit": b.unit,
                "model": b.figure(asked[b.question][1]),
                "history": b.observed,
                "agrees": b.agrees,
            }
            for b in story.beside
        ],
        "disagreement": say.of(story.disagreement),
    }
