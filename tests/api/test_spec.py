"""Whatever the OpenAPI document allows, and what it does not, gets a proper answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from headwater.api.app import create_app
from headwater.api.problems import MEDIA_TYPE
from headwater.api.settings import ApiSettings
from tests.api.serving import PROBLEM_KEYS

EXAMPLES = int(os.environ.get("HEADWATER_SPEC_EXAMPLES", "6"))
"""Requests of each sort an operation; ``make fuzz-api`` sends many."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def operations(catalogue_dir: Path) -> list[schemathesis.APIOperation]:
    app = create_app(catalogue_dir, ApiSettings(timeout_s=60))
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name.lower())
def test_every_operation(
    operations: list[schemathesis.APIOperation], mode: GenerationMode
) -> None:
    assert len(operations) > 25
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and operation.label == "GET /v1/metrics":
            continue  # there is nothing about it that could be wrong
        run(operation, mode)


def run(operation: schemathesis.APIOperation, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        check(case)

    ask()


def check(case: schemathesis.Case) -> None:
    answer = case.call()
    case.validate_response(answer, checks=list(CHECKS))
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == [MEDIA_TYPE]
        body = answer.json()
        assert list(body) == PROBLEM_KEYS
        assert body["status"] == answer.status_code
        assert body["detail"]
    assert answer.headers["x-content-type-options"] == ["nosniff"]
