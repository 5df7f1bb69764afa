"""Answers by name, and the same answers with hostile text in them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from headwater.queries.results import Result, Results

HOSTILE = '<img src=x onerror=alert(1)>"$x^{2'


def name_of(answer: Result) -> str:
    if isinstance(answer, Results):
        return f"Results[{answer.kind.__name__}]"
    return type(answer).__name__


def one(answers: list[Result], kind: str) -> Any:
    return next(item for item in answers if name_of(item) == kind)


_THEIRS = {
    "id", "name", "licence", "note", "document", "text", "detail", "child", "parent",
    "value", "key", "source", "declared", "raw", "before", "after", "developer",
    "family", "namespace", "largest_name", "mirror", "system",
}  # fmt: skip
"""Fields whose text comes from strangers."""


def poisoned(value: Any, name: str = "") -> Any:
    """Return the same with hostile text wherever strangers write."""
    if isinstance(value, str):
        return HOSTILE + value if name in _THEIRS else value
    if isinstance(value, Results):
        return Results(map(poisoned, value), value.kind, value.snapshot)
    if isinstance(value, tuple):
        return tuple(poisoned(item, name) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [item.name for item in fields(value)]
        return replace(
            value, **{name: poisoned(getattr(value, name), name) for name in names}
        )
    return value
