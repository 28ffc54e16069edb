"""What back-tests say: as JSON, as a page, and how many figures lie in their bands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.back_tests import Outcome, Result
from api.cases import PERCENT
from api.words import Speech
from graph.impact.verdicts import Tally, Verdict, tally
from viz.history import Chapter, Mark, history_page


@dataclass(frozen=True, slots=True)
class Summary:
    """How many figures lie in their 90 % band: those that a default was fitted to, and the others.

    Only figures that history shows and that the model gives with its defaults count. `untold`: of how many it
    cannot be told; `banded`: whether there were any bands.
    """

    fitted: Tally
    tested: Tally
    untold: int
    banded: bool


def summary(results: Sequence[Result]) -> Summary:
    """Counts over all cases."""
    seen = [(r.case.fitted, o) for r in results for o in r.outcomes if o.verdict and not o.window.parameters]
    answers = {
        fitted: [o.verdict.inside_90 for f, o in seen if o.verdict and f == fitted]
        for fitted in (True, False)
    }
    banded = any(o.band for _, o in seen)
    untold = sum(answer is None for told in answers.values() for answer in told) if banded else 0
    return Summary(tally(answers[True]), tally(answers[False]), untold, banded)


def moved(results: Iterable[Result]) -> int:
    """How many figures are not those that the cases state any more."""
    return sum(not o.kept for r in results for o in r.outcomes)


def word(verdict: Verdict | None, banded: bool) -> str:
    """The phrase for a verdict, '' where there is none."""
    if verdict is None or not banded:
        return ""
    if verdict.inside_80:
        return "verdict_in_80"
    if verdict.inside_90 is None:
        return "verdict_open"
    return "verdict_in_90" if verdict.inside_90 else "verdict_out"


def parameters(outcome: Outcome) -> str:
    """The parameters that hold for a window alone."""
    return ", ".join(f"{name}={value:g}" for name, value in outcome.window.parameters.items())


def told(found: Summary, say: Speech) -> tuple[str, str]:
    """The summary in two sentences."""
    if not found.banded:
        return say("history_unbanded"), ""
    fitted, tested = found.fitted, found.tested
    parts = [("history_fitted", fitted)] if fitted.of else []
    parts += [("history_tested", tested)] if tested.of else []
    said = [say(phrase, count=part.count, of=part.of) for phrase, part in parts]
    said += [say("history_untold", count=found.untold)] if found.untold else []
    headline = say("history_headline", count=fitted.count + tested.count, of=fitted.of + tested.of)
    return headline, (" " if say.lang == "en" else "").join(said)


# -- as JSON ------------------------------------------------------------------------------------------


def document(results: Sequence[Result]) -> dict[str, Any]:
    """All cases, windows and verdicts."""
    found = summary(results)
    return {
        "cases": [_case(result) for result in results],
        "known_failures": sum(r.case.known_failure for r in results),
        "moved": moved(results),
        "inside_90": {
            "fitted": counted(found.fitted),
            "tested": counted(found.tested),
            "cannot_be_told": found.untold,
        },
    }


def counted(found: Tally) -> dict[str, Any]:
    """A tally: how many of how many, and the 95 % interval of the share; null where nothing was told."""
    told = bool(found.of)
    return {
        "count": found.count,
        "of": found.of,
        "share": found.share if told else None,
        "low": found.low if told else None,
        "high": found.high if told else None,
    }


def judged(verdict: Verdict | None) -> dict[str, Any] | None:
    """A verdict; null where there is none."""
    return None if verdict is None else {**dataclasses.asdict(verdict), "near": verdict.near}


def _case(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "file": str(result.file),
        "name": case.name.model_dump(),
        "unit": case.unit,
        "source": case.source,
        "basis": case.basis.model_dump() if case.basis else None,
        "fitted": case.fitted,
        "known_failure": case.known_failure,
        "reason": case.reason.model_dump() if case.reason else None,
        "windows": [_window(outcome) for outcome in result.outcomes],
        "warnings": list(result.warnings),
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
        "exact_to": window.exact_to,
        "bracketed": window.bracketed,
        "source": window.source or None,
        "model": outcome.figure,
        "band": dict(outcome.band) if outcome.band else None,
        "verdict": judged(outcome.verdict),
        "stated": window.model,
        "kept": outcome.kept,
        "chain_as_of": outcome.day or None,
    }


# -- as a page ----------------------------------------------------------------------------------------


def page(results: Sequence[Result], say: Speech) -> str:
    """The picture and the table as one HTML document."""
    headline, below = told(summary(results), say)
    return history_page([_chapter(result, say) for result in results], headline, below, say.lang)


def _chapter(result: Result, say: Speech) -> Chapter:
    case = result.case
    return Chapter(
        title=say.of(case.name.model_dump()),
        percent=case.unit == PERCENT,
        places=case.places,
        fitted=case.fitted,
        failure=case.known_failure,
        source=case.source,
        basis=say.of(case.basis.model_dump()) if case.basis else "",
        reason=say.of(case.reason.model_dump()) if case.reason else "",
        marks=tuple(_mark(outcome) for outcome in result.outcomes),
    )


def _mark(outcome: Outcome) -> Mark:
    window, verdict = outcome.window, outcome.verdict
    return Mark(
        company=window.company,
        first=window.first,
        last=window.last,
        said=outcome.figure,
        band=outcome.band,
        seen=window.seen,
        verdict=word(verdict, outcome.band is not None),
        sign=verdict.sign if verdict else None,
        parameters=parameters(outcome),
    )
