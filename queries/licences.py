"""What does a model declare, what does it inherit from whom, and do the two agree?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import ROOT_STATUSES
from headwater.queries.licence_flow import VERDICT_NAMES, verdicts_of
from headwater.queries.licence_paths import Upstream, upstream
from headwater.queries.licence_table import (
    NO_LINEAGE,
    NO_TERMS,
    NOTICE,
    UNLISTED,
    Licence,
    LicenceTable,
    licence_table,
)
from headwater.queries.proofs import Step
from headwater.queries.results import Result
from headwater.queries.targets import resolve_node

STANDINGS: Final = ("kept", "dropped", "unknown", "undeclared")
"""Whether the declared licence has an inherited obligation, lacks it, cannot be told, or
is not declared."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """An obligation and one ancestor whose licence has it.

    Attributes
    ----------
    obligation : str
        Which one.
    source : str
        Node id of the ancestor.
    licence : str
        Its licence as declared.
    standing : str
        One of :data:`STANDINGS`.
    path : tuple of Step
        Shortest way to it over which the obligation comes, nearest edge first.
    """

    obligation: str
    source: str
    licence: str
    standing: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why the answer may lack something.

    Attributes
    ----------
    source : str
        Node id of an ancestor, or of the model itself.
    licence : str or None
        Its licence as declared.
    reason : {"absent", "unknown", "unlisted", "partly_known", "undeclared_lineage"}
        No licence is declared; nobody has looked; the table does not have it; the table
        does not know all of it; nobody has said what its weights come from.
    path : tuple of Step
        The way to it, nearest edge first.
    """

    source: str
    licence: str | None
    reason: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class NameRule:
    """A rule for the names of derivatives, and whether this name follows it."""

    begins: str
    source: str
    licence: str
    is_followed: bool


@dataclass(frozen=True, slots=True)
class ModelLicence(Result):
    """What a model declares and inherits.

    Attributes
    ----------
    snapshot : str
        Which snapshot was asked.
    id, name : str
        The model.
    declared : str or None
        The licence as declared.
    licence_status : {"declared", "absent", "unknown"}
        ``absent``: the document was seen to declare none; ``unknown``: nobody looked.
    terms : Licence or None
        What the table says of the declared licence; None when it is not listed.
    verdict : str
        See :data:`headwater.queries.licence_flow.VERDICTS`.
    inherited : tuple of Inherited
        By obligation in the order of the table, then nearest source first.
    unresolved : tuple of Unresolved
        Nearest first.
    name_rules : tuple of NameRule
        Rules for its name, each once.
    notice : str
        What this is not.
    """

    snapshot: str
    id: str
    name: str
    declared: str | None
    licence_status: str
    terms: Licence | None
    verdict: str
    inherited: tuple[Inherited, ...]
    unresolved: tuple[Unresolved, ...]
    name_rules: tuple[NameRule, ...]
    notice: str = NOTICE


def model_licence(
    graph: LineageGraph, text: str, table: LicenceTable | None = None
) -> ModelLicence:
    """Return what a model declares and what it inherits, from whom and which way.

    Parameters
    ----------
    text : str
        Node id or friendly name of a model.

    Raises
    ------
    NodeNotFoundError, AmbiguousTargetError
        When the text names no single node.
    InvalidArgumentError
        When it names something else than a model.

    Notes
    -----
    O(edges above the model), apart from reading which models declare no licence.

    See Also
    --------
    headwater.queries.licence_flow.licence_flow : the rules, and all models at once.
    """
    table = table or licence_table()
    node = resolve_node(graph, text)
    if graph.kind(node) != "model":
        raise InvalidArgumentError(
            f"{graph.ids[node]} is a {graph.kind(node)}; licences are inherited by models "
            f"(headwater show {graph.ids[node]} tells what it declares)"
        )
    above = upstream(graph, node)
    about = _Reader(graph, table)
    verdict, _ = verdicts_of(
        table,
        np.array([about.place(node)], np.int32),
        np.array([about.status(node) == "absent"]),
        np.array([about.inherited_bits(above)], np.uint64),
        np.array([bool(above.reached)]),
    )
    return ModelLicence(
        snapshot=graph.manifest.id,
        id=graph.ids[node],
        name=graph.name(node),
        declared=graph.word("licence", node),
        licence_status=about.status(node),
        terms=about.licence(node),
        verdict=VERDICT_NAMES[verdict[0]],
        inherited=tuple(about.inherited(above)),
        unresolved=tuple(about.unresolved(above)),
        name_rules=tuple(about.name_rules(above)),
    )


class _Reader:
    """Looks licences up for one answer."""

    def __init__(self, graph: LineageGraph, table: LicenceTable) -> None:
        self.graph, self.table = graph, table
        self._codes, self._statuses = graph.node_codes("licence_status")

    def status(self, node: int) -> str:
        return self._statuses[int(self._codes[node])]

    def place(self, node: int) -> int:
        word = self.graph.word("licence", node)
        return UNLISTED if word is None else self.table.find(word)

    def licence(self, node: int) -> Licence | None:
        place = self.place(node)
        return None if place == UNLISTED else self.table.licences[place]

    def is_undeclared(self, node: int) -> bool:
        status = ROOT_STATUSES[self.graph.columns.root_status[node]]
        return status == "undeclared"

    def inherited_bits(self, above: Upstream) -> int:
        """Return what :attr:`LicenceFlow.inherited` holds for the model."""
        bits = 0
        own = (above.node,) if above.comes_back else ()
        for source in (*own, *above.sources):
            place = self.place(source)
            listed = place != UNLISTED
            bits |= (
                int(self.table.has[place] | self.table.own[place])
                if listed
                else int(NO_TERMS)
            )
        if any(self.is_undeclared(item) for item in (above.node, *above.reached)):
            bits |= int(NO_LINEAGE)
        return bits

    def standing(self, obligation: str, node: int) -> str:
        licence = self.licence(node)
        if licence is None:
            declares = self.status(node) == "declared"
            return "unknown" if declares else "undeclared"
        if obligation in licence.has:
            return "kept"
        return "dropped" if obligation in licence.lacks else "unknown"

    def inherited(self, above: Upstream) -> Iterator[Inherited]:
        for obligation in self.table.obligations:
            standing = self.standing(obligation.id, above.node)
            for source in above.sources:
                licence = self.licence(source)
                if licence is not None and obligation.id in licence.has:
                    yield Inherited(
                        obligation.id,
                        self.graph.ids[source],
                        self.graph.word("licence", source) or "",
                        standing,
                        above.path_to(source),
                    )

    def unresolved(self, above: Upstream) -> Iterator[Unresolved]:
        own = self.licence(above.node)
        for node in (above.node, *above.reached):
            word = self.graph.word("licence", node)
            reason = None
            if self.is_undeclared(node):
                reason = "undeclared_lineage"
            elif node == above.node or node in above.sources:
                reason = self._gap(node, own, is_source=node != above.node)
            if reason is not None:
                path = () if node == above.node else above.path_to(node)
                yield Unresolved(self.graph.ids[node], word, reason, path)

    def _gap(self, node: int, own: Licence | None, *, is_source: bool) -> str | None:
        """Return what is not known of a licence and would have to be."""
        licence = self.licence(node)
        if licence is None:
            status = self.status(node)
            return "unlisted" if status == "declared" else status
        if not is_source or (licence is own and not licence.is_generic):
            return None
        covered = own is not None and set(licence.unknown) <= set(own.has)
        return "partly_known" if licence.unknown and not covered else None

    def name_rules(self, above: Upstream) -> Iterator[NameRule]:
        said: set[str] = set()
        name = _plain(self.graph.ids[above.node].rpartition("/")[2])
        for source in above.sources:
            licence = self.licence(source)
            begins = None if licence is None else licence.name_begins
            if licence is not None and begins is not None and begins not in said:
                said.add(begins)
                is_followed = name.startswith(_plain(begins))
                yield NameRule(begins, self.graph.ids[source], licence.id, is_followed)


def _plain(name: str) -> str:
    """Return a name in which case and what stands between words make no difference."""
    return name.casefold().replace("-", " ").replace("_", " ")
