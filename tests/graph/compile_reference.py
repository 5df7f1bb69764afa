"""The compiler said again, slowly: dictionaries and loops instead of columns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from headwater.graph.aliases import follow_aliases
from headwater.graph.claims import Claim, ClaimBatch, Record
from headwater.graph.schema import RELATION_CODE, RELATIONS, SOURCES

RANKS = {item.name: item.rank for item in SOURCES}
HUB = ("hub:baseModels", "hub:cardData", "hub:tag")
FIRST_KNOWN = (
    "hub_id", "name", "released", "created", "modified", "downloads",
    "downloads_all_time", "likes", "parameters", "task", "library", "licence",
    "scratch", "family", "access", "note",
)  # fmt: skip


@dataclass
class Reference:
    nodes: dict[str, dict[str, Any]]
    edges: dict[tuple[str, str, bool], dict[str, Any]]
    claims: list[tuple[Any, ...]]


def record_rank(record: Record) -> tuple[int, int]:
    group = 0 if record.source.startswith("hub") else 1 + (record.source != "catalog")
    return group, -int(record.seen.replace("-", ""))


def alias_pairs(batch: ClaimBatch) -> list[tuple[str, str]]:
    seen: dict[tuple[str, str], str] = {}
    for record in batch.records:
        if record.hub_id is not None:
            place = (record.hub_id, record.id.lower())
            seen[place] = max(seen.get(place, ""), record.seen)
    by_hub_id = defaultdict(list)
    for (hub_id, key), day in seen.items():
        by_hub_id[hub_id].append((day, key))
    rows = []
    for found in by_hub_id.values():
        _, newest = max(found)
        rows += [(0, day, key, newest) for day, key in found if key != newest]
    listed = {key for _, key in seen}
    rows += [
        (1, alias.seen, alias.alias.lower(), alias.id.lower())
        for alias in batch.aliases
        if alias.kind != "replacement" and alias.alias.lower() not in listed
    ]
    rows.sort(key=lambda row: (row[0], [-ord(c) for c in row[1]], row[2], row[3]))
    return [(alias, key) for _, _, alias, key in rows]


def kind_by_form(key: str) -> str | None:
    for prefix, kind in (
        ("datasets/", "dataset"), ("spaces/", "application"), ("@", "namespace"),
        ("developer:", "developer"), ("off-hub/", None),
    ):  # fmt: skip
        if key.startswith(prefix):
            return kind
    return "model"


def reference(batch: ClaimBatch) -> Reference:
    aliases, _ = follow_aliases(alias_pairs(batch))

    def key_of(text: str) -> str:
        return aliases.get(text.lower(), text.lower())

    written: dict[str, list[tuple[int, str, str | None]]] = defaultdict(list)
    records: dict[str, list[Record]] = defaultdict(list)
    for record in batch.records:
        records[key_of(record.id)].append(record)
        written[key_of(record.id)].append((0, record.id, record.kind))
        if record.developer:
            written[key_of(record.developer)].append((8, record.developer, "developer"))
    for claim in batch.claims:
        written[key_of(claim.child)].append((5, claim.child, claim.child_kind))
        written[key_of(claim.parent)].append((6, claim.parent, claim.parent_kind))
    for alias in batch.aliases:
        written[key_of(alias.id)].append((7, alias.id, None))
    owners: dict[str, tuple[str, str]] = {}
    for item in batch.ownership:
        written[key_of(item.namespace)].append((3, item.namespace, "namespace"))
        written[key_of(item.developer)].append((3, item.developer, "developer"))
        said = (item.document, item.developer)
        owners[item.namespace.lower()] = min(
            owners.get(item.namespace.lower(), said), said
        )
    nodes = {
        key: merged(key, records[key], written[key], key_of) for key in list(written)
    }
    add_namespaces(nodes, owners)
    placed = defaultdict(list)
    for claim in batch.claims:
        child, parent = key_of(claim.child), key_of(claim.parent)
        placed[child, parent, claim.relation == "successor_of"].append(claim)
    edges = {place: joined(place, found, placed) for place, found in placed.items()}
    for (child, parent, _), edge in edges.items():
        edge["child"], edge["parent"] = nodes[child]["id"], nodes[parent]["id"]
    claims = [
        (nodes[child]["id"], nodes[parent]["id"], slot, *claim_row(claim))
        for (child, parent, slot), found in placed.items()
        for claim in sorted(found, key=claim_key)
    ]
    return Reference({item["id"]: item for item in nodes.values()}, edges, claims)


def merged(
    key: str,
    records: list[Record],
    written: list[tuple[int, str, str | None]],
    key_of: Any,
) -> dict[str, Any]:
    node: dict[str, Any] = dict.fromkeys(FIRST_KNOWN)
    if records:
        ordered = sorted(records, key=lambda item: (record_rank(item), item.document))
        best = min(records, key=lambda r: (r.id.lower() != key, record_rank(r), r.id))
        node["id"] = best.id
        node["kind"] = min((record_rank(item), item.kind) for item in records)[1]
        for name in (*FIRST_KNOWN, "state", "developer"):
            known = [item for item in ordered if getattr(item, name) is not None]
            node[name] = getattr(known[0], name) if known else None
        spoken = [item for item in ordered if item.language]
        node["language"] = list(spoken[0].language) if spoken else []
        node["names"] = sorted({name for item in records for name in item.names})
        node["absent"] = list(ordered[0].absent)
        node["document"] = ordered[0].document
        node["sources"] = sorted({item.source for item in records})
        node["first_seen"] = min(item.first_seen or item.seen for item in records)
        node["last_seen"] = max(item.seen for item in records)
    else:
        node |= dict.fromkeys(("state", "developer", "document", "first_seen"))
        node |= {"last_seen": None, "names": [], "language": [], "absent": []}
        node["sources"] = []
        own = [(rank, text) for rank, text, _ in written if text.lower() == key]
        node["id"] = min(own)[1] if own else key
        kinds = [(rank, kind) for rank, _, kind in written if kind]
        node["kind"] = kind_by_form(key) or (min(kinds)[1] if kinds else "model")
    owner = node["kind"] in ("namespace", "developer")
    node["phantom"] = not records and not owner
    missing = "unknown" if not records else "present"
    node["state"] = "present" if owner else node["state"] or missing
    node["licence_status"] = (
        "not_applicable" if owner
        else "declared" if node["licence"] is not None
        else "absent" if "licence" in node["absent"]
        else "unknown"
    )  # fmt: skip
    return node


def owner_of(node: dict[str, Any]) -> str | None:
    parts = node["id"].split("/")
    at = 0 if node["kind"] == "model" else 1
    if node["kind"] in ("namespace", "developer") or parts[0] == "off-hub":
        return None
    return f"@{parts[at]}" if len(parts) >= at + 2 else None


def add_namespaces(
    nodes: dict[str, dict[str, Any]], owners: dict[str, tuple[str, str]]
) -> None:
    spelled: dict[str, set[str]] = defaultdict(set)
    for node in nodes.values():
        if owner := owner_of(node):
            spelled[owner.lower()].add(owner)
    for key, found in spelled.items():
        if key not in nodes:
            nodes[key] = merged(key, [], [(9, min(found), "namespace")], None)
    for key, node in nodes.items():
        place = key if node["kind"] == "namespace" else (owner_of(node) or "").lower()
        node["namespace"] = nodes[place]["id"] if place in spelled else None
        own = node["id"] if node["kind"] == "developer" else node["developer"]
        node["developer"] = own or owners.get(place, (None, None))[1]


def claim_rank(claim: Claim) -> int:
    return 0 if claim.primary and claim.source == "catalog" else RANKS[claim.source]


def claim_key(claim: Claim) -> tuple[Any, ...]:
    def last(text: str | None) -> tuple[bool, str]:
        return text is None, text or ""

    return (
        claim_rank(claim), claim.source, claim.document, claim.relation, claim.stance,
        last(claim.raw), last(claim.note), claim.first_seen,
    )  # fmt: skip


def claim_row(claim: Claim) -> tuple[Any, ...]:
    return (
        claim.relation, claim.stance, claim.source, claim.document, claim.revision,
        claim.declared_by, claim.primary, claim.confidence, claim.first_seen,
        claim.last_seen, claim.raw, claim.note, claim.child, claim.parent,
    )  # fmt: skip


def joined(
    place: tuple[str, str, bool],
    claims: list[Claim],
    placed: dict[tuple[str, str, bool], list[Claim]],
) -> dict[str, Any]:
    asserts = [claim for claim in claims if claim.stance == "asserts"]
    denies = [claim for claim in claims if claim.stance == "denies"]
    specific = [claim for claim in asserts if claim.relation != "unspecified"]
    chosen = min(
        specific or asserts or denies,
        key=lambda claim: (
            claim_rank(claim),
            -claim.confidence if asserts else 0,
            RELATION_CODE[claim.relation],
        ),
    )
    refuted = not asserts or (
        bool(denies) and min(map(claim_rank, denies)) < min(map(claim_rank, asserts))
    )
    flows = {item.name for item in RELATIONS if item.flow == "weights"}
    speaking = {
        claim.source
        for other, found in placed.items()
        if other[0] == place[0]
        for claim in found
        if claim.relation in flows and claim.source in HUB
    }
    silent = (
        any(claim.relation in flows for claim in claims)
        and len(speaking) > 1
        and not speaking <= {claim.source for claim in claims}
    )
    several = len({claim.relation for claim in specific}) > 1
    return {
        "relation": chosen.relation,
        "standing": "self" if place[0] == place[1] else "refuted" if refuted
        else "accepted",
        "disputed": several or bool(asserts and denies) or silent,
        "sources": sorted({claim.source for claim in asserts}),
        "confidence": max((claim.confidence for claim in asserts), default=None),
        "n_claims": len(claims),
        "first_seen": min(claim.first_seen for claim in claims),
        "last_seen": max(claim.last_seen for claim in claims),
    }  # fmt: skip
