"""A user's own inventory: which models, and how much each weighs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import InvalidArgumentError
from headwater.graph.lineage_graph import LineageGraph

ID_COLUMNS: Final = ("id", "model", "model_id", "repo_id", "name")
WEIGHT_COLUMNS: Final = ("weight", "count", "n", "amount")
MAX_BYTES: Final = 256 * 2**20
"""Largest file that is read; a list of every model there is takes a third of it."""
_JSON_LINES: Final = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a file lists.

    Attributes
    ----------
    path : str
        The file.
    ids : tuple of str
        As written, in order, repeated ones too.
    weights : tuple of float
        Weight of each, 1 where the file gives none.
    weighted : bool
        Whether the file has a column of weights.
    """

    path: str
    ids: tuple[str, ...]
    weights: tuple[float, ...]
    weighted: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """What of an inventory is in the graph.

    Attributes
    ----------
    path : str
        The file.
    n_rows : int
        Lines with an id.
    n_models : int
        Different models of the graph that they name.
    weighted : bool
        Whether the file gave weights; without them each line weighs 1.
    unresolved : tuple of str
        Ids that nothing in the graph has, in order, each once. They count nowhere.
    not_models : tuple of str
        Ids of something else: datasets, applications, owners.
    unresolved_weight : float
        Weight of the lines that count nowhere.
    """

    path: str
    n_rows: int
    n_models: int
    weighted: bool
    unresolved: tuple[str, ...]
    not_models: tuple[str, ...]
    unresolved_weight: float


def read_inventory(path: Path) -> Inventory:
    """Read a user's own list of models.

    Three forms: CSV with a header (a column of :data:`ID_COLUMNS`, and if it likes one of
    :data:`WEIGHT_COLUMNS`), JSON lines (objects with the same keys, or strings), or one id
    a line. Empty lines and lines that begin with ``#`` are skipped.

    Raises
    ------
    InvalidArgumentError
        When the file cannot be read, is no UTF-8, is empty, or a line has no id or a
        weight that is no finite number of 0 or more; the error names the line.
    """
    text = _read(path)
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise InvalidArgumentError(f"{path} lists nothing; write one model id a line")
    if path.suffix.lower() in _JSON_LINES or lines[0][1][0] in "{[":
        rows, weighted = _json_lines(path, lines)
    else:
        rows, weighted = _csv_or_list(path, lines)
    return Inventory(
        str(path),
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        weighted,
    )


def resolve_inventory(
    graph: LineageGraph, inventory: Inventory
) -> tuple[Resolved, NDArray[np.float64]]:
    """Return what of an inventory is in the graph, and the weight of each node.

    Ids and aliases are looked up whatever their case; a node that is named twice has the
    sum of both weights.

    Returns
    -------
    Resolved
        With every id that is not in the graph.
    float64 array, shape (V,)
        NaN for nodes that are not in the inventory.

    Notes
    -----
    O(rows log V).
    """
    weight = np.full(graph.n_nodes, np.nan)
    unresolved: dict[str, None] = {}
    other: dict[str, None] = {}
    lost = 0.0
    for text, amount in zip(inventory.ids, inventory.weights, strict=True):
        node = graph.find(text)
        if node < 0 or graph.kind(node) != "model":
            (unresolved if node < 0 else other)[text] = None
            lost += amount
            continue
        weight[node] = amount + np.nan_to_num(weight[node])
    found = Resolved(
        path=inventory.path,
        n_rows=len(inventory.ids),
        n_models=int(np.count_nonzero(~np.isnan(weight))),
        weighted=inventory.weighted,
        unresolved=tuple(unresolved),
        not_models=tuple(other),
        unresolved_weight=lost,
    )
    return found, weight


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidArgumentError(
                f"{path} is larger than {MAX_BYTES // 2**20} MiB; is it an inventory?"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(
            f"{path} is no UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise InvalidArgumentError(
            f"cannot read the inventory {path}: {error.strerror}"
        ) from None


def _json_lines(
    path: Path, lines: list[tuple[int, str]]
) -> tuple[list[tuple[str, float]], bool]:
    rows, weighted = [], False
    for number, line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _bad_line(path, number, f"is no JSON ({error})") from None
        if isinstance(value, str):
            value = {"id": value}
        if not isinstance(value, dict):
            raise _bad_line(path, number, "is neither an object nor a string")
        lowered = {str(key).lower(): item for key, item in value.items()}
        key = _first(ID_COLUMNS, lowered)
        weight = _first(WEIGHT_COLUMNS, lowered)
        if key is None:
            raise _bad_line(path, number, f"has none of {', '.join(ID_COLUMNS)}")
        weighted = weighted or weight is not None
        amount = 1.0 if weight is None else _weight(path, number, lowered[weight])
        rows.append((_id(path, number, lowered[key]), amount))
    return rows, weighted


def _csv_or_list(
    path: Path, lines: list[tuple[int, str]]
) -> tuple[list[tuple[str, float]], bool]:
    header = [cell.strip().lower() for cell in _cells(path, *lines[0])]
    key = _first(ID_COLUMNS, header)
    id_at, weight_at = 0, 1
    body = lines
    if key is not None:
        id_at = header.index(key)
        weight = _first(WEIGHT_COLUMNS, header)
        weight_at = len(header) if weight is None else header.index(weight)
        body = lines[1:]
        if not body:
            raise InvalidArgumentError(f"{path} has a header and no lines below it")
    rows, weighted = [], False
    for number, line in body:
        cells = _cells(path, number, line)
        if key is None and len(cells) > 2:
            raise _bad_line(
                path, number,
                f"has {len(cells)} columns and the file no header; begin it with "
                "id,weight",
            )  # fmt: skip
        text = cells[id_at] if id_at < len(cells) else ""
        has_weight = weight_at < len(cells)
        weighted = weighted or has_weight
        amount = _weight(path, number, cells[weight_at]) if has_weight else 1.0
        rows.append((_id(path, number, text), amount))
    return rows, weighted


def _cells(path: Path, number: int, line: str) -> list[str]:
    try:
        return next(_reader(line))
    except csv.Error as error:
        raise _bad_line(path, number, f"is no CSV ({error})") from None


def _reader(line: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(line), strict=True)


def _first(names: tuple[str, ...], present: Any) -> str | None:
    return next((name for name in names if name in present), None)


def _id(path: Path, number: int, value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise _bad_line(path, number, "has no model id")
    return bare_id(text)


def bare_id(text: str) -> str:
    """Return the id that a line means: people paste addresses of the Hub.

    Examples
    --------
    >>> bare_id(" https://huggingface.co/gpt2/ ")
    'gpt2'
    """
    return text.strip().removeprefix("https://huggingface.co/").rstrip("/")


def _weight(path: Path, number: int, value: object) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError
        amount = float(value)
        if not 0 <= amount < math.inf:
            raise ValueError
    except (ValueError, OverflowError):
        raise _bad_line(
            path, number, f"has the weight {str(value)[:40]!r}, which is no number ≥ 0"
        ) from None
    return amount


def _bad_line(path: Path, number: int, problem: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"{path}, line {number}: {problem}")
