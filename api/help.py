"""Help and wrong usage in the language that is asked for, before anything else of a call is understood."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from api.errors import FAILED, USAGE, Usage
from api.settings import language
from api.terminal import console_on, tell_error
from api.words import Speech


class Command(TyperCommand):
    """A command whose help is in the language of the call, which stands in the context."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the help."""
        _print_help(self, ctx)


class Group(TyperGroup):
    """The commands: their help, and what is said of a call that names no command or a wrong option."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the help."""
        _print_help(self, ctx)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Runs the command that the arguments name; see typer."""
        standalone = extra.pop("standalone_mode", True)
        given = args[0] if args else extra.get("args")
        lang = language(sys.argv[1:] if given is None else given)
        try:
            code = super().main(*args, **extra | {"standalone_mode": False, "obj": lang})
        except typer.TyperException as error:
            code = USAGE
            if message := error.format_message():  # without any argument it was the help, and is printed
                context = getattr(error, "ctx", None)
                path = context.command_path if context else "knockon"
                wrong = Usage(message.replace("Value error, ", ""), remedy=f"see {path} --help")
                tell_error(console_on(sys.stderr), Speech(lang), wrong)
        except typer.Abort:
            code = FAILED
        if standalone:
            sys.exit(code or 0)
        return code


def _print_help(command: Any, ctx: Any) -> None:
    say = Speech(ctx.obj or "en")
    out = console_on(sys.stdout)
    usage = " ".join([ctx.command_path, *map(say.said, command.collect_usage_pieces(ctx))])
    out.print(Text(say("help_usage", usage=usage), style="bold"))
    for paragraph in _paragraphs(say, command.help):
        out.print()
        out.print(Text(paragraph))
    params = command.get_params(ctx)
    arguments = [p for p in params if p.param_type_name == "argument"]
    sections = {
        "help_arguments": [_parameter(say, p, ctx) for p in arguments],
        "help_options": [_parameter(say, p, ctx) for p in params if p not in arguments],
        "help_commands": [
            (name, "", next(_paragraphs(say, each.help)))
            for name, each in getattr(command, "commands", {}).items()
        ],
        "help_examples": [(line, "", "") for line in (command.epilog or "").split("\n\n") if line],
    }
    for title, rows in sections.items():
        if rows:
            out.print()
            out.print(Text(say(title), style="bold"))
            out.print(Padding(_table(rows), (0, 0, 0, 2)))


def _table(rows: Sequence[tuple[str, str, str]]) -> Table:
    """Names, what they take, what they do; without a column that is empty."""
    made = Table(box=None, pad_edge=False, show_header=False)
    every = zip(("cyan", "dim", ""), zip(*rows, strict=True), strict=True)
    columns = [(style, cells) for style, cells in every if any(cells)]
    for style, _ in columns:
        made.add_column(style=style, overflow="fold")
    for row in zip(*(cells for _, cells in columns), strict=True):
        made.add_row(*map(Text, row))
    return made


def _parameter(say: Speech, param: Any, ctx: Any) -> tuple[str, str, str]:
    """How an argument or an option is written, what it takes, and what it does."""
    name = ", ".join(param.opts)
    takes = "" if getattr(param, "is_flag", False) else str(param.display_type_rich(ctx) or "")
    notes = [say("help_required")] if param.required else []
    if param.show_default and param.default not in (None, "", False, ()) and not callable(param.default):
        notes.append(say("help_default", value=param.default))
    help_text = next(_paragraphs(say, param.help or ""), "")
    return name, takes, "".join([help_text, *notes])


def _paragraphs(say: Speech, text: str | None) -> Iterator[str]:
    """What a help text says, a paragraph each, each on one line."""
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        if paragraph:
            yield say.said(" ".join(paragraph.split()))
