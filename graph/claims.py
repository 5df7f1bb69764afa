"""What sources deliver: records, claims, aliases, ownership, families, openness.

A source knows nothing of the graph; it fills a :class:`ClaimBatch`. Dates are
ISO 8601 days in UTC (``2026-11-22``); text fields are None when the source does not
speak of them. ``absent`` names the fields that the document was seen to lack: a
value that is None and named there is absent, otherwise it is unknown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Final

from headwater.graph.schema import (
    ALIAS_KINDS,
    DECLARED_BY,
    KINDS,
    RELATION_CODE,
    RELATIONS,
    SOURCE_CODE,
    STANCES,
    STATES,
)

ABSENT_FIELDS: Final = ("licence", "task", "library", "language", "parameters")


@dataclass(frozen=True, slots=True)
class Record:
    """One document's account of one node.

    Attributes
    ----------
    id, kind : str
        Node id and kind.
    source, document : str
        Source name and the URL (or path) of the document.
    seen : str
        Day on which the document was read.
    hub_id : str or None
        The Hub's ``_id``, the identity of a repository.
    name : str or None
        Friendly name; other names in `names`.
    state : str or None
        A state of the schema.
    created, released : str or None
        Day of the Hub repository's creation; day of first public release.
    modified : str or None
        Last change, ISO 8601 with time as the Hub gives it.
    downloads, downloads_all_time, likes, parameters : int or None
        Downloads of the last 30 days, ever; likes; number of weights.
    task, library, licence : str or None
        As the Hub or the author names them, unchecked free text of at most 200 letters.
    language : tuple of str
        Language codes as declared.
    scratch : bool or None
        True when the document says that the model was trained from scratch.
    family : str or None
        Slug of the family that a curated record puts it in.
    developer : str or None
        ``developer:slug`` when the document names it (curated off-hub artefacts).
    access : str or None
        How the weights can be had: ``open``, ``gated``, ``api``, ``closed``.
    note : str or None
        A curator's remark.
    absent : tuple of str
        Fields that the document was seen to lack.
    first_seen : str or None
        Day of the oldest version of the document; None means `seen`.
    """

    id: str
    kind: str
    source: str
    document: str
    seen: str
    hub_id: str | None = None
    name: str | None = None
    names: tuple[str, ...] = ()
    state: str | None = None
    created: str | None = None
    released: str | None = None
    modified: str | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    parameters: int | None = None
    task: str | None = None
    library: str | None = None
    licence: str | None = None
    language: tuple[str, ...] = ()
    scratch: bool | None = None
    family: str | None = None
    developer: str | None = None
    access: str | None = None
    note: str | None = None
    absent: tuple[str, ...] = ()
    first_seen: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One document's statement about one edge.

    Attributes
    ----------
    child, parent : str
        Node ids.
    child_kind, parent_kind : str
        Their kinds.
    relation : str
        The relation as claimed.
    stance : {"asserts", "denies"}
        A denial says that there is no such edge.
    source, document : str
        Source name; URL of the document.
    revision : str or None
        Commit or version of the document.
    primary : bool
        True for a curated claim that cites the developer's own word.
    declared_by : str
        Who said so: the author, the Hub's guess, a curator, the press, a tool.
    confidence : float
        In (0, 1].
    first_seen, last_seen : str
        Days.
    raw : str or None
        The value as typed, at most 200 letters.
    note : str or None
        What the source says, in a curator's words.
    """

    child: str
    child_kind: str
    parent: str
    parent_kind: str
    relation: str
    source: str
    document: str
    first_seen: str
    last_seen: str
    stance: str = "asserts"
    revision: str | None = None
    primary: bool = False
    declared_by: str = "author"
    confidence: float = 1.0
    raw: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an artefact: `alias` was seen to mean `id` on a day."""

    alias: str
    id: str
    kind: str
    source: str
    document: str
    seen: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """A namespace belongs to a developer, says a document."""

    namespace: str
    developer: str
    source: str
    document: str
    seen: str


@dataclass(frozen=True, slots=True)
class Family:
    """A named set of artefacts: `members` are ids or patterns with ``*``."""

    id: str
    name: str
    names: tuple[str, ...]
    developer: str | None
    members: tuple[str, ...]
    document: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """How open a system is in one respect, says an index.

    Attributes
    ----------
    system : str
        Name of the system in the index.
    end_model, base_model : str or None
        Node ids of the model that users meet and of the one it was made from; None
        when the index names none.
    criterion : str
        What is judged.
    openness : str
        ``open``, ``partial`` or ``closed``.
    links : tuple of str
        Grounds.
    source, document : str
        Source name and the address where the index says so.
    seen : str
        Day of reading.
    note : str or None
        The index's remark.
    """

    system: str
    end_model: str | None
    base_model: str | None
    criterion: str
    openness: str
    links: tuple[str, ...]
    source: str
    document: str
    seen: str
    note: str | None = None


@dataclass(slots=True)
class ClaimBatch:
    """All that a source said; `skipped` counts what was left out, by reason."""

    records: list[Record] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    ownership: list[Ownership] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    openness: list[Judgement] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, example: str) -> None:
        """Count something left out and keep up to five examples of it."""
        self.skipped[reason] += 1
        kept = self.examples.setdefault(reason, [])
        if len(kept) < 5:
            kept.append(example[:200])

    def extend(self, other: ClaimBatch) -> None:
        """Add all that `other` holds."""
        for item in fields(self):
            if item.name in ("skipped", "examples"):
                continue
            getattr(self, item.name).extend(getattr(other, item.name))
        self.skipped.update(other.skipped)
        for reason, examples in other.examples.items():
            kept = self.examples.setdefault(reason, [])
            kept.extend(examples[: 5 - len(kept)])


def claim_problem(claim: Claim) -> str | None:
    """Return why the schema refuses a claim, or None when it is well-formed."""
    code = RELATION_CODE.get(claim.relation)
    if code is None:
        return f"unknown relation {claim.relation!r}"
    relation = RELATIONS[code]
    if claim.child_kind not in relation.children:
        return f"{claim.relation} cannot start at a {claim.child_kind}"
    if claim.parent_kind not in relation.parents:
        return f"{claim.relation} cannot end at a {claim.parent_kind}"
    if claim.source not in SOURCE_CODE:
        return f"unknown source {claim.source!r}"
    if claim.stance not in STANCES or claim.declared_by not in DECLARED_BY:
        return f"unknown stance or declarer: {claim.stance}, {claim.declared_by}"
    if not 0.0 < claim.confidence <= 1.0:
        return f"confidence {claim.confidence} is not in (0, 1]"
    return None


def record_problem(record: Record) -> str | None:
    """Return why the schema refuses a record, or None when it is well-formed."""
    if record.kind not in KINDS:
        return f"unknown kind {record.kind!r}"
    if record.state is not None and record.state not in STATES:
        return f"unknown state {record.state!r}"
    if record.source not in SOURCE_CODE and not record.source.startswith("hub"):
        return f"unknown source {record.source!r}"
    return None


def alias_problem(alias: Alias) -> str | None:
    """Return why the schema refuses an alias, or None when it is well-formed."""
    if alias.kind not in ALIAS_KINDS:
        return f"unknown alias kind {alias.kind!r}"
    if alias.alias.lower() == alias.id.lower():
        return "an alias of itself"
    return None
