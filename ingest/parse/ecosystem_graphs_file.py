"""Assets of Ecosystem Graphs (Stanford CRFM) -> records and claims.

A dependency names another asset and does not say how it is used. The relation follows
from what the two are; where that leaves a choice, the confidence says so:

======================  ================================================================
child on parent         relation
======================  ================================================================
model on dataset        ``trained_on``
dataset on dataset      ``derived_from``
dataset on model        ``generated_by``
application on either   ``uses``
model on model          ``unspecified``; ``distilled_from`` when the parent's weights are
                        not open and another body's
on an application       what that application stands on in turn, see `Asset`
======================  ================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from headwater.graph.claims import Claim, ClaimBatch, Record, claim_problem
from headwater.ingest.parse.curated_names import NameTable, fold, stub_id
from headwater.ingest.parse.text import clean_text

SOURCE: Final = "ecosystem-graphs"
PAGE: Final = "https://crfm.stanford.edu/ecosystem-graphs/index.html?asset="
_OUTSIDE: Final = "ecosystem-graphs"
_KINDS: Final = ("model", "dataset", "application")
# Kinds that a dependency may be of, the likeliest first.
_PARENT_KINDS: Final = {
    "model": ("model", "dataset", "application"),
    "dataset": ("dataset", "model", "application"),
    "application": ("application", "model", "dataset"),
}
_ACCESS: Final = {"open": "open", "limited": "api", "closed": "closed"}
_NOTHING: Final = frozenset({"", "unknown", "none", "n/a", "custom", "various"})
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMBT])\s+(?:active\s+)?param", re.IGNORECASE)
_UNIT: Final = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_INFERRED: Final = 0.5


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset: a model, a dataset or an application, and what it depends on."""

    name: str
    kind: str
    organisation: str
    access: str | None
    dependencies: tuple[str, ...]
    fields: Mapping[str, Any]


@dataclass(slots=True)
class CuratedGraph:
    """What a curated graph said, and how its names fared.

    Attributes
    ----------
    batch : ClaimBatch
        Records and claims; values left out are counted in it.
    resolved : dict
        Name -> id of an artefact that another source knows.
    unresolved : dict
        Name -> id of the stub that stands for it.
    """

    batch: ClaimBatch = field(default_factory=ClaimBatch)
    resolved: dict[str, str] = field(default_factory=dict)
    unresolved: dict[str, str] = field(default_factory=dict)


def plain_value(value: Any) -> Any:
    """Return the value of a field that is either it or ``{value, explanation}``."""
    return value.get("value") if isinstance(value, dict) else value


def read_assets(graph: CuratedGraph, name: str, content: Any) -> Iterator[Asset]:
    """Yield the well-formed assets of the file `name`; others are counted."""
    if not isinstance(content, list):
        graph.batch.skip("file/not_a_list", name)
        return
    for item in content:
        found = _asset(item) if isinstance(item, dict) else None
        if found is None:
            graph.batch.skip("asset/no_name_or_type", f"{name}: {str(item)[:80]}")
        else:
            yield found


def _asset(item: dict[str, Any]) -> Asset | None:
    name, kind = plain_value(item.get("name")), plain_value(item.get("type"))
    if not isinstance(name, str) or not name.strip() or kind not in _KINDS:
        return None
    dependencies = plain_value(item.get("dependencies"))
    listed = dependencies if isinstance(dependencies, list) else [dependencies]
    organisation = plain_value(item.get("organization"))
    access = plain_value(item.get("access"))
    return Asset(
        name=clean_text(name),
        kind=kind,
        organisation=clean_text(organisation) if isinstance(organisation, str) else "",
        access=_ACCESS.get(access.lower()) if isinstance(access, str) else None,
        dependencies=tuple(
            clean_text(own)
            for value in listed
            if isinstance(own := plain_value(value), str) and own.strip()
        ),
        fields=item,
    )


@dataclass(frozen=True, slots=True)
class _Node:
    id: str
    kind: str
    asset: Asset | None


def parse_assets(
    graph: CuratedGraph, assets: Iterable[Asset], names: NameTable, day: str
) -> CuratedGraph:
    """Add the records and claims of all assets to `graph`.

    Parameters
    ----------
    graph : CuratedGraph
        Filled and returned.
    assets : iterable of Asset
        Of all files together: they refer to each other by name.
    names : NameTable
        What resolves a name to a node id.
    day : str
        Day of reading.
    """
    reader = _Reader(graph, list(assets), names, day)
    for asset in reader.assets:
        reader.add_record(asset)
    for asset in reader.assets:
        reader.add_claims(asset)
    graph.batch.claims = list(dict.fromkeys(graph.batch.claims))
    return graph


class _Reader:
    """Resolves names against the assets, then against the table, else makes stubs."""

    def __init__(
        self, graph: CuratedGraph, assets: list[Asset], names: NameTable, day: str
    ) -> None:
        self.graph, self.assets, self.names, self.day = graph, assets, names, day
        self.by_name: dict[tuple[str, str], Asset] = {}
        self.by_fold: dict[tuple[str, str], Asset] = {}
        for asset in assets:
            # Of assets with one name and type the later is the newer version.
            self.by_name[asset.kind, asset.name] = asset
            self.by_fold[asset.kind, fold(asset.name)] = asset

    def node(self, asset: Asset) -> _Node:
        found = self.names.find(asset.name, (asset.kind,))
        if found is not None:
            self.graph.resolved[asset.name] = found[0]
            return _Node(found[0], asset.kind, asset)
        stub = stub_id(asset.organisation, asset.name)
        if asset.kind == "dataset" and (
            ("model", fold(asset.name)) in self.by_fold
            or ("application", fold(asset.name)) in self.by_fold
        ):
            stub += "-dataset"  # an id has one kind
        self.graph.unresolved[asset.name] = stub
        return _Node(stub, asset.kind, asset)

    def find_asset(self, name: str, kinds: tuple[str, ...]) -> Asset | None:
        for table, key in ((self.by_name, name), (self.by_fold, fold(name))):
            for kind in kinds:
                if (kind, key) in table:
                    return table[kind, key]
        return None

    def parent(self, name: str, child_kind: str) -> _Node | None:
        """Return what a dependency names, None when it names no artefact."""
        kinds = _PARENT_KINDS[child_kind]
        asset = self.find_asset(name, kinds)
        if asset is not None:
            return self.node(asset)
        found = self.names.find(name, kinds)
        if found is not None:
            self.graph.resolved[name] = found[0]
            return _Node(found[0], found[1], None)
        if self.names.is_ignored(name):
            self.graph.batch.skip("dependency/no_artefact", name)
            return None
        stub = stub_id(_OUTSIDE, name)
        self.graph.unresolved[name] = stub
        likely = "model" if child_kind == "application" else "dataset"
        kind = self.names.find_kind(name) or likely
        self.graph.batch.skip("dependency/unresolved_name", f"{name} -> {stub}")
        return _Node(stub, kind, None)

    def add_record(self, asset: Asset) -> None:
        node = self.node(asset)
        self.graph.batch.records.append(
            Record(
                id=node.id,
                kind=node.kind,
                source=SOURCE,
                document=_page(asset.name),
                seen=self.day,
                name=asset.name,
                released=_day(plain_value(asset.fields.get("created_date"))),
                licence=_licence(plain_value(asset.fields.get("license"))),
                parameters=_parameters(plain_value(asset.fields.get("size")))
                if asset.kind == "model"
                else None,
                developer=self.names.find_developer(asset.organisation)
                if node.id.startswith("off-hub/")
                else None,
                access=asset.access,
            )
        )

    def add_claims(self, asset: Asset) -> None:
        child = self.node(asset)
        for name in asset.dependencies:
            parent = self.parent(name, asset.kind)
            if parent is None:
                continue
            if parent.id.lower() == child.id.lower():
                self.graph.batch.skip("dependency/self", asset.name)
                continue
            targets = list(self.expand(parent, {child.id.lower()}))
            if not targets:
                self.graph.batch.skip(
                    "dependency/application_on_nothing_known", f"{asset.name} -> {name}"
                )
            for target, through in targets:
                self.add_claim(child, target, name, through)

    def expand(self, node: _Node, seen: set[str]) -> Iterator[tuple[_Node, str | None]]:
        """Yield `node`, or what an application stands on: nothing can depend on one."""
        if node.kind != "application":
            yield node, None
            return
        if node.id.lower() in seen or node.asset is None:
            return
        seen.add(node.id.lower())
        for name in node.asset.dependencies:
            parent = self.parent(name, "application")
            if parent is not None:
                for target, _ in self.expand(parent, seen):
                    yield target, node.asset.name

    def add_claim(
        self, child: _Node, parent: _Node, raw: str, through: str | None
    ) -> None:
        relation, confidence, note = _relation(child, parent)
        if through is not None:
            confidence, note = _INFERRED, f"through {through}"
        elif parent.asset is None and parent.id.startswith(f"off-hub/{_OUTSIDE}/"):
            confidence, note = _INFERRED, f"taken to be a {parent.kind}"
        claim = Claim(
            child=child.id,
            child_kind=child.kind,
            parent=parent.id,
            parent_kind=parent.kind,
            relation=relation,
            source=SOURCE,
            document=_page(child.asset.name if child.asset else raw),
            first_seen=self.day,
            last_seen=self.day,
            declared_by="curator",
            confidence=confidence,
            raw=raw,
            note=note,
        )
        problem = claim_problem(claim)
        if problem is not None:
            self.graph.batch.skip(f"claim/{problem}", f"{child.id} -> {parent.id}")
        elif child.id.lower() == parent.id.lower():
            self.graph.batch.skip("dependency/self", child.id)
        else:
            self.graph.batch.claims.append(claim)


def _relation(child: _Node, parent: _Node) -> tuple[str, float, str | None]:
    if child.kind == "application":
        return "uses", 1.0, None
    if child.kind == "dataset":
        return ("generated_by" if parent.kind == "model" else "derived_from"), 1.0, None
    if parent.kind == "dataset":
        return "trained_on", 1.0, None
    own = child.asset.organisation if child.asset else ""
    if (
        parent.asset is not None
        and parent.asset.access in ("api", "closed")
        and fold(parent.asset.organisation) != fold(own)
    ):
        return "distilled_from", _INFERRED, "inferred: the parent's weights are not out"
    return "unspecified", _INFERRED, None


def _page(name: str) -> str:
    return PAGE + quote(name)


def _day(value: Any) -> str | None:
    text = value.isoformat()[:10] if isinstance(value, date) else value
    if isinstance(text, str):
        try:
            return date.fromisoformat(text.strip()).isoformat()
        except ValueError:
            return None
    return None


def _licence(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    text = clean_text(value.splitlines()[0] if value.strip() else "")
    return None if text.casefold() in _NOTHING or "](" in text else text


def _parameters(value: Any) -> int | None:
    found = _SIZE.search(value) if isinstance(value, str) else None
    return round(float(found[1]) * _UNIT[found[2].lower()]) if found else None
