"""The table of answers: who gives them, their parts, their pictures."""

from __future__ import annotations

import inspect
import re

from headwater.queries.plots import PLOTS
from headwater.queries.result_parts import names_of_parts
from headwater.queries.results import Result
from headwater.queries.session import Session

HEADER = ("answer", "of", "parts, the main one first", "picture: options")


def rows() -> list[tuple[str, ...]]:
    """Return one row a type of answer, in the order of its first method."""
    kinds = {kind.__name__: kind for kind in Result.__subclasses__()}
    found: dict[str, list[str]] = {}
    for name, method in inspect.getmembers(Session, inspect.isfunction):
        if name.startswith("_"):
            continue
        told = str(inspect.signature(method).return_annotation)
        listed = re.fullmatch(r"Results\[(\w+)\]", told)
        for word in [told] if listed else re.findall(r"\w+", told):
            if listed or word in kinds:
                found.setdefault(word, []).append(f"`{name}`")
    return [
        (f"`{word}`", ", ".join(methods), *_row(word, kinds.get(word)))
        for word, methods in found.items()
    ]


def _row(word: str, kind: type | None) -> tuple[str, str]:
    if kind is None:  # a list of answers
        return "`rows`, and the parts of its members below it", "–"
    parts = ", ".join(f"`{part}`" for part in names_of_parts(kind))
    # A dataclass with slots is made twice; only one of the two is in use.
    function = next((f for k, f in PLOTS.items() if k.__name__ == word), None)
    if function is None:
        return parts, "–"
    options = list(inspect.signature(function).parameters)[2:]
    return parts, "yes" + (
        f": {', '.join(f'`{o}`' for o in options)}" if options else ""
    )
