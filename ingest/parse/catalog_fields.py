"""Reading catalogue entries field by field; every breach is noted, none stops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from headwater.errors import InvalidIdError
from headwater.graph.claims import ClaimBatch
from headwater.graph.ids import parse_node_id

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
FAMILY_MEMBER = re.compile(r"[@A-Za-z0-9_.*/~+\-]{1,200}\Z", re.ASCII)


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


def entries(
    file: CatalogFile, value: Mapping[str, Any], key: str
) -> Iterator[dict[str, Any]]:
    """Yield the mappings of a list in the file."""
    listed = value.get(key) or []
    if not isinstance(listed, list):
        file.complain(key, "is not a list")
        return
    for position, entry in enumerate(listed):
        if isinstance(entry, dict):
            yield entry
        else:
            file.complain(f"{key}[{position}]", "is not a mapping")


def check_keys(
    file: CatalogFile, kind: str, value: Mapping[str, Any], where: str
) -> None:
    """Complain about keys that the format does not have."""
    unknown = sorted(str(key) for key in value if key not in _KEYS[kind])
    if unknown:
        known = ", ".join(sorted(_KEYS[kind]))
        file.complain(where, f"unknown key {', '.join(unknown)} (known: {known})")


def read_sources(file: CatalogFile, value: Any, today: date) -> None:
    """Read the documents that the file cites."""
    if not isinstance(value, dict):
        if value is not None:
            file.complain("sources", "is not a mapping")
        return
    for key, entry in value.items():
        where = f"sources.{key}"
        if not isinstance(entry, dict):
            file.complain(where, "is not a mapping")
            continue
        check_keys(file, "source", entry, where)
        url, kind = entry.get("url"), entry.get("kind")
        if not isinstance(url, str) or not re.match(r"https?://[^\s\"'<>]+\Z", url):
            file.complain(where, f"no http(s) address: {str(url)[:80]!r}")
            continue
        if kind not in SOURCE_KINDS:
            file.complain(where, f"kind {kind!r} is none of {', '.join(SOURCE_KINDS)}")
            continue
        day = read_day(file, where, entry.get("date"), today)
        file.sources[str(key)] = CitedSource(url, day or today.isoformat(), kind)


def read_day(file: CatalogFile, where: str, value: Any, today: date) -> str | None:
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


def read_text(
    file: CatalogFile, where: str, entry: Mapping[str, Any], key: str
) -> str | None:
    """Return a short text without control characters, or None."""
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


def read_texts(
    file: CatalogFile, where: str, entry: Mapping[str, Any], key: str
) -> tuple[str, ...]:
    """Return one text or a list of texts as a tuple."""
    value = entry.get(key)
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    texts = [read_text(file, where, {key: item}, key) for item in listed]
    return tuple(text for text in texts if text is not None)


def cited_sources(
    file: CatalogFile, where: str, entry: Mapping[str, Any]
) -> list[CitedSource]:
    """Return the documents of an entry; none is a problem."""
    cited = []
    for key in read_texts(file, where, entry, "source"):
        source = file.sources.get(key)
        if source is None:
            file.complain(where, f"source {key!r} is not listed under sources")
            continue
        file.used.add(key)
        cited.append(source)
    if not entry.get("source"):
        file.complain(where, "has no source")
    return cited


def read_id(
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


def developer_of(
    file: CatalogFile, where: str, entry: Mapping[str, Any], node: str | None
) -> str | None:
    """Return the developer named by an entry, its off-hub id, or a one-developer file."""
    named = read_text(file, where, entry, "developer")
    if named is not None:
        return read_id(file, where, f"developer:{named}", ("developer",))
    if node is not None and node.startswith("off-hub/"):
        return read_id(file, where, f"developer:{node.split('/')[1]}", ("developer",))
    return file.developers[0] if len(file.developers) == 1 else None


def read_confidence(
    file: CatalogFile, where: str, entry: Mapping[str, Any], *, primary: bool
) -> float:
    """Return a confidence in (0, 1]; the press counts half."""
    value = entry.get("confidence", 1.0 if primary else PRESS_CONFIDENCE)
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and 0 < value <= 1
    ):
        return float(value)
    file.complain(where, f"confidence {str(value)[:40]!r} is not in (0, 1]")
    return 1.0
