"""`knockon what-if`: runs a scenario, from a file or from options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.answers import what_if_json
from api.console import Call, command
from api.errors import NotYet, Usage
from api.json_files import read_json
from api.running import run, run_draws, write_map, write_series
from api.schemas import WrongFields, listed, scenario_from
from api.sureness import sureness_json
from api.telling import tell
from graph.errors import InputError, ScenarioError
from graph.impact.uncertainty import FEWEST, MOST
from graph.scenario import Scenario

app = typer.Typer()

_OF_OUTAGE = ("category", "target", "severity", "weeks", "recovery", "recovery_weeks")
_OF_SCANDAL = ("harm", "culpability", "victims", "reach")
_FIELDS = {"weeks": "duration_weeks", "start": "start_week"}  # of a shock; the others bear the option's name

# -- the options, in the order of the help ----------------------------------------------------------

_Scenario = Annotated[
    Path | None, typer.Argument(help="A scenario as JSON (- reads stdin).", show_default=False)
]
_Outage = Annotated[str | None, typer.Option(help="The company that stops.")]
_Category = Annotated[str | None, typer.Option(help="Only its sales of this category.")]
_Target = Annotated[str | None, typer.Option(help="Only its sales to this company.")]
_Severity = Annotated[float | None, typer.Option(help="The share that fails, 0-1 (1 unless given).")]
_Weeks = Annotated[int | None, typer.Option(help="How many weeks it lasts (4 unless given).")]
_Start = Annotated[int | None, typer.Option(help="The week in which it begins (0 unless given).")]
_Recovery = Annotated[str | None, typer.Option(help="step, linear or exponential (step unless given).")]
_RecoveryWeeks = Annotated[int | None, typer.Option(help="How long recovery takes (0 unless given).")]
_Scandal = Annotated[str | None, typer.Option(help="The company that is seen at fault.")]
_Harm = Annotated[
    float | None,
    typer.Option(help=".2 nuisance, .35 money or deception, .5 unsafe, .7 mass injury, 1 deaths."),
]
_Culpability = Annotated[
    float | None,
    typer.Option(help="1 intent, .7 negligence, .3 accident, .1 force majeure (.7 unless given)."),
]
_Victims = Annotated[str | None, typer.Option(help="buyers or third_parties (buyers unless given).")]
_Reach = Annotated[str | None, typer.Option(help="national, regional or trade (national unless given).")]
_Horizon = Annotated[int | None, typer.Option(help="How many weeks are reckoned (52 unless given).")]
_Seed = Annotated[int | None, typer.Option(help="Of draws (0 unless given).")]
_AsOf = Annotated[str | None, typer.Option(help="The date, YYYY-MM-DD, whose chain is asked about.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the model; repeatable."),
]
_Html = Annotated[Path | None, typer.Option(help="Write the impact map to this file.")]
_Csv = Annotated[Path | None, typer.Option(help="Write the weekly series to this file.")]
_Explain = Annotated[str | None, typer.Option(help="Not available yet: comes with a later version.")]
_Draws = Annotated[
    int | None,
    typer.Option(help="How sure it is: run it so many times over what is not known (256 is a good number)."),
]


@command(
    app,
    "what-if",
    "knockon what-if scenario.json --html map.html",
    'knockon what-if --outage "LG Energy Solution" --category "Bolt cells" --weeks 32',
    "knockon what-if --scandal hyundai --harm .5 --set reputation_gain=.4 --json",
    "knockon what-if --outage gm --weeks 3 --draws 256",
)
def what_if(
    call: Call,
    scenario: _Scenario = None,
    outage: _Outage = None,
    category: _Category = None,
    target: _Target = None,
    severity: _Severity = None,
    weeks: _Weeks = None,
    start: _Start = None,
    recovery: _Recovery = None,
    recovery_weeks: _RecoveryWeeks = None,
    scandal: _Scandal = None,
    harm: _Harm = None,
    culpability: _Culpability = None,
    victims: _Victims = None,
    reach: _Reach = None,
    horizon: _Horizon = None,
    seed: _Seed = None,
    as_of: _AsOf = None,
    set_: _Set = None,
    html: _Html = None,
    csv: _Csv = None,
    explain: _Explain = None,
    draws: _Draws = None,
) -> None:
    """What a failure does to the chain: who loses how much, when, and why."""
    given = {
        "category": category, "target": target, "severity": severity, "weeks": weeks, "start": start,
        "recovery": recovery, "recovery_weeks": recovery_weeks, "harm": harm, "culpability": culpability,
        "victims": victims, "reach": reach,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    _refuse_what_is_to_come(explain)
    if draws is not None and not FEWEST <= draws <= MOST:
        raise Usage(f"{draws} draws are out of range", remedy=f"write a number from {FEWEST} to {MOST}")
    document = _document(scenario, outage, scandal, given)
    document |= {
        name: value
        for name, value in (("horizon_weeks", horizon), ("seed", seed), ("as_of", as_of))
        if value is not None
    }
    if set_ and isinstance(parameters := document.get("parameters") or {}, dict):
        document["parameters"] = parameters | _overrides(set_)
    given |= {"outage": outage, "scandal": scandal, "horizon_weeks": horizon, "seed": seed, "as_of": as_of}
    asked = _scenario(document, _said_by(given, set_ or []))
    with call.explorer() as explorer:
        impact = run(
            call, explorer, asked, to_draw=html is not None, to_tell=not call.as_json or draws is not None
        )
        sure = run_draws(call, impact, draws) if draws is not None else None
        if html is not None:
            write_map(html, call, explorer, impact, sure)
    if csv is not None:
        write_series(csv, impact)
    for path in (html, csv):
        if path is not None:
            call.note(call.speech()("written", path=path))
    if call.as_json:
        call.answer(what_if_json(impact, call.lang, sureness_json(sure) if sure else ()))
    else:
        tell(call, impact, sure)


def _said_by(given: dict[str, Any], overrides: list[str]) -> dict[str, str]:
    """The field of the scenario → the option that said it."""
    names = {"outage": "company", "scandal": "company", **_FIELDS}
    found = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in ("horizon_weeks", "seed", "as_of"):
            found[name] = "--" + name.removesuffix("_weeks").replace("_", "-")
        else:
            found[f"shocks.0.{names.get(name, name)}"] = "--" + name.replace("_", "-")
    for pair in overrides:
        name = pair.partition("=")[0].strip()
        found[f"parameters.{name}"] = f"--set {name}"
    return found


def _scenario(document: dict[str, Any], said_by: dict[str, str]) -> Scenario:
    """The document's scenario. Raises Usage where an option is wrong, ScenarioError where the file is."""
    try:
        return scenario_from(document)
    except WrongFields as error:
        wrong = [w | {"field": said_by.get(w["field"], w["field"])} for w in map(dict, error.wrong)]
        if not said_by.keys() & {w["field"] for w in error.wrong}:
            raise
        raise Usage(listed(wrong), remedy="see knockon what-if --help") from error
    except ScenarioError as error:
        if error.field not in said_by:
            raise
        raise Usage(f"{said_by[error.field]}: {error.message}", remedy=error.remedy) from error


def _refuse_what_is_to_come(explain: str | None) -> None:
    if explain is not None:
        raise NotYet("--explain", field="explain", remedy="leave it out: it comes with a later version")


def _document(
    path: Path | None, outage: str | None, scandal: str | None, given: dict[str, Any]
) -> dict[str, Any]:
    """The scenario's document: the file's, or one made of the options. Raises Usage, InputError."""
    named = [
        n for n, v in (("SCENARIO", path), ("--outage", outage), ("--scandal", scandal)) if v is not None
    ]
    if len(named) != 1:
        raise Usage(
            "name one scenario" if not named else f"{' and '.join(named)} exclude each other",
            remedy="give SCENARIO.json, --outage COMPANY or --scandal COMPANY; several shocks need a file",
        )
    allowed = () if path is not None else ("start", *(_OF_OUTAGE if outage is not None else _OF_SCANDAL))
    if stray := [n for n in given if n not in allowed]:
        spoken = ", ".join(f"--{n.replace('_', '-')}" for n in stray)
        raise Usage(f"{spoken} does not go with {named[0]}", remedy="see knockon what-if --help")
    if path is not None:
        document = read_json(path)
        if not isinstance(document, dict):
            raise InputError(
                f"{path} is no scenario: it holds no object",
                file=str(path),
                remedy='begin it with {"shocks": …',
            )
        return document
    shock = _scandal_of(scandal, given) if outage is None else _outage_of(outage, given)
    return {"name": "", "shocks": [shock]}


def _outage_of(company: str | None, given: dict[str, Any]) -> dict[str, Any]:
    said = {_FIELDS.get(name, name): value for name, value in given.items()}
    return {"kind": "outage", "company": company, "severity": 1.0, "duration_weeks": 4, **said}


def _scandal_of(company: str | None, given: dict[str, Any]) -> dict[str, Any]:
    if "harm" not in given:
        raise Usage("--scandal needs --harm", remedy="say how bad it is: --harm .5 (unsafe), see --help")
    said = {_FIELDS.get(name, name): value for name, value in given.items()}
    return {"kind": "scandal", "company": company, **said}


def _overrides(pairs: list[str]) -> dict[str, float]:
    """NAME=VALUE, several. Raises Usage."""
    found = {}
    for pair in pairs:
        name, sep, text = pair.partition("=")
        if not sep or not name.strip():
            raise Usage(f"--set {pair!r} is not NAME=VALUE", remedy="write --set feedback=.2")
        try:
            found[name.strip()] = float(text)
        except ValueError:
            raise Usage(
                f"--set {name}: {name} = {text!r} is not a number", remedy=f"write --set {name}=.2"
            ) from None
    return found
