"""Several readings of the Hub -> one: of everything the newest version.

Of a document the newest reading counts, of a renamed repository the new name; what a
complete pass over a list no longer shows is gone. What is still said keeps the day on
which it was first seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.graph.claim_tables import SCHEMAS, ClaimTables, concat, plain_table
from headwater.graph.columns import encode, lookup, one_chunk, plain, word_column
from headwater.ingest.parse.hub_details import FILES, LOOKUP
from headwater.ingest.parse.repository_files import LOCAL

_CLAIM_KEY: Final = ("child", "parent", "relation", "source", "document")
_RECORD_DAYS: Final = ["document", "first_seen", "seen"]
_RENAME: Final = pa.schema(
    [(name, pa.string()) for name in ("document", "id", "new_document", "new_id")]
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One run or one import.

    Attributes
    ----------
    read : callable
        Returns what it said. Called once, so that only one older reading at a time need
        be in memory.
    moment : str
        When, ISO 8601 in UTC; a day alone comes before all that has a time.
    origin : str
        Address of the Hub whose lists it read; empty when it read no list.
    listed : mapping of str to int
        Kinds of artefacts of which it saw the whole list, and how many these were.
    looked_at : frozenset of str
        Ids whose files it compared.
    """

    read: Callable[[], ClaimTables]
    moment: str
    origin: str = ""
    listed: Mapping[str, int] = field(default_factory=dict)
    looked_at: frozenset[str] = frozenset()


@dataclass(slots=True)
class Merged:
    """What all readings say together.

    Attributes
    ----------
    tables : ClaimTables
        The newest version of everything.
    gone : Counter
        Artefacts by kind that complete passes no longer show.
    doubted : Counter
        Artefacts that they no longer show either, but too many to be believed.
    renamed : int
        Repositories that a newer reading shows under another name.
    """

    tables: ClaimTables
    gone: Counter[str] = field(default_factory=Counter)
    doubted: Counter[str] = field(default_factory=Counter)
    renamed: int = 0


@dataclass(slots=True)
class _Absent:
    """Rows of `kept[place]` that a later pass over the whole list did not show."""

    place: int
    kind: str
    rows: NDArray[np.bool_]


def merge_readings(readings: Sequence[Reading]) -> Merged:
    """Return the newest version of everything.

    Parameters
    ----------
    readings : sequence of Reading
        From the oldest to the newest.

    Notes
    -----
    Linear in all rows, but for what is said in two readings, which is sorted.
    """
    kept: list[ClaimTables] = []
    dropped: list[ClaimTables] = []
    absent: list[_Absent] = []
    passes, doubted = _believed(readings)
    whole: set[tuple[str, str]] = set()
    looked_at: set[str] = set()
    n_renamed = 0
    for reading, kinds in zip(reversed(readings), reversed(passes), strict=True):
        newer, tables = concat(kept), reading.read()
        renamed = _renamed(tables.records, newer.records)
        own, old = _split(tables, newer, renamed, looked_at)
        kept.append(replace(own, aliases=_aliases(own.aliases, newer, renamed, kept)))
        dropped.append(_under_new_names(old, renamed))
        # Read from another mirror, a repository has another document, but no new name.
        n_renamed += (
            pc.sum(_has_new_name(renamed["id"], renamed["new_id"])).as_py() or 0
        )
        looked_at |= reading.looked_at
        absent += [
            _Absent(len(kept) - 1, kind, _of_kind(own.records, kind))
            for origin, kind in sorted(whole)
            if origin == reading.origin
        ]
        whole |= {(reading.origin, kind) for kind in kinds}
    merged = Merged(concat(()), doubted=doubted, renamed=n_renamed)
    _mark_gone(kept, absent, merged)
    merged.tables = _since_first_sight(concat(kept[::-1]), concat(dropped))
    return merged


def _of_kind(records: pa.Table, kind: str) -> NDArray[np.bool_]:
    listed = pc.equal(records["source"], "hub")
    rows = pc.and_(listed, pc.equal(records["kind"], kind))
    found: NDArray[np.bool_] = one_chunk(rows).to_numpy(zero_copy_only=False)
    return found


def _renamed(records: pa.Table, newer: pa.Table) -> pa.Table:
    """Return the repositories that are under another name now: one ``_id``, two ids."""
    ids = records["hub_id"]
    found = pc.and_(
        pc.and_(pc.is_valid(ids), pc.is_in(ids, value_set=pc.unique(newer["hub_id"]))),
        pc.invert(
            pc.is_in(records["document"], value_set=pc.unique(newer["document"]))
        ),
    )
    old = records.filter(pc.fill_null(found, fill_value=False))
    if not old.num_rows:
        return _RENAME.empty_table()
    place = pc.index_in(old["hub_id"], value_set=one_chunk(newer["hub_id"]))
    columns = [
        old["document"], old["id"], newer["document"].take(place),
        newer["id"].take(place),
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=_RENAME)


def _split(
    tables: ClaimTables, newer: ClaimTables, renamed: pa.Table, looked_at: set[str]
) -> tuple[ClaimTables, ClaimTables]:
    """Return what newer readings leave of an older one, and what they replaced."""
    records, claims = tables.records, tables.claims
    read = pa.chunked_array(
        [*newer.records["document"].chunks, *renamed["document"].chunks], pa.string()
    )
    read = pc.unique(read)
    stale = pc.is_in(records["document"], value_set=read)
    # What was looked up counts no more once a list shows it.
    lookup = pc.equal(records["source"], LOOKUP)
    if pc.any(lookup).as_py():
        # A copy on this disk shows nothing of what became of the original.
        unseen = pa.array([LOOKUP, LOCAL])
        shown = newer.records.filter(
            pc.invert(pc.is_in(newer.records["source"], value_set=unseen))
        )
        names = pc.unique(pc.utf8_lower(shown["id"]))
        known = pc.is_in(pc.utf8_lower(records["id"]), value_set=names)
        stale = pc.or_(stale, pc.and_(lookup, known))
    old = pc.is_in(claims["document"], value_set=read)
    if looked_at:
        seen = pa.array(sorted(looked_at), pa.string())
        ends = [pc.is_in(claims[name], value_set=seen) for name in ("child", "parent")]
        files = pc.equal(claims["source"], FILES)
        old = pc.or_(old, pc.and_(files, pc.or_(*ends)))
    own = replace(
        tables, records=_without(records, stale), claims=_without(claims, old)
    )
    # Of what is replaced only the days are wanted, and what they are days of.
    empty = {name: SCHEMAS[name].empty_table() for name in SCHEMAS}
    gone = {
        "records": plain_table(records.select(_RECORD_DAYS).filter(stale)),
        "claims": plain_table(claims.select([*_CLAIM_KEY, "first_seen"]).filter(old)),
    }
    return own, ClaimTables(**{**empty, **gone})


def _without(table: pa.Table, rows: Any) -> pa.Table:
    return table.filter(pc.invert(rows)) if pc.any(rows).as_py() else table


def _aliases(
    aliases: pa.Table,
    newer: ClaimTables,
    renamed: pa.Table,
    kept: Sequence[ClaimTables],
) -> pa.Table:
    """Return the aliases that still hold, and one for each renamed repository."""
    later = [item.aliases for item in kept]
    if aliases.num_rows and later:
        said = pa.concat_tables(later)
        said = said.filter(pc.equal(said["source"], LOOKUP))
        names = pc.unique(pc.utf8_lower(said["alias"]))
        again = pc.is_in(pc.utf8_lower(aliases["alias"]), value_set=names)
        lookup = pc.equal(aliases["source"], LOOKUP)
        aliases = aliases.filter(pc.invert(pc.and_(lookup, again)))
    if not renamed.num_rows:
        return aliases
    place = pc.index_in(
        renamed["new_document"], value_set=one_chunk(newer.records["document"])
    )
    n = renamed.num_rows
    columns = {
        "alias": renamed["id"],
        "id": renamed["new_id"],
        "kind": pa.array(["rename"] * n),
        "source": pa.array(["hub"] * n),
        "document": renamed["new_document"],
        "seen": newer.records["seen"].take(place).cast(pa.string()),
    }
    schema = SCHEMAS["aliases"]
    made = pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
    other = _has_new_name(made["alias"], made["id"])
    return pa.concat_tables([aliases, made.filter(other)])


def _has_new_name(old: Any, new: Any) -> Any:
    """Return which names differ; in another case it is the same name."""
    return pc.not_equal(pc.utf8_lower(old), pc.utf8_lower(new))


def _under_new_names(old: ClaimTables, renamed: pa.Table) -> ClaimTables:
    """Return replaced rows as if they had been written under the names of today."""
    if not renamed.num_rows:
        return old
    records = _translated(old.records, "document", renamed, "document")
    claims = _translated(old.claims, "child", renamed, "id")
    claims = _translated(claims, "parent", renamed, "id")
    claims = _translated(claims, "document", renamed, "document")
    return replace(old, records=records, claims=claims)


def _translated(table: pa.Table, column: str, renamed: pa.Table, name: str) -> pa.Table:
    place = pc.index_in(table[column], value_set=one_chunk(renamed[name]))
    said = pc.coalesce(renamed[f"new_{name}"].take(place), table[column])
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), said)


def _believed(
    readings: Sequence[Reading],
) -> tuple[list[set[str]], Counter[str]]:
    """Return the complete passes of each reading that can be believed.

    A Hub that shows less than half of what there was is broken, not empty: what it
    lacks proves nothing, and is counted instead.
    """
    passes: list[set[str]] = []
    doubted: Counter[str] = Counter()
    listed: dict[tuple[str, str], int] = {}
    for reading in readings:
        passes.append(set())
        for kind, number in sorted(reading.listed.items()):
            before = listed.get((reading.origin, kind), 0)
            if 2 * number < before:
                doubted[kind] += before - number
                continue
            listed[reading.origin, kind] = number
            passes[-1].add(kind)
    return passes, doubted


def _mark_gone(
    kept: list[ClaimTables], absent: Sequence[_Absent], merged: Merged
) -> None:
    """Set the state of what complete passes no longer show."""
    for item in absent:
        number = int(item.rows.sum())
        if not number:
            continue
        merged.gone[item.kind] += number
        records = kept[item.place].records
        at = records.schema.get_field_index("state")
        known = plain(one_chunk(records["state"]))
        state = pc.if_else(pa.array(item.rows), "gone", known)
        records = records.set_column(at, "state", state)
        kept[item.place] = replace(kept[item.place], records=records)


def _since_first_sight(tables: ClaimTables, dropped: ClaimTables) -> ClaimTables:
    """Carry the days on which replaced versions first said what is still said."""
    records = dropped.records
    first = pc.coalesce(records["first_seen"], records["seen"])
    at = records.schema.get_field_index("first_seen")
    records = records.set_column(at, records.schema.field(at), first)
    return replace(
        tables,
        records=_earliest(tables.records, records, ("document",)),
        claims=_earliest(tables.claims, dropped.claims, _CLAIM_KEY),
    )


def _earliest(newer: pa.Table, older: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Return `newer` with ``first_seen`` the earliest of both tables, key by key."""
    documents = pc.unique(older["document"])
    again = pc.is_in(newer["document"], value_set=documents)
    rows = np.flatnonzero(one_chunk(again).to_numpy(zero_copy_only=False))
    if not len(rows):
        return newer
    part = plain_table(newer.take(pa.array(rows)))
    key = _joint_codes(part, older, keys)
    own, other = key[: len(rows)], key[len(rows) :]
    order = np.argsort(other, kind="stable")
    groups, starts = np.unique(other[order], return_index=True)
    age, days = _ages(newer["first_seen"], older["first_seen"])
    oldest = np.minimum.reduceat(age[newer.num_rows :][order], starts)
    at = np.minimum(np.searchsorted(groups, own), len(groups) - 1)
    found = groups[at] == own
    rows, at = rows[found], at[found]
    mine = age[: newer.num_rows]
    mine[rows] = np.minimum(mine[rows], oldest[at])
    mine[mine == len(days)] = -1
    place = newer.schema.get_field_index("first_seen")
    return newer.set_column(place, "first_seen", word_column(mine, days))


def _ages(newer: Any, older: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Return the place of each day among the days that occur; unknown comes last."""
    encoded = [encode(column) for column in (newer, older)]
    days = sorted({day for _, own in encoded for day in own.to_pylist()} - {None})
    listed = pa.array(days, pa.string())
    places = [
        lookup(pc.index_in(plain(own), listed).to_numpy(zero_copy_only=False), codes)
        for codes, own in encoded
    ]
    ages = np.concatenate(places).astype(np.int64)
    ages[ages < 0] = len(days)
    return ages, days


def _joint_codes(
    newer: pa.Table, older: pa.Table, keys: Sequence[str]
) -> NDArray[np.int64]:
    """Return one number for each different combination of keys in both tables."""
    joint: NDArray[Any] = np.zeros(newer.num_rows + older.num_rows, np.int64)
    size = 1
    for name in keys:
        codes, words = encode(
            pa.chunked_array([*newer[name].chunks, *older[name].chunks], pa.string())
        )
        if size * len(words) > 1 << 62:
            found, joint = np.unique(joint, return_inverse=True)
            size = len(found)
        joint = joint * np.int64(len(words)) + codes
        size *= len(words)
    return joint.astype(np.int64)
