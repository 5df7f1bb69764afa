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
    schemas["Problem"] = _problem()
    for path in document["paths"].values():
        for method in _METHODS:
            if method in path:
                _add_answers(path[method])
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
