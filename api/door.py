"""What all that comes in at the door has in common: its types, and no key that is not known."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from graph.scenario import LONGEST_HORIZON

LATEST = 100_000  # weeks: beyond any horizon, far below where whole numbers stop being exact
MOST_MONEY = 1e18
TEXT = 500


def _whole(value: object) -> object:
    """52.0 is 52 in JSON."""
    return int(value) if isinstance(value, float) and math.isfinite(value) and value == int(value) else value


def _seed(value: object) -> object:
    """A null is the default."""
    return 0 if value is None else _whole(value)


def _blank(value: object) -> object:
    """A null is a blank."""
    return "" if value is None else value


# A validator that stands last runs first; so the limits stay with the type, and in the OpenAPI document.
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Weeks = Annotated[int, Field(ge=0, le=LATEST), BeforeValidator(_whole)]
# No name in a store has a NUL.
Name = Annotated[str, Field(min_length=1, max_length=TEXT, pattern=r"^[^\x00]*$")]
_Name = Annotated[str, Field(max_length=TEXT, pattern=r"^[^\x00]*$")]
OptionalName = Annotated[_Name, BeforeValidator(_blank, json_schema_input_type=_Name | None)]
_Date = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
OptionalDate = Annotated[_Date, BeforeValidator(_blank, json_schema_input_type=_Date | None)]
Horizon = Annotated[int, Field(ge=1, le=LONGEST_HORIZON), BeforeValidator(_whole)]
_Seed = Annotated[int, Field(ge=0, le=2**53)]
Seed = Annotated[_Seed, BeforeValidator(_seed, json_schema_input_type=_Seed | None)]


class Door(BaseModel):
    """What all that comes in has in common: no key that is not known, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: object) -> object:
        """Names the nearest key for one that is not known."""
        if not isinstance(given, dict):
            return given
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [key for key in given if key not in known]
        if unknown:
            raise UnknownKeys({str(key)[:TEXT]: _nearest(str(key)[:TEXT], known) for key in unknown[:20]})
        return given


class UnknownKeys(ValueError):
    """Keys that an object does not know, each with the nearest that it does."""

    def __init__(self, nearest: Mapping[str, str]) -> None:
        super().__init__("unknown keys")  # without them: they may hold what cannot be written
        self.nearest = nearest


def _nearest(key: str, known: Sequence[str]) -> str:
    return difflib.get_close_matches(key, known, 1, 0.0)[0]
