"""What an import is made from, and what it becomes on disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from headwater.graph.claim_tables import SCHEMAS, ClaimTables
from headwater.ingest.progress import Progress

FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Import:
    """What one import read.

    Attributes
    ----------
    source : str
        ``bulk``, ``local``, ``ecosystem-graphs``, ``osai-index`` or ``mteb``.
    where : tuple of str
        Paths or addresses it was read from.
    day : str
        Day of the data; of two versions of one document the later counts.
    records, claims : int
        What it said.
    skipped : dict of str to int
        What was left out, by reason; `examples` beside it.
    origin : str
        Address of the Hub that a dump was made from; empty for other sources.
    listed : dict of str to int
        Records of each list that a dump holds.
    newest : dict of str to str
        The last change that a dump knows of in each list, ISO 8601 in UTC.
    downloads : tuple of dict
        Files that were fetched for it: address, bytes, sha256, what the server said.
    unresolved : tuple of str
        Names that stand for a stub, at most a thousand.
    """

    source: str
    where: tuple[str, ...]
    day: str
    records: int
    claims: int
    skipped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    unresolved: tuple[str, ...] = ()
    origin: str = ""
    listed: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    downloads: tuple[dict[str, Any], ...] = ()
    version: int = FORMAT_VERSION

    @property
    def moment(self) -> str:
        """How old what it says is: its last change, else its day."""
        return max(self.newest.values(), default=self.day)


@dataclass(frozen=True, slots=True)
class Job:
    """What a reader is given: `folder` for the claims, `downloads` for whole files."""

    folder: Path
    where: tuple[str, ...]
    workers: int
    progress: Progress
    endpoint: str
    downloads: Path
    max_bytes: int


def write_part(folder: Path, name: str, tables: ClaimTables) -> None:
    """Write the claim tables of one part of an import."""
    part = folder / name
    part.mkdir()
    for table in SCHEMAS:
        rows = getattr(tables, table)
        if rows.num_rows:
            pq.write_table(rows, part / f"{table}.parquet", compression="zstd")


def describe(kept: Import) -> dict[str, Any]:
    """Return an import as an entry of a snapshot's list of sources."""
    place = ", ".join(kept.where) or "its usual place"
    values = asdict(kept)
    # As a crawl calls them: the report on quality reads both.
    values["skipped_examples"] = values.pop("examples")
    return {
        **values,
        "summary": f"{kept.source} from {place}: {kept.records:,} records, "
        f"{kept.claims:,} claims, of {kept.day}",
    }
