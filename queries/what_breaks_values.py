"""What an answer about breakage consists of; plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from headwater.queries.proofs import Step
from headwater.queries.results import Result
from headwater.queries.splits import Splits
from headwater.queries.targets import Target


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a verdict weighs.

    Attributes
    ----------
    artefacts : int
        Number of artefacts.
    captive : int
        How many of them have no origin left without the target.
    downloads, downloads_all_time, likes, parameters : int
        Sums over the artefacts for which the figure is known.
    downloads_unknown : int
        Artefacts whose downloads nobody has told.
    """

    artefacts: int
    captive: int
    downloads: int
    downloads_all_time: int
    likes: int
    parameters: int
    downloads_unknown: int


@dataclass(frozen=True, slots=True)
class Victim:
    """An artefact that stands on the target.

    Attributes
    ----------
    id, name, kind : str
        The artefact.
    verdict : str
        What the event does to it.
    captive : bool
        Whether nothing of its origin is left without the target.
    depth : int
        Edges of the proof.
    downloads : int or None
        Downloads of the last 30 days; None is unknown.
    mirror : str or None
        The mirror that makes it recoverable.
    merge_lost, merge_of : int or None
        A merge loses so many of so many parents.
    proof : tuple of Step
        Shortest path of edges to the target, nearest first.
    """

    id: str
    name: str
    kind: str
    verdict: str
    captive: bool
    depth: int
    downloads: int | None
    mirror: str | None
    merge_lost: int | None
    merge_of: int | None
    proof: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event does.

    Attributes
    ----------
    event : str
        The event.
    counts : dict of str to int
        Artefacts outside the target by verdict, worst first; they sum to `outside`.
    weights : dict of str to Weight
        The same by what they weigh, for verdicts that stand on the target.
    known_share : float or None
        Share of victims among artefacts of known lineage; None when none is known.
    victims : tuple of Victim
        Worst first, then by popularity.
    truncated : int
        Victims left out by a limit.
    splits : dict of str to Splits
        Victims by dimension, largest first.
    """

    event: str
    counts: dict[str, int]
    weights: dict[str, Weight]
    known_share: float | None
    victims: tuple[Victim, ...]
    truncated: int
    splits: dict[str, Splits]


@dataclass(frozen=True, slots=True)
class WhatBreaks(Result):
    """The answer: one outcome an event, and what nobody has said.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    as_of : date or None
        Day as of which it was asked.
    targets : tuple of Target
        What the target names were taken to mean.
    members : int
        Artefacts in the target.
    mirrored : int
        How many of them have a mirror outside.
    outside : int
        Artefacts outside the target.
    unknown : int
        How many of those have an origin that nobody has declared.
    outcomes : tuple of Outcome
        In the order of the events asked.
    """

    snapshot: str
    as_of: date | None
    targets: tuple[Target, ...]
    members: int
    mirrored: int
    outside: int
    unknown: int
    outcomes: tuple[Outcome, ...]
