"""The lineage graph in the words of W3C PROV-O: the context of the JSON-LD export.

An artefact is a ``prov:Entity``, a namespace or developer a ``prov:Agent``, a claim an
entity that leads back to its document. The relation table decides which statement of
PROV-O an edge becomes; the edge itself, with its evidence, is the qualified form of it.

References
----------
PROV-O, https://www.w3.org/TR/prov-o/; JSON-LD 1.1, https://www.w3.org/TR/json-ld11/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from headwater.graph.schema import KINDS, RELATIONS, Relation
from headwater.queries.export.fields import (
    CLAIM_FIELDS,
    EDGE_FIELDS,
    NODE_FIELDS,
    OWNED_BY,
    OWNER_FIELDS,
    PUBLISHED_BY,
)

TERMS: Final = "urn:headwater:term:"
IDS: Final = "urn:headwater:id:"
_PROV: Final = "http://www.w3.org/ns/prov#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True, slots=True)
class Statement:
    """What PROV-O says of an edge.

    Attributes
    ----------
    plain : str
        Property from child to parent.
    qualified : str
        Property from the child to the edge.
    type : str
        Class of the edge.
    other : str
        Property from the edge to the parent.
    """

    plain: str
    qualified: str
    type: str
    other: str


DERIVED: Final = Statement(
    "wasDerivedFrom", "qualifiedDerivation", "Derivation", "entity"
)
REVISED: Final = Statement("wasRevisionOf", "qualifiedRevision", "Revision", "entity")
INFLUENCED: Final = Statement(
    "wasInfluencedBy", "qualifiedInfluence", "Influence", "influencer"
)
# PROV-O has no qualified form of this one: the words are ours.
SAME: Final = Statement("alternateOf", "qualifiedAlternate", "Alternate", "other")


def statement(relation: Relation) -> Statement:
    """Return what PROV-O says of a relation.

    Examples
    --------
    >>> [statement(item).plain for item in RELATIONS if item.name in ("uses", "method")]
    ['wasDerivedFrom', 'wasInfluencedBy']
    """
    if relation.flow == "same_bytes":
        return SAME
    if relation.name == "successor_of":
        return REVISED
    return DERIVED if relation.lineage else INFLUENCED


def type_name(kind: str) -> str:
    """Return the class of a kind of node."""
    return kind.capitalize()


_DAYS: Final = frozenset({"released", "created", "first_seen", "last_seen", "seen"})


def context(snapshot: str) -> dict[str, Any]:
    """Return the JSON-LD context of an export of a snapshot."""
    prov = (
        "Entity", "Agent", "Derivation", "Revision", "Influence", "Bundle",
    )  # fmt: skip
    links = {
        "wasAttributedTo", "actedOnBehalfOf", "hadPrimarySource", SAME.plain,
        *(getattr(item, part) for item in (DERIVED, REVISED, INFLUENCED)
          for part in ("plain", "qualified", "other")),
    }  # fmt: skip
    own_links = {
        "child", "parent", "about", SAME.qualified, SAME.other, PUBLISHED_BY, OWNED_BY,
        *(item.name for item in RELATIONS),
    }  # fmt: skip
    every = (*CLAIM_FIELDS, *EDGE_FIELDS, *NODE_FIELDS, *OWNER_FIELDS)
    words: dict[str, Any] = {item.name: f"hw:{item.name}" for item in every}
    words |= {
        name: {"@id": f"hw:{name}", "@type": "xsd:date"} for name in sorted(_DAYS)
    }
    words["confidence"] = {"@id": "hw:confidence", "@type": "xsd:double"}
    words["name"] = "http://www.w3.org/2000/01/rdf-schema#label"
    words["names"] = "http://www.w3.org/2004/02/skos/core#altLabel"
    words["identifier"] = "http://purl.org/dc/terms/identifier"
    words["content_sha256"] = "hw:content_sha256"
    words["generatedAtTime"] = {"@id": "prov:generatedAtTime", "@type": "xsd:dateTime"}
    words |= {name: f"prov:{name}" for name in prov}
    words |= {
        name: f"hw:{name}"
        for name in (
            "Edge",
            SAME.type,
            "Claim",
            "Snapshot",
            *(type_name(kind) for kind in KINDS),
        )
    }
    words |= {name: {"@id": f"prov:{name}", "@type": "@id"} for name in sorted(links)}
    words |= {name: {"@id": f"hw:{name}", "@type": "@id"} for name in sorted(own_links)}
    prefixes = {
        "@version": 1.1, "prov": _PROV, "xsd": _XSD, "hw": TERMS, "id": IDS,
        "snapshot": "urn:headwater:snapshot:",
        "edge": f"urn:headwater:snapshot:{snapshot}:edge:",
        "claim": f"urn:headwater:snapshot:{snapshot}:claim:",
    }  # fmt: skip
    return prefixes | dict(sorted(words.items()))
