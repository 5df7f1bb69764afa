"""The schema as data: kinds, states, relations, sources, events and verdicts.

Everything that is said about the domain elsewhere (checks, traversal masks, SQL,
documentation, colours) is generated from these tables. Codes are positions in the
tables and are part of the snapshot format: append, never reorder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

KINDS: Final = ("model", "dataset", "application", "namespace", "developer")
ARTEFACT_KINDS: Final = ("model", "dataset", "application")

STATES: Final = ("unknown", "present", "gated", "disabled", "gone")
"""``unknown``: named as a parent, never seen. ``gone``: was there, is not now."""

ROOT_STATUSES: Final = (
    "not_applicable",
    "derived",
    "established",
    "presumed",
    "undeclared",
)
"""``derived``: has a weight-flowing parent. ``not_applicable``: no model."""

LICENCE_STATUSES: Final = ("unknown", "absent", "declared", "not_applicable")

LoadTime = Literal["yes", "no", "unknown"]
Flow = Literal["weights", "same_bytes", "outputs", "data", "none"]


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation, read "child ... parent".

    Attributes
    ----------
    name : str
        The word used everywhere.
    children, parents : tuple of str
        Node kinds allowed at each end.
    load_time : {"yes", "no", "unknown"}
        Whether the child needs the parent to load or run.
    flow : str
        What reaches the child from the parent.
    lineage : bool
        Whether the edge counts in traversals of lineage.
    direct_input : bool
        Whether losing the parent makes the child unrebuildable.
    meaning : str
        One sentence for help, documentation and pages.
    """

    name: str
    children: tuple[str, ...]
    parents: tuple[str, ...]
    load_time: LoadTime
    flow: Flow
    lineage: bool
    direct_input: bool
    meaning: str


_MODEL = ("model",)
_DATASET = ("dataset",)

RELATIONS: Final = (
    Relation(
        "adapter",
        _MODEL,
        _MODEL,
        "yes",
        "weights",
        True,
        False,
        "LoRA, ControlNet, delta weights, draft heads: loads with its parent",
    ),
    Relation(
        "finetune",
        _MODEL,
        _MODEL,
        "no",
        "weights",
        True,
        True,
        "trained further from the parent's weights",
    ),
    Relation(
        "quantized",
        _MODEL,
        _MODEL,
        "no",
        "weights",
        True,
        True,
        "the parent's weights in a smaller or other format",
    ),
    Relation(
        "merge",
        _MODEL,
        _MODEL,
        "no",
        "weights",
        True,
        True,
        "weights combined from several parents",
    ),
    Relation(
        "unspecified",
        _MODEL,
        _MODEL,
        "unknown",
        "weights",
        True,
        False,
        "a base model is named, how it was used is not",
    ),
    Relation(
        "distilled_from",
        _MODEL,
        _MODEL,
        "no",
        "outputs",
        True,
        True,
        "trained on the parent's outputs",
    ),
    Relation(
        "trained_on",
        _MODEL,
        _DATASET,
        "no",
        "data",
        True,
        True,
        "the dataset was training data",
    ),
    Relation(
        "derived_from",
        _DATASET,
        _DATASET,
        "no",
        "data",
        True,
        True,
        "made from the other dataset",
    ),
    Relation(
        "generated_by",
        _DATASET,
        _MODEL,
        "no",
        "outputs",
        True,
        True,
        "synthetic data: the model's outputs",
    ),
    Relation(
        "uses",
        ("application",),
        ("model", "dataset"),
        "yes",
        "none",
        True,
        False,
        "the application runs on it",
    ),
    Relation(
        "method",
        _MODEL,
        _MODEL,
        "no",
        "none",
        False,
        False,
        "published recipe or architecture only; never counts as breakage",
    ),
    Relation(
        "successor_of",
        _MODEL,
        _MODEL,
        "no",
        "none",
        False,
        False,
        "the newer version of the parent",
    ),
    Relation(
        "mirror_of",
        _MODEL,
        _MODEL,
        "no",
        "same_bytes",
        True,
        False,
        "other repository, same bytes",
    ),
)
RELATION_CODE: Final = {relation.name: code for code, relation in enumerate(RELATIONS)}

OWNERSHIP: Final = ("published_by", "owned_by")
"""artefact -> namespace and namespace -> developer: ownership, not lineage."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where claims come from. ``rank``: the lower, the more an edge follows it."""

    name: str
    rank: int
    meaning: str


SOURCES: Final = (
    Source("hub:baseModels", 10, "the Hub's resolved base models, relation by the Hub"),
    Source("hub:cardData", 20, "the model or dataset card as its author typed it"),
    Source("hub:tag", 30, "tags of the Hub's record"),
    Source("hub:config", 40, "config.json or adapter_config.json of the repository"),
    Source("gguf", 41, "header of a GGUF file"),
    Source("mergekit", 42, "mergekit_config.yml of the repository"),
    Source("catalog", 50, "headwater's curated catalogue"),
    Source("ecosystem-graphs", 60, "Stanford Ecosystem Graphs"),
    Source("osai-index", 61, "European Open Source AI Index"),
    Source("mteb", 62, "model records of the mteb package"),
    Source("inferred:name", 90, "guessed from the artefact's name"),
    Source("hub:space", 35, "what the Hub found a Space to use, often from its code"),
    Source("hub:files", 5, "equal LFS checksums of the weight files"),
    Source("local", 43, "card or configuration of a copy on this disk"),
)
SOURCE_CODE: Final = {source.name: code for code, source in enumerate(SOURCES)}
LOOKUP_SOURCE: Final = "hub:lookup"
"""Source of a record that gives a state and nothing else: the Hub was asked about one
repository and did not show it. Who was only looked up has still never been seen."""

PRIMARY_RANK: Final = 0
"""A curated record with a primary source outranks all others for what it lists."""

STANCES: Final = ("asserts", "denies")
DECLARED_BY: Final = ("author", "hub", "curator", "press", "tool")

ALIAS_KINDS: Final = ("rename", "legacy", "redirect", "replacement")
"""All but ``replacement`` are other names of the same artefact; a replacement is a
different artefact that took over the name."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a set of artefacts; ``verdicts`` from worst to best."""

    name: str
    verdicts: tuple[str, ...]
    meaning: str


_LOSS = ("breaks", "may_break", "unrebuildable", "recoverable", "exposed")
_SAFE = ("unaffected", "unknown")

EVENTS: Final = (
    Event("frozen", ("stranded", "exposed", *_SAFE), "no further releases"),
    Event(
        "gated",
        (*_LOSS, *_SAFE),
        "access on approval only: existing copies work, nobody new gets in",
    ),
    Event("deleted", (*_LOSS, *_SAFE), "the repository or the download is gone"),
    Event(
        "relicensed",
        ("encumbered", "contested", *_SAFE),
        "the licence is revoked or changed for what is built on it",
    ),
)
EVENT_NAMES: Final = tuple(event.name for event in EVENTS)

VERDICTS: Final = {
    "breaks": "cannot be loaded or run",
    "may_break": "cannot be loaded, if what is unspecified is load-time",
    "unrebuildable": "runs, but a direct input is gone: cannot be rebuilt or audited",
    "recoverable": "would be hit, but a mirror of what is lost exists",
    "exposed": "runs, its direct inputs stand, something further up is gone",
    "stranded": "works, its upgrade path ends here",
    "encumbered": "its weights carry the changed licence",
    "contested": "built with it in another way than by its weights",
    "unaffected": "known not to stand on it",
    "unknown": "nobody has said what it stands on: never safe",
}
