"""The OpenAPI document: one shape of errors, examples, and what FastAPI cannot know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from headwater.api.problems import MEDIA_TYPE, PROBLEMS

DESCRIPTION: Final = (
    "The lineage of AI models: what stands on what, who says so, and what breaks. "
    "Reading only; every error is a problem of one shape (RFC 9457)."
)
_METHODS: Final = ("get", "post")


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return the function that gives the document; it is made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title, version=app.version, description=DESCRIPTION,
                    routes=app.routes,
                )
            )  # fmt: skip
        return app.openapi_schema

    return openapi


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, schema in schemas.items():
        if not name.endswith("Body"):
            # ``fields`` may leave any of them out.
            schema.pop("required", None)
    schemas["Problem"], schemas["Page"] = _problem(), _page()
    for path in document["paths"].values():
        for method in _METHODS:
            if method in path:
                _add_answers(path[method])
                _add_rows(path[method])
    return document


def _add_answers(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    names: dict[int, list[str]] = {}
    for name, (status, _) in PROBLEMS.items():
        names.setdefault(status, []).append(name)
    for status, found in names.items():
        answers[str(status)] = {
            "description": "; ".join(
                f"`{name}`: {PROBLEMS[name][1]}" for name in found
            ),
            "content": {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    answers["304"] = {"description": "Nothing has changed since the tag that was sent."}


def _add_rows(operation: dict[str, Any]) -> None:
    """Describe what a list has besides: its page, and its rows alone."""
    names = {item["name"] for item in operation.get("parameters", ())}
    if "cursor" not in names:
        return
    answer = operation["responses"]["200"]
    content = answer["content"]
    page = {"properties": {"page": {"$ref": "#/components/schemas/Page"}}}
    content["application/json"]["schema"] = {
        "allOf": [content["application/json"]["schema"], page]
    }
    for media_type in ("application/x-ndjson", "text/csv"):
        content[media_type] = {"schema": {"type": "string"}}
    counts = {"schema": {"type": "integer"}, "description": "As `page` has it."}
    answer["headers"] = {
        "Headwater-Total": counts,
        "Headwater-Truncated": counts,
        "Link": {
            "schema": {"type": "string"},
            "description": 'The next page, `rel="next"`.',
        },
    }


def _page() -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    maybe = {"anyOf": [count, {"type": "null"}]}
    return {
        "title": "Page",
        "type": "object",
        "description": "Where a list stands; null: nobody has counted.",
        "properties": {
            "limit": count, "skip": count, "total": maybe, "truncated": maybe,
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }  # fmt: skip


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    maybe = {"anyOf": [text, {"type": "null"}]}
    near = {
        "type": "object",
        "properties": {"id": text, "name": maybe, "kind": maybe},
        "required": ["id", "name", "kind"],
    }
    return {
        "title": "Problem",
        "type": "object",
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text,
            "instance": text, "near": {"type": "array", "items": near},
        },
        "required": ["type", "title", "status", "detail", "instance", "near"],
    }  # fmt: skip
