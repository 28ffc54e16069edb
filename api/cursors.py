"""Where a list goes on, as an opaque text that a client hands back."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass

from api.errors import BadField


@dataclass(frozen=True, slots=True)
class Cursor:
    """The question it belongs to, and the place after which the next page begins.

    `after` is the last id of the page before where companies come by id; `skip` counts those already
    given where they come by likeness.
    """

    query: str
    role: str
    after: str = ""
    skip: int = 0

    def text(self) -> str:
        """What the client is given."""
        written = json.dumps(asdict(self), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(written).decode().rstrip("=")


def read_cursor(text: str, query: str, role: str) -> Cursor:
    """The cursor that a client hands back with the same question. Raises BadField for another text."""
    if not text:
        return Cursor(query, role)
    try:
        given = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        cursor = Cursor(**given)
        known = Cursor(str(cursor.query), str(cursor.role), str(cursor.after), int(cursor.skip))
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        raise _wrong("is not one that was given") from None
    if cursor != known or not 0 <= known.skip < 10**6:
        raise _wrong("is not one that was given")
    if (known.query, known.role) != (query, role):
        raise _wrong("belongs to another question")
    return known


def _wrong(what: str) -> BadField:
    return BadField(
        f"the cursor {what}", field="cursor", remedy="give next_cursor as it came, with the same q and role"
    )
