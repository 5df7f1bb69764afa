"""The OpenAPI document: its examples run, and what comes back is as it says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.api.problems import PROBLEMS
from headwater.ingest.load import build
from tests.api.serving import client
from tests.drawing import draw_batch, publish

NOT_IN_THE_CATALOGUE = {
    "openness": 404,
    "openness_of": 404,
    "diff_sources": 422,
}
"""What needs an import; it says so."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("twice")
    # Two snapshots of one second would have no order.
    publish(
        folder, draw_batch("b finetune a"), created=datetime(2026, 1, 1, tzinfo=UTC)
    )
    build(folder)
    with client(folder) as made:
        yield made


@pytest.fixture(scope="module")
def document(api: TestClient) -> dict[str, Any]:
    answer = api.get("/v1/openapi.json")
    assert answer.is_success
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def examples(schema: dict[str, Any]) -> list[Any]:
    """Return what a parameter may be tried with; its choices where it has no example."""
    found = schema.get("examples", [])
    if not found and "enum" in schema:
        found = schema["enum"]
    for part in schema.get("anyOf", ()):
        found = found or examples(part)
    if not found and schema.get("type") == "array":
        found = [[item] for item in examples(schema["items"])]
    return list(found)


def requests(
    path: str, operation: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a request with what is required, and one more for each choice there is."""
    needed: dict[str, Any] = {}
    choices: list[tuple[str, Any]] = []
    for item in operation.get("parameters", ()):
        tried = item.get("example") or examples(item["schema"])
        if item["in"] == "path":
            path = path.replace(f"{{{item['name']}}}", tried[0].replace("/", "%2F"))
        elif item.get("required"):
            assert tried, f"{path}: {item['name']} has no example"
            needed[item["name"]] = tried[0]
            choices += [(item["name"], value) for value in tried[1:]]
        else:
            choices += [(item["name"], value) for value in tried]
    yield path, needed
    for name, value in choices:
        yield path, {**needed, name: value}


def test_every_example_runs(api: TestClient, document: dict[str, Any]) -> None:
    count = 0
    for method, path, operation in operations(document):
        expected = NOT_IN_THE_CATALOGUE.get(operation["operationId"], 200)
        if method == "post":
            body = operation["requestBody"]["content"]["application/json"]
            schema = body.get("examples") or body["schema"].get("examples")
            values = schema if isinstance(schema, list) else body["examples"]
            for value in values:
                answer = api.post(path, json=value)
                assert answer.status_code == 200, answer.text
                count += 1
            continue
        for url, params in requests(path, operation):
            answer = api.get(url, params=params)
            assert answer.status_code == expected, (url, params, answer.text)
            check_keys(answer, operation, document, expected)
            count += 1
    assert count > 60


def check_keys(
    answer: Any, operation: dict[str, Any], document: dict[str, Any], status: int
) -> None:
    """Look whether an answer has the fields that are documented."""
    if answer.headers["content-type"] != "application/json" or status != 200:
        return
    content = operation["responses"]["200"]["content"]["application/json"]
    known: set[str] = set()
    for part in content["schema"].get("allOf", [content["schema"]]):
        name = part.get("$ref", "").rpartition("/")[2]
        known |= set(document["components"]["schemas"].get(name, part)["properties"])
    assert set(answer.json()) <= known, operation["operationId"]


def test_every_error_is_the_one_shape(document: dict[str, Any]) -> None:
    statuses = {str(status) for status, _ in PROBLEMS.values()}
    for _, path, operation in operations(document):
        answers = operation["responses"]
        assert statuses <= set(answers), path
        for status in statuses:
            content = answers[status]["content"]
            assert list(content) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_parameter_and_route_is_explained(document: dict[str, Any]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations(document):
        assert operation["description"], path
        assert f"`{method.upper()} {path}`" in text


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            yield from itertools.chain.from_iterable(map(walk, value.values()))
        elif isinstance(value, list):
            yield from itertools.chain.from_iterable(map(walk, value))

    schemas = document["components"]["schemas"]
    for reference in walk(document):
        assert reference.rpartition("/")[2] in schemas, reference
