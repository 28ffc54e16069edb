"""The service keeps its OpenAPI document, with many more examples of each operation."""

import pytest

from tests.api.test_contract import NAMES, keeps

for label, name in NAMES.items():
    globals()[f"test_{name}_keeps_its_contract_for_long"] = pytest.mark.long(keeps(label, 400))
