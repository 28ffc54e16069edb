"""The settings: the only place that reads the environment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import InputError

PREFIX = "KNOCKON_"
Lang = Literal["en", "zh"]
_SERVER = re.compile(r"(bolt|neo4j)(\+s|\+ssc)?://[^@/?#\s]+/?", re.IGNORECASE)


class Settings(BaseSettings):
    """What knockon can be told from outside; `read_settings` reads it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    store: str = Field(
        "./knockon.db",
        min_length=1,
        description="where the facts are: a file, sqlite:///PATH, or bolt:// or neo4j://HOST:PORT",
    )
    store_user: str = Field("", description="user of a store that is a server")
    store_password: SecretStr = Field(SecretStr(""), description="password of that user")
    store_database: str = Field("", description="database of a store that holds several; blank: its default")
    store_ca: str = Field("", description="file of the authorities to trust, beside a server's TLS")
    store_timeout: float = Field(300.0, gt=0, description="longest transaction on a server [s]")
    chain: str = Field("main", min_length=1, description="which chain of the store")
    cache: str = Field(
        "",
        description="folder where long work is kept; blank: STORE.kept beside a file, else knockon.kept",
    )
    ledger: str = Field(
        "", description="file of the prediction ledger; blank: beside the store, or in the current folder"
    )
    lang: Lang = Field("en", description="language of texts and pages: en or zh")
    host: str = Field("127.0.0.1", min_length=1, description="address that `knockon serve` listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that `knockon serve` listens on")
    body_limit: int = Field(1_000_000, ge=1_000, description="largest body of a request [bytes]")
    answer_limit: int = Field(
        1_000_000,
        ge=1_000,
        description="largest what-if over HTTP [companies times weeks; about 180 bytes of JSON each]",
    )

    @field_validator("store")
    @classmethod
    def _address(cls, url: str) -> str:
        return address(url)


def address(url: str) -> str:
    """A store's URL or file as it is. ValueError where it is no address, or holds what may be a password.

    A server's URL holds its address alone; the message, whose subject is left out, never repeats it.
    """
    scheme, sep, rest = url.partition("://")
    if not sep or scheme.lower() in ("sqlite", "file"):
        return url
    if "@" in rest:
        raise ValueError(
            "names a user or a password; a password never stands in a URL: "
            f"give them as {PREFIX}STORE_USER and {PREFIX}STORE_PASSWORD"
        )
    if scheme.lower().startswith(("bolt", "neo4j")) and not _SERVER.fullmatch(url):
        raise ValueError("is not the address of a server: write bolt://HOST:PORT or neo4j://HOST:PORT")
    return url


class _Spoken(BaseSettings):
    """The language alone, which is wanted also where another setting is wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    lang: Lang = "en"


def language(words: Sequence[str]) -> Lang:
    """The language of a command line that is not understood yet: its last --lang, or the environment's."""
    found: Lang | None = None
    for word, following in pairwise([*words, ""]):
        name, equals, value = word.partition("=")
        if name == "--lang":
            said = value if equals else following
            found = next((lang for lang in get_args(Lang) if lang == said), found)
    try:
        return found or _Spoken().lang
    except ValidationError:
        return "en"


def read_settings(**given: Any) -> Settings:
    """The settings of the environment, with those that are given (not None) instead.

    Raises InputError naming every setting that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        said = "; ".join(
            _wrong(_spoken(str(e["loc"][0]), given), e)
            for e in error.errors(include_url=False, include_input=False)
        )
        raise InputError(said, remedy="see what may be set: knockon settings --help") from None


def _wrong(setting: str, error: Any) -> str:
    if error["type"] == "string_too_short":
        return f"{setting} is blank"
    return f"{setting}: {str(error['msg']).removeprefix('Value error, ')}"


def _spoken(name: str, given: dict[str, Any]) -> str:
    return f"--{name}" if given.get(name) is not None else PREFIX + name.upper()


def listed(settings: Settings) -> list[dict[str, Any]]:
    """Every setting: its variable, value (a password is never shown), default and meaning."""

    def shown(value: object) -> object:
        if isinstance(value, SecretStr):
            return "********" if value.get_secret_value() else ""
        return value

    return [
        {
            "name": PREFIX + name.upper(),
            "value": shown(getattr(settings, name)),
            "default": shown(field.default),
            "doc": field.description,
        }
        for name, field in Settings.model_fields.items()
    ]
