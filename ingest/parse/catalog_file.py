"""One catalogue file -> claims, with every breach of the rules collected.

The format is described in ``docs/catalogue.md``. The parser never stops at the first
problem: a contributor sees all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from headwater.graph.claims import (
    Alias,
    Claim,
    Family,
    Ownership,
    Record,
    claim_problem,
)
from headwater.graph.ids import parse_node_id
from headwater.graph.schema import ALIAS_KINDS, ARTEFACT_KINDS, RELATION_CODE
from headwater.ingest.parse.catalog_fields import (
    ACCESS_STATES,
    DECLARED_MIRROR_CONFIDENCE,
    FAMILY_MEMBER,
    CatalogFile,
    CitedSource,
    check_keys,
    cited_sources,
    developer_of,
    entries,
    read_confidence,
    read_day,
    read_id,
    read_sources,
    read_text,
    read_texts,
)


def parse_catalog_file(name: str, value: Any, today: date) -> CatalogFile:
    """Return the claims of a catalogue file and the list of its problems.

    Parameters
    ----------
    name : str
        File name, for messages.
    value : object
        The parsed YAML.
    today : datetime.date
        Dates after it are problems.
    """
    file = CatalogFile(name)
    if not isinstance(value, dict):
        file.complain("file", "is not a mapping")
        return file
    check_keys(file, "file", value, "file")
    read_sources(file, value.get("sources"), today)
    for entry in entries(file, value, "developers"):
        _developer(file, entry)
    for entry in entries(file, value, "families"):
        _family(file, entry)
    for entry in entries(file, value, "artefacts"):
        _artefact(file, entry, today)
    for entry in entries(file, value, "mirrors"):
        _mirror(file, entry, today)
    for entry in entries(file, value, "aliases"):
        _alias(file, entry)
    for key in sorted(set(file.sources) - file.used):
        file.complain(f"sources.{key}", "is never cited")
    return file


def _developer(file: CatalogFile, entry: dict[str, Any]) -> None:
    where = f"developer {entry.get('id')}"
    check_keys(file, "developer", entry, where)
    node = read_id(file, where, f"developer:{entry.get('id')}", ("developer",))
    cited = cited_sources(file, where, entry)
    name = read_text(file, where, entry, "name")
    if name is None:
        file.complain(where, "has no name")
    if node is None or not cited:
        return
    file.developers.append(node)
    file.batch.records.append(
        Record(node, "developer", "catalog", cited[0].url, cited[0].day, name=name,
               names=read_texts(file, where, entry, "names"), state="present",
               note=read_text(file, where, entry, "note"))
    )  # fmt: skip
    for listed in entry.get("namespaces") or []:
        own = (
            listed
            if isinstance(listed, dict)
            else {"id": listed, "source": entry["source"]}
        )
        check_keys(file, "namespace", own, where)
        namespace = read_id(file, where, own.get("id"), ("namespace",))
        if namespace is None:
            continue
        for source in cited_sources(file, f"namespace {namespace}", own):
            file.batch.ownership.append(
                Ownership(namespace, node, "catalog", source.url, source.day)
            )


def _family(file: CatalogFile, entry: dict[str, Any]) -> None:
    where = f"family {entry.get('id')}"
    check_keys(file, "family", entry, where)
    slug, name = (
        read_text(file, where, entry, "id"),
        read_text(file, where, entry, "name"),
    )
    if slug is None or name is None or not re.match(r"[a-z0-9][a-z0-9.\-]*\Z", slug):
        file.complain(where, "needs a lower-case id and a name")
        return
    cited = cited_sources(file, where, entry)
    members = read_texts(file, where, entry, "members")
    for member in members:
        if not FAMILY_MEMBER.match(member):
            file.complain(where, f"member {member[:60]!r} is no id or pattern")
    developer = developer_of(file, where, entry, None)
    if cited:
        file.batch.families.append(
            Family(slug, name, read_texts(file, where, entry, "names"), developer, members,
                   cited[0].url)
        )  # fmt: skip


def _artefact(file: CatalogFile, entry: dict[str, Any], today: date) -> None:
    where = f"artefact {entry.get('id')}"
    check_keys(file, "artefact", entry, where)
    node = read_id(file, where, entry.get("id"), ARTEFACT_KINDS)
    if node is None:
        return
    kind = parse_node_id(node).kind or entry.get("kind")
    if kind not in ARTEFACT_KINDS or entry.get("kind", kind) != kind:
        file.complain(where, f"kind {entry.get('kind')!r} does not fit the id")
        return
    cited = cited_sources(file, where, entry)
    if entry.get("name") is None:
        file.complain(where, "has no name")
    access = entry.get("access", "open")
    if access not in ACCESS_STATES:
        file.complain(where, f"access {access!r} is none of {', '.join(ACCESS_STATES)}")
        return
    released = entry.get("released")
    day = None if released is None else read_day(file, where, released, today)
    for source in cited:
        file.batch.records.append(
            _artefact_record(file, where, entry, (node, kind, access), source, day)
        )
    parents = entry.get("parents") or []
    if not isinstance(parents, list):
        file.complain(where, "parents is not a list")
        return
    for parent in parents:
        if isinstance(parent, dict):
            _parent(file, node, kind, parent)
        else:
            file.complain(where, "a parent is not a mapping")


def _artefact_record(
    file: CatalogFile,
    where: str,
    entry: dict[str, Any],
    head: tuple[str, str, str],
    source: CitedSource,
    day: str | None,
) -> Record:
    node, kind, access = head
    parameters = entry.get("parameters")
    if parameters is not None and (not isinstance(parameters, int) or parameters <= 0):
        file.complain(where, f"parameters {parameters!r} is not a positive integer")
        parameters = None
    scratch = entry.get("scratch")
    if scratch not in (None, True, False):
        file.complain(where, "scratch is neither true nor false")
        scratch = None
    return Record(
        node, kind, "catalog", source.url, source.day,
        name=read_text(file, where, entry, "name"),
        names=read_texts(file, where, entry, "names"),
        state=ACCESS_STATES[access],
        released=day,
        parameters=parameters,
        task=read_text(file, where, entry, "task"),
        licence=read_text(file, where, entry, "licence"),
        scratch=scratch,
        family=read_text(file, where, entry, "family"),
        developer=developer_of(file, where, entry, node),
        access=access,
        note=read_text(file, where, entry, "note"),
    )  # fmt: skip


def _parent(file: CatalogFile, child: str, kind: str, entry: dict[str, Any]) -> None:
    where = f"artefact {child}, parent {entry.get('parent')}"
    check_keys(file, "parent", entry, where)
    relation = entry.get("relation")
    if relation not in RELATION_CODE:
        file.complain(
            where, f"relation {relation!r} is none of {', '.join(RELATION_CODE)}"
        )
        return
    parent = read_id(file, where, entry.get("parent"), ARTEFACT_KINDS)
    if parent is None:
        return
    if parent.lower() == child.lower():
        file.complain(where, "is its own parent")
        return
    for source in cited_sources(file, where, entry):
        claim = Claim(
            child, kind, parent, parse_node_id(parent).kind or "", relation, "catalog",
            source.url, source.day, source.day,
            stance="denies" if entry.get("denies") is True else "asserts",
            primary=source.primary,
            declared_by="curator" if source.primary else "press",
            confidence=read_confidence(file, where, entry, primary=source.primary),
            note=read_text(file, where, entry, "note"),
        )  # fmt: skip
        file.batch.claims.append(claim)


def _mirror(file: CatalogFile, entry: dict[str, Any], today: date) -> None:
    where = f"mirror {entry.get('id')}"
    check_keys(file, "mirror", entry, where)
    node = read_id(file, where, entry.get("id"), ("model",))
    original = read_id(file, where, entry.get("of"), ("model",))
    access = entry.get("access", "open")
    if access not in ACCESS_STATES:
        file.complain(where, f"access {access!r} is none of {', '.join(ACCESS_STATES)}")
        return
    if node is None or original is None:
        return
    released = entry.get("released")
    day = None if released is None else read_day(file, where, released, today)
    same = entry.get("same_files") is True
    for source in cited_sources(file, where, entry):
        file.batch.records.append(
            Record(node, "model", "catalog", source.url, source.day,
                   name=read_text(file, where, entry, "name"), state=ACCESS_STATES[access],
                   access=access, released=day,
                   licence=read_text(file, where, entry, "licence"),
                   developer=developer_of(file, where, entry, node)
                   if entry.get("developer") else None)
        )  # fmt: skip
        file.batch.claims.append(
            Claim(node, "model", original, "model", "mirror_of", "catalog", source.url,
                  source.day, source.day, primary=source.primary, declared_by="curator",
                  confidence=1.0 if same else DECLARED_MIRROR_CONFIDENCE,
                  note=read_text(file, where, entry, "note"))
        )  # fmt: skip


def _alias(file: CatalogFile, entry: dict[str, Any]) -> None:
    where = f"alias {entry.get('alias')}"
    check_keys(file, "alias", entry, where)
    alias = read_id(file, where, entry.get("alias"), ARTEFACT_KINDS)
    node = read_id(file, where, entry.get("id"), ARTEFACT_KINDS)
    kind = entry.get("kind")
    if kind not in ALIAS_KINDS:
        file.complain(where, f"kind {kind!r} is none of {', '.join(ALIAS_KINDS)}")
        return
    if alias is None or node is None:
        return
    if alias.lower() == node.lower():
        file.complain(where, "is an alias of itself")
        return
    for source in cited_sources(file, where, entry)[:1]:
        file.batch.aliases.append(
            Alias(alias, node, kind, "catalog", source.url, source.day)
        )


def check_claim_ends(claim: Claim, kinds: Mapping[str, str]) -> str | None:
    """Return what is wrong with a claim once the kinds of all ids are known."""
    parent_kind = kinds.get(claim.parent.lower(), claim.parent_kind)
    if not parent_kind:
        return f"parent {claim.parent} is declared nowhere"
    return claim_problem(
        Claim(claim.child, claim.child_kind, claim.parent, parent_kind, claim.relation,
              claim.source, claim.document, claim.first_seen, claim.last_seen,
              claim.stance, claim.revision, claim.primary, claim.declared_by,
              claim.confidence)
    )  # fmt: skip
