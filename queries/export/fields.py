"""What is told of each node and edge in an export: the columns of the public tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from headwater.graph.data_dictionary import TABLES
from headwater.graph.edge_table import CLAIM_SCHEMA, EDGE_SCHEMA
from headwater.graph.node_table import SCHEMA as NODE_SCHEMA
from headwater.graph.schema import OWNERSHIP

DIRECTION: Final = "An edge leads from the child to the parent that it stands on."


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute.

    Attributes
    ----------
    name, type, meaning : str
        As in the public table; the type in Arrow's words.
    """

    name: str
    type: str
    meaning: str

    @property
    def is_list(self) -> bool:
        """Whether it holds several words."""
        return self.type.startswith("list")


def _fields(table: str, schema: object, left_out: tuple[str, ...]) -> tuple[Field, ...]:
    return tuple(
        Field(item.name, str(item.type), TABLES[table][item.name])
        for item in schema  # type: ignore[attr-defined]
        if item.name not in left_out
    )


NODE_FIELDS: Final = _fields("nodes", NODE_SCHEMA, ("node", "id"))
EDGE_FIELDS: Final = _fields(
    "edges", EDGE_SCHEMA, ("edge", "child", "parent", "child_node", "parent_node")
)
CLAIM_FIELDS: Final = _fields("claims", CLAIM_SCHEMA, ("edge", "child", "parent"))
OWNER_FIELDS: Final = (
    Field("source", "string", TABLES["ownership"]["source"]),
    Field("document", "string", TABLES["ownership"]["document"]),
    Field("seen", "string", TABLES["ownership"]["seen"]),
)
"""What is told of ``owned_by``; nothing is of ``published_by``, which the id says."""

PUBLISHED_BY, OWNED_BY = OWNERSHIP


def names(fields: tuple[Field, ...]) -> list[str]:
    """Return the names of fields."""
    return [item.name for item in fields]
