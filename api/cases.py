"""Cases of history: JSON files that say what failed, on which chain, and what was seen afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from api.door import MOST_MONEY, Door
from api.json_files import read_json
from api.schemas import field_errors, listed
from graph.errors import InputError

PERCENT = "percent of revenue"


def _sayable(value: object) -> object:
    """Half a character cannot be written into a table."""
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and any("\ud800" <= each <= "\udfff" for each in text):
            raise ValueError("holds half of a character")
    return value


Cell = Annotated[str | float | bool | list[str] | None, AfterValidator(_sayable)]
Number = Annotated[float, Field(ge=-MOST_MONEY, le=MOST_MONEY, allow_inf_nan=False)]


def _ascending(pair: list[float]) -> list[float]:
    if pair[0] > pair[1]:
        raise ValueError("the lower end stands first")
    return pair


class Texts(Door):
    """A text in English, and in Chinese where somebody wrote it."""

    en: str = Field(min_length=1)
    zh: str = ""


def _texts(given: object) -> object:
    """A plain text is one in English."""
    return {"en": given} if isinstance(given, str) else given


Said = Annotated[Texts, BeforeValidator(_texts)]
Range = Annotated[list[Number], Field(min_length=2, max_length=2), AfterValidator(_ascending)]


class Tables(Door):
    """The chain of a case, as rows of the generic tables."""

    companies: list[dict[str, Cell]] = Field(min_length=1)
    links: list[dict[str, Cell]] = Field(default_factory=list)
    markets: list[dict[str, Cell]] = Field(default_factory=list)
    complaints: list[dict[str, Cell]] = Field(default_factory=list)


class Tabled(Protocol):
    """What brings a chain of its own."""

    @property
    def tables(self) -> Tables:
        """Its rows."""


class Window(Door):
    """Some weeks, both ends counted in, and what was seen in them; a loss is below 0.

    `exact_to`: how far the truth may lie from the figure that was seen, as it is stated.
    """

    company: str = Field(min_length=1)
    first: int = Field(alias="from", ge=0)
    last: int = Field(alias="to", ge=0)
    divide_by: Annotated[float, Field(ge=1e-6, le=MOST_MONEY, allow_inf_nan=False)]
    observed: Number | Range | None
    exact_to: Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False)] = 0.0
    model: Number | None = None
    parameters: dict[str, Number] = Field(default_factory=dict)
    bracketed: bool = False
    source: str = ""

    @property
    def seen(self) -> tuple[float, float] | None:
        """From where to where the figure that was seen may lie; None where nothing was seen."""
        if self.observed is None:
            return None
        low, high = self.observed if isinstance(self.observed, list) else (self.observed, self.observed)
        return low - self.exact_to, high + self.exact_to


class Case(Door):
    """One case of history. `fitted`: a default was fitted to it, so that it is no test of the model."""

    name: Said
    unit: Literal["percent of revenue", "currency bn"]
    source: str = Field(min_length=1)
    basis: Said | None = None
    fitted: bool = False
    tables: Tables
    scenario: dict[str, Any]
    windows: list[Window] = Field(min_length=1)
    known_failure: bool = False
    reason: Said | None = None

    @property
    def places(self) -> int:
        """Decimals that its figures are stated to."""
        return 1 if self.unit == PERCENT else 2


def bundled() -> list[Path]:
    """The cases that come along."""
    return sorted(Path(str(files("loaders") / "backtests")).glob("*.json"))


def cases(paths: list[Path]) -> Iterator[tuple[Path, Case]]:
    """The cases in these files and folders. Raises InputError naming file and field."""
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise InputError(
                f"{path} holds no case",
                file=str(path),
                remedy="name a case, or a folder that holds some: files that end in .json",
            )
        for file in inside:
            yield file, _read(file)


def _read(file: Path) -> Case:
    try:
        return Case.model_validate(read_json(file))
    except ValidationError as error:
        wrong = field_errors(error.errors(include_url=False, include_input=False))
        raise InputError(
            f"{file} is no case: {listed(wrong)}",
            file=str(file),
            remedy="correct it; docs/back-tests.md describes a case",
        ) from None
