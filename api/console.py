"""One call of the command: its settings, its language, and the two places where it speaks."""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from api.answers import dumps
from api.errors import FAILED, row
from api.help import Command
from api.settings import Lang, Settings, language, read_settings
from api.stores import opened
from api.terminal import console_on, nobody_reads, tell_error
from api.words import Speech, harmless
from graph.errors import KnockonError
from graph.explorer import Explorer
from graph.stores.base import Store

COMMON: dict[str, tuple[Any, Any]] = {
    "as_json": (
        Annotated[bool, typer.Option("--json", help="One JSON document on stdout; all else on stderr.")],
        False,
    ),
    "lang": (
        Annotated[Lang | None, typer.Option("--lang", help="Language: en or zh (KNOCKON_LANG).")],
        None,
    ),
    "store": (
        Annotated[str | None, typer.Option("--store", help="Where the facts are (KNOCKON_STORE).")],
        None,
    ),
    "chain": (
        Annotated[str | None, typer.Option("--chain", help="Which chain of the store (KNOCKON_CHAIN).")],
        None,
    ),
    "debug": (
        Annotated[bool, typer.Option("--debug", help="Show where an error came from.")],
        False,
    ),
}


@dataclass(frozen=True)
class Call:
    """What a command is called with, besides its own options. People read `out`, in their language."""

    settings: Settings
    as_json: bool
    out: Console
    err: Console

    @property
    def lang(self) -> str:
        """en or zh."""
        return self.settings.lang

    @contextmanager
    def opened(self, *, make: bool = False) -> Iterator[Store]:
        """The store, closed in the end; only with `make` is one that is not there made."""
        with opened(self.settings, make=make) as store:
            yield store

    @contextmanager
    def explorer(self) -> Iterator[Explorer]:
        """The questions that may be asked of the store."""
        with self.opened() as store:
            yield Explorer(store)

    def speech(self, currency: str = "") -> Speech:
        """The words of this call's language."""
        return Speech(self.lang, currency)

    def answer(self, document: object) -> None:
        """The one JSON document of this call; an iterator gives its pieces. Always UTF-8, as JSON is."""
        pieces = document if isinstance(document, Iterator) else iter([dumps(document, indent=2)])
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()

    def print(self, what: RenderableType = "", *, indent: int = 0, style: str = "") -> None:
        """Something for the person who asked."""
        if not isinstance(what, str):
            self.out.print(Padding(what, (0, 0, 0, indent), expand=False))
            return
        for line in Text(harmless(what), style=style).wrap(self.out, self.out.width - indent) or [Text()]:
            line.rstrip()
            self.out.print(Text(" " * indent) + line)

    def note(self, text: str) -> None:
        """Something beside the answer: on stderr."""
        self.err.print(Text(harmless(text)))

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[str, float, float], None]]:
        """A bar on stderr while something runs, told (what, done, total); silent where nobody watches."""
        if not self.err.is_terminal:
            yield lambda what, done, total: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task(label, total=None)

            def told(what: str, done: float, total: float) -> None:
                text = Text(harmless(f"{label} {what}".strip())).markup
                bar.update(task, description=text, completed=done, total=total or None)

            yield told


def command(app: typer.Typer, name: str, *examples: str) -> Callable[[Callable[..., None]], None]:
    """Make a function that takes a Call a command, with the options that all commands have.

    Every error ends in a sentence and an exit code, never in a traceback.
    """

    def register(function: Callable[..., None]) -> None:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]
        common = [
            inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for option, (annotation, default) in COMMON.items()
        ]

        @functools.wraps(function)
        def run(*given: Any, **options: Any) -> None:
            shared = {option: options.pop(option) for option in COMMON}
            _run(functools.partial(function, **options), shared)

        keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        run.__signature__ = inspect.Signature(keyword + common)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in keyword + common}
        app.command(name, cls=Command, epilog="\n\n".join(examples))(run)

    return register


def _run(function: Callable[[Call], None], shared: dict[str, Any]) -> None:
    out, err = console_on(sys.stdout), console_on(sys.stderr)
    debug, lang = shared.pop("debug"), shared["lang"] or language(())
    as_json = shared.pop("as_json")
    try:
        settings = read_settings(**shared)
        lang = settings.lang
        function(Call(settings, as_json, out, err))
        sys.stdout.flush()
    except typer.Exit:
        raise
    except KnockonError as error:
        if debug:
            traceback.print_exc()
        tell_error(err, Speech(lang), error)
        raise typer.Exit(row(error).exit) from None
    except BrokenPipeError:
        nobody_reads()
        raise typer.Exit(FAILED) from None
    except OSError as error:
        if debug:
            traceback.print_exc()
        nobody_reads()
        tell_error(err, Speech(lang), _unwritten(error))
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        err.print(Text(Speech(lang)("stopped")))
        raise typer.Exit(FAILED) from None
    except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a traceback
        if debug:
            traceback.print_exc()
        said = Speech(lang)("unexpected", kind=type(error).__name__, detail=str(error)[:300])
        err.print(Text(harmless(said)))
        raise typer.Exit(FAILED) from None


def _unwritten(error: OSError) -> KnockonError:
    """Files that are read and written have errors of their own; what is left is the output."""
    reason = error.strerror or str(error)
    where = error.filename or "the output"
    return KnockonError(
        f"{where} cannot be written: {reason}", remedy="make room there, or send the output elsewhere"
    )
