"""The generated parts of docs/api.md, from the OpenAPI document and the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headwater.api.app import create_app
from headwater.api.parameters import MAX_IDS, MAX_TARGETS
from headwater.api.problems import PROBLEMS
from headwater.api.settings import ApiSettings

_SHARED = ("fields", "format", "limit", "cursor", "as_of")
_MEANINGS = {
    "max_url_bytes": "bytes of path and query",
    "max_body_bytes": "bytes of a body",
    "max_rows": "rows of a page of JSON",
    "max_stream_rows": "rows of a stream of NDJSON or CSV",
    "max_skip": "rows that cursors pass over",
    "timeout_s": "seconds until a question is given up",
    "max_waiting": "questions in line for one pool of threads",
}


def operations(data_dir: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every route, in order."""
    document = create_app(data_dir).openapi()
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def routes(data_dir: Path) -> list[tuple[str, str, str]]:
    """Return route, parameters and meaning of each."""
    rows = []
    for method, path, operation in operations(data_dir):
        named = operation.get("parameters", [])
        own = [
            f"`{item['name']}`{'' if item.get('required') else '?'}"
            for item in named
            if item["in"] == "query" and item["name"] not in _SHARED
        ]
        shared = [item["name"] for item in named if item["name"] in _SHARED]
        if "limit" in shared and "cursor" not in shared:
            own.append("`limit`?")
        kinds = []
        if "as_of" in shared:
            kinds.append("`as_of`?")
        if "cursor" in shared:
            kinds.append("list")
        meaning = " ".join(operation.get("description", "").split())
        rows.append((f"`{method} {path}`", ", ".join([*own, *kinds]) or "–", meaning))
    return rows


def problems() -> list[tuple[str, str, str]]:
    """Return status, name and title of every problem."""
    return [
        (str(status), f"`{name}`", title) for name, (status, title) in PROBLEMS.items()
    ]


def limits() -> list[tuple[str, str]]:
    """Return every limit with its value."""
    settings = ApiSettings()
    fixed = [
        ("targets of a question", f"{MAX_TARGETS:,}"),
        ("ids of an inventory", f"{MAX_IDS:,}"),
    ]
    return fixed + [
        (meaning, f"{getattr(settings, name):,g}" if name == "timeout_s"
         else f"{getattr(settings, name):,}")
        for name, meaning in _MEANINGS.items()
    ]  # fmt: skip
