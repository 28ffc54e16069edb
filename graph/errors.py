"""The errors that knockon raises on purpose.

Each says what is wrong, and carries the remedy apart, so that every door (command line, HTTP,
reject file) can show both in its own way.

    KnockonError
    ├── InputError            what somebody gave us is wrong
    │   ├── LoadError         a file as a whole cannot be read
    │   ├── ValueRejected     one value of one fact is wrong (names the column)
    │   └── ScenarioError     a scenario, parameter or question is wrong (names the field)
    ├── NotFound              no such company (names the closest)
    ├── Ambiguous             a name that several companies bear (names them)
    └── StoreError            the store cannot do its work
        ├── StoreUnavailable  it does not answer, now
        └── StoreOutdated     its schema is not the one that this version writes
"""

from __future__ import annotations


class KnockonError(Exception):
    """What all errors raised on purpose have in common: a message and a remedy."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class InputError(KnockonError):
    """What somebody gave us is wrong."""

    def __init__(self, message: str, *, remedy: str = "", file: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.file = file


class LoadError(InputError):
    """A file as a whole cannot be read: empty, binary, of an unknown kind, not there."""


class ValueRejected(InputError):
    """One value of one fact is wrong."""

    def __init__(self, message: str, *, column: str, value: object = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.column = column
        self.value = value


class ScenarioError(InputError):
    """A scenario, a parameter or a question is wrong.

    `field` is its place, such as shocks.0.harm; `candidates` the closest companies, as (id, name), where it
    names none or several.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        remedy: str = "",
        candidates: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field
        self.candidates = candidates


class NotFound(KnockonError):
    """No such company; `candidates` are the closest, as (id, name)."""

    def __init__(
        self, message: str, *, candidates: tuple[tuple[str, str], ...] = (), remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.candidates = candidates


class Ambiguous(NotFound):
    """A name that several companies bear; `candidates` are they, as (id, name)."""


class StoreError(KnockonError):
    """The store cannot do its work."""


class StoreUnavailable(StoreError):
    """The store does not answer, now."""


class StoreOutdated(StoreError):
    """The stored schema is not the one that this version writes."""
