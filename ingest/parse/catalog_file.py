"""One catalogue file -> claims, with every breach of the rules collected.

The format is described in ``docs/catalogue.md``. The parser never stops at the first
problem: a contributor sees all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from headwater.errors import InvalidIdError
from headwater.graph.claims import (
    Alias,
    Claim,
    ClaimBatch,
    Family,
    Ownership,
    Record,
    claim_problem,
)
from headwater.graph.ids import parse_node_id
from headwater.graph.schema import ALIAS_KINDS, ARTEFACT_KINDS, RELATION_CODE

SOURCE_KINDS: Final = (
    "paper", "card", "announcement", "repository", "documentation", "registry", "press",
)  # fmt: skip
ACCESS_STATES: Final = {
    "open": "present", "gated": "gated", "api": "present", "closed": "present",
    "gone": "gone",
}  # fmt: skip
MAX_TEXT: Final = 600
# Same weights by the uploader's word, without equal checksums: weaker evidence.
DECLARED_MIRROR_CONFIDENCE: Final = 0.8
PRESS_CONFIDENCE: Final = 0.5

_KEYS: Final = {
    "file": {"developers", "sources", "families", "artefacts", "mirrors", "aliases"},
    "developer": {"id", "name", "names", "source", "namespaces", "note", "url"},
    "namespace": {"id", "source", "note"},
    "source": {"url", "date", "kind", "title"},
    "family": {"id", "name", "names", "developer", "members", "source", "note"},
    "artefact": {
        "id", "kind", "name", "names", "developer", "family", "released", "access",
        "licence", "parameters", "task", "scratch", "source", "note", "parents",
    },
    "parent": {"relation", "parent", "source", "note", "denies", "confidence"},
    "mirror": {
        "id", "of", "source", "note", "same_files", "name", "access", "released",
        "licence", "developer",
    },
    "alias": {"alias", "id", "kind", "source", "note"},
}  # fmt: skip
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?\Z")
_FAMILY_MEMBER = re.compile(r"[@A-Za-z0-9_.*/~+\-]{1,200}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A document that the file cites."""

    url: str
    day: str
    kind: str

    @property
    def primary(self) -> bool:
        """Whether it is the author's or owner's own word."""
        return self.kind != "press"


@dataclass(slots=True)
class CatalogFile:
    """What one file said, and what is wrong with it."""

    name: str
    batch: ClaimBatch = field(default_factory=ClaimBatch)
    problems: list[str] = field(default_factory=list)
    developers: list[str] = field(default_factory=list)
    sources: dict[str, CitedSource] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def complain(self, where: str, problem: str) -> None:
        """Note a breach of the rules."""
        self.problems.append(f"{self.name}: {where}: {problem}")


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
    _check_keys(file, "file", value, "file")
    _sources(file, value.get("sources"), today)
    for entry in _entries(file, value, "developers"):
        _developer(file, entry)
    for entry in _entries(file, value, "families"):
        _family(file, entry)
    for entry in _entries(file, value, "artefacts"):
        _artefact(file, entry, today)
    for entry in _entries(file, value, "mirrors"):
        _mirror(file, entry, today)
    for entry in _entries(file, value, "aliases"):
        _alias(file, entry)
    for key in sorted(set(file.sources) - file.used):
        file.complain(f"sources.{key}", "is never cited")
    return file


def _entries(
    file: CatalogFile, value: Mapping[str, Any], key: str
) -> Iterator[dict[str, Any]]:
    listed = value.get(key) or []
    if not isinstance(listed, list):
        file.complain(key, "is not a list")
        return
    for position, entry in enumerate(listed):
        if isinstance(entry, dict):
            yield entry
        else:
            file.complain(f"{key}[{position}]", "is not a mapping")


def _check_keys(
    file: CatalogFile, kind: str, value: Mapping[str, Any], where: str
) -> None:
    unknown = sorted(str(key) for key in value if key not in _KEYS[kind])
    if unknown:
        known = ", ".join(sorted(_KEYS[kind]))
        file.complain(where, f"unknown key {', '.join(unknown)} (known: {known})")


def _sources(file: CatalogFile, value: Any, today: date) -> None:
    if not isinstance(value, dict):
        if value is not None:
            file.complain("sources", "is not a mapping")
        return
    for key, entry in value.items():
        where = f"sources.{key}"
        if not isinstance(entry, dict):
            file.complain(where, "is not a mapping")
            continue
        _check_keys(file, "source", entry, where)
        url, kind = entry.get("url"), entry.get("kind")
        if not isinstance(url, str) or not re.match(r"https?://[^\s\"'<>]+\Z", url):
            file.complain(where, f"no http(s) address: {str(url)[:80]!r}")
            continue
        if kind not in SOURCE_KINDS:
            file.complain(where, f"kind {kind!r} is none of {', '.join(SOURCE_KINDS)}")
            continue
        day = _day(file, where, entry.get("date"), today)
        file.sources[str(key)] = CitedSource(url, day or today.isoformat(), kind)


def _day(file: CatalogFile, where: str, value: Any, today: date) -> str | None:
    """Return a day; a bare month or year means its first day."""
    text = str(value) if value is not None else ""
    if not _DATE.match(text):
        file.complain(where, f"date {text[:40]!r} is not YYYY-MM-DD, YYYY-MM or YYYY")
        return None
    full = text + "-01" * (2 - text.count("-"))
    try:
        day = date.fromisoformat(full)
    except ValueError:
        file.complain(where, f"date {text} does not exist")
        return None
    if day > today:
        file.complain(where, f"date {text} lies in the future")
        return None
    return full


def _text(
    file: CatalogFile, where: str, entry: Mapping[str, Any], key: str
) -> str | None:
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        file.complain(where, f"{key} is not a text")
        return None
    text = str(value).strip()
    if not text or len(text) > MAX_TEXT or any(ord(letter) < 32 for letter in text):
        file.complain(where, f"{key} is empty, too long or has control characters")
        return None
    return text


def _texts(
    file: CatalogFile, where: str, entry: Mapping[str, Any], key: str
) -> tuple[str, ...]:
    value = entry.get(key)
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    texts = [_text(file, where, {key: item}, key) for item in listed]
    return tuple(text for text in texts if text is not None)


def _cited(
    file: CatalogFile, where: str, entry: Mapping[str, Any]
) -> list[CitedSource]:
    """Return the documents of an entry; none is a problem."""
    cited = []
    for key in _texts(file, where, entry, "source"):
        source = file.sources.get(key)
        if source is None:
            file.complain(where, f"source {key!r} is not listed under sources")
            continue
        file.used.add(key)
        cited.append(source)
    if not entry.get("source"):
        file.complain(where, "has no source")
    return cited


def _id(
    file: CatalogFile, where: str, value: Any, kinds: tuple[str, ...]
) -> str | None:
    """Return a checked id whose kind, if the id tells it, is one of `kinds`."""
    try:
        node = parse_node_id(str(value))
    except InvalidIdError as error:
        file.complain(where, str(error))
        return None
    if node.kind is not None and node.kind not in kinds:
        file.complain(where, f"{value} is a {node.kind}, not a {' or '.join(kinds)}")
        return None
    return node.text


def _developer(file: CatalogFile, entry: dict[str, Any]) -> None:
    where = f"developer {entry.get('id')}"
    _check_keys(file, "developer", entry, where)
    node = _id(file, where, f"developer:{entry.get('id')}", ("developer",))
    cited = _cited(file, where, entry)
    name = _text(file, where, entry, "name")
    if name is None:
        file.complain(where, "has no name")
    if node is None or not cited:
        return
    file.developers.append(node)
    file.batch.records.append(
        Record(node, "developer", "catalog", cited[0].url, cited[0].day, name=name,
               names=_texts(file, where, entry, "names"), state="present",
               note=_text(file, where, entry, "note"))
    )  # fmt: skip
    for listed in entry.get("namespaces") or []:
        own = (
            listed
            if isinstance(listed, dict)
            else {"id": listed, "source": entry["source"]}
        )
        _check_keys(file, "namespace", own, where)
        namespace = _id(file, where, own.get("id"), ("namespace",))
        if namespace is None:
            continue
        for source in _cited(file, f"namespace {namespace}", own):
            file.batch.ownership.append(
                Ownership(namespace, node, "catalog", source.url, source.day)
            )


def _family(file: CatalogFile, entry: dict[str, Any]) -> None:
    where = f"family {entry.get('id')}"
    _check_keys(file, "family", entry, where)
    slug, name = _text(file, where, entry, "id"), _text(file, where, entry, "name")
    if slug is None or name is None or not re.match(r"[a-z0-9][a-z0-9.\-]*\Z", slug):
        file.complain(where, "needs a lower-case id and a name")
        return
    cited = _cited(file, where, entry)
    members = _texts(file, where, entry, "members")
    for member in members:
        if not _FAMILY_MEMBER.match(member):
            file.complain(where, f"member {member[:60]!r} is no id or pattern")
    developer = _developer_of(file, where, entry, None)
    if cited:
        file.batch.families.append(
            Family(slug, name, _texts(file, where, entry, "names"), developer, members,
                   cited[0].url)
        )  # fmt: skip


def _developer_of(
    file: CatalogFile, where: str, entry: Mapping[str, Any], node: str | None
) -> str | None:
    """Return the developer named by an entry, its off-hub id, or a one-developer file."""
    named = _text(file, where, entry, "developer")
    if named is not None:
        return _id(file, where, f"developer:{named}", ("developer",))
    if node is not None and node.startswith("off-hub/"):
        return _id(file, where, f"developer:{node.split('/')[1]}", ("developer",))
    return file.developers[0] if len(file.developers) == 1 else None


def _artefact(file: CatalogFile, entry: dict[str, Any], today: date) -> None:
    where = f"artefact {entry.get('id')}"
    _check_keys(file, "artefact", entry, where)
    node = _id(file, where, entry.get("id"), ARTEFACT_KINDS)
    if node is None:
        return
    kind = parse_node_id(node).kind or entry.get("kind")
    if kind not in ARTEFACT_KINDS or entry.get("kind", kind) != kind:
        file.complain(where, f"kind {entry.get('kind')!r} does not fit the id")
        return
    cited = _cited(file, where, entry)
    if entry.get("name") is None:
        file.complain(where, "has no name")
    access = entry.get("access", "open")
    if access not in ACCESS_STATES:
        file.complain(where, f"access {access!r} is none of {', '.join(ACCESS_STATES)}")
        return
    for source in cited:
        file.batch.records.append(
            _artefact_record(file, where, entry, (node, kind, access), source, today)
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
    today: date,
) -> Record:
    node, kind, access = head
    released = entry.get("released")
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
        name=_text(file, where, entry, "name"),
        names=_texts(file, where, entry, "names"),
        state=ACCESS_STATES[access],
        released=None if released is None else _day(file, where, released, today),
        parameters=parameters,
        task=_text(file, where, entry, "task"),
        licence=_text(file, where, entry, "licence"),
        scratch=scratch,
        family=_text(file, where, entry, "family"),
        developer=_developer_of(file, where, entry, node),
        access=access,
        note=_text(file, where, entry, "note"),
    )  # fmt: skip


def _parent(file: CatalogFile, child: str, kind: str, entry: dict[str, Any]) -> None:
    where = f"artefact {child}, parent {entry.get('parent')}"
    _check_keys(file, "parent", entry, where)
    relation = entry.get("relation")
    if relation not in RELATION_CODE:
        file.complain(
            where, f"relation {relation!r} is none of {', '.join(RELATION_CODE)}"
        )
        return
    parent = _id(file, where, entry.get("parent"), ARTEFACT_KINDS)
    if parent is None:
        return
    if parent.lower() == child.lower():
        file.complain(where, "is its own parent")
        return
    for source in _cited(file, where, entry):
        claim = Claim(
            child, kind, parent, parse_node_id(parent).kind or "", relation, "catalog",
            source.url, source.day, source.day,
            stance="denies" if entry.get("denies") is True else "asserts",
            primary=source.primary,
            declared_by="curator" if source.primary else "press",
            confidence=_confidence(file, where, entry, primary=source.primary),
            note=_text(file, where, entry, "note"),
        )  # fmt: skip
        file.batch.claims.append(claim)


def _confidence(
    file: CatalogFile, where: str, entry: Mapping[str, Any], *, primary: bool
) -> float:
    value = entry.get("confidence", 1.0 if primary else PRESS_CONFIDENCE)
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and 0 < value <= 1
    ):
        return float(value)
    file.complain(where, f"confidence {str(value)[:40]!r} is not in (0, 1]")
    return 1.0


def _mirror(file: CatalogFile, entry: dict[str, Any], today: date) -> None:
    where = f"mirror {entry.get('id')}"
    _check_keys(file, "mirror", entry, where)
    node = _id(file, where, entry.get("id"), ("model",))
    original = _id(file, where, entry.get("of"), ("model",))
    access = entry.get("access", "open")
    if access not in ACCESS_STATES:
        file.complain(where, f"access {access!r} is none of {', '.join(ACCESS_STATES)}")
        return
    if node is None or original is None:
        return
    released = entry.get("released")
    day = None if released is None else _day(file, where, released, today)
    same = entry.get("same_files") is True
    for source in _cited(file, where, entry):
        file.batch.records.append(
            Record(node, "model", "catalog", source.url, source.day,
                   name=_text(file, where, entry, "name"), state=ACCESS_STATES[access],
                   access=access, released=day,
                   licence=_text(file, where, entry, "licence"),
                   developer=_developer_of(file, where, entry, node)
                   if entry.get("developer") else None)
        )  # fmt: skip
        file.batch.claims.append(
            Claim(node, "model", original, "model", "mirror_of", "catalog", source.url,
                  source.day, source.day, primary=source.primary, declared_by="curator",
                  confidence=1.0 if same else DECLARED_MIRROR_CONFIDENCE,
                  note=_text(file, where, entry, "note"))
        )  # fmt: skip


def _alias(file: CatalogFile, entry: dict[str, Any]) -> None:
    where = f"alias {entry.get('alias')}"
    _check_keys(file, "alias", entry, where)
    alias = _id(file, where, entry.get("alias"), ARTEFACT_KINDS)
    node = _id(file, where, entry.get("id"), ARTEFACT_KINDS)
    kind = entry.get("kind")
    if kind not in ALIAS_KINDS:
        file.complain(where, f"kind {kind!r} is none of {', '.join(ALIAS_KINDS)}")
        return
    if alias is None or node is None:
        return
    if alias.lower() == node.lower():
        file.complain(where, "is an alias of itself")
        return
    for source in _cited(file, where, entry)[:1]:
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
