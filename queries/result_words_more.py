"""Sentences and headings of the answers that are told by one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from headwater.queries.bill_of_materials import BillOfMaterials
from headwater.queries.concentration_roots import PretrainerRoots
from headwater.queries.diff import Diff
from headwater.queries.diff_sources import SourceComparison
from headwater.queries.impact_tree import ImpactTree
from headwater.queries.licence_conflicts import LicenceSurvey
from headwater.queries.licence_drift import LicenceDrift
from headwater.queries.licence_flow import VERDICTS
from headwater.queries.licences import ModelLicence
from headwater.queries.openness import ModelOpenness, OpennessShares
from headwater.queries.picture_values import Picture
from headwater.queries.quality import Quality
from headwater.queries.result_html import n_of, percent
from headwater.queries.scenario import Own
from headwater.queries.search import Hit
from headwater.queries.show import Shown
from headwater.queries.snapshots import SnapshotEntry
from headwater.queries.stats import Stats
from headwater.queries.status import Status
from headwater.queries.suggest import Suggestion
from headwater.queries.values import Values
from headwater.queries.watch import WatchReport
from headwater.queries.watch_lock import Lock
from headwater.queries.why import Why


def _model_licence(answer: ModelLicence) -> str:
    declared = answer.declared or f"no licence ({answer.licence_status})"
    return (
        f"{answer.name} declares {declared}. Verdict {answer.verdict}: "
        f"{VERDICTS[answer.verdict]}. "
        f"Snapshot {answer.snapshot}; {len(answer.unresolved):,} things above it could "
        f"not be told. {answer.notice}"
    )


def _survey(answer: LicenceSurvey) -> str:
    return (
        f"Licences of {answer.n_models:,} models against what they inherit: "
        f"{answer.verdicts.get('conflict', 0):,} drop an inherited obligation. Snapshot "
        f"{answer.snapshot}; {answer.unlisted:,} declare a licence that the table does "
        f"not know. {answer.notice}"
    )


def _drift(answer: LicenceDrift) -> str:
    every = answer.by_relation[0]
    return (
        f"Of {every.edges:,} edges by which weights come, both ends of {every.pairs:,} "
        f"name a licence, and {every.differ:,} of these ({percent(every.differ_share)}) "
        f"name different ones. Snapshot {answer.snapshot}. {answer.notice}"
    )


def _openness_of(answer: ModelOpenness) -> str:
    lineage = " Part of its lineage is undeclared." if answer.has_undeclared else ""
    return (
        f"What {answer.name} stands on is {answer.openness}: {len(answer.roots):,} known "
        f"roots.{lineage} Snapshot {answer.snapshot}. {answer.citation}"
    )


def _openness(answer: OpennessShares) -> str:
    return (
        f"How open the roots are on which {answer.n_models:,} models stand, by "
        f"{answer.n_systems:,} systems of the index; a class is known for "
        f"{percent(answer.known)}. Snapshot {answer.snapshot}. {answer.citation}"
    )


def _quality(answer: Quality) -> str:
    found = sum(bool(item.count) for item in answer.findings)
    return (
        f"What is wrong with the data: {found} of {len(answer.findings)} classes of dirt "
        f"occur. Snapshot {answer.snapshot}, compiled {answer.created[:10]}."
    )


def _diff(answer: Diff) -> str:
    return (
        f"{sum(answer.counts.values()):,} changes from snapshot {answer.old.id} "
        f"({answer.old.created[:10]}, {answer.old.artefacts:,} artefacts) to "
        f"{answer.new.id} ({answer.new.created[:10]}, {answer.new.artefacts:,})."
    )


def _sources(answer: SourceComparison) -> str:
    both = ", ".join(f"{item.topic} {item.both:,}" for item in answer.topics)
    return (
        f"Where {answer.a} and {answer.b} disagree. Snapshot {answer.snapshot}; children "
        f"of which both speak: {both or 'none'}."
    )


def _watch(answer: WatchReport) -> str:
    hit = sum(bool(item.changes) for item in answer.watched)
    return (
        f"{hit:,} of {len(answer.watched):,} watched artefacts changed, or something of "
        f"the {answer.upstream:,} that they stand on did, since {answer.since[:10]}. "
        f"Snapshot {answer.old} against {answer.new}."
    )


def _lock(answer: Lock) -> str:
    return (
        f"{len(answer.watched):,} watched artefacts and all that they stand on, "
        f"{len(answer.artefacts):,} together, written down from snapshot "
        f"{answer.snapshot}."
    )


def _stats(answer: Stats) -> str:
    return (
        f"{answer.n_artefacts:,} artefacts; what they stand on is known for "
        f"{percent(answer.known_origin)} of them. Snapshot {answer.snapshot}, compiled "
        f"{answer.created[:10]} from {', '.join(answer.sources)}."
    )


def _status(answer: Status) -> str:
    checked = "checksums verified" if answer.verified else "checksums not verified"
    return (
        f"Snapshot {answer.snapshot}, compiled {answer.created[:10]}: "
        f"{answer.n_bytes:,} bytes in {answer.directory}, {checked}."
    )


def _values(answer: Values) -> str:
    return f"What models can be selected by. Snapshot {answer.snapshot}."


def _picture(answer: Picture) -> str:
    return (
        f"{answer.focus.name} with {len(answer.ancestors):,} of {answer.n_ancestors:,} "
        f"artefacts that it stands on and {len(answer.descendants):,} of "
        f"{answer.n_descendants:,} that stand on it; the rest is folded. Snapshot "
        f"{answer.snapshot}."
    )


def _own(answer: Own) -> str:
    return (
        f"{answer.n_artefacts:,} artefacts of an inventory of {answer.n_ids:,} ids; "
        f"{n_of(len(answer.unresolved), 'id')} could not be found, which is not safe, "
        f"and {len(answer.in_target):,} belong to the target itself."
    )


def _bill(answer: BillOfMaterials) -> str:
    listed = sum(item.is_listed for item in answer.components)
    sure = sum(item.completeness == "complete" for item in answer.components)
    return (
        f"{listed:,} listed artefacts and {len(answer.components) - listed:,} that they "
        f"stand on, by {len(answer.ingredients):,} edges. Snapshot {answer.snapshot}; "
        f"what {sure:,} of them stand on is known in full, and "
        f"{n_of(len(answer.unresolved), 'listed id')} could not be found."
    )


MORE: Final[dict[type, Callable[[Any], str]]] = {
    BillOfMaterials: _bill, ModelLicence: _model_licence,
    LicenceSurvey: _survey, LicenceDrift: _drift,
    ModelOpenness: _openness_of, OpennessShares: _openness, Quality: _quality,
    Diff: _diff, SourceComparison: _sources, WatchReport: _watch, Lock: _lock,
    Stats: _stats, Status: _status, Values: _values, Picture: _picture, Own: _own,
}  # fmt: skip
"""The sentence of each."""

_FOUND: Final = {
    "name": "name", "id": "id", "kind": "kind", "downloads": "downloads (30 days)",
    "n_children": "named as a parent by", "match": "match",
}  # fmt: skip
HEADINGS: Final[dict[type, dict[str, str]]] = {
    Hit: _FOUND,
    Suggestion: _FOUND,
    SnapshotEntry: {
        "id": "id", "created": "compiled", "artefacts": "artefacts", "edges": "edges",
        "n_bytes": "bytes", "sources": "sources", "current": "current",
    },
    PretrainerRoots: {"name": "name", "id": "id", "share": "share"},
    Why: {
        "source": "source", "relation": "says", "stance": "stance",
        "declared_by": "declared by", "primary": "primary", "confidence": "confidence",
        "document": "document", "note": "note",
    },
    Shown: {"name": "field", "value": "value"},
    ModelLicence: {
        "obligation": "obligation", "standing": "standing", "source": "from",
        "licence": "its licence", "path": "the way it comes",
    },
    LicenceSurvey: {"verdict": "verdict", "count": "models"},
    LicenceDrift: {
        "relation": "relation", "edges": "edges", "pairs": "both named",
        "differ": "differ", "differ_share": "share", "loosened": "loosened",
        "same_owner": "same owner",
    },
    ModelOpenness: {
        "id": "root", "criterion": "criterion", "openness": "openness",
        "system": "system",
    },
    OpennessShares: {
        "openness": "roots are", "models": "models", "share": "share",
        "n_roots": "roots",
    },
    Quality: {
        "title": "what", "count": "how many", "share": "share", "of_what": "of",
        "advice": "what to do",
    },
    Diff: {
        "change": "change", "id": "artefact", "parent": "parent", "before": "before",
        "after": "after", "downloads": "downloads (30 days)",
    },
    SourceComparison: {
        "outcome": "outcome", "child": "child", "parent": "parent",
        "relations_a": "A says", "relations_b": "B says", "relation": "in the graph",
    },
    WatchReport: {
        "of_id": "watched", "change": "change", "id": "what changed",
        "before": "before", "after": "after", "path": "the way to it",
    },
    Lock: {
        "id": "id", "kind": "kind", "state": "state", "licence": "licence",
    },
    Stats: {"kind": "kind", "count": "nodes"},
    Status: {
        "snapshot": "snapshot", "created": "compiled", "n_bytes": "bytes",
        "content_sha256": "content (SHA-256)",
    },
    Values: {"column": "column", "value": "value", "models": "models"},
    Picture: {
        "name": "name", "id": "id", "side": "side", "depth": "edges away",
        "relation": "relation", "n_descendants": "artefacts on it",
    },
    ImpactTree: {
        "generation": "generation", "name": "name", "relation": "relation",
        "verdict": "verdict", "artefacts": "artefacts at or below it",
        "folded": "folded",
    },
    Own: {"unresolved": "unknown ids"},
    BillOfMaterials: {
        "name": "name", "kind": "kind", "is_listed": "listed", "depth": "edges away",
        "supplier": "supplier", "licence": "licence", "state": "state",
        "completeness": "lineage",
    },
}  # fmt: skip
"""Columns of the main part that are shown, and what they are called."""
