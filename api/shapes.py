"""Objects of the API around what the queries give: a list needs a name and a page."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from headwater.api.parameters import (
    MAX_IDS,
    MAX_LOCKED,
    MAX_TARGETS,
    Attribution,
    BillVersion,
    By,
    Dimension,
    Event,
)
from headwater.graph.snapshot_names import CURRENT
from headwater.queries.concentration_figures import Interval
from headwater.queries.concentration_inventory import Inventory, bare_id
from headwater.queries.diff import Change, SnapshotName
from headwater.queries.diff_figures import ShareChange
from headwater.queries.scenario import Own
from headwater.queries.search import Hit
from headwater.queries.snapshots import SnapshotEntry
from headwater.queries.suggest import Suggestion
from headwater.queries.what_breaks_shape import WhatBreaksShape
from headwater.queries.why import Why

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Matches, the best first: the best 200, or 1,000 where `limit` is over 200."""

    snapshot: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    """What may be meant, the best first."""

    snapshot: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """The edges from one node to another, each with its claims."""

    snapshot: str
    edges: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class SnapshotsAnswer:
    """The snapshots of the data directory, oldest first; `snapshot` is asked."""

    snapshot: str
    snapshots: tuple[SnapshotEntry, ...]


@dataclass(frozen=True, slots=True)
class FigureAnswer:
    """A figure in both snapshots."""

    name: str
    before: Interval
    after: Interval


@dataclass(frozen=True, slots=True)
class DiffAnswer:
    """Two snapshots side by side; see :class:`headwater.queries.diff.Diff`."""

    old: SnapshotName
    new: SnapshotName
    counts: dict[str, int]
    transitions: dict[str, dict[str, int]]
    changes: tuple[Change, ...]
    truncated: dict[str, int]
    figures: tuple[FigureAnswer, ...]
    shares: tuple[ShareChange, ...]


@dataclass(frozen=True, slots=True)
class ScenarioAnswer(WhatBreaksShape):
    """What breaks, of the inventory alone where one was given."""

    inventory: Own | None


@dataclass(frozen=True, slots=True)
class ScenarioBody:
    """A question with several targets, and what of one's own to tell of.

    Attributes
    ----------
    targets : list of str
        Together they are one set.
    events : list of str
        Default: all four.
    inventory : list of str, optional
        Ids of one's own artefacts; the answer is about these alone. They are used for
        this answer and kept nowhere.
    split_by : list of str
        Also victims by these.
    as_of : date, optional
        Only what existed on that day.
    """

    targets: Annotated[list[Text], Field(min_length=1, max_length=MAX_TARGETS)]
    events: Annotated[list[Event], Field(max_length=4)] = field(default_factory=list)
    inventory: Annotated[list[Text], Field(max_length=MAX_IDS)] | None = None
    split_by: Annotated[list[Dimension], Field(max_length=8)] = field(
        default_factory=list
    )
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class LockBody:
    """What is to be written down.

    Attributes
    ----------
    artefacts : list of str
        Ids and friendly names.
    snapshot : str
        current, previous, an id or its beginning.
    """

    artefacts: Annotated[list[Text], Field(min_length=1, max_length=MAX_LOCKED)]
    snapshot: Annotated[str, Field(max_length=60, pattern=r"^[0-9A-Za-z-]+$")] = CURRENT


CycloneDx = TypedDict(
    "CycloneDx",
    {
        "$schema": str,
        "bomFormat": str,
        "specVersion": str,
        "serialNumber": str,
        "version": int,
        "metadata": dict[str, Any],
        "components": list[dict[str, Any]],
        "dependencies": list[dict[str, Any]],
        "compositions": list[dict[str, Any]],
    },
)
"""The bill of materials; its parts are described by the schema that it names."""


@dataclass(frozen=True, slots=True)
class BillBody:
    """Whose bill of materials is wanted.

    Attributes
    ----------
    targets : list of str
        Ids, names, families or filters; an unknown one is an error.
    inventory : list of str
        Ids of one's own artefacts; an unknown one is listed as unknown. They are used for
        this answer and kept nowhere.
    spec_version : str
        Version of CycloneDX.
    """

    targets: Annotated[list[Text], Field(max_length=MAX_TARGETS)] = field(
        default_factory=list
    )
    inventory: Annotated[list[Text], Field(max_length=MAX_IDS)] = field(
        default_factory=list
    )
    spec_version: BillVersion = "1.6"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A model of one's own and how much it weighs."""

    id: Text
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0


@dataclass(frozen=True, slots=True)
class InventoryBody:
    """One's own models, weighed, and what is asked of them.

    Attributes
    ----------
    inventory : list of str or Weighed
        Ids, each of weight 1, or ids with their weight. They are used for this answer and
        kept nowhere.
    by, attribution : str
        As for GET.
    where : dict of str to str
        Name and value, as for GET.
    as_of : date, optional
        Only what existed on that day.
    """

    inventory: Annotated[list[Text | Weighed], Field(min_length=1, max_length=MAX_IDS)]
    by: By = "developer"
    attribution: Attribution = "fractional"
    where: Annotated[dict[Text, Text], Field(max_length=6)] = field(
        default_factory=dict
    )
    as_of: date | None = None

    def options(self) -> dict[str, Any]:
        """Return what is asked as the queries take it."""
        rows = [
            item if isinstance(item, Weighed) else Weighed(item)
            for item in self.inventory
        ]
        weight = Inventory(
            "in the body", tuple(bare_id(row.id) for row in rows),
            tuple(row.weight for row in rows),
            any(isinstance(item, Weighed) for item in self.inventory),
        )  # fmt: skip
        return {
            "where": self.where, "by": self.by, "weight": weight,
            "attribution": self.attribution, "as_of": self.as_of,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeriodsBody(InventoryBody):
    """The same, over time; `length` of a period."""

    length: Literal["month", "quarter"] = "quarter"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the server can answer.

    Attributes
    ----------
    status : {"ok", "degraded"}
        Degraded: a newer snapshot is there and cannot be opened; `problem` says why.
    version, api_version : str
        Of headwater and of these routes.
    snapshot, created : str
        What is asked.
    """

    status: str
    version: str
    api_version: str
    snapshot: str
    created: str
    problem: str | None


def documented(kind: Any, *, paged: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route's answer."""
    return {200: {"model": kind, "description": "The answer." if not paged else _PAGED}}


_PAGED = (
    "The answer, with `page`: `limit`, `skip`, `total`, `truncated` and `next`, the cursor "
    "of the next page or null."
)


def asked_first(value: Any) -> dict[str, Any]:
    """Return an answer with what was asked before the figures of its base class."""
    names = [item.name for item in fields(value)]
    start = names.index("snapshot")
    return {name: getattr(value, name) for name in names[start:] + names[:start]}
