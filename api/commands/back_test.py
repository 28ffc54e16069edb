"""`knockon back-test`: the model beside what happened, successes and failures alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.back_tests import Outcome, Result, back_test
from api.cases import PERCENT, Case, bundled, cases
from api.console import Call, command
from api.files import write_text
from api.history import document, moved, page, parameters, summary, told, word
from api.running import announce
from api.terminal import table
from api.words import Speech
from graph.impact.uncertainty import DRAWS, MOST
from viz.plot import decimals

app = typer.Typer()

_Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Cases as JSON, or folders of them; without any, those that come along."),
]
_Draws = Annotated[
    int, typer.Option(min=0, max=MOST, help="How many draws make the bands; 0: no bands.", show_default=True)
]
_Html = Annotated[Path | None, typer.Option(help="Write the picture and its table to this file.")]


@command(
    app,
    "back-test",
    "knockon back-test --html history.html",
    "knockon back-test my_case.json --draws 1024 --json",
)
def run(call: Call, paths: _Paths = None, draws: _Draws = DRAWS, html: _Html = None) -> None:
    """Reckons cases of history and sets the model's figures and bands beside what was seen."""
    announce(call)
    found = list(cases(paths or bundled()))
    results = []
    with call.progress("") as tell:
        for number, (file, case) in enumerate(found):
            tell(case.name.en, number, len(found))
            results.append(back_test(file, case, draws))
    say = call.speech()
    for result in results:
        for warning in result.warnings:
            call.note(say("load_warning", warning=say.sentence(f"{result.file}: {warning}")))
    if html is not None:
        write_text(html, [page(results, say)])
        call.note(say("written", path=html))
    if call.as_json:
        call.answer(document(results))
    else:
        _tell(call, say, results)


def _tell(call: Call, say: Speech, results: list[Result]) -> None:
    headers = [say(h) for h in ("company", "window", "history", "model", "band_90", "verdict", "stated")]
    for result in results:
        case = result.case
        fitted = f" · {say('case_fitted')}" if case.fitted else ""
        call.print(f"{say.of(case.name.model_dump())} ({say(_unit(case))}){fitted}", style="bold")
        rows = [_row(say, case, outcome) for outcome in result.outcomes]
        call.print(table(headers, rows, numbers=(1, 2, 3, 4)), indent=2)
        if case.known_failure:
            reason = say.of(case.reason.model_dump()) if case.reason else ""
            call.print(f"{say('known_failure')}: {reason}", indent=2)
        call.print()
    failures = sum(r.case.known_failure for r in results)
    call.print(say("back_test_sum", count=len(results), failures=failures, moved=moved(results)))
    headline, below = told(summary(results), say)
    call.print(f"{say.sentence(headline)} {below}".strip())


def _unit(case: Case) -> str:
    return "unit_percent" if case.unit == PERCENT else "unit_bn"


def _row(say: Speech, case: Case, outcome: Outcome) -> list[str]:
    window = outcome.window

    def number(value: float) -> str:
        return decimals(value, case.places)

    observed = window.observed
    if observed is None:
        seen = say("no_fact")
    else:
        seen = " … ".join(map(number, observed if isinstance(observed, list) else [observed]))
    band, verdict = outcome.band, outcome.verdict
    said = word(verdict, band is not None)
    judged = [say(said)] if said else []
    judged += [say("verdict_sign")] if verdict and verdict.sign is False else []
    kept = say("kept") if outcome.kept else say("moved", stated=f"{window.model:g}")
    kept = "–" if window.model is None else kept
    return [
        window.company,
        f"{window.first}–{window.last}",
        f"({seen})" if window.bracketed else seen,
        number(outcome.figure),
        f"{number(band['p5'])} … {number(band['p95'])}" if band else "–",
        say("list").join(judged),
        kept + (f" ({parameters(outcome)})" if window.parameters else ""),
    ]
