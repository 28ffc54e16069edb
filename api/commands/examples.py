"""`knockon examples`: small made-up chains, each with the question of one document behind the product."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api import answers
from api.back_tests import write_tables
from api.console import Call, command
from api.examples import MONEY, Example, example, names
from api.files import fresh_store, make_folder, write_text
from api.running import run
from api.settings import read_settings
from api.telling import tell_headline
from api.terminal import table
from api.words import Speech
from graph.errors import InputError
from graph.explorer import Explorer
from graph.impact.impact import Impact
from loaders.session import LoadOptions, load
from viz.story import headline, name_of

app = typer.Typer()

Asked = list[tuple[Impact, Impact]]  # of each question: as it is, and without its cause


@command(app, "examples", "knockon examples", "knockon examples restaurant --lang zh")
def examples(
    call: Call,
    name: Annotated[
        str | None, typer.Argument(help="The example; without it they are listed.", show_default=False)
    ] = None,
    out: Annotated[
        Path, typer.Option(help="The folder for the example's tables, scenarios and store.")
    ] = Path("knockon-examples"),
) -> None:
    """Runs an example: what happens, what it shows, and what is left where its cause is switched off."""
    lang = call.lang
    if name is None:
        _list(call, [example(each, lang) for each in names()])
        return
    told = example(name, lang)
    folder, file = _written(told, out), fresh_store(out / f"{told.name}.db")
    call = replace(call, settings=read_settings(store=str(file), chain="main", lang=lang))
    with call.opened(make=True) as store:
        report = load(store, [folder], LoadOptions(rejects=out, strict=True))
        if not report.written:
            raise InputError(
                "the example's own tables were rejected",
                remedy=f"see {out}, and report it: it is a fault of ours",
            )
        explorer = Explorer(store)
        asked = [
            (
                run(call, explorer, question, to_draw=False, to_tell=False),
                explorer.what_if(told.told.without.of(question)),
            )
            for question in told.questions
        ]
        say = call.speech(store.snapshot().currency)
    if call.as_json:
        call.answer(_document(say, told, file, asked))
    else:
        _tell(call, say, told, asked)
        call.print(say("example_store", path=file))
        for asked_for in (f"what-if {folder / '1.scenario.json'}", *told.told.ask):
            call.print(f"knockon {asked_for} --store {file}", indent=2)


def _written(told: Example, out: Path) -> Path:
    """The folder with the example's tables; its scenarios lie beside them. Raises InputError."""
    folder = make_folder(out / told.name)
    write_tables(told, folder)
    for number, question in enumerate(told.questions, 1):
        text = answers.dumps(answers.scenario(question), indent=1)
        write_text(folder / f"{number}.scenario.json", [text, "\n"])
    return folder


# -- for a person -------------------------------------------------------------------------------------


def _list(call: Call, found: list[Example]) -> None:
    say = call.speech()
    if call.as_json:
        call.answer(
            {
                "examples": [
                    {
                        "name": each.name,
                        "title": say.of(each.told.title.model_dump()),
                        "requirements": each.told.requirements,
                    }
                    for each in found
                ]
            }
        )
        return
    rows = [[each.name, say.of(each.told.title.model_dump())] for each in found]
    call.print(table([say("example"), ""], rows))
    call.print(say("example_run"))


def _tell(call: Call, say: Speech, told: Example, asked: Asked) -> None:
    call.out.rule(say.of(told.told.title.model_dump()), align="left", characters="=")
    call.print(say.of(told.told.story.model_dump()))
    call.print(say("example_made_up"), style="dim")
    for question, (impact, without) in zip(told.questions, asked, strict=True):
        call.print()
        call.print(say("story_what_if", title=question.name), style="bold reverse")
        tell_headline(call, impact, say)
        rows = [
            [
                name_of(impact, watch.company),
                say(f"figure_{watch.figure}"),
                _figure(say, watch.figure, watch.of(impact)),
                _figure(say, watch.figure, watch.of(without)),
            ]
            for watch in told.told.watch
        ]
        headers = [say(h) for h in ("company", "figure", "as_it_is", "without")]
        call.print(table(headers, rows, numbers=(2, 3)), indent=2)
    call.print(
        say("example_without", text=say.of(told.told.without.text.model_dump())), indent=2, style="dim"
    )
    if len(asked) > 1:
        call.print()
        call.print(say("example_rank"), style="bold")
        for place, (name, amount) in enumerate(_ranked(told, asked), 1):
            call.print(f"{place}. {name}: {_figure(say, told.told.watch[0].figure, amount)}", indent=2)
    call.print()
    call.print(say("example_shows"), style="bold")
    call.print(say.of(told.told.shows.model_dump()), indent=2)
    call.print()


def _ranked(told: Example, asked: Asked) -> list[tuple[str, float]]:
    """The questions by the first figure that is watched, the largest first."""
    found = [
        (question.name, told.told.watch[0].of(impact))
        for question, (impact, _) in zip(told.questions, asked, strict=True)
    ]
    return sorted(found, key=lambda one: -one[1])


def _figure(say: Speech, figure: str, value: float) -> str:
    return say.words.money(value) if figure in MONEY else say.words.percent(100.0 * value)


# -- as JSON ------------------------------------------------------------------------------------------


def _document(say: Speech, told: Example, file: Path, asked: Asked) -> dict[str, Any]:
    texts = told.told
    return {
        "name": told.name,
        "requirements": texts.requirements,
        "title": say.of(texts.title.model_dump()),
        "story": say.of(texts.story.model_dump()),
        "store": str(file),
        "without": say.of(texts.without.text.model_dump()),
        "what_ifs": [
            {
                "title": question.name,
                "headline": headline(impact, say.words),
                "scenario": answers.scenario(impact.scenario),
                "chain_as_of": impact.network.day or None,
                **answers.totals(impact),
                "watch": [
                    {
                        "company": watch.company,
                        "figure": watch.figure,
                        "as_it_is": watch.of(impact),
                        "without": watch.of(without),
                    }
                    for watch in texts.watch
                ],
            }
            for question, (impact, without) in zip(told.questions, asked, strict=True)
        ],
        "ranked": [{"title": title, "amount": amount} for title, amount in _ranked(told, asked)],
        "shows": say.of(texts.shows.model_dump()),
        "ask": [f"knockon {each} --store {file}" for each in texts.ask],
    }
