"""Shocks as options of a command: `--shock "KIND NAME=VALUE …"` and filters as `"NAME=VALUE, …"`."""

from __future__ import annotations

import shlex
from typing import Any

from api.errors import Usage
from api.schemas import KINDS

_TEXTS = ("company", "target", "category", "market")


def shock_of(text: str) -> dict[str, Any]:
    """The shock as a scenario's document holds it; its fields are the document's. Raises Usage."""
    try:
        kind, *pairs = shlex.split(text)
    except ValueError:
        kind, pairs = "", []
    if kind not in KINDS:
        raise Usage(
            f"--shock {text!r} does not begin with a kind of shock",
            remedy=f"begin it with one of {', '.join(KINDS)}, and quote names that hold a space",
        )
    shock: dict[str, Any] = {"kind": kind}
    for pair in pairs:
        name, value = _pair(pair, "--shock")
        if name.startswith("where."):
            shock.setdefault("where", {})[name.removeprefix("where.")] = _value(name, value)
        else:
            shock[name] = _value(name, value)
    return shock


def where_of(text: str, option: str) -> dict[str, Any]:
    """The filter as a scenario's document holds it. Raises Usage."""
    pairs = (_pair(part, option) for part in text.split(","))
    return {name: _value(f"where.{name}", value) for name, value in pairs}


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sep, value = text.partition("=")
    if not sep or not name.strip() or not value.strip():
        raise Usage(
            f"{option}: {text!r} is not NAME=VALUE",
            remedy='write country=JP, or within --shock where.country="South Korea"',
        )
    return name.strip(), value.strip()


def _value(name: str, text: str) -> str | int | float:
    """A number where it is one; names of companies, categories and filters stay texts."""
    if name in _TEXTS or (name.startswith("where.") and name != "where.tier"):
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
