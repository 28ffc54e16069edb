"""`knockon ledger`: files what-ifs as predictions, takes what was seen later, scores the one by the other."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from api.console import Call, command
from api.errors import Usage
from api.json_files import read_json
from api.ledger import documents
from api.ledger.entries import ID, LATEST_YEAR, Ledger, TooLate, day, open_ledger
from api.ledger.file import append
from api.ledger.filing import Asked, Seen, Weeks, asked_of, foretell, observe
from api.ledger.telling import tell_flaws, tell_list, tell_prediction, tell_scores
from api.running import announce
from api.schemas import scenario_from
from api.stores import ledger_file
from graph.errors import InputError
from graph.impact.uncertainty import DRAWS, MOST

app = typer.Typer()

_Ledger = Annotated[
    Path | None,
    typer.Option("--ledger", help="The ledger's file (KNOCKON_LEDGER); beside the store unless given."),
]
_Id = Annotated[str, typer.Argument(help="The prediction's id, or how it begins; last: the last one filed.")]
_WEEKS = re.compile(r"(\d{1,6})-(\d{1,6})")


@command(
    app,
    "add",
    "knockon ledger add scenario.json --begins 2027-01-04 --window 0-12 --window 0-51",
    'knockon what-if --outage "LG Energy Solution" --weeks 8 --json | knockon ledger add -',
)
def add(
    call: Call,
    scenario: Annotated[
        Path, typer.Argument(help="A scenario as JSON, or the answer of what-if --json (- reads stdin).")
    ],
    company: Annotated[
        list[str] | None,
        typer.Option(
            help="A company to foretell; repeatable. Unless given: those shocked and the hardest hit."
        ),
    ] = None,
    window: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FROM-TO", help="Weeks to foretell, both counted in; repeatable. Unless given: all."
        ),
    ] = None,
    begins: Annotated[
        str | None, typer.Option(help="The day on which week 0 begins, YYYY-MM-DD; today unless given.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why it is filed, or anything worth knowing later.")] = "",
    draws: Annotated[
        int, typer.Option(min=0, max=MOST, help="How many draws make the bands; 0: no bands.")
    ] = DRAWS,
    ledger: _Ledger = None,
) -> None:
    """Files a what-if as a prediction: what it foretells, on which facts, from which day."""
    windows = [_weeks(text, "--window") for text in window or ()]
    document = _object(scenario)
    now, path = _now(), _place(call, ledger)
    announce(call)
    with call.explorer() as explorer:
        asked = Asked(
            scenario=scenario_from(asked_of(document, explorer)),
            companies=company or (),
            windows=windows,
            begins=_day(begins) if begins else now.date(),
            note=note,
            draws=draws,
        )
        with call.progress(call.speech()("reckoning")) as told:
            prediction = foretell(
                explorer, asked, call.settings.chain, now, lambda done, of: told("", done, of)
            )
    key = append(path, prediction.model_dump())
    _answer_one(call, path, key)


@command(
    app,
    "outcome",
    'knockon ledger outcome 3f9a2c gm --share 4% --source "annual report 2027, page 12"',
    "knockon ledger outcome 3f9a2c gm --loss 1.2e9..1.5e9 --window 0-12 --source https://example.org",
)
def outcome(
    call: Call,
    id: _Id,
    company: Annotated[str, typer.Argument(help="Whose loss was seen.")],
    source: Annotated[str, typer.Option(help="Where it was read.")],
    share: Annotated[
        str | None,
        typer.Option(
            help="The loss as a share of the revenue of these weeks: .04, 4% or 3%..5%; a gain is below 0."
        ),
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="The loss in the prediction's currency instead: 1.2e9 or 1e9..1.5e9.")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="FROM-TO", help="Which weeks, where several were foretold of the company."),
    ] = None,
    ledger: _Ledger = None,
) -> None:
    """Enters what was seen later. A correction is entered in the same way: the last one counts, all stay."""
    if (share is None) == (loss is None):
        raise Usage("give either --share or --loss", remedy="see knockon ledger outcome --help")
    low, high = _range(share, "--share") if share is not None else _range(loss or "", "--loss")
    path = _place(call, ledger)
    filed = open_ledger(path).find(id)
    weeks = _weeks(window, "--window") if window else None
    seen = Seen(company, weeks, "share" if share is not None else "money", low, high, source)
    append(path, observe(filed, seen, _now()).model_dump())
    _answer_one(call, path, filed.id)


@command(app, "list", "knockon ledger list", "knockon ledger list --json")
def list_(call: Call, ledger: _Ledger = None) -> None:
    """Lists the predictions, how many of their figures are scored, and for how many an outcome is due."""
    found, say = _opened(call, ledger), call.speech()
    if call.as_json:
        call.answer(documents.listed(found, say, _now().date()) | {"ledger": str(found.path)})
    else:
        tell_list(call, found, _now().date())


@command(app, "show", "knockon ledger show 3f9a2c")
def show(call: Call, id: _Id, ledger: _Ledger = None) -> None:
    """Shows a prediction: what it foretold, what was seen, and how good it was."""
    filed = _opened(call, ledger).find(id)
    if call.as_json:
        call.answer(documents.shown(filed))
    else:
        tell_prediction(call, filed, _now().date())


@command(app, "score", "knockon ledger score", "knockon ledger score --json")
def score(call: Call, ledger: _Ledger = None) -> None:
    """Scores all predictions: inside the band, sign, size, and whether the bands hold over all."""
    found = _opened(call, ledger)
    if call.as_json:
        call.answer(documents.scored(found, call.speech()) | {"ledger": str(found.path)})
    else:
        tell_scores(call, found)


@command(app, "check", "knockon ledger check", "knockon ledger check --head 5b2e…")
def check(
    call: Call,
    head: Annotated[
        str | None,
        typer.Option(help="A head that was noted before: fails where the ledger does not hold it."),
    ] = None,
    ledger: _Ledger = None,
) -> None:
    """Checks that every line is as it was written, and follows on the line before it."""
    found, say = _opened(call, ledger), call.speech()
    known = head is None or head.lower() in found.digests
    whole = known and not found.broken
    if call.as_json:
        call.answer({"whole": whole, "head_found": known if head else None, "ledger": str(found.path)}
                    | documents.state(found, say))  # fmt: skip
    elif whole:
        call.print(say("ledger_whole", path=found.path, count=len(found.digests)))
        if head:
            call.print(say("ledger_holds_head", head=head))
    if not known:
        raise InputError(
            f"{found.path} does not hold the head {head}", file=str(found.path),
            remedy="compare with a copy: what was written up to that head was changed or is gone",
        )  # fmt: skip
    if not whole:
        raise InputError(
            f"{found.path} is not as it was written",
            file=str(found.path),
            remedy="compare with a copy: the lines named above were changed, moved or are gone",
        )


def _place(call: Call, ledger: Path | None) -> Path:
    return ledger or ledger_file(call.settings)


def _opened(call: Call, ledger: Path | None) -> Ledger:
    """The ledger; what is wrong with its lines is said beside the answer."""
    found = open_ledger(_place(call, ledger))
    tell_flaws(call, found)
    return found


def _answer_one(call: Call, path: Path, key: str) -> None:
    """A prediction as it stands now."""
    found = open_ledger(path)
    filed = found.find(key[:ID])
    if call.as_json:
        call.answer(documents.shown(filed) | {"head": found.head, "ledger": str(path)})
        return
    tell_prediction(call, filed, _now().date())
    call.print(call.speech()("ledger_filed", id=filed.id, path=path, head=found.head))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _object(path: Path) -> dict[str, Any]:
    document = read_json(path)
    if not isinstance(document, dict):
        raise InputError(
            f"{path} is no scenario: it holds no object", file=str(path), remedy='begin it with {"shocks": …'
        )
    return document


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(day(text))
    except TooLate:
        raise Usage(f"--begins: {text!r} is too late", remedy=f"name a year up to {LATEST_YEAR}") from None
    except ValueError:
        raise Usage(f"--begins: {text!r} is no date", remedy="write a day: --begins 2027-01-04") from None


def _weeks(text: str, option: str) -> Weeks:
    match = _WEEKS.fullmatch(text.strip())
    if match is None:
        raise Usage(
            f"{option}: {text!r} is not FROM-TO", remedy="write the first and the last week: --window 0-12"
        )
    return int(match[1]), int(match[2])


def _range(text: str, option: str) -> tuple[float, float]:
    """LOW..HIGH or one number, each perhaps in percent. Raises Usage."""
    low, dots, high = text.partition("..")
    return _number(low, option), _number(high if dots else low, option)


def _number(text: str, option: str) -> float:
    text = text.strip()
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e18:
        raise Usage(f"{option}: {text!r} is no number", remedy=f"write {option} .04, or {option} 3%..5%")
    return value
