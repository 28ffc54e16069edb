"""Reads a JSON document that somebody wrote by hand, from a file or out of a request."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from api.errors import BadField, Unparsable
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
    return parse_json(content, name)


def parse_json(content: bytes, name: str) -> Any:
    """The JSON document in these bytes of UTF-8. Raises Unparsable; BadField for a key that stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise BadField(
                f"{name} holds the key {twice!r} twice in one object", field=twice, remedy="keep one of them"
            )
        return made

    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise Unparsable(
            f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}",
            file=name,
            remedy="correct it there",
        ) from None
    except (ValueError, RecursionError):
        raise Unparsable(
            f"{name} is not a JSON document that can be read", file=name, remedy="write it as JSON in UTF-8"
        ) from None
