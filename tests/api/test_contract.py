"""The service keeps its OpenAPI document, whatever is sent to it: every check that schemathesis has."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from api.app import create_app
from api.settings import read_settings
from tests.api.servers import Server

# No schema can say which companies there are, which dates exist, or that an option comes later: such
# questions are refused with 422 though they keep the schema.
ACCEPTED = ["2xx", "404", "409", "422"]
CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}}
)

contract = schemathesis.openapi.from_dict(create_app(read_settings(store="none.db")).openapi(), config=CONFIG)


WHATEVER = list(HealthCheck)


@contract.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=WHATEVER)
def test_the_service_keeps_its_contract(case: schemathesis.Case, server: Server) -> None:
    case.call_and_validate(base_url=server.url, timeout=60)


@pytest.mark.long
@contract.parametrize()
@settings(max_examples=400, deadline=None, suppress_health_check=WHATEVER)
def test_the_service_keeps_its_contract_for_long(case: schemathesis.Case, server: Server) -> None:
    case.call_and_validate(base_url=server.url, timeout=60)
