"""Reads a JSON document from a file that somebody wrote by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from graph.errors import InputError

MOST_BYTES = 10_000_000


def read_json(path: Path) -> Any:
    """The JSON document in a file, `-` for stdin. Raises InputError naming line and column."""
    name = "stdin" if str(path) == "-" else str(path)
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{name} cannot be read: {reason}", file=name, remedy="name a file that is there"
        ) from error
    if len(content) > MOST_BYTES:
        raise InputError(f"{name} is far too long", file=name, remedy="name another file")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}",
            file=name,
            remedy="correct it there",
        ) from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{name} is not a JSON document that can be read", file=name, remedy="write it as JSON in UTF-8"
        ) from None
