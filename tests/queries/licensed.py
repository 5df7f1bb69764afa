"""Drawn graphs whose models declare licences, and the rules said again, slowly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from headwater.graph.claims import ClaimBatch
from headwater.graph.lineage_graph import LineageGraph
from headwater.queries.licence_table import LicenceTable, licence_table
from tests.drawing import draw_batch, node_id, publish

NONE = ""
"""The card was seen to declare no licence; a model that is left out was not looked at."""


def licensed_batch(
    *lines: str, licences: dict[str, str], **options: object
) -> ClaimBatch:
    batch = draw_batch(*lines, **options)  # type: ignore[arg-type]
    by_id = {node_id(name): licence for name, licence in licences.items()}
    for place, record in enumerate(batch.records):
        licence = by_id.get(record.id)
        if licence == NONE:
            batch.records[place] = replace(record, absent=("licence",))
        elif licence is not None:
            batch.records[place] = replace(record, licence=licence)
    return batch


def draw_licensed(
    path: Path, *lines: str, licences: dict[str, str], **options: object
) -> LineageGraph:
    return publish(path, licensed_batch(*lines, licences=licences, **options))


class Oracle:
    """The verdict of each model by sets of sources, grown until nothing changes."""

    def __init__(
        self,
        edges: list[tuple[str, str]],
        licences: dict[str, str],
        owners: dict[str, str],
        undeclared: set[str],
        table: LicenceTable | None = None,
    ) -> None:
        self.table = table or licence_table()
        self.licences, self.owners, self.undeclared = licences, owners, undeclared
        self.parents: dict[str, set[str]] = {}
        for child, parent in edges:
            self.parents.setdefault(parent, set())
            self.parents.setdefault(child, set())
            if child != parent:
                self.parents[child].add(parent)
        self.sources: dict[str, set[str]] = {name: set() for name in self.parents}
        self.ancestors: dict[str, set[str]] = {name: set() for name in self.parents}
        while self._grow():
            pass

    def _grow(self) -> bool:
        changed = False
        for child, parents in self.parents.items():
            for parent in parents:
                handed = set(self.sources[parent])
                is_same = self.owners[parent] == self.owners[child]
                if not (is_same and self.licences.get(child)):
                    handed.add(parent)
                above = {parent} | self.ancestors[parent]
                changed |= not handed <= self.sources[child]
                changed |= not above <= self.ancestors[child]
                self.sources[child] |= handed
                self.ancestors[child] |= above
        return changed

    def _terms(self, name: str) -> dict[str, str] | None:
        place = self.table.find(self.licences.get(name) or "?")
        if place < 0:
            return None
        licence = self.table.licences[place]
        return {
            obligation: part
            for part in ("has", "lacks", "unknown")
            for obligation in getattr(licence, part)
        }

    def _same(self, one: str, other: str) -> bool:
        places = {self.table.find(self.licences[name]) for name in (one, other)}
        return len(places) == 1 and not self.table.licences[places.pop()].is_generic

    def dropped(self, name: str) -> set[str]:
        own = self._terms(name)
        found = set()
        for source in self.sources[name]:
            terms = self._terms(source)
            for obligation, standing in (terms or {}).items():
                if standing == "has" and own and own[obligation] == "lacks":
                    found.add(obligation)
        return found

    def verdict(self, name: str) -> str:
        if name not in self.licences:
            return "unknown"
        if self.licences[name] == NONE:
            return "missing"
        if self.dropped(name):
            return "conflict"
        own = self._terms(name)
        if own is None or self.undeclared & ({name} | self.ancestors[name]):
            return "unknown"
        for source in self.sources[name]:
            terms = self._terms(source)
            if terms is None:
                return "unknown"
            if self._same(source, name):
                continue
            for obligation, standing in terms.items():
                if standing != "lacks" and own[obligation] != "has":
                    return "unknown"
        return "kept" if self.parents[name] else "root"
