"""What a session answers about the whole graph: figures, licences, dirt, differences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from headwater.errors import InvalidArgumentError
from headwater.queries.as_of import read_day

if TYPE_CHECKING:
    from headwater.graph.lineage_graph import LineageGraph
    from headwater.graph.store import SnapshotStore
    from headwater.queries.chokepoints import Chokepoints
    from headwater.queries.chokepoints_model import ModelChokepoints
    from headwater.queries.concentration import Concentration
    from headwater.queries.concentration_inventory import Inventory
    from headwater.queries.concentration_roots import PretrainerRoots
    from headwater.queries.concentration_time import ConcentrationOverTime
    from headwater.queries.diff import Diff
    from headwater.queries.diff_sources import SourceComparison
    from headwater.queries.licence_conflicts import LicenceSurvey
    from headwater.queries.licence_drift import LicenceDrift
    from headwater.queries.licences import ModelLicence
    from headwater.queries.openness import ModelOpenness, OpennessShares
    from headwater.queries.quality import Quality
    from headwater.queries.results import Results
    from headwater.queries.session import Session
    from headwater.queries.snapshots import SnapshotEntry
    from headwater.queries.stats import Stats
    from headwater.queries.status import Status
    from headwater.queries.values import Values


class Figures(ABC):
    """Questions about everything at once; :class:`headwater.queries.session.Session`."""

    @property
    @abstractmethod
    def graph(self) -> LineageGraph:
        """The engine's own view of the snapshot."""

    @property
    @abstractmethod
    def store(self) -> SnapshotStore | None:
        """Where the snapshots of its data directory are."""

    def concentration(
        self,
        where: Mapping[str, str] | None = None,
        *,
        by: str = "developer",
        weight: str | Inventory = "models",
        attribution: str = "fractional",
        limit: int | None = None,
        as_of: date | str | None = None,
    ) -> Concentration:
        """Return who stands behind the weights of models, with shares and intervals.

        See :func:`headwater.queries.concentration.concentration`.
        """
        from headwater.queries.concentration import concentration

        return concentration(
            self.graph, where, by=by, weight=weight, attribution=attribution,
            as_of=read_day(as_of), limit=limit,
        )  # fmt: skip

    def concentration_over_time(
        self,
        length: str = "quarter",
        where: Mapping[str, str] | None = None,
        *,
        by: str = "developer",
        weight: str | Inventory = "models",
        attribution: str = "fractional",
        as_of: date | str | None = None,
    ) -> ConcentrationOverTime:
        """Return the same of each month or quarter, as flow and as stock.

        See :func:`headwater.queries.concentration_time.concentration_over_time`.
        """
        from headwater.queries.concentration_time import concentration_over_time

        return concentration_over_time(
            self.graph, length, where, by=by, weight=weight, attribution=attribution,
            as_of=read_day(as_of),
        )  # fmt: skip

    def pretrainer_roots(
        self,
        where: Mapping[str, str] | None = None,
        *,
        by: str = "developer",
        weight: str = "models",
        as_of: date | str | None = None,
    ) -> Results[PretrainerRoots]:
        """Return which roots the shares of the largest pretrainers are made of.

        See :func:`headwater.queries.concentration_roots.pretrainer_roots`.
        """
        from headwater.queries.concentration_roots import pretrainer_roots

        return pretrainer_roots(
            self.graph, where, by=by, weight=weight, as_of=read_day(as_of)
        )

    def chokepoints(
        self,
        by: Sequence[str] | None = None,
        *,
        weight: str = "models",
        pairs: bool = False,
        limit: int | None = None,
        searched: int | None = None,
        as_of: date | str | None = None,
    ) -> Chokepoints:
        """Return what most models cannot do without, alone and in pairs.

        See :func:`headwater.queries.chokepoints.chokepoints`.
        """
        from headwater.queries.chokepoints import SEARCHED, chokepoints
        from headwater.queries.chokepoints_graph import BY

        return chokepoints(
            self.graph, by or BY, weight=weight, pairs=pairs, as_of=read_day(as_of),
            limit=limit, searched=SEARCHED if searched is None else searched,
        )  # fmt: skip

    def chokepoints_of(
        self,
        name: str,
        by: Sequence[str] | None = None,
        *,
        pairs: bool = False,
        as_of: date | str | None = None,
    ) -> ModelChokepoints:
        """Return the single points of failure of one model.

        See :func:`headwater.queries.chokepoints_model.chokepoints_of`.
        """
        from headwater.queries.chokepoints_graph import BY
        from headwater.queries.chokepoints_model import chokepoints_of

        return chokepoints_of(
            self.graph, name, by or BY, pairs=pairs, as_of=read_day(as_of)
        )

    def licence(self, name: str) -> ModelLicence:
        """Return what a model's licence asks, what it inherits, and what it drops.

        See :func:`headwater.queries.licences.model_licence`.
        """
        from headwater.queries.licences import model_licence

        return model_licence(self.graph, name)

    def licences(self, limit: int | None = None) -> LicenceSurvey:
        """Return how many models keep, drop or miss what they inherit, and which drop it.

        See :func:`headwater.queries.licence_conflicts.survey_licences`.
        """
        from headwater.queries.licence_conflicts import survey_licences

        return survey_licences(self.graph, limit)

    def licence_drift(self, limit: int | None = None) -> LicenceDrift:
        """Return how often the licence changes along edges.

        See :func:`headwater.queries.licence_drift.licence_drift`.
        """
        from headwater.queries.licence_drift import licence_drift

        return licence_drift(self.graph, limit)

    def openness_of(self, name: str) -> ModelOpenness:
        """Return how open the roots are that one model stands on.

        See :func:`headwater.queries.openness.model_openness`.
        """
        from headwater.queries.openness import model_openness

        return model_openness(self.graph, name)

    def openness(self) -> OpennessShares:
        """Return how open the roots are that all models stand on.

        See :func:`headwater.queries.openness.openness_shares`.
        """
        from headwater.queries.openness import openness_shares

        return openness_shares(self.graph)

    def quality(self, limit: int = 5) -> Quality:
        """Return what is wrong with the data; of a layer, with the snapshot below it.

        See :func:`headwater.queries.quality.quality`.
        """
        from headwater.queries.quality import quality

        return quality(self._compiled(), limit)

    def diff_sources(
        self, a: str, b: str, limit: int | None = None
    ) -> SourceComparison:
        """Return where two sources disagree; of a layer, in the snapshot below it.

        See :func:`headwater.queries.diff_sources.diff_sources`.
        """
        from headwater.queries.diff_sources import diff_sources

        return diff_sources(self._compiled(), a, b, limit)

    def at(self, snapshot: str, *, elsewhere: bool = True) -> Session:
        """Return a session of another snapshot.

        Parameters
        ----------
        snapshot : str
            ``current``, ``previous``, an id or its beginning.
        elsewhere : bool
            Whether it may also be the folder of a snapshot or another data directory.
        """
        from headwater.graph.layers import open_graph
        from headwater.graph.snapshot_names import find_snapshot
        from headwater.queries.session import Session
        from headwater.queries.snapshots import named_snapshot

        store = self._needed_store()
        if elsewhere:
            return Session(open_graph(find_snapshot(store, snapshot)), store)
        return Session(named_snapshot(store, snapshot, self.graph), store)

    def diff(
        self,
        old: str | Session = "previous",
        *,
        limit: int | None = None,
        only: Sequence[str] = (),
    ) -> Diff:
        """Return what changed from another snapshot to this one.

        See :func:`headwater.queries.diff.diff`.
        """
        from headwater.queries.diff import diff

        before = self.at(old) if isinstance(old, str) else old
        return diff(before.graph, self.graph, limit=limit, only=only)

    def snapshots(self) -> Results[SnapshotEntry]:
        """Return the snapshots of the data directory, oldest first.

        See :func:`headwater.queries.snapshots.list_snapshots`.
        """
        from headwater.queries.snapshots import list_snapshots

        return list_snapshots(self._needed_store())

    def stats(self) -> Stats:
        """Return headline figures.

        See :func:`headwater.queries.stats.stats`.
        """
        from headwater.queries.stats import stats

        return stats(self.graph)

    def status(self, *, verify: bool = False) -> Status:
        """Return what the snapshot holds, from where, and whether its files are whole.

        See :func:`headwater.queries.status.status`.
        """
        from headwater.queries.status import status

        return status(self.graph, verify=verify)

    def values(self, limit: int = 200) -> Values:
        """Return the tasks, licences, libraries and languages that can be selected.

        See :func:`headwater.queries.values.selectable_values`.
        """
        from headwater.queries.values import selectable_values

        return selectable_values(self.graph, limit)

    def _compiled(self) -> LineageGraph:
        """Return the compiled snapshot, whose tables can be read."""
        from headwater.graph.layers import open_compiled

        graph = self.graph
        return graph if graph.manifest.base is None else open_compiled(graph.directory)

    def _needed_store(self) -> SnapshotStore:
        if self.store is None:
            raise InvalidArgumentError(
                "this session knows one snapshot only; open it by headwater.load()"
            )
        return self.store
