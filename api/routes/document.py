"""What all answers of the service have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """What all answers have in common: no key that is not described."""

    model_config = ConfigDict(extra="forbid")
