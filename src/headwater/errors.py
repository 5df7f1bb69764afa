"""Every error that headwater raises on purpose.

Each class keeps its facts as attributes; the message says what happened, to which
thing, and what to do next. ``Transient`` is a mixin: only retry loops ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class LineageError(Exception):
    """Base of all errors of this package."""


class Transient:
    """Mixin: the same call may succeed later."""


class ConfigError(LineageError, ValueError):
    """A setting or an option has a value that cannot be used."""


class MissingDependencyError(ConfigError, ImportError):
    """An optional dependency is needed and is not installed."""

    def __init__(self, package: str, extra: str, command: str | None = None) -> None:
        self.package = package
        self.extra = extra
        own = command or f"pip install 'headwater[{extra}]'"
        super().__init__(f"{package} is not installed; run: {own}")


class GraphError(LineageError):
    """Something about the graph or its store."""


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


class StoreError(GraphError):
    """Something about a server that holds a graph; ``address`` holds no secret."""

    def __init__(self, address: str, problem: str) -> None:
        self.address = address
        self.problem = problem
        super().__init__(f"{address}: {problem}")


class StoreUnavailableError(StoreError, Transient):
    """Nothing answers at an address, or the server went away."""

    def __init__(self, address: str, problem: str) -> None:
        self.cause = problem
        super().__init__(
            address,
            f"the server does not answer ({problem}); check that it runs and that the "
            "address is right, then do the same again",
        )


class StoreAuthError(StoreError):
    """The server does not accept user, password or token."""

    def __init__(self, address: str) -> None:
        super().__init__(
            address,
            "the server refuses the user, password or token; set HEADWATER_NEO4J_USER "
            "and HEADWATER_NEO4J_PASSWORD, or HEADWATER_NEO4J_TOKEN",
        )


class StoreServerVersionError(StoreError):
    """The server is too old, or no server that this driver speaks with."""

    def __init__(self, address: str, found: str, oldest: int) -> None:
        self.found = found
        self.oldest = oldest
        super().__init__(
            address, f"is {found}; headwater needs Neo4j {oldest} or newer"
        )


class StoreDatabaseError(StoreError):
    """The server has no database of this name."""

    def __init__(self, address: str, database: str | None) -> None:
        self.database = database
        super().__init__(
            address, f"has no database {database!r}; create it, or give another one"
        )


class StoreReadOnlyError(StoreError):
    """The server does not let this user write here."""

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(
            address,
            f"cannot be written to ({problem}); give the address of the writing server, "
            "or a user who may write",
        )


class StoreQueryError(StoreError):
    """The server refuses or fails a statement, for a reason with a code."""

    def __init__(self, address: str, code: str, problem: str) -> None:
        self.code = code
        super().__init__(address, f"{problem} ({code})" if code else problem)


class NothingPushedError(StoreError):
    """The server holds no snapshot."""

    def __init__(self, address: str) -> None:
        super().__init__(address, f"holds no snapshot; run: headwater push {address}")


class HalfPushedError(StoreError):
    """The server holds a snapshot in part: a push is under way or was cut."""

    def __init__(self, address: str, snapshot: str) -> None:
        self.snapshot = snapshot
        super().__init__(
            address,
            f"the push of {snapshot} has not ended, so nothing is answered from it; "
            f"wait for it, or run it again: headwater push {address}",
        )


class OtherLayoutError(StoreError):
    """A snapshot was pushed in a layout that this version does not read."""

    def __init__(self, address: str, found: object, expected: int) -> None:
        self.found = found
        self.expected = expected
        super().__init__(
            address,
            f"holds a snapshot in layout {found}, this headwater reads {expected}; run: "
            f"headwater push {address} --fresh",
        )


class ForeignDataError(StoreError):
    """The database holds something that headwater did not put there."""

    def __init__(self, address: str) -> None:
        super().__init__(
            address,
            "this database holds other data, which is left alone; give an empty one "
            "with --database",
        )


class IncompletePushError(StoreError):
    """What the server holds after a push is not what was sent."""

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(
            address,
            f"the push did not arrive whole ({problem}); run it again, it repairs that",
        )


class PushCutError(StoreUnavailableError):
    """The server went away during a push; what was written is kept."""

    def __init__(self, error: StoreUnavailableError) -> None:
        StoreError.__init__(
            self,
            error.address,
            f"the push was cut ({error.cause}). What was written is kept and not taken "
            "for a snapshot; run the same command to go on",
        )


class PushTakenOverError(StoreError):
    """Another push writes to the same database."""

    def __init__(self, address: str) -> None:
        super().__init__(
            address, "another push began in the meantime and goes on; this one ends"
        )


class StoreChangedError(StoreError, Transient):
    """The server holds another snapshot than the one that was opened."""

    def __init__(self, address: str, opened: str, found: str) -> None:
        self.opened = opened
        self.found = found
        super().__init__(
            address,
            f"held {opened} when it was opened and holds {found} now; open it again",
        )


class DamagedStoreError(StoreError):
    """What the server holds is not the snapshot that was pushed."""

    def __init__(self, address: str, snapshot: str, problem: str) -> None:
        self.snapshot = snapshot
        super().__init__(
            address,
            f"does not hold {snapshot} as it was pushed ({problem}); "
            f"run: headwater push {address} --verify, or, if another version of "
            "headwater compiled it: headwater build, then push",
        )


class StoreIndexError(StoreError):
    """The server lacks indexes, or is still filling them."""

    def __init__(self, address: str, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            address,
            f"these indexes are missing or not ready: {', '.join(self.names)}; wait if "
            f"they are being filled, otherwise run: headwater push {address}",
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
