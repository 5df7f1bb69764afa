"""One open snapshot and all that can be asked of it.

The command line, the HTTP API, the notebooks and anybody's own code ask through this
one face; each method stands for one module of :mod:`headwater.queries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

from headwater.graph.schema import EVENT_NAMES
from headwater.queries.as_of import read_day
from headwater.queries.session_figures import Figures

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from headwater.graph.lineage_graph import LineageGraph
    from headwater.graph.progress import Progress
    from headwater.graph.snapshot import Manifest
    from headwater.graph.store import SnapshotStore
    from headwater.queries.bill_of_materials import BillOfMaterials
    from headwater.queries.export.formats import Exported
    from headwater.queries.impact_tree import ImpactTree
    from headwater.queries.lineage import Lineage
    from headwater.queries.picture import Picture
    from headwater.queries.results import Results
    from headwater.queries.scenario import Own
    from headwater.queries.search import Hit
    from headwater.queries.show import Shown
    from headwater.queries.suggest import Suggestion
    from headwater.queries.watch import WatchReport
    from headwater.queries.watch_lock import Lock
    from headwater.queries.what_breaks_values import WhatBreaks
    from headwater.queries.why import Why

Day = date | str | None
"""A day, as a date or as YYYY-MM-DD; None is the day of the snapshot."""


class Session(Figures):
    """An open snapshot that can be asked.

    Most people get one from :func:`headwater.load`. It is safe for many threads, and it
    always answers from the one snapshot that it was opened with.

    Parameters
    ----------
    graph : LineageGraph
        The open snapshot.
    store : SnapshotStore, optional
        Where other snapshots are found by name, for :meth:`diff` and :meth:`snapshots`.

    Examples
    --------
    >>> import headwater
    >>> hw = headwater.load()                           # doctest: +SKIP
    >>> hw.what_breaks("developer:meta").members        # doctest: +SKIP
    """

    def __init__(self, graph: LineageGraph, store: SnapshotStore | None = None) -> None:
        self._graph = graph
        self._store = store

    @property
    def graph(self) -> LineageGraph:
        """The engine's own view of the snapshot: arrays and adjacency."""
        return self._graph

    @property
    def store(self) -> SnapshotStore | None:
        """Where the snapshots of its data directory are."""
        return self._store

    @property
    def snapshot(self) -> Manifest:
        """What the snapshot says of itself: id, date, sources, counts."""
        return self.graph.manifest

    def __repr__(self) -> str:
        manifest = self.snapshot
        models = manifest.counts.get("nodes", {}).get("model", 0)
        return f"<headwater {manifest.id}: {models:,} models>"

    def named(self, text: str) -> tuple[str, str, str] | None:
        """Return the id, name and kind of the node with this id or alias, if any."""
        node = self.graph.find(text)
        if node < 0:
            return None
        return self.graph.ids[node], self.graph.name(node), self.graph.kind(node)

    def search(self, text: str, limit: int = 20, *, as_of: Day = None) -> Results[Hit]:
        """Return what an id or a name may mean, best first.

        See :func:`headwater.queries.search.search`.
        """
        from headwater.queries.search import search

        return search(self.graph, text, limit, read_day(as_of))

    def suggest(self, text: str, limit: int = 8) -> Results[Suggestion]:
        """Return what a search box may offer: families too.

        See :func:`headwater.queries.suggest.suggest`.
        """
        from headwater.queries.suggest import suggest

        return suggest(self.graph, text, limit)

    def show(self, name: str, *, as_of: Day = None) -> Shown:
        """Return what is known of a node, and what nobody has said.

        See :func:`headwater.queries.show.show`.
        """
        from headwater.queries.show import show

        return show(self.graph, name, read_day(as_of))

    def lineage(
        self,
        name: str,
        *,
        depth: int | None = None,
        limit: int | None = None,
        skip: int = 0,
        as_of: Day = None,
    ) -> Lineage:
        """Return what an artefact stands on and what stands on it.

        See :func:`headwater.queries.lineage.lineage`.
        """
        from headwater.queries.lineage import lineage

        return lineage(
            self.graph, name, depth=depth, limit=limit, skip=skip, as_of=read_day(as_of)
        )

    def why(self, child: str, parent: str, *, as_of: Day = None) -> Results[Why]:
        """Return the edges from one node to another with all their claims.

        See :func:`headwater.queries.why.why`.
        """
        from headwater.queries.why import why

        return why(self.graph, child, parent, read_day(as_of))

    def what_breaks(
        self,
        *targets: str,
        events: Sequence[str] = EVENT_NAMES,
        splits: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
        as_of: Day = None,
    ) -> WhatBreaks:
        """Return what breaks if the targets are frozen, gated, deleted or relicensed.

        See :func:`headwater.queries.what_breaks.what_breaks`.
        """
        from headwater.queries.what_breaks import what_breaks

        return what_breaks(
            self.graph, targets, events, as_of=read_day(as_of), limit=limit, skip=skip,
            splits=splits,
        )  # fmt: skip

    def scenario(
        self,
        *targets: str,
        inventory: Sequence[str],
        events: Sequence[str] = EVENT_NAMES,
        splits: Sequence[str] = (),
        limit: int | None = None,
        skip: int = 0,
        as_of: Day = None,
    ) -> tuple[WhatBreaks, Own]:
        """Return what breaks of an inventory of one's own, and what of it is known.

        See :func:`headwater.queries.scenario.scenario`.
        """
        from headwater.queries.scenario import scenario

        return scenario(
            self.graph, targets, events, inventory=inventory, as_of=read_day(as_of),
            limit=limit, skip=skip, splits=splits,
        )  # fmt: skip

    def impact_tree(
        self,
        *targets: str,
        event: str = "deleted",
        below: str | None = None,
        as_of: Day = None,
    ) -> ImpactTree:
        """Return everything that stands on the targets, folded into one small tree.

        See :func:`headwater.queries.impact_tree.impact_tree`.
        """
        from headwater.queries.impact_tree import impact_tree

        return impact_tree(
            self.graph, targets, event, below=below, as_of=read_day(as_of)
        )

    def picture(self, name: str, *, as_of: Day = None, **options: Any) -> Picture:
        """Return the lineage of an artefact, folded until it fits a screen.

        See :func:`headwater.queries.picture.picture`, which tells the options.
        """
        from headwater.queries.picture import picture

        return picture(self.graph, name, as_of=read_day(as_of), **options)

    def bill_of_materials(
        self, *targets: str, inventory: Sequence[str] = (), most: int | None = None
    ) -> BillOfMaterials:
        """Return what artefacts consist of: themselves and all that they stand on.

        See :func:`headwater.queries.bill_of_materials.bill_of_materials`.
        """
        from headwater.queries.bill_of_materials import bill_of_materials

        return bill_of_materials(self.graph, targets, inventory=inventory, most=most)

    def lock(self, names: Sequence[str]) -> Lock:
        """Return all that some artefacts stand on now, to be compared later.

        See :func:`headwater.queries.watch_lock.make_lock`.
        """
        from headwater.queries.watch_lock import make_lock

        return make_lock(self.graph, names)

    def watch(self, lock: Lock, most_steps: int | None = None) -> WatchReport:
        """Return what has changed upstream since a lock was made.

        See :func:`headwater.queries.watch.watch`.
        """
        from headwater.queries.watch import watch

        return watch(self.graph, lock, most_steps)

    def export(
        self,
        name: str,
        target: Path | BinaryIO,
        *,
        around: str | None = None,
        depth: int | None = None,
        owners: bool = False,
        all_edges: bool = False,
        force: bool = False,
        progress: Progress | None = None,
    ) -> Exported:
        """Write the graph, or one artefact's lineage, in the format of another tool.

        See :func:`headwater.queries.export.formats.export`.
        """
        from headwater.queries.export.formats import export

        return export(
            self._compiled(), name, target, around=around, depth=depth, owners=owners,
            all_edges=all_edges, force=force, progress=progress,
        )  # fmt: skip

    def to_networkx(
        self,
        around: str | None = None,
        depth: int | None = None,
        *,
        owners: bool = False,
        all_edges: bool = False,
    ) -> nx.MultiDiGraph[str]:
        """Return the graph, or one artefact's lineage, as an object of networkx.

        See :func:`headwater.queries.export.networkx.to_networkx`.
        """
        from headwater.queries.export.networkx import to_networkx

        return to_networkx(
            self._compiled(), around, depth, owners=owners, all_edges=all_edges
        )

    def to_igraph(
        self,
        around: str | None = None,
        depth: int | None = None,
        *,
        owners: bool = False,
        all_edges: bool = False,
    ) -> Any:
        """Return the graph, or one artefact's lineage, as an object of igraph.

        See :func:`headwater.queries.export.igraph.to_igraph`.
        """
        from headwater.queries.export.igraph import to_igraph

        return to_igraph(
            self._compiled(), around, depth, owners=owners, all_edges=all_edges
        )
