"""`knockon back-test`: the model beside what happened, successes and failures alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.back_tests import Outcome, Result, back_test
from api.cases import Case, bundled, cases
from api.console import Call, command
from api.running import announce
from api.terminal import table
from api.words import Speech

app = typer.Typer()

_Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Cases as JSON, or folders of them; without any, those that come along."),
]


@command(app, "back-test", "knockon back-test", "knockon back-test my_case.json --json")
def run(call: Call, paths: _Paths = None) -> None:
    """Reckons cases of history and sets the model's figures beside what was seen."""
    announce(call)
    found = list(cases(paths or bundled()))
    results = []
    with call.progress("") as told:
        for number, (file, case) in enumerate(found):
            told(case.name.en, number, len(found))
            results.append(back_test(file, case))
    if call.as_json:
        call.answer(_document(results))
    else:
        _tell(call, results)


def _moved(results: list[Result]) -> int:
    return sum(not o.kept for r in results for o in r.outcomes)


def _document(results: list[Result]) -> dict[str, Any]:
    return {
        "cases": [
            {
                "file": str(r.file),
                "name": r.case.name.model_dump(),
                "unit": r.case.unit,
                "source": r.case.source,
                "known_failure": r.case.known_failure,
                "reason": r.case.reason.model_dump() if r.case.reason else None,
                "windows": [_window(o) for o in r.outcomes],
            }
            for r in results
        ],
        "known_failures": sum(r.case.known_failure for r in results),
        "moved": _moved(results),
    }


def _window(outcome: Outcome) -> dict[str, Any]:
    window = outcome.window
    return {
        "company": window.company,
        "from": window.first,
        "to": window.last,
        "divide_by": window.divide_by,
        "parameters": window.parameters,
        "observed": window.observed,
        "bracketed": window.bracketed,
        "model": outcome.figure,
        "stated": window.model,
        "kept": outcome.kept,
    }


def _tell(call: Call, results: list[Result]) -> None:
    say = call.speech()
    headers = [say(h) for h in ("company", "window", "history", "model", "stated")]
    for result in results:
        case = result.case
        title = f"{say.of(case.name.model_dump())} ({say(_unit(case))})"
        call.print(title, style="bold")
        rows = [_row(say, case, outcome) for outcome in result.outcomes]
        call.print(table(headers, rows, numbers=(1, 2, 3)), indent=2)
        if case.known_failure:
            reason = say.of(case.reason.model_dump()) if case.reason else ""
            call.print(f"{say('known_failure')}: {reason}", indent=2)
        call.print()
    call.print(
        say(
            "back_test_sum",
            count=len(results),
            failures=sum(r.case.known_failure for r in results),
            moved=_moved(results),
        )
    )


def _unit(case: Case) -> str:
    return "unit_percent" if case.unit == "percent of revenue" else "unit_bn"


def _row(say: Speech, case: Case, outcome: Outcome) -> list[str]:
    window, places = outcome.window, 1 if case.unit == "percent of revenue" else 2
    observed = window.observed
    if observed is None:
        seen = say("no_fact")
    else:
        seen = " … ".join(f"{v:.{places}f}" for v in (observed if isinstance(observed, list) else [observed]))
    verdict = say("kept") if outcome.kept else say("moved", stated=f"{window.model:g}")
    if window.parameters:
        verdict += " (" + ", ".join(f"{n}={v:g}" for n, v in window.parameters.items()) + ")"
    return [
        window.company,
        f"{window.first}–{window.last}",
        f"({seen})" if window.bracketed else seen,
        f"{outcome.figure:.{places}f}",
        verdict,
    ]
