"""Relationship types of the schema, by what they mean, as they stand in a pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from headwater.graph.schema import RELATIONS, Relation


def types(wanted: Callable[[Relation], bool]) -> str:
    """Return the types of some relations, ``A|B|C``."""
    return "|".join(item.name.upper() for item in RELATIONS if wanted(item))


ACCEPTED: Final = types(lambda item: True)
"""Every edge that counts: what is refuted and who names himself has another type."""
EDGES: Final = f"{ACCEPTED}|REFUTED|SELF"
"""Every edge."""
LINEAGE: Final = types(lambda item: item.lineage)
"""By which one artefact stands on another."""
WEIGHTS: Final = types(lambda item: item.flow == "weights")
"""Over which weights flow."""
BODY: Final = types(lambda item: item.flow in ("weights", "same_bytes"))
"""By which weights come from the parent; a mirror counts as its original."""
LOAD: Final = types(lambda item: item.load_time == "yes")
"""Without whose parent the child does not run."""
MAYBE_LOAD: Final = types(lambda item: item.load_time != "no")
"""The same, with what is unspecified."""
DIRECT: Final = types(lambda item: item.direct_input)
"""Without whose parent the child cannot be made again."""
SUBSTANCE: Final = types(
    lambda item: (
        item.flow in ("weights", "same_bytes")
        or (item.lineage and "model" not in item.children)
    )
)
"""Where the substance comes from: weights of models, any input of others."""
RECIPE: Final = types(lambda item: not item.lineage and item.name != "successor_of")
"""Shown at the artefact in focus, and never walked."""


def there(variable: str, day: int | None) -> str:
    """Return the condition that a node takes part as of ``$day``; None takes all.

    A node without a date does: leaving it out would hide lineage.
    """
    if day is None:
        return "true"
    return f"({variable}.day IS NULL OR {variable}.day <= $day)"
