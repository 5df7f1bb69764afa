"""Which models a concentration figure is about, and how much each weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.columns import encode, one_chunk
from headwater.graph.kernels.csr import BoolArray
from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import KINDS, STATES
from headwater.queries.as_of import released_by, undated
from headwater.queries.concentration_figures import Amounts
from headwater.queries.concentration_inventory import (
    Inventory,
    Resolved,
    resolve_inventory,
)

WEIGHTS: Final = ("models", "downloads", "likes", "parameters")
"""What a model can weigh by; downloads are those of 30 days."""

SIZES: Final = {
    "under-1b": (0, 10**9),
    "1b-10b": (10**9, 10**10),
    "10b-100b": (10**10, 10**11),
    "over-100b": (10**11, 2**63 - 1),
}
"""Size classes by number of weights, lower bound included."""

ACCESS: Final = ("open", "gated", "api", "closed", "gone")
"""How weights can be had, or that they cannot any more."""

_STATE_ACCESS: Final = {"present": "open", "gated": "gated", "gone": "gone"}
_CODED: Final = ("task", "licence", "library")
WHERE: Final = ("task", "licence", "language", "library", "size", "access")
"""Columns that a selection may name; several values are joined by commas."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Models that were asked about.

    Attributes
    ----------
    models : bool array, shape (V,)
        Those selected.
    n_unknown : int
        Models that were left out and might belong: nothing that is known of them speaks
        against it, but nobody has told a value that was selected by.
    """

    models: BoolArray
    n_unknown: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Models that were selected, with their weights.

    Attributes
    ----------
    selection : Selection
        What was selected before days were looked at.
    dated : bool array, shape (V,)
        Models selected, and released by the day where there is one.
    models : bool array, shape (V,)
        Of these, the ones of known weight: they count.
    mass : float64 array, shape (V,)
        Their weight.
    n_no_figure, n_undated : int
        Models counted apart.
    weight : str
        ``inventory`` for the user's own.
    inventory : Resolved or None
        What of it was found.
    """

    selection: Selection
    dated: BoolArray
    models: BoolArray
    mass: Amounts
    n_no_figure: int
    n_undated: int
    weight: str
    inventory: Resolved | None


def choose(
    graph: LineageGraph,
    where: Mapping[str, str],
    weight: str | Inventory,
    as_of: date | None,
    *,
    dated: bool = False,
) -> Chosen:
    """Return the models that count; with `dated` or a day only those with a date.

    Raises
    ------
    InvalidArgumentError
        When there is no such column, value or weight, or no model is left.
    """
    resolved, own = None, None
    if isinstance(weight, Inventory):
        resolved, own = resolve_inventory(graph, weight)
        if not resolved.n_models:
            raise InvalidArgumentError(
                f"{resolved.path} names no model of the graph: of {resolved.n_rows:,} "
                f"lines the first is {(resolved.unresolved + resolved.not_models)[0]!r}"
            )
    selection = select_models(graph, where, None if own is None else ~np.isnan(own))
    models, n_undated = selection.models, 0
    if as_of is not None or dated:
        missing = models & undated(graph)
        n_undated = int(np.count_nonzero(missing))
        models = models & ~missing
    if as_of is not None:
        models = models & released_by(graph, as_of)
    if own is not None:
        mass = np.where(models, own, 0.0)
        lacking = np.zeros(graph.n_nodes, np.bool_)
    else:
        mass, lacking = weigh_models(graph, models, str(weight))
    return Chosen(
        selection=selection,
        dated=models,
        models=models & ~lacking,
        mass=mass,
        n_no_figure=int(np.count_nonzero(lacking)),
        n_undated=n_undated,
        weight=weight if isinstance(weight, str) else "inventory",
        inventory=resolved,
    )


def select_models(
    graph: LineageGraph,
    where: Mapping[str, str],
    listed: BoolArray | None = None,
) -> Selection:
    """Return the models that have the wanted values.

    Parameters
    ----------
    where : mapping of str to str
        Column of :data:`WHERE` -> values, joined by commas; case does not matter.
    listed : bool array, shape (V,), optional
        Only these, phantoms among them; without it all models but phantoms.

    Raises
    ------
    InvalidArgumentError
        When there is no such column or value, or no model has the values.
    """
    wrong = [name for name in where if name not in WHERE]
    if wrong:
        raise InvalidArgumentError(
            f"cannot select by {', '.join(wrong)}; there are {', '.join(WHERE)}"
        )
    columns = graph.columns
    among: BoolArray = columns.kind == KINDS.index("model")
    among &= ~columns.phantom if listed is None else listed
    selected, possible = among.copy(), among.copy()
    for name, text in where.items():
        fits, told = _fits(graph, name, text)
        selected &= fits
        possible &= fits | ~told
    if not selected.any():
        raise InvalidArgumentError(
            "no model is selected by "
            + (", ".join(f"{name}={value}" for name, value in where.items()) or "this")
        )
    return Selection(selected, int(possible.sum()) - int(selected.sum()))


def weigh_models(
    graph: LineageGraph, selected: BoolArray, weight: str
) -> tuple[NDArray[np.float64], BoolArray]:
    """Return the weight of every node, and which selected models have no figure.

    Returns
    -------
    float64 array, shape (V,)
        Zero for what is not selected or has no figure.
    bool array, shape (V,)
        Selected models that nobody has told the figure of: counted apart, never as 0.

    Raises
    ------
    InvalidArgumentError
        When there is no such weight.
    """
    if weight not in WEIGHTS:
        raise InvalidArgumentError(
            f"no weight {weight!r}; there are {', '.join(WEIGHTS)}, or an inventory file"
        )
    if weight == "models":
        return selected.astype(np.float64), np.zeros(len(selected), np.bool_)
    values = getattr(graph.columns, weight)
    lacking: BoolArray = selected & (values < 0)
    return np.where(selected & ~lacking, values, 0).astype(np.float64), lacking


def _fits(graph: LineageGraph, name: str, text: str) -> tuple[BoolArray, BoolArray]:
    """Return which nodes have one of the values, and of which a value is known."""
    values = [item.strip().lower() for item in text.split(",") if item.strip()]
    if not values:
        raise InvalidArgumentError(f"--where {name}= needs a value")
    if name == "size":
        return _fits_size(graph, values)
    if name in _CODED:
        return _fits_code(graph, name, values)
    if name == "access":
        return _fits_access(graph, values)
    lists = one_chunk(graph.node_table([name])[name])
    rows = pc.list_parent_indices(lists).to_numpy()
    codes, words = encode(pc.list_flatten(lists))
    fits_item = _wanted(name, values, words.to_pylist()).take(codes)
    fits, told = (np.zeros(graph.n_nodes, np.bool_) for _ in range(2))
    fits[rows[fits_item]] = True
    told[rows[codes >= 0]] = True
    return fits, told


def _fits_access(graph: LineageGraph, values: list[str]) -> tuple[BoolArray, BoolArray]:
    """Go by what a curator says, else by the state of what is on the Hub."""
    _check("access", values, ACCESS)
    codes, words = encode(one_chunk(graph.node_table(["access"])["access"]))
    place = {word: at for at, word in enumerate(ACCESS)}
    access = np.array([place.get(word, -1) for word in (*words.to_pylist(), None)])[
        codes
    ]
    of_state = np.array([place.get(_STATE_ACCESS.get(item, ""), -1) for item in STATES])
    untold = np.flatnonzero(access < 0)
    untold = untold[~_is_off_hub(graph, untold)]
    access[untold] = of_state.take(graph.columns.state.take(untold))
    return np.isin(access, [place[value] for value in values]), access >= 0


def _is_off_hub(graph: LineageGraph, nodes: NDArray[np.int64]) -> BoolArray:
    """Return which ids begin with ``off-hub/``; that one is present says little."""
    prefix = np.frombuffer(b"off-hub/", np.uint8)
    starts, data = graph.ids.offsets.take(nodes), graph.ids.data
    found: BoolArray = graph.ids.offsets.take(nodes + 1) - starts >= len(prefix)
    for at, letter in enumerate(prefix.tolist()):
        candidates = np.flatnonzero(found)
        found[candidates] = data.take(starts.take(candidates) + at) == letter
    return found


def _fits_size(graph: LineageGraph, values: list[str]) -> tuple[BoolArray, BoolArray]:
    _check("size", values, list(SIZES))
    parameters = graph.columns.parameters
    fits = np.zeros(len(parameters), np.bool_)
    for value in values:
        low, high = SIZES[value]
        fits |= (parameters >= low) & (parameters < high)
    return fits, parameters >= 0


def _fits_code(
    graph: LineageGraph, name: str, values: list[str]
) -> tuple[BoolArray, BoolArray]:
    codes = getattr(graph.columns, name)
    return _wanted(name, values, graph.vocabulary[name]).take(codes), codes >= 0


def _wanted(name: str, values: list[str], words: Sequence[str | None]) -> BoolArray:
    """Return which codes stand for one of the values; one place more for code -1."""
    lowered = [None if word is None else str(word).lower() for word in words]
    _check(name, values, lowered)
    wanted = np.zeros(len(words) + 1, np.bool_)
    wanted[[place for place, word in enumerate(lowered) if word in values]] = True
    return wanted


def _check(name: str, values: list[str], words: Sequence[str | None]) -> None:
    """Raise InvalidArgumentError for a value that nothing has."""
    present = {word for word in words if word is not None}
    for value in values:
        if value in present:
            continue
        near = get_close_matches(value, sorted(present), 3, 0.5) if present else []
        if len(present) <= 8:
            near = sorted(present)
        hint = f"; there are {', '.join(near)}" if near else ""
        raise InvalidArgumentError(f"no model has {name}={value}{hint}")
