"""What all answers of the service have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ChainDate = Annotated[
    str | None,
    Field(
        description="the date whose chain it is: the one asked for, else the day of the newest load that "
        "changed a fact; null where none was asked for and no link is dated"
    ),
]


class Document(BaseModel):
    """What all answers have in common: no key that is not described."""

    model_config = ConfigDict(extra="forbid")
