"""Errors of servers that hold a graph; to be imported from :mod:`headwater.errors`."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.error_bases import GraphError, Transient


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
