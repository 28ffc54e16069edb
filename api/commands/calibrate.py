"""`knockon calibrate`: whether the bands of draws hold what they say, on chains whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.console import Call, command
from api.files import write_text
from api.running import announce
from api.terminal import table
from graph.impact.calibration import AIMS, CHAINS, TRUTHS, Calibration, calibrate
from graph.impact.uncertainty import DRAWS, FEWEST
from viz.calibration import HEADS, calibration_page, conclusion, rows

app = typer.Typer()

_Chains = Annotated[int, typer.Option(min=2, max=10_000, help="How many made-up chains.")]
_Truths = Annotated[int, typer.Option(min=1, max=10_000, help="How many truths a chain.")]
_Draws = Annotated[int, typer.Option(min=FEWEST, max=4096, help="How many draws a band.")]
_Seed = Annotated[int, typer.Option(min=0, help="Of chains, truths and draws.")]
_Html = Annotated[Path | None, typer.Option(help="Write the report with its picture to this file.")]


@command(
    app, "calibrate", "knockon calibrate --html calibration.html", "knockon calibrate --chains 10 --json"
)
def run(
    call: Call,
    chains: _Chains = CHAINS,
    truths: _Truths = TRUTHS,
    draws: _Draws = DRAWS,
    seed: _Seed = 0,
    html: _Html = None,
) -> None:
    """Whether the bands of --draws hold what they say, on made-up chains whose truth is known."""
    announce(call)
    with call.progress(call.speech()("calibrating")) as told:
        found = calibrate(
            chains, truths, draws, seed=seed, progress=lambda done, whole: told("", done, whole)
        )
    if html is not None:
        write_text(html, [calibration_page(found, call.speech().words)])
        call.note(call.speech()("written", path=html))
    if call.as_json:
        call.answer(_document(found))
    else:
        _tell(call, found)


def _document(found: Calibration) -> dict[str, Any]:
    return {
        "chains": found.chains,
        "truths": found.truths,
        "draws": found.draws,
        "seed": found.seed,
        "holds": found.holds,
        "bands": [
            {
                "figure": held.figure,
                "percent": held.percent,
                "truths": held.truths,
                "inside": held.inside,
                "share": held.share,
                "standard_error": held.error,
                "aim": list(AIMS[held.percent]),
                "holds": held.holds,
                "unclear": held.unclear,
            }
            for held in found.held
        ],
        "places": {figure: counts.tolist() for figure, counts in found.places.items()},
    }


def _tell(call: Call, found: Calibration) -> None:
    say = call.speech()
    call.print(conclusion(found, say.words), style="bold")
    call.print(
        say(
            "calibration_how",
            chains=found.chains,
            truths=found.truths,
            count=found.draws,
            seed=found.seed,
        )
    )
    heads = [say(head) if head else "" for head in HEADS]
    call.print(table(heads, rows(found, say.words), numbers=range(1, 5)), indent=2)
    call.print(say("calibration_note"), style="dim")
