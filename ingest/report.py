"""What a crawl did: counts, costs, what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import orjson

from headwater.graph.claims import ClaimBatch
from headwater.ingest.client import ClientStats
from headwater.ingest.durable import write_durably
from headwater.ingest.parse.hub_context import MAX_EXAMPLES, Notes


@dataclass(slots=True)
class RouteReport:
    """How one route went.

    Attributes
    ----------
    route : str
        ``models``, ``datasets`` or ``spaces``.
    stop : str or None
        ``end``, ``limit``, ``caught_up``, or what stopped it.
    pages, records, bytes : int
        What is stored, of the whole run.
    new_records : int
        What this process fetched of it.
    expected : int or None
        Records expected: the limit, or what the last complete run of this kind had.
    share_seen : float or None
        Share in 0..1 of what was expected; 1 at the end of the list, None if unknown.
    share_of_all : float or None
        Share in 0..1 of the whole list of the route, by the last complete crawl of it;
        None if there was none.
    is_full_pass : bool
        Whether the whole list was read, from end to end: only then is gone what it lacks.
    seconds : float
        Time that this process spent on it.
    dropped_fields : list of str
        Fields that the Hub would not give.
    warnings : list of str
        What looked wrong and was lived with.
    """

    route: str
    stop: str | None = None
    pages: int = 0
    records: int = 0
    bytes: int = 0
    new_records: int = 0
    expected: int | None = None
    share_seen: float | None = None
    share_of_all: float | None = None
    is_full_pass: bool = False
    seconds: float = 0.0
    dropped_fields: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ParseReport:
    """What the stored pages said.

    Attributes
    ----------
    records : dict
        Usable records by kind.
    duplicates : int
        Records that came twice; the last one counts.
    claims : dict
        Claims by source and relation.
    skipped : dict
        What was left out, by place and reason; `skipped_examples` beside it.
    notes : dict
        Oddities that cost nothing; `note_examples` beside it.
    seconds : float
        Time spent on parsing.
    """

    records: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    aliases: int = 0
    claims: dict[str, Counter[str]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    skipped_examples: dict[str, list[str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    note_examples: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, batch: ClaimBatch, notes: Notes) -> None:
        """Count what one page brought."""
        self.records.update(record.kind for record in batch.records)
        self.aliases += len(batch.aliases)
        for claim in batch.claims:
            self.claims.setdefault(claim.source, Counter())[claim.relation] += 1
        self.skipped.update(batch.skipped)
        self.notes.update(notes.counts)
        _add_examples(self.skipped_examples, batch.examples)
        _add_examples(self.note_examples, notes.examples)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values, for JSON."""
        return dict(_plain(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ParseReport:
        """Return the counts that :meth:`to_dict` gave.

        Raises
        ------
        TypeError, KeyError
            When `values` are none.
        """
        report = cls(**values)
        report.records = Counter(values["records"])
        report.skipped = Counter(values["skipped"])
        report.notes = Counter(values["notes"])
        report.claims = {
            source: Counter(relations) for source, relations in values["claims"].items()
        }
        return report


@dataclass(slots=True)
class RunReport:
    """The whole of a run; see :class:`RouteReport` and :class:`ParseReport`."""

    run_id: str
    endpoint: str
    started: str
    status: str
    routes: dict[str, RouteReport] = field(default_factory=dict)
    parse: ParseReport | None = None
    requests: int = 0
    retries: int = 0
    waited_s: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add_costs(self, costs: ClientStats, seconds: float) -> None:
        """Add what the network and the clock say."""
        self.requests, self.retries = costs.requests, costs.retries
        self.waited_s, self.failures = costs.waited_s, dict(costs.failures)
        self.seconds = seconds

    @property
    def records(self) -> int:
        """Records stored over all routes."""
        return sum(route.records for route in self.routes.values())

    @property
    def expected(self) -> int | None:
        """Records expected over all routes begun, None if nobody knows of one."""
        known = [route.expected for route in self.routes.values()]
        return None if None in known else sum(number or 0 for number in known)

    @property
    def warnings(self) -> list[str]:
        """Warnings of all routes."""
        return [
            f"{route.route}: {text}"
            for route in self.routes.values()
            for text in route.warnings
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {"version": 1, **_plain(self)}

    def write(self, directory: Path) -> None:
        """Keep the report as ``report.json`` in the run's directory."""
        text = orjson.dumps(self.to_dict(), option=orjson.OPT_INDENT_2)
        write_durably(directory / "report.json", text + b"\n")


def _plain(value: Any) -> Any:
    """Return dataclasses and counters as dictionaries, sorted where order is chance.

    ``dataclasses.asdict`` makes a counter of pairs out of a counter.
    """
    if isinstance(value, RunReport | RouteReport | ParseReport):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Counter):
        return dict(value.most_common())
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _add_examples(kept: dict[str, list[str]], more: dict[str, list[str]]) -> None:
    for reason, examples in more.items():
        have = kept.setdefault(reason, [])
        have.extend(examples[: max(0, MAX_EXAMPLES - len(have))])
