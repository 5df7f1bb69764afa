"""What a pushed snapshot looks like on the server, and the Cypher that writes it.

All of it is made from the tables of :mod:`headwater.graph.schema` and the data
dictionary: labels from kinds, relationship types from relations, properties from
columns. Only names from there stand in a statement; values are parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from headwater.graph.data_dictionary import TABLES
from headwater.graph.schema import ARTEFACT_KINDS, KINDS, RELATIONS

LAYOUT: Final = 1
"""Version of what this module describes; a server that holds another is not read."""
ARTEFACT: Final = "Artefact"
MARKER: Final = "Snapshot"
LABELS: Final = {
    kind: ("Node", *((ARTEFACT,) if kind in ARTEFACT_KINDS else ()), kind.capitalize())
    for kind in KINDS
}
"""Labels of a node of each kind."""
RELATION_TYPES: Final = {item.name: item.name.upper() for item in RELATIONS}
"""Type of an accepted edge of each relation."""
REFUTED: Final = "REFUTED"
SELF: Final = "SELF"
EDGE_TYPES: Final = (*RELATION_TYPES.values(), REFUTED, SELF)
LINEAGE_TYPES: Final = tuple(item.name.upper() for item in RELATIONS if item.lineage)
"""Types over which one artefact stands on another."""
ROW_HASH: Final = "row_hash"
"""Property: hash of what a row says."""
PLACE_HASH: Final = "place_hash"
"""Property: hash of its numbers, which change when others come and go."""

_NUMBERS: Final = {
    "edges": ("edge", "child_node", "parent_node"),
    "claims": ("row", "edge"),
}


def _columns(table: str, *without: str) -> tuple[str, ...]:
    return tuple(name for name in TABLES[table] if name not in without)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: the node of a label whose property has a value of a row."""

    label: str
    key: str
    column: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a pushed snapshot: nodes of a label, or relationships.

    Attributes
    ----------
    name : str
        What it is called in progress and reports.
    variants : tuple of str
        Labels (joined by ``:``) or types that its rows may have; which one stands in
        the column ``variant`` of each row.
    columns : tuple of str
        Properties that say what the row is about.
    places : tuple of str
        Properties that are numbers given by the compiler, or follow from other rows:
        another snapshot may change them all while it changes little.
    ends : pair of End, optional
        For relationships.
    key : str or None
        Property that stays the same while a row changes; None: a changed row is a new
        row instead of an old one.
    """

    name: str
    variants: tuple[str, ...]
    columns: tuple[str, ...]
    places: tuple[str, ...] = ()
    ends: tuple[End, End] | None = None
    key: str | None = None

    @property
    def properties(self) -> tuple[str, ...]:
        """Return all properties, in the order in which rows give them."""
        return (*self.columns, *self.places, ROW_HASH, PLACE_HASH)

    @property
    def given(self) -> tuple[str, ...]:
        """Return the columns of the rows that the statements take."""
        ends = () if self.ends is None else tuple(end.column for end in self.ends)
        own = self.properties
        return (*own, *(column for column in ends if column not in own))

    @property
    def pattern(self) -> str:
        """Return what matches all elements of this part, called ``x``."""
        if self.ends is None:
            return f"(x:{quoted(self.variants[0].split(':')[0])})"
        return f"()-[x:{'|'.join(quoted(item) for item in self.variants)}]->()"

    @property
    def any_pattern(self) -> str:
        """Return what matches any element of this kind, called ``x``."""
        return "(x)" if self.ends is None else "()-[x]->()"


_NODE: Final = "Node"
_CHILD, _PARENT = End(_NODE, "node", "child_node"), End(_NODE, "node", "parent_node")

PARTS: Final = (
    Part(
        "nodes",
        tuple(":".join(labels) for labels in LABELS.values()),
        (*_columns("nodes", "node"), "key", "day", "search"),
        ("node", "known_origin", "representative", "namespace_node", "developer_node",
         "n_children", "near"),
        key="id",
    ),
    Part("names", ("Name",), ("key",), ("node",)),
    Part("aliases", ("Alias",), _columns("aliases"), ("row",)),
    Part("families", ("Family",), (*_columns("families", "member_nodes"), "names"),
         ("row", "member_nodes")),
    Part("openness", ("Openness",), _columns("openness"), ("row",)),
    Part("labels", ("Label",), ("label", "id"), ("row",)),
    Part("words", ("Word",), ("column", "word", "folded"), ("code",)),
    Part("edges", EDGE_TYPES, _columns("edges", *_NUMBERS["edges"]),
         _NUMBERS["edges"], (_CHILD, _PARENT)),
    Part("published_by", ("PUBLISHED_BY",), (), (), (_CHILD, _PARENT)),
    Part("owned_by", ("OWNED_BY",), _columns("ownership"), ("row",), (_CHILD, _PARENT)),
    Part("member_of", ("MEMBER_OF",), (), (),
         (_CHILD, End("Family", "family", "family"))),
    Part("alias_of", ("ALIAS_OF",), (), (),
         (End("Alias", "row", "row"), _PARENT)),
    Part("claims", ("Claim",), _columns("claims", "edge"), _NUMBERS["claims"]),
)  # fmt: skip
"""All parts in the order in which they are written."""

CONSTRAINTS: Final = {
    "headwater_snapshot": (MARKER, "slot"),
    "headwater_node_id": (_NODE, "id"),
}
"""Name -> label and property that is unique."""

INDEXES: Final = {
    "headwater_node_node": ("RANGE", _NODE, "node"),
    "headwater_node_key": ("RANGE", _NODE, "key"),
    "headwater_node_day": ("RANGE", _NODE, "day"),
    "headwater_node_search": ("TEXT", _NODE, "search"),
    "headwater_artefact_namespace": ("RANGE", ARTEFACT, "namespace_node"),
    "headwater_artefact_developer": ("RANGE", ARTEFACT, "developer_node"),
    "headwater_artefact_licence": ("RANGE", ARTEFACT, "licence"),
    "headwater_artefact_task": ("RANGE", ARTEFACT, "task"),
    "headwater_artefact_library": ("RANGE", ARTEFACT, "library"),
    "headwater_name_key": ("RANGE", "Name", "key"),
    "headwater_alias_row": ("RANGE", "Alias", "row"),
    "headwater_family_family": ("RANGE", "Family", "family"),
    "headwater_label_label": ("RANGE", "Label", "label"),
    "headwater_word_folded": ("RANGE", "Word", "folded"),
    "headwater_claim_edge": ("RANGE", "Claim", "edge"),
}
"""Name -> kind of index, label and property.

Node numbers are not declared unique, although they are: while a push moves them, two
nodes may bear one number for a moment.
"""

SHOW_INDEXES: Final = "SHOW INDEXES YIELD name RETURN name"
"""Names of the indexes that are there; a constraint has one of its own name."""

OUR_LABELS: Final = (
    MARKER,
    *dict.fromkeys(part.variants[0].split(":")[0] for part in PARTS if not part.ends),
)
"""Labels of which each node of ours has exactly one."""


def quoted(name: str) -> str:
    """Return a name as Cypher quotes it."""
    return "`" + name.replace("`", "``") + "`"


def schema_statements(labels: Iterable[str] | None = None) -> dict[str, str]:
    """Return what creates each constraint and index, those of some labels or all."""
    wanted = None if labels is None else set(labels)
    made = {
        name: f"CREATE CONSTRAINT {quoted(name)} IF NOT EXISTS FOR (x:{quoted(label)}) "
        f"REQUIRE x.{quoted(key)} IS UNIQUE"
        for name, (label, key) in CONSTRAINTS.items()
        if wanted is None or label in wanted
    }
    made |= {
        name: f"CREATE {kind} INDEX {quoted(name)} IF NOT EXISTS FOR (x:{quoted(label)}) "
        f"ON (x.{quoted(key)})"
        for name, (kind, label, key) in INDEXES.items()
        if wanted is None or label in wanted
    }
    return made


def drop_statements() -> list[str]:
    """Return what removes all indexes and the constraints of all but the marker."""
    return [
        *(f"DROP INDEX {quoted(name)} IF EXISTS" for name in INDEXES),
        *(
            f"DROP CONSTRAINT {quoted(name)} IF EXISTS"
            for name, (label, _) in CONSTRAINTS.items()
            if label != MARKER
        ),
    ]


def create_statement(part: Part, variant: str) -> str:
    """Return what adds ``$rows`` of one label or type; each row is as `given`."""
    if part.ends is None:
        labels = ":".join(quoted(item) for item in variant.split(":"))
        return f"UNWIND $rows AS r CREATE (x:{labels} {_map(part)})"
    start, end = (
        f"MATCH ({name}:{quoted(item.label)} "
        f"{{{quoted(item.key)}: r[{part.given.index(item.column)}]}}) "
        for name, item in zip("ab", part.ends, strict=True)
    )
    return f"UNWIND $rows AS r {start}{end}CREATE (a)-[x:{quoted(variant)} {_map(part)}]->(b)"


def upsert_statement(part: Part, variant: str) -> str:
    """Return what adds ``$rows`` or lets them take the place of those with their key."""
    assert part.key is not None
    labels = variant.split(":")
    known = {item for each in part.variants for item in each.split(":")}
    wrong = "".join(f":{quoted(item)}" for item in sorted(known - set(labels)))
    right = "".join(f":{quoted(item)}" for item in labels)
    at = part.given.index(part.key)
    return (
        f"UNWIND $rows AS r MERGE (x:{quoted(labels[0])} {{{quoted(part.key)}: r[{at}]}}) "
        f"REMOVE x{wrong} SET x = {_map(part)}, x{right}"
    )


def move_statement(part: Part) -> str:
    """Return what gives elements new numbers; rows are (element, numbers, hash)."""
    names = (*part.places, PLACE_HASH)
    values = ", ".join(
        f"x.{quoted(name)} = r[{at}]" for at, name in enumerate(names, 1)
    )
    return (
        f"UNWIND $rows AS r MATCH {part.any_pattern} WHERE elementId(x) = r[0] "
        f"SET {values}"
    )


def delete_statement(part: Part) -> str:
    """Return what removes elements that still say the same; rows are (element, hash)."""
    detach = "DETACH " if part.ends is None else ""
    return (
        f"UNWIND $rows AS r MATCH {part.any_pattern} WHERE elementId(x) = r[0] "
        f"AND x.{quoted(ROW_HASH)} = r[1] {detach}DELETE x RETURN count(*)"
    )


def state_statement(part: Part) -> str:
    """Return what reads which rows are there: element, its two hashes."""
    return (
        f"MATCH {part.pattern} RETURN elementId(x), x.{quoted(ROW_HASH)}, "
        f"x.{quoted(PLACE_HASH)}"
    )


def count_statement() -> str:
    """Return what counts the elements of all parts; the server knows without looking."""
    counts = [
        # A constant beside the count would group by it, and read every row.
        f"MATCH {pattern} WITH count(x) AS n RETURN '{part.name}' AS part, n"
        for part in PARTS
        for pattern in (
            [part.pattern]
            if part.ends is None
            else [f"()-[x:{quoted(item)}]->()" for item in part.variants]
        )
    ]
    return " UNION ALL ".join(counts)


def _map(part: Part) -> str:
    pairs = (f"{quoted(name)}: r[{at}]" for at, name in enumerate(part.properties))
    return "{" + ", ".join(pairs) + "}"
