"""What a question needs: a way to run statements, the snapshot, the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from headwater.graph.backends.neo4j_connection import Run
from headwater.queries.as_of import EPOCH

BATCH: Final = 20_000
"""So many numbers are given to one statement."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One question while it is being answered.

    Attributes
    ----------
    run : Run
        Runs a statement.
    snapshot : str
        Name of the snapshot that the server holds.
    n_nodes : int
        How many nodes it has; their numbers are below that.
    as_of : date or None
        Only what existed on that day.
    """

    run: Run
    snapshot: str
    n_nodes: int
    as_of: date | None = None

    @property
    def day(self) -> int | None:
        """The day as the server has it, in days since 1970-01-01."""
        return None if self.as_of is None else (self.as_of - EPOCH).days

    def rows(self, text: str, /, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement; ``$day`` is always bound."""
        return self.run(text, day=self.day, **parameters)

    def each(
        self, text: str, items: Sequence[Any], /, **parameters: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement that is run for ``$items``, part by part."""
        for start in range(0, len(items), BATCH):
            part = items[start : start + BATCH]
            yield from self.rows(text, items=part, **parameters)


def clean(text: str) -> str:
    """Return a text that can be sent: half of a surrogate pair becomes a ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
