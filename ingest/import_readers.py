"""Sources that are imported: what each one's files say, kept as one import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from headwater.errors import ConfigError, ParseError
from headwater.graph.claim_tables import to_tables
from headwater.graph.claims import ClaimBatch
from headwater.ingest.download import Downloaded, download, remove_download
from headwater.ingest.kept_import import Import, Job, write_part
from headwater.ingest.parse.page_changes import moment
from headwater.ingest.sources.bulk import Dump, read_dump
from headwater.ingest.sources.bulk_files import guess_route, locate_dump
from headwater.ingest.sources.bulk_workers import Workers
from headwater.ingest.sources.ecosystem_graphs import read_ecosystem_graphs
from headwater.ingest.sources.local import default_cache, read_local
from headwater.ingest.sources.mteb import read_mteb
from headwater.ingest.sources.names import load_names
from headwater.ingest.sources.osai_index import read_osai_index


def _keep(
    job: Job,
    source: str,
    batches: Iterable[ClaimBatch],
    unresolved: Iterable[str] = (),
) -> Import:
    """Write batches and count them."""
    whole = ClaimBatch()
    for batch in batches:
        whole.extend(batch)
    write_part(job.folder, "claims", to_tables([whole]))
    day = max((record.seen for record in whole.records), default=_today())
    return Import(
        source, job.where, day, len(whole.records), len(whole.claims),
        dict(whole.skipped), whole.examples, tuple(sorted(unresolved)[:1000]),
    )  # fmt: skip


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _folders(where: Sequence[str], source: str) -> list[Path]:
    if not where:
        raise ConfigError(f"{source} needs a path; see: headwater sources")
    return [Path(place).expanduser() for place in where]


def _bulk(job: Job) -> Import:
    if not job.where:
        raise ConfigError(
            "bulk needs the path or address of a dump; see: headwater sources"
        )
    with Workers(job.workers) as workers:
        kept = _BulkParts(job, workers)
        for number, address in enumerate(job.where):
            route = guess_route(address)
            is_path = "://" not in address
            if is_path and not Path(address).expanduser().exists():
                raise ConfigError(f"there is no {address}")
            if route is None:
                raise ConfigError(
                    f"{address} does not say what it holds; name the file models.parquet "
                    "or datasets.parquet, or put it into a folder of that name"
                )
            kept.add(number, address, route)
    return kept.as_import()


class _BulkParts:
    """Reads the files of an import of dumps, one after the other."""

    def __init__(self, job: Job, workers: Workers) -> None:
        self._job = job
        self._workers = workers
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}
        self._days: list[str] = []
        self._listed: Counter[str] = Counter()
        self._newest: dict[str, str] = {}
        self._downloads: list[Downloaded] = []

    def add(self, number: int, address: str, route: str) -> None:
        """Read one file; a downloaded one is removed once its claims are kept."""
        path = locate_dump(address, self._job.downloads, self._fetch)
        try:
            dump = read_dump(
                path, route, self._job.folder, stem=f"{number:03d}-",
                workers=self._workers, endpoint=self._job.endpoint,
                progress=self._job.progress,
            )  # fmt: skip
        except (ConfigError, ParseError):
            self._remove(path)  # it would be no better the next time
            raise
        self._count(route, dump)
        self._remove(path)

    def _fetch(self, url: str, folder: Path) -> Path:
        found = download(
            url, folder, max_bytes=self._job.max_bytes, progress=self._job.progress
        )
        self._downloads.append(found)
        return found.path

    def _remove(self, path: Path) -> None:
        if path.parent == self._job.downloads:
            remove_download(path)

    def _count(self, route: str, dump: Dump) -> None:
        self._counts.update(records=dump.n_records, claims=dump.n_claims)
        self._skipped.update(dump.report.skipped)
        for reason, shown in dump.report.skipped_examples.items():
            self._examples.setdefault(reason, []).extend(shown)
        self._days.append(dump.day)
        self._listed[route] += dump.n_records
        newest = _moment_or_now(dump.newest)
        if newest is not None:
            self._newest[route] = max(newest, self._newest.get(route, newest))

    def as_import(self) -> Import:
        """Return what was read of all files."""
        return Import(
            "bulk",
            self._job.where,
            max(self._days),
            self._counts["records"],
            self._counts["claims"],
            dict(self._skipped),
            {reason: shown[:5] for reason, shown in self._examples.items()},
            origin=self._job.endpoint,
            listed=dict(self._listed),
            newest=self._newest,
            downloads=tuple(item.told() for item in self._downloads),
        )


def _moment_or_now(text: str | None) -> str | None:
    """Return a moment in one form; what lies ahead is nobody's word."""
    latest = moment(text)
    return None if latest is None else min(latest, datetime.now(UTC)).isoformat()


def _local(job: Job) -> Import:
    paths = [Path(place).expanduser() for place in job.where] or [default_cache()]
    return _keep(job, "local", read_local(paths))


def _ecosystem_graphs(job: Job) -> Import:
    names = load_names()
    graphs = [
        read_ecosystem_graphs(path, names)
        for path in _folders(job.where, "ecosystem-graphs")
    ]
    stubs = [name for graph in graphs for name in graph.unresolved]
    return _keep(job, "ecosystem-graphs", [graph.batch for graph in graphs], stubs)


def _osai_index(job: Job) -> Import:
    names = load_names()
    indices = [
        read_osai_index(path, names) for path in _folders(job.where, "osai-index")
    ]
    stubs = [name for index in indices for name in index.unresolved]
    return _keep(job, "osai-index", [index.batch for index in indices], stubs)


def _mteb(job: Job) -> Import:
    paths = [Path(place).expanduser() for place in job.where]
    batches = [read_mteb(path) for path in paths] if paths else [read_mteb()]
    return _keep(job, "mteb", batches)


READERS: Final[dict[str, Callable[[Job], Import]]] = {
    "bulk": _bulk, "local": _local, "ecosystem-graphs": _ecosystem_graphs,
    "osai-index": _osai_index, "mteb": _mteb,
}  # fmt: skip
"""Sources that are imported; the Hub itself is crawled."""
