"""The documented JSON of ``what-breaks`` (docs/json.md), for the command and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from headwater.queries.proofs import Step
from headwater.queries.splits import Split
from headwater.queries.targets import Target
from headwater.queries.what_breaks_values import Outcome, Victim, Weight, WhatBreaks


@dataclass(frozen=True, slots=True)
class MergeLoss:
    """A merge loses so many of so many parents."""

    lost: int | None
    of: int


@dataclass(frozen=True, slots=True)
class VictimShape:
    """One victim; see :class:`headwater.queries.what_breaks_values.Victim`."""

    id: str
    name: str
    kind: str
    verdict: str
    captive: bool
    depth: int
    downloads: int | None
    mirror: str | None
    merge: MergeLoss | None
    proof: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class OutcomeShape:
    """What one event does; see :class:`headwater.queries.what_breaks_values.Outcome`."""

    counts: dict[str, int]
    weights: dict[str, Weight]
    known_share: float | None
    truncated: int
    victims: tuple[VictimShape, ...]
    splits: dict[str, tuple[Split, ...]]


@dataclass(frozen=True, slots=True)
class WhatBreaksShape:
    """The answer; `targets` are ids, `events` goes by the events asked."""

    snapshot: str
    as_of: date | None
    targets: tuple[str, ...]
    resolved: tuple[Target, ...]
    members: int
    mirrored: int
    outside: int
    events: dict[str, OutcomeShape]
    unknown: int


def shape(answer: WhatBreaks, n_parts: int | None = None) -> WhatBreaksShape:
    """Return an answer in its documented shape, at most `n_parts` parts a split."""
    return WhatBreaksShape(
        snapshot=answer.snapshot,
        as_of=answer.as_of,
        targets=tuple(target.id for target in answer.targets),
        resolved=answer.targets,
        members=answer.members,
        mirrored=answer.mirrored,
        outside=answer.outside,
        events={item.event: _outcome(item, n_parts) for item in answer.outcomes},
        unknown=answer.unknown,
    )


def _outcome(item: Outcome, n_parts: int | None) -> OutcomeShape:
    return OutcomeShape(
        counts=item.counts,
        weights=item.weights,
        known_share=item.known_share,
        truncated=item.truncated,
        victims=tuple(shape_victim(victim) for victim in item.victims),
        splits={name: parts[slice(n_parts)] for name, parts in item.splits.items()},
    )


def shape_victim(victim: Victim) -> VictimShape:
    """Return a victim in its documented shape."""
    merge = None
    if victim.merge_of is not None:
        merge = MergeLoss(victim.merge_lost, victim.merge_of)
    return VictimShape(
        victim.id, victim.name, victim.kind, victim.verdict, victim.captive, victim.depth,
        victim.downloads, victim.mirror, merge, victim.proof,
    )  # fmt: skip
