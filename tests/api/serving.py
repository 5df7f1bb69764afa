"""Clients of the application, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from headwater.api.app import create_app
from headwater.api.settings import ApiSettings

PROBLEM_KEYS = ["type", "title", "status", "detail", "instance", "near"]


@contextmanager
def client(data_dir: Path, **settings: Any) -> Iterator[TestClient]:
    app = create_app(data_dir, ApiSettings(**settings))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def problem(answer: Any, status: int, name: str) -> dict[str, Any]:
    """Return the problem that an answer is, after a look at its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert list(body) == PROBLEM_KEYS
    assert body["status"] == status
    assert body["type"] == f"urn:headwater:problem:{name}"
    assert all(list(item) == ["id", "name", "kind"] for item in body["near"])
    assert "Traceback" not in answer.text
    return body
