"""Names that people give to artefacts -> node ids, by exact case-folded match only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from headwater.errors import ParseError
from headwater.graph.claims import Record
from headwater.graph.ids import off_hub_id, parse_node_id
from headwater.graph.schema import ARTEFACT_KINDS

_NOT_SLUG: Final = re.compile(r"[^a-z0-9.]+", re.ASCII)
MAX_SLUG: Final = 80


def slug(text: str) -> str:
    """Return `text` in lower-case ASCII letters, digits, dots and hyphens.

    Examples
    --------
    >>> slug("Aleph Alpha"), slug("DALL·E 2")
    ('aleph-alpha', 'dall-e-2')
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return _NOT_SLUG.sub("-", plain)[:MAX_SLUG].strip("-.")


def stub_id(owner: str, name: str) -> str:
    """Return the off-hub id of something known by its name alone.

    Examples
    --------
    >>> stub_id("Bloomberg", "BloombergGPT")
    'off-hub/bloomberg/bloomberggpt'
    """
    return off_hub_id(slug(owner) or "unknown", slug(name) or "unnamed")


def fold(name: str) -> str:
    """Return the form in which names are compared: one space, no case."""
    return " ".join(name.split()).casefold()


@dataclass(slots=True)
class NameTable:
    """An explicit table of names; nothing near is ever guessed.

    Attributes
    ----------
    ids : dict
        ``(kind, folded name)`` -> node id.
    developers : dict
        Folded name of a body -> ``developer:slug``.
    ignored : set of str
        Folded names that are no artefacts: software, sites, words for "unknown".
    kinds : dict
        Folded name of an artefact without an id -> its kind.
    """

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    developers: dict[str, str] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)

    def find(self, name: str, kinds: Iterable[str]) -> tuple[str, str] | None:
        """Return the id and kind that `name` means; the first of `kinds` that fits."""
        key = fold(name)
        for kind in kinds:
            found = self.ids.get((kind, key))
            if found is not None:
                return found, kind
        return None

    def find_developer(self, name: str) -> str | None:
        """Return ``developer:slug`` of a body, None if no table knows it."""
        return self.developers.get(fold(name))

    def find_kind(self, name: str) -> str | None:
        """Return the kind of something that has a name and no id."""
        return self.kinds.get(fold(name))

    def is_ignored(self, name: str) -> bool:
        """Whether `name` is known to be no artefact."""
        return fold(name) in self.ignored


def build_name_table(
    records: Iterable[Record] = (), tables: Iterable[Mapping[str, Any]] = ()
) -> NameTable:
    """Return the names of curated records and of explicit tables.

    An explicit table wins over a record's names, and those over the last part of a
    Hub id, which counts only while one record has it.

    Parameters
    ----------
    records : iterable of Record
        Curated records: their ``name`` and ``names``, and those of developers.
    tables : iterable of mapping
        Read from YAML: ``names`` is a list of ``{name, id, kind}`` (``kind`` for
        off-hub ids only), ``ignored`` a list of names that are no artefacts,
        ``models`` and ``applications`` names of such that have no id.

    Raises
    ------
    ParseError
        When a table does not have that form.
    """
    table = NameTable()
    parts: dict[tuple[str, str], set[str]] = {}
    for record in records:
        labels = [name for name in (record.name, *record.names) if name]
        if record.kind == "developer":
            for label in (*labels, record.id.removeprefix("developer:")):
                table.developers.setdefault(fold(label), record.id)
        elif record.kind in ARTEFACT_KINDS:
            for label in (*labels, record.id):
                table.ids.setdefault((record.kind, fold(label)), record.id)
            if not record.id.startswith("off-hub/"):
                part = (record.kind, fold(record.id.rpartition("/")[2]))
                parts.setdefault(part, set()).add(record.id)
    for part, ids in parts.items():
        if len(ids) == 1:
            table.ids.setdefault(part, ids.pop())
    for mapping in tables:
        _add_table(table, mapping)
    return table


def _add_table(table: NameTable, mapping: Mapping[str, Any]) -> None:
    try:
        for row in mapping.get("names", ()):
            kind = parse_node_id(row["id"]).kind or row["kind"]
            if kind not in ARTEFACT_KINDS:
                raise ValueError(f"{row['name']}: {kind} is no artefact")
            for label in (
                row["name"] if isinstance(row["name"], list) else [row["name"]]
            ):
                table.ids[kind, fold(label)] = row["id"]
        for kind in ("model", "application"):
            table.kinds |= {fold(name): kind for name in mapping.get(f"{kind}s", ())}
        table.ignored |= {fold(name) for name in mapping.get("ignored", ())}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ParseError(
            "table of names", f"{type(error).__name__}: {error}"
        ) from error
