"""What is in deploy/, as far as it can be tested without Docker: its parts fit each other."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.settings import read_settings

CHECKOUT = Path(__file__).resolve().parents[1]
DEPLOY = CHECKOUT / "deploy"
# The keys of the compose specification that are used here, so that a slip of the pen is no silent wish.
KEYS = {
    "": {"name", "services", "volumes", "secrets"},
    "service": {
        "image", "build", "user", "read_only", "cap_drop", "security_opt", "init", "restart", "tmpfs",
        "ports", "stop_grace_period", "volumes", "secrets", "environment", "healthcheck", "depends_on",
    },
    "healthcheck": {"test", "interval", "timeout", "retries", "start_period"},
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return told


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest)."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line)]


def test_compose_has_known_keys_and_names_what_is_there(compose: dict[str, Any]) -> None:
    assert set(compose) <= KEYS[""]
    for service in compose["services"].values():
        assert set(service) <= KEYS["service"]
        assert set(service.get("healthcheck", {})) <= KEYS["healthcheck"]
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in compose["volumes"]
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
    build = compose["services"]["api"]["build"]
    assert (DEPLOY / build["context"]).resolve() == CHECKOUT
    assert (CHECKOUT / build["dockerfile"]).is_file()


def test_compose_is_closed_to_others(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not [key for key in service["environment"] if "PASSWORD" in key or key == "NEO4J_AUTH"]
    assert compose["services"]["neo4j"]["user"].split(":")[0] not in ("", "0", "root")
    assert compose["services"]["api"]["read_only"] is True
    assert [rest for word, rest in instructions() if word == "USER"][-1] not in ("0", "root")
    ignored = subprocess.run(
        ["git", "check-ignore", "-q", "deploy/secrets/neo4j_auth"], cwd=CHECKOUT, check=False
    )
    assert ignored.returncode == 0, "the password would be committed"


def test_the_service_is_told_where_its_store_is(compose: dict[str, Any]) -> None:
    neo4j, api = compose["services"]["neo4j"], compose["services"]["api"]
    told = api["environment"]
    host, port = told["KNOCKON_STORE"].removeprefix("bolt://").split(":")
    assert host in compose["services"]
    assert neo4j["ports"][0].endswith(f":{port}")
    fields = type(read_settings()).model_fields
    assert {name.removeprefix("KNOCKON_").lower() for name in told} <= set(fields)
    secret = "/run/secrets/" + next(iter(compose["secrets"]))
    assert neo4j["environment"]["NEO4J_AUTH_FILE"] == secret
    assert f"secret={secret}" in (DEPLOY / "entrypoint").read_text()
    assert secret in " ".join(neo4j["healthcheck"]["test"])


def test_what_the_dockerfile_copies_is_there_and_is_sent_to_the_builder() -> None:
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = []
    for word, rest in instructions():
        if word == "COPY" and "--from" not in rest:
            copied += [source for source in rest.split()[:-1] if not source.startswith("--")]
    assert copied
    for source in copied:
        assert (CHECKOUT / source).exists(), source
        assert f"!{source}" in sent, source
    assert {line[1:] for line in sent if line.startswith("!")} == set(copied)
    assert os.access(DEPLOY / "entrypoint", os.X_OK)


def needed(name: str) -> set[str]:
    """Everything installed that `name` needs, by what the packages themselves say."""
    found: set[str] = set()
    left = [canonicalize_name(name)]
    while left:
        one = left.pop()
        for text in importlib.metadata.requires(one) or ():
            asked = Requirement(text)
            extra = asked.marker and "extra" in str(asked.marker)
            if not extra and (not asked.marker or asked.marker.evaluate()):
                other = canonicalize_name(asked.name)
                left += [other] if other not in found else []
                found.add(other)
    return found


@pytest.mark.parametrize("root", ["knockon", "hatchling"])
def test_a_part_of_the_lock_is_what_a_package_needs(root: str) -> None:
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    command = [sys.executable, DEPLOY / "part_of_lock.py", root]
    ran = subprocess.run(command, input=lock, capture_output=True, text=True, check=True)
    entries = re.split(r"\n(?=\S)", ran.stdout)
    part = {canonicalize_name(entry.partition("==")[0]) for entry in entries}
    assert needed(root) <= part
    assert not part & {"pytest", "ruff", "mypy", "playwright"}
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_entrypoint_runs_what_it_is_given() -> None:
    ran = subprocess.run(
        [DEPLOY / "entrypoint", "sh", "-c", 'echo "$KNOCKON_STORE_PASSWORD" "$@"', "sh", "a b"],
        env={**os.environ, "KNOCKON_STORE_PASSWORD": "given"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "given a b\n"
