"""What breaks if a set of artefacts is lost; :mod:`headwater.queries.what_breaks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, IntArray
from headwater.graph.verdicts import event_named
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.mirrors import find_mirrors
from headwater.queries.cypher.names import resolve_targets
from headwater.queries.cypher.nodes import there_by
from headwater.queries.cypher.order import most_popular
from headwater.queries.cypher.origins import Origins, known_among
from headwater.queries.cypher.patterns import there
from headwater.queries.cypher.splits import split_victims
from headwater.queries.cypher.tallies import Tallies
from headwater.queries.cypher.verdicts import Found, Judge
from headwater.queries.cypher.victims import Victims
from headwater.queries.splits import BY_PROOF, Splits
from headwater.queries.targets import check_question
from headwater.queries.what_breaks_values import Outcome, Victim, Weight, WhatBreaks

_KEYS: Final = ("downloads", "likes", "n_children")


def what_breaks(
    ask: Asking,
    targets: Sequence[str],
    events: Sequence[str],
    origins: Callable[[Asking], Origins],
    *,
    limit: int | None = None,
    splits: Sequence[str] = (),
    skip: int = 0,
    among: IntArray | None = None,
) -> WhatBreaks:
    """Return what events do to everything that stands on the targets.

    Parameters
    ----------
    origins : callable
        Returns what was there on the day; it does not depend on the targets, so that a
        session may keep it.
    """
    check_question(targets, events)
    resolved, members = resolve_targets(ask, targets)
    members = there_by(ask, members)
    asked = _Asked(
        ask, members, origins(ask), (skip, limit), tuple(splits), among,
        tuple(dict.fromkeys(events)),
    )  # fmt: skip
    outcomes = tuple(asked.outcome(name) for name in asked.events)
    return WhatBreaks(
        snapshot=ask.snapshot,
        as_of=ask.as_of,
        targets=resolved,
        members=len(members),
        mirrored=len(asked.mirrors),
        outside=asked.outside,
        unknown=outcomes[0].counts["unknown"],
        outcomes=outcomes,
    )


class _Asked:
    """One question; what its events have in common is found once."""

    def __init__(
        self,
        ask: Asking,
        members: IntArray,
        origins: Origins,
        wanted: tuple[int, int | None],
        splits: tuple[str, ...],
        among: IntArray | None,
        events: tuple[str, ...],
    ) -> None:
        self.ask = ask
        self.members = members
        self.events = events
        self.mirrors = find_mirrors(ask, members)
        self.judge = Judge(ask, members, self.mirrors)
        self.victims = Victims(ask, members, self.mirrors)
        self._origins = origins
        self._among = among
        self._skip, limit = wanted
        self._limit = None if limit is None else self._skip + limit
        self._splits = splits
        self._answered: list[tuple[Found, Outcome]] = []
        self._parts: dict[str, Splits] = {}

    @cached_property
    def _kept(self) -> BoolArray | None:
        """Which victims are told of; None: all."""
        if self._among is None:
            return None
        return np.isin(self.judge.victims, self._among)

    @cached_property
    def found(self) -> dict[str, tuple[Found, Found]]:
        """The verdicts of each event: on all victims, and on those told of."""
        pairs: dict[str, tuple[Found, Found]] = {}
        for name in self.events:
            whole = self.judge.found(event_named(name))
            own = whole if self._kept is None else whole.among(self._kept)
            # Two events of the same rules have the same verdicts.
            same = next(
                (
                    other
                    for one, other in pairs.values()
                    if one.verdict is whole.verdict
                ),
                None,
            )
            if same is not None:
                own = replace(own, verdict=same.verdict)
            pairs[name] = whole, own
        return pairs

    @cached_property
    def _inventory(self) -> tuple[set[int], set[int]]:
        """Artefacts of an inventory that were there; those of known origin."""
        nodes = [] if self._among is None else self._among.tolist()
        text = (
            "UNWIND $items AS item MATCH (n:Node {node: item}) "
            f"WHERE n:Artefact AND {there('n', self.ask.day)} RETURN item"
        )
        living = {node for (node,) in self.ask.each(text, nodes)}
        return living, known_among(self.ask, self._origins, living)

    @cached_property
    def outside(self) -> int:
        """Artefacts outside the target that were there."""
        if self._among is None:
            return self._origins.artefacts - len(self.members)
        living, _ = self._inventory
        return len(living.difference(self.members.tolist()))

    @cached_property
    def unaffected(self) -> int:
        """Artefacts of known origin that do not stand on the target."""
        if self._among is not None:
            _, known = self._inventory
            reached = {*self.members.tolist(), *self.judge.victims.tolist()}
            return len(known - reached)
        inside = known_among(self.ask, self._origins, self.members.tolist())
        hit = self.tallies.known - len(
            self._origins.forgotten.intersection(self.judge.victims.tolist())
        )
        return self._origins.known - len(inside) - hit

    @cached_property
    def tallies(self) -> Tallies:
        """Counts and sums of the victims, by the verdicts of all events at once."""
        return Tallies(self.ask, [own for _, own in self.found.values()])

    def outcome(self, name: str) -> Outcome:
        """Return what one event does."""
        whole, found = self.found[name]
        for other, outcome in self._answered:
            if other.verdict is found.verdict:  # two events of the same rules
                return replace(outcome, event=name)
        counts = self._counts(found)
        n_known = len(found.nodes) + counts["unaffected"]
        shown = self._worst_first(found)
        outcome = Outcome(
            event=name,
            counts=counts,
            weights=self._weights(found),
            known_share=len(found.nodes) / n_known if n_known else None,
            victims=tuple(self._victims(whole, found, shown[self._skip :])),
            truncated=len(found.nodes) - len(shown),
            splits={item: self._split(found, item) for item in self._splits},
        )
        self._answered.append((found, outcome))
        return outcome

    def _counts(self, found: Found) -> dict[str, int]:
        verdicts = found.event.verdicts
        tally = self.tallies.of(found)
        counts = {
            name: tally[code].artefacts for code, name in enumerate(verdicts[:-2])
        }
        unknown = self.outside - len(found.nodes) - self.unaffected
        return counts | {verdicts[-2]: self.unaffected, verdicts[-1]: unknown}

    def _weights(self, found: Found) -> dict[str, Weight]:
        tally = self.tallies.of(found)
        return {
            name: tally[code] for code, name in enumerate(found.event.verdicts[:-2])
        }

    def _worst_first(self, found: Found) -> list[int]:
        """Return victims as they are shown: by verdict, then the most popular."""
        shown: list[int] = []
        for verdict in np.unique(found.verdict).tolist():
            room = None if self._limit is None else self._limit - len(shown)
            if room == 0:
                break
            same = found.nodes[found.verdict == verdict]
            shown += most_popular(self.ask, same, _KEYS, room)
        return shown

    def _victims(
        self, whole: Found, found: Found, nodes: list[int]
    ) -> Iterator[Victim]:
        broken = whole.nodes[whole.verdict == 0] if _takes(whole) else None
        yield from self.victims.of(found, nodes, broken)

    def _split(self, found: Found, dimension: str) -> Splits:
        if dimension in BY_PROOF:
            return split_victims(self.ask, found, dimension)
        if dimension not in self._parts:
            self._parts[dimension] = split_victims(self.ask, found, dimension)
        return self._parts[dimension]


def _takes(found: Found) -> bool:
    """Tell whether the event takes the parents of a merge away."""
    return found.event.name in ("deleted", "gated")
