"""`knockon copy`: a chain from one store into another, no fact and no hash changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from api.console import Call, command
from api.errors import Usage
from api.settings import Settings, address
from api.stores import opened, store_file
from graph.copying import copy as copy_facts
from graph.errors import StoreError
from graph.stores.base import Store

app = typer.Typer()

_From = Annotated[str, typer.Argument(metavar="FROM", help="A file, sqlite:///PATH, or bolt://HOST:PORT.")]
_To = Annotated[str, typer.Argument(metavar="TO", help="The same; empty, or a copy that was stopped.")]
_ToChain = Annotated[str | None, typer.Option(help="The chain in TO; else that of FROM, --chain.")]


@command(
    app,
    "copy",
    "knockon copy knockon.db bolt://127.0.0.1:7687",
    "knockon copy bolt://127.0.0.1:7687 copy.db --chain batteries",
    "knockon copy bolt://127.0.0.1:7687 bolt://127.0.0.1:7687 --chain main --to-chain trial",
)
def copy(call: Call, from_: _From, to: _To, to_chain: _ToChain = None) -> None:
    """Copies a whole chain from the store FROM into the store TO, in either direction.

    Stopped, it goes on when it is run again. User and password of servers are KNOCKON_STORE_USER and
    _PASSWORD, for both; --store plays no part.
    """
    say = call.speech()
    source = _named(call.settings, "FROM", from_, call.settings.chain)
    target = _named(call.settings, "TO", to, to_chain or call.settings.chain)
    if _place(source) == _place(target):
        raise Usage("FROM and TO are the same chain", remedy="name two stores, or two chains by --to-chain")
    try:
        with (
            _filled(source) as one,
            opened(target, make=True) as other,
            call.progress(say("copying")) as bar,
        ):
            stamp = copy_facts(one, other, lambda table, *done: bar(say.words.table(table), *done))
            counts = other.counts()
    except KeyboardInterrupt:
        call.note(say("copy_stopped", to=to))
        raise
    if call.as_json:
        told = {"counts": dict(counts), "hash": stamp.hash, "revision": stamp.revision}
        call.answer({"from": from_, "to": to, **told})
        return
    counted = {"companies": counts["companies"], "links": counts["links"]}
    call.print(say("copied", to=to, from_=from_, hash=stamp.hash, **counted))


def _named(settings: Settings, which: str, url: str, chain: str) -> Settings:
    """The settings of one of the two stores. Raises Usage."""
    try:
        store = address(url)
    except ValueError as error:
        raise Usage(f"{which} {error}", remedy="write a file, or bolt://HOST:PORT") from None
    if not store or not chain:
        raise Usage(f"{which} is blank", remedy="write a file, or bolt://HOST:PORT")
    return settings.model_copy(update={"store": store, "chain": chain})


@contextmanager
def _filled(settings: Settings) -> Iterator[Store]:
    """The store to copy from. StoreError where its chain holds nothing, as one whose name is mistyped."""
    with opened(settings) as store:
        if not store.snapshot().revision:
            raise StoreError(
                f"there is nothing in chain {settings.chain!r} of {settings.store}",
                remedy="name another chain by --chain, or load files into this one first",
            )
        yield store


def _place(settings: Settings) -> tuple[str, str]:
    """Where a chain is: the same for the same."""
    file = store_file(settings)
    return (settings.store.rstrip("/"), settings.chain) if file is None else (str(file.resolve()), "")
