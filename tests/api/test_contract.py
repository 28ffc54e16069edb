"""The service keeps its OpenAPI document, whatever is sent to it: every check that schemathesis has."""

import re
from collections.abc import Callable

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from api.app import create_app
from api.settings import read_settings
from tests.api.servers import Server

# No schema can say which companies there are, which dates exist, or that an option comes later: such
# questions are refused with 422 though they keep the schema.
ACCEPTED = ["2xx", "404", "409", "422"]
DOCUMENT = create_app(read_settings(store="none.db")).openapi()


def schema(*, coverage: bool) -> schemathesis.BaseSchema:
    """What is asked, with `coverage` also all combinations of edges."""
    config = SchemathesisConfig.from_dict({
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        "phases": {"coverage": {"enabled": coverage}},
    })  # fmt: skip
    return schemathesis.openapi.from_dict(DOCUMENT, config=config)


contract, briefly = schema(coverage=True), schema(coverage=False)
# A scenario's combinations, some thousands, are gone through where it stands alone; the fields around it are
# tried in test_wrong_values.
AGAIN = ("POST /v1/what-if/map", "POST /v1/ledger")

OPERATIONS = [found.ok().label for found in contract.get_all_operations()]


def keeps(label: str, examples: int) -> Callable[..., None]:
    """The test of one operation, with so many examples a way of making them up."""

    @(briefly if label in AGAIN else contract).include(name=label).parametrize()
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def test(case: schemathesis.Case, server: Server) -> None:
        case.call_and_validate(base_url=server.url, timeout=60)

    return test


# A function an operation: pytest gives all operations of one function the same id, and of tests with one
# id several workers run a single one.
NAMES = {label: "_".join(re.findall(r"\w+", label.lower())) for label in OPERATIONS}
for label, name in NAMES.items():
    globals()[f"test_{name}_keeps_its_contract"] = keeps(label, 12)


def test_every_operation_is_tested() -> None:
    assert len(OPERATIONS) == len(set(OPERATIONS)) >= 7
    assert set(AGAIN) < set(OPERATIONS)
