"""What an answer rests on, for a person at a terminal."""

from __future__ import annotations

from api.console import Call
from api.words import Speech
from graph.impact.basis import Basis
from graph.network import Network
from viz.story import dated, defaults_in_short, warnings

HASH = 16  # characters of it that are told


def tell_basis(call: Call, found: Basis, say: Speech) -> None:
    """Defaults in one line, warnings, and which facts."""
    call.print(defaults_in_short(found.assumed, say.words))
    for warning in warnings(found, say.words):
        call.print(say("load_warning", warning=warning))
    tell_facts(call, found.network, say)


def tell_facts(call: Call, network: Network, say: Speech) -> None:
    """Which state of the facts, and of which date the chain is where one plays a part."""
    stamp, date = network.snapshot, dated(network, say.words)
    phrase = "reckoned_as_of" if network.day else "reckoned_on"
    call.print(say(phrase, revision=stamp.revision, hash=stamp.hash[:HASH], date=date), style="dim")
