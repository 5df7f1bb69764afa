"""Whether a server has the indexes without which every question reads everything."""

from __future__ import annotations

from typing import Final

from headwater.errors import StoreIndexError
from headwater.graph.backends.neo4j_connection import Run
from headwater.graph.backends.neo4j_schema import CONSTRAINTS, INDEXES

_SHOW: Final = "SHOW INDEXES YIELD name, state RETURN name, state"


def check_indexes(run: Run, address: str) -> None:
    """Do nothing when all indexes are there and ready.

    Raises
    ------
    StoreIndexError
        When one is missing or not filled yet.
    """
    states = dict(run(_SHOW))
    bad = sorted(
        name for name in (*CONSTRAINTS, *INDEXES) if states.get(name) != "ONLINE"
    )
    if bad:
        raise StoreIndexError(address, bad)
