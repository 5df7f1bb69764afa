"""Every error that headwater raises on purpose.

Each class keeps its facts as attributes; the message says what happened, to which
thing, and what to do next. ``Transient`` is a mixin: only retry loops ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headwater.error_bases import GraphError as GraphError
from headwater.error_bases import LineageError as LineageError
from headwater.error_bases import Transient as Transient
from headwater.store_errors import DamagedStoreError as DamagedStoreError
from headwater.store_errors import ForeignDataError as ForeignDataError
from headwater.store_errors import HalfPushedError as HalfPushedError
from headwater.store_errors import IncompletePushError as IncompletePushError
from headwater.store_errors import NothingPushedError as NothingPushedError
from headwater.store_errors import OtherLayoutError as OtherLayoutError
from headwater.store_errors import PushCutError as PushCutError
from headwater.store_errors import PushTakenOverError as PushTakenOverError
from headwater.store_errors import StoreAuthError as StoreAuthError
from headwater.store_errors import StoreChangedError as StoreChangedError
from headwater.store_errors import StoreDatabaseError as StoreDatabaseError
from headwater.store_errors import StoreError as StoreError
from headwater.store_errors import StoreIndexError as StoreIndexError
from headwater.store_errors import StoreQueryError as StoreQueryError
from headwater.store_errors import StoreReadOnlyError as StoreReadOnlyError
from headwater.store_errors import StoreServerVersionError as StoreServerVersionError
from headwater.store_errors import StoreUnavailableError as StoreUnavailableError


class ConfigError(LineageError, ValueError):
    """A setting or an option has a value that cannot be used."""


class MissingDependencyError(ConfigError, ImportError):
    """An optional dependency is needed and is not installed."""

    def __init__(self, package: str, extra: str, command: str | None = None) -> None:
        self.package = package
        self.extra = extra
        own = command or f"pip install 'headwater[{extra}]'"
        super().__init__(f"{package} is not installed; run: {own}")


class InvalidIdError(GraphError, ValueError):
    """A text is not a node id."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        shown = text if len(text) <= 120 else text[:117] + "..."
        super().__init__(f"not a node id: {shown!r} ({reason})")


class SchemaError(GraphError, ValueError):
    """A claim contradicts the schema: unknown relation, wrong ends, bad value."""


class NodeNotFoundError(GraphError, LookupError):
    """No node of the snapshot has this id or name."""

    def __init__(self, text: str, near: Sequence[str] = ()) -> None:
        self.text = text
        self.near = tuple(near)
        hint = f"; did you mean {', '.join(self.near)}?" if self.near else ""
        search = "" if self.near else "; try: headwater search TEXT"
        super().__init__(f"nothing in the graph is called {text!r}{hint}{search}")


class AmbiguousTargetError(GraphError, LookupError):
    """A friendly name fits several things; none is guessed."""

    def __init__(self, text: str, candidates: Sequence[str]) -> None:
        self.text = text
        self.candidates = tuple(candidates)
        super().__init__(
            f"{text!r} may mean any of: {', '.join(self.candidates)}; give one of these"
        )


class NoSnapshotError(GraphError):
    """The data directory holds no published snapshot."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        super().__init__(
            f"no snapshot in {directory}; run: headwater build (catalogue alone) "
            "or headwater crawl"
        )


class SnapshotVersionError(GraphError):
    """A snapshot was written in a format that this version does not read."""

    def __init__(self, path: Path, found: object, expected: int) -> None:
        self.path = path
        self.found = found
        self.expected = expected
        super().__init__(
            f"{path} has snapshot format {found}, this headwater reads {expected}; "
            "run: headwater build (rebuilds from the stored documents)"
        )


class DamagedSnapshotError(GraphError):
    """A file of a snapshot is missing or does not match its checksum."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(
            f"the snapshot is damaged: {path}: {problem}. Nothing was changed. "
            "Run: headwater build (publishes a new snapshot from the stored "
            "documents), or restore the file from a copy"
        )


class StoreLockedError(GraphError, Transient):
    """Another process is writing to the same data directory."""

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"{path} is locked by {holder}; wait for it to end, or give another "
            "directory with --data-dir"
        )


class StorageError(GraphError, OSError):
    """The disk refused: full, read-only, no permission."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(
            f"cannot write {path}: {problem}; free some space or choose another "
            "directory with --data-dir"
        )


class IngestError(LineageError):
    """Something about reading a source."""


class CatalogError(IngestError, ValueError):
    """A catalogue file breaks the rules; ``problems`` lists every one."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        head = "\n  ".join(self.problems[:20])
        more = len(self.problems) - 20
        tail = f"\n  ... and {more} more" if more > 0 else ""
        super().__init__(
            f"{len(self.problems)} problem(s) in the catalogue:\n  {head}{tail}"
        )


class FetchError(IngestError):
    """A request failed for good."""

    def __init__(self, url: str, problem: str, status: int | None = None) -> None:
        self.url = url
        self.problem = problem
        self.status = status
        # The query of a list route is a paragraph long and helps nobody.
        super().__init__(f"{url.partition('?')[0]}: {problem}")


class TransientFetchError(FetchError, Transient):
    """A request failed in a way that may pass; ``retry_after_s`` if the server said."""

    def __init__(
        self,
        url: str,
        problem: str,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(url, problem, status)
        self.retry_after_s = retry_after_s


class UnreachableError(FetchError):
    """Nothing answers at an address, and nothing has in this process."""

    def __init__(self, url: str, problem: str, setting: str) -> None:
        self.setting = setting
        super().__init__(url, f"{problem}; check {setting} and the network")


class WrongTokenError(FetchError):
    """The Hub does not accept the token."""

    def __init__(self, url: str) -> None:
        super().__init__(
            url,
            "the Hub refuses the access token; check HF_TOKEN or run: hf auth login "
            "(--no-token crawls without one)",
            401,
        )


class IncompleteCrawlError(IngestError):
    """A crawl stopped before its end; what it fetched is kept."""

    def __init__(
        self, run: str, seen: int, problem: str, expected: int | None = None
    ) -> None:
        self.run = run
        self.seen = seen
        self.problem = problem
        self.expected = expected
        share = f" ({seen / expected:.1%} of what is expected)" if expected else ""
        super().__init__(
            f"the crawl stopped after {seen:,} records{share}: {problem}. They are kept, "
            "and nothing is marked as gone by them; run the same command to go on"
        )


class DamagedRunError(IngestError):
    """A stored page or the state of a crawl cannot be read back."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(
            f"the stored crawl is damaged: {path}: {problem}. Restore the file from a "
            "copy, or delete it and every later page of its folder and run the same "
            "crawl again"
        )


class ParseError(IngestError, ValueError):
    """One document cannot be read; it is skipped and counted."""

    def __init__(self, document: str, problem: str) -> None:
        self.document = document
        self.problem = problem
        super().__init__(f"{document}: {problem}")


class QueryError(LineageError):
    """A question cannot be answered as asked."""


class InvalidArgumentError(QueryError, ValueError):
    """An argument of a query is out of range or of the wrong kind."""


class UnsupportedOperationError(QueryError):
    """There is no such thing for this kind of store or answer, or nothing in it."""

    def __init__(self, what: str, operation: str, instead: str) -> None:
        self.what = what
        self.operation = operation
        super().__init__(f"{what} has no {operation}; {instead}")
