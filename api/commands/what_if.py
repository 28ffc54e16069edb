"""`knockon what-if`: runs a scenario, from a file or from options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from api.answers import what_if_json
from api.commands.shock_options import shock_of, where_of
from api.console import Call, command
from api.errors import Usage
from api.explained import Explained, explanation_json, wanted
from api.json_files import read_json
from api.running import run, run_draws, run_explained, write_map, write_series
from api.schemas import WrongFields, listed, scenario_from
from api.sureness import sureness_json
from api.telling import tell
from graph.errors import InputError, ScenarioError
from graph.impact.explanation import MOST_PATHS, SHARE, Asked
from graph.impact.impact import Impact
from graph.impact.sureness import Sureness
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
_OutageWhere = Annotated[
    str | None,
    typer.Option(metavar="NAME=VALUE, …", help="All that this matches stop: country=JP, role=supplier."),
]
_ScandalWhere = Annotated[
    str | None,
    typer.Option(metavar="NAME=VALUE, …", help="All that this matches are seen at fault."),
]
_Shock = Annotated[
    list[str] | None,
    typer.Option(
        metavar='"KIND NAME=VALUE …"',
        help="Another shock, as a scenario holds it: boycott company=vw size=.2; repeatable.",
    ),
]
_Horizon = Annotated[int | None, typer.Option(help="How many weeks are reckoned (52 unless given).")]
_Seed = Annotated[int | None, typer.Option(help="Of draws (0 unless given).")]
_AsOf = Annotated[str | None, typer.Option(help="The date, YYYY-MM-DD, whose chain is asked about.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the model; repeatable."),
]
_Exits = Annotated[
    bool, typer.Option("--exits", help="Who runs out of cash by it goes out of business the week after.")
]
_Html = Annotated[Path | None, typer.Option(help="Write the impact map to this file.")]
_Csv = Annotated[Path | None, typer.Option(help="Write the weekly series to this file.")]
_Explain = Annotated[
    str | None,
    typer.Option(help="Divide the loss of this company over causes and paths; all: of the whole chain."),
]
_Paths = Annotated[
    int | None, typer.Option(min=1, help="At most so many paths, the largest first (100 unless given).")
]
_PathsShare = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Paths up to this share of the loss, 0-1 (.95 unless given)."),
]
_ExplainWeek = Annotated[
    int | None, typer.Option(min=0, help="Divide the loss of this week alone, not of all weeks together.")
]
_Removals = Annotated[
    int | None,
    typer.Option(min=0, help="Run without each of so many shocks and links, those that count most (0)."),
]
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
    'knockon what-if --outage-where "country=JP, role=supplier" --weeks 4',
    'knockon what-if --shock "boycott company=hyundai size=.2" --shock "demand where.role=dealer size=.1"',
    "knockon what-if --scandal takata --harm 1 --explain honda --removals 3",
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
    outage_where: _OutageWhere = None,
    scandal_where: _ScandalWhere = None,
    shock: _Shock = None,
    horizon: _Horizon = None,
    seed: _Seed = None,
    as_of: _AsOf = None,
    set_: _Set = None,
    exits: _Exits = False,
    html: _Html = None,
    csv: _Csv = None,
    explain: _Explain = None,
    paths: _Paths = None,
    paths_share: _PathsShare = None,
    explain_week: _ExplainWeek = None,
    removals: _Removals = None,
    draws: _Draws = None,
) -> None:
    """What a failure does to the chain: who loses how much, when, and why."""
    given = _some({
        "category": category, "target": target, "severity": severity, "weeks": weeks, "start": start,
        "recovery": recovery, "recovery_weeks": recovery_weeks, "harm": harm, "culpability": culpability,
        "victims": victims, "reach": reach,
    })  # fmt: skip
    _in_range(draws)
    how = _explaining(
        explain,
        {"paths": paths, "paths_share": paths_share, "explain_week": explain_week, "removals": removals},
    )
    named = _some({
        "SCENARIO": scenario, "--outage": outage, "--scandal": scandal,
        "--outage-where": outage_where, "--scandal-where": scandal_where,
    })  # fmt: skip
    head = _some({"horizon_weeks": horizon, "seed": seed, "as_of": as_of, "exits": exits or None})
    asked = _asked(named, given, head, shock or [], set_ or [])
    with call.explorer() as explorer:
        want = wanted(explorer, *how) if how else None
        to_tell = not call.as_json or bool(draws)
        impact = run(call, explorer, asked, to_draw=html is not None, to_tell=to_tell)
        found = run_explained(call, impact, want) if want else None
        sure = run_draws(call, impact, draws, want.company if want else "") if draws is not None else None
        if html is not None:
            write_map(html, call, explorer, impact, found, sure)
    if csv is not None:
        write_series(csv, impact)
    _answer(call, impact, found, sure, (html, csv))


def _some(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def _asked(
    named: dict[str, Any], given: dict[str, Any], head: dict[str, Any], more: list[str], sets: list[str]
) -> Scenario:
    """The scenario that the options name, and what they say of it. Raises Usage, KnockonError."""
    document = _document(named, given, more) | head
    if sets and isinstance(parameters := document.get("parameters") or {}, dict):
        document["parameters"] = parameters | overrides(sets)
    said = {name[2:].replace("-", "_"): value for name, value in named.items()}
    return _scenario(document, _said_by(given | said | {"shock": more or None, **head}, document, sets))


def _in_range(draws: int | None) -> None:
    if draws is not None and not FEWEST <= draws <= MOST:
        raise Usage(f"{draws} draws are out of range", remedy=f"write a number from {FEWEST} to {MOST}")


def _answer(
    call: Call, impact: Impact, found: Explained | None, sure: Sureness | None, written: Iterable[Path | None]
) -> None:
    if call.as_json:
        drawn = sure.drawn if sure else None
        call.answer(what_if_json(impact, call.lang, _more(impact, found, sure), drawn))
    else:
        tell(call, impact, found, sure)
    for path in filter(None, written):
        call.note(call.speech()("written", path=path))


def _more(impact: Impact, found: Explained | None, sure: Sureness | None) -> Iterator[str]:
    """Further keys of the answer, in pieces."""
    if found:
        yield from explanation_json(impact, found)
    if sure:
        yield from sureness_json(sure)


def _explaining(company: str | None, more: dict[str, float | None]) -> tuple[str, Asked, int] | None:
    """What is to be explained, and how; None where nothing is. Raises Usage."""
    given = _some(dict(more))
    if company is None:
        if given:
            spoken = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise Usage(f"{spoken} does not go without --explain", remedy="add --explain COMPANY or all")
        return None
    if {"explain_week", "removals"} <= given.keys():
        raise Usage(
            "--removals does not go with --explain-week",
            remedy="what a removal saves is told of all weeks together: leave out --explain-week",
        )
    week = int(given["explain_week"]) if "explain_week" in given else None
    asked = Asked(float(given.get("paths_share", SHARE)), int(given.get("paths", MOST_PATHS)), week)
    return company, asked, int(given.get("removals", 0))


def _said_by(given: dict[str, Any], document: dict[str, Any], overrides: list[str]) -> dict[str, str]:
    """The field of the scenario, or the beginning of its path → the option that said it."""
    names = {"outage": "company", "scandal": "company", **_FIELDS}
    names |= {"outage_where": "where", "scandal_where": "where"}
    found: dict[str, str] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name == "shock":
            last = len(document["shocks"])
            found |= {f"shocks.{n}": "--shock" for n in range(last - len(value), last)}
        elif name in ("horizon_weeks", "seed", "as_of", "exits"):
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
        wrong = [w | {"field": _spoken(w["field"], said_by)} for w in map(dict, error.wrong)]
        if all(one["field"] == same["field"] for one, same in zip(wrong, error.wrong, strict=True)):
            raise
        raise Usage(listed(wrong), remedy="see knockon what-if --help") from error
    except ScenarioError as error:
        if error.field not in said_by:
            raise
        raise Usage(f"{said_by[error.field]}: {error.message}", remedy=error.remedy) from error


def _spoken(field: str, said_by: dict[str, str]) -> str:
    """A field by the option that said it, with what of its path the option does not say."""
    if field in said_by:
        return said_by[field]
    for path, option in said_by.items():
        if field.startswith(f"{path}."):
            return f"{option} {field.removeprefix(f'{path}.')}"
    return field


def _document(named: dict[str, Any], given: dict[str, Any], more: list[str]) -> dict[str, Any]:
    """The scenario's document: the file's, or one made of the options. Raises Usage, InputError."""
    if len(named) > 1 or not (named or more):
        raise Usage(
            "name one scenario" if not named else f"{' and '.join(named)} exclude each other",
            remedy="give SCENARIO.json, --outage COMPANY or --scandal COMPANY; each further shock as --shock",
        )
    how, whom = next(iter(named.items()), ("--shock", Path()))
    allowed = {"--outage": ("start", *_OF_OUTAGE), "--scandal": ("start", *_OF_SCANDAL)}
    if stray := [n for n in given if n not in allowed.get(how.removesuffix("-where"), ())]:
        spoken = ", ".join(f"--{n.replace('_', '-')}" for n in stray)
        raise Usage(f"{spoken} does not go with {how}", remedy="see knockon what-if --help")
    document = _read(whom) if how == "SCENARIO" else {"name": "", "shocks": _first(how, whom, given)}
    if more:
        shocks = document.get("shocks") or []
        document["shocks"] = [*shocks, *map(shock_of, more)] if isinstance(shocks, list) else shocks
    return document


def _read(path: Path) -> dict[str, Any]:
    document = read_json(path)
    if not isinstance(document, dict):
        raise InputError(
            f"{path} is no scenario: it holds no object",
            file=str(path),
            remedy='begin it with {"shocks": …',
        )
    return document


def _first(how: str, whom: Any, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The shock that --outage, --scandal or their filters name; none where only --shock does."""
    if how == "--shock":
        return []
    hit = {"where": where_of(whom, how)} if how.endswith("-where") else {"company": whom}
    return [(_outage_of if how.startswith("--outage") else _scandal_of)(hit, given)]


def _outage_of(hit: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    said = {_FIELDS.get(name, name): value for name, value in given.items()}
    return {"kind": "outage", **hit, "severity": 1.0, "duration_weeks": 4, **said}


def _scandal_of(hit: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    if "harm" not in given:
        raise Usage("--scandal needs --harm", remedy="say how bad it is: --harm .5 (unsafe), see --help")
    said = {_FIELDS.get(name, name): value for name, value in given.items()}
    return {"kind": "scandal", **hit, **said}


def overrides(pairs: list[str]) -> dict[str, float]:
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
