"""What an event does to everything that stands on a set; the rules are those of the engine.

:mod:`headwater.graph.verdicts` has the same rules over arrays. Here every rule is a walk
that the server makes; of what it found, each victim gets the worst verdict here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from headwater.graph.kernels.csr import BoolArray, ByteArray, IntArray
from headwater.graph.schema import Event
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.captive import find_captive
from headwater.queries.cypher.patterns import (
    BODY,
    DIRECT,
    LINEAGE,
    LOAD,
    MAYBE_LOAD,
    WEIGHTS,
    there,
)
from headwater.queries.cypher.walk import Walk, walk

_PACK: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Proofs:
    """For each node the next one of its proof.

    Attributes
    ----------
    walk : Walk
        Who was reached, and from where.
    above : Walk or None
        Where a proof goes on after one step; None: in this walk.
    """

    walk: Walk
    above: Walk | None = None

    def path(self, node: int) -> list[int]:
        """Return the nodes of a proof: the victim first, one of the set last."""
        nodes, current = [node], self.walk
        while (node := current.step(node)) >= 0:
            nodes.append(node)
            current = self.above or current
        return nodes


@dataclass(frozen=True, slots=True)
class Found:
    """The verdicts of one event on what the set reaches, by node number.

    Attributes
    ----------
    event : Event
        What happened.
    nodes : int32 array, shape (k,), ascending
        Victims.
    verdict : int8 array, shape (k,)
        Position in ``event.verdicts``.
    depth : int32 array, shape (k,)
        Edges of the proof.
    proof : int8 array, shape (k,)
        Which of `proofs` it is in.
    proofs : tuple of Proofs
        Shortest paths by rule.
    captive : bool array, shape (k,)
        Whether nothing of a victim's origin is left without the set.
    """

    event: Event
    nodes: IntArray
    verdict: ByteArray
    depth: IntArray
    proof: ByteArray
    proofs: tuple[Proofs, ...]
    captive: BoolArray

    def among(self, kept: BoolArray) -> Found:
        """Return what is said of some victims alone."""
        return replace(
            self, nodes=self.nodes[kept], verdict=self.verdict[kept],
            depth=self.depth[kept], proof=self.proof[kept], captive=self.captive[kept],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rule:
    verdict: int
    proofs: Proofs


class Judge:
    """Verdicts on everything that stands on a set, event by event.

    Parameters
    ----------
    members : int32 array, ascending
        The set; all of it artefacts.
    mirrors : dict of int to int
        Of the members that have one, the mirror outside the set.
    """

    def __init__(self, ask: Asking, members: IntArray, mirrors: dict[int, int]) -> None:
        self.ask = ask
        self.members = members
        has_mirror = np.isin(members, list(mirrors))
        self.lost, self.mirrored = members[~has_mirror], members[has_mirror]

    def found(self, event: Event) -> Found:
        """Return the verdicts of one event."""
        if event.name in ("deleted", "gated"):
            judged = self._loss
        elif event.name == "frozen":
            judged = self._frozen
        else:
            judged = self._relicensed
        verdict, depth, proof, proofs = judged
        return Found(event, self.victims, verdict, depth, proof, proofs, self.captive)

    @cached_property
    def _everything(self) -> Walk:
        return walk(self.ask, self.members, LINEAGE)

    @property
    def victims(self) -> IntArray:
        """Artefacts outside the set that stand on it, ascending."""
        return self._everything.nodes

    @cached_property
    def captive(self) -> BoolArray:
        """Which victims have no origin left without the set."""
        return find_captive(self.ask, self.members, self.victims)

    @cached_property
    def _frozen(self) -> _Judged:
        found = walk(self.ask, self.members, WEIGHTS)
        return self._first_rule([_Rule(0, Proofs(found))], 1)

    @cached_property
    def _relicensed(self) -> _Judged:
        found = walk(self.ask, self.members, BODY)
        return self._first_rule([_Rule(0, Proofs(found))], 1)

    @cached_property
    def _loss(self) -> _Judged:
        """The rules for a loss, from worst to best, ``recoverable`` fourth."""
        rules: list[_Rule] = []
        for sources, verdicts in (
            (self.lost, (0, 1, 2)),
            # What a lost member reaches by the same rule has its worse verdict already.
            (self.mirrored, (3, 3, 3)),
        ):
            if not len(sources):
                continue
            broken = walk(self.ask, sources, LOAD)
            maybe = walk(self.ask, sources, MAYBE_LOAD)
            inputs = self._inputs(sources, broken)
            for verdict, proofs in zip(
                verdicts, (Proofs(broken), Proofs(maybe), Proofs(inputs, broken)),
                strict=True,
            ):  # fmt: skip
                rules.append(_Rule(verdict, proofs))
        return self._first_rule(rules, 4)

    def _inputs(self, sources: IntArray, broken: Walk) -> Walk:
        """Return who has a direct input among `sources` or what is `broken`."""
        outside = ~np.isin(broken.nodes, self.members)
        starts = [
            *sources.tolist(),
            # Of several inputs the one with the shortest proof, then the lowest number.
            *(
                depth * _PACK + node
                for node, depth in zip(
                    broken.nodes[outside].tolist(),
                    broken.depth[outside].tolist(),
                    strict=True,
                )
            ),
        ]
        rows = self.ask.each(
            f"UNWIND $items AS item MATCH (p:Node {{node: item % {_PACK}}})"
            f"<-[:{DIRECT}]-(c) WHERE {there('c', self.ask.day)} "
            "RETURN c.node, min(item)",
            sorted(starts),
        )
        best: dict[int, int] = {}
        for node, start in rows:
            best.setdefault(node, start)
        nodes = np.array(sorted(best), np.int32)
        packed = np.array([best[node] for node in nodes.tolist()], np.int64)
        return Walk(
            nodes,
            (packed // _PACK).astype(np.int32) + np.int32(1),
            (packed % _PACK).astype(np.int32),
        )

    def _first_rule(self, rules: list[_Rule], otherwise: int) -> _Judged:
        """Give each victim the worst verdict that applies, and its shortest proof."""
        every, count = self._everything, len(self.victims)
        verdict = np.full(count, otherwise, np.int8)
        depth = every.depth.copy()
        proof = np.full(count, len(rules), np.int8)
        for number, rule in enumerate(rules):
            found = rule.proofs.walk
            ours = np.isin(found.nodes, self.victims)
            deep = found.depth[ours]
            at = np.searchsorted(self.victims, found.nodes[ours])
            held = verdict[at]
            better = (rule.verdict < held) | (
                (rule.verdict == held) & (deep < depth[at])
            )
            at, deep = at[better], deep[better]
            verdict[at], depth[at], proof[at] = rule.verdict, deep, number
        proofs = (*(rule.proofs for rule in rules), Proofs(every))
        return verdict, depth, proof, proofs


_Judged = tuple[ByteArray, IntArray, ByteArray, tuple[Proofs, ...]]
