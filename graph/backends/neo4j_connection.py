"""A connection to a Neo4j server: who may, how long, and errors in our words.

The only module that imports the driver. What the server answers leaves it as plain
values; user, password and token never do.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from headwater.errors import (
    ConfigError,
    MissingDependencyError,
    StoreAuthError,
    StoreDatabaseError,
    StoreError,
    StoreQueryError,
    StoreReadOnlyError,
    StoreServerVersionError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    import neo4j

T = TypeVar("T")

SCHEMES: Final = (
    "neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc",
)  # fmt: skip
"""Schemes of an address; ``neo4j`` finds the members of a cluster, ``+s`` encrypts."""
OLDEST_SERVER: Final = 5
RETRY_FOR_S: Final = 15.0
"""How long a transaction that may succeed later is tried again."""

_CONNECT_WITHIN_S: Final = 10.0
_ROWS_AT_A_TIME: Final = 5_000
_READ_ONLY: Final = frozenset(
    {
        "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
        "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase",
        "Neo.ClientError.Cluster.NotALeader",
        "Neo.ClientError.Security.Forbidden",
    }
)
_NO_DATABASE: Final = "Neo.ClientError.Database.DatabaseNotFound"


class Run(Protocol):
    """Runs one statement of a transaction and yields its rows as they arrive."""

    def __call__(self, text: str, /, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the values of each row in the order of RETURN."""
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a user with a password, or a token; shown nowhere."""

    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(
        cls, variables: Mapping[str, str] | None = None
    ) -> Credentials:
        """Return what HEADWATER_NEO4J_USER, _PASSWORD and _TOKEN say."""
        found = os.environ if variables is None else variables
        return cls(
            found.get("HEADWATER_NEO4J_USER") or None,
            found.get("HEADWATER_NEO4J_PASSWORD") or None,
            found.get("HEADWATER_NEO4J_TOKEN") or None,
        )


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is.

    Attributes
    ----------
    url : str
        Scheme, host and port; no secret is in it, so it may be shown.
    database : str or None
        Database of the server; None for the user's home database.
    """

    url: str
    database: str | None = None

    def __str__(self) -> str:
        return self.url if self.database is None else f"{self.url}/{self.database}"


def is_server_address(text: str) -> bool:
    """Return whether `text` is the address of a Neo4j server, not a folder."""
    return text.partition("://")[0].lower() in SCHEMES and "://" in text


def read_address(
    url: str, database: str | None = None
) -> tuple[Address, Credentials | None]:
    """Return where a server is, and who asks if the address says so.

    Parameters
    ----------
    url : str
        ``neo4j://[USER:PASSWORD@]HOST[:PORT][/DATABASE]``.
    database : str, optional
        Wins over the one in the address.

    Raises
    ------
    ConfigError
        When it is no such address; the message does not repeat it, for it may hold a
        password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(_NO_ADDRESS) from None
    if parts.scheme not in SCHEMES or not parts.hostname or parts.query:
        raise ConfigError(_NO_ADDRESS)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    who = None
    if parts.username:
        who = Credentials(unquote(parts.username), unquote(parts.password or ""))
    return Address(shown, database or parts.path.strip("/") or None), who


_NO_ADDRESS: Final = (
    "the address of a Neo4j server is neo4j://HOST:PORT or neo4j://HOST:PORT/DATABASE "
    f"(schemes: {', '.join(SCHEMES)})"
)


def connect(
    url: str,
    credentials: Credentials | None = None,
    *,
    database: str | None = None,
    retry_for_s: float = RETRY_FOR_S,
) -> Connection:
    """Return an open connection to the server at an address.

    Parameters
    ----------
    url : str
        See :func:`read_address`.
    credentials : Credentials, optional
        Who asks; without, what the address says, else the environment.
    database : str, optional
        Wins over the one in the address.
    retry_for_s : float
        How long a transaction that failed in passing is tried again, in seconds.

    Raises
    ------
    ConfigError, MissingDependencyError
        When the address is none; when the driver is not installed.
    StoreUnavailableError, StoreAuthError, StoreServerVersionError, StoreDatabaseError
        When nothing answers, it does not let us in, is too old, lacks the database.
    """
    address, who = read_address(url, database)
    return Connection(
        address, credentials or who or Credentials.from_environment(), retry_for_s
    )


class Connection:
    """An open connection, safe for many threads; close it, or use it in ``with``.

    Attributes
    ----------
    address : Address
        Where it leads.
    server : str
        What the server calls itself, for example ``Neo4j/5.26.30``.
    """

    def __init__(
        self, address: Address, credentials: Credentials, retry_for_s: float
    ) -> None:
        try:
            import neo4j
        except ImportError as error:
            raise MissingDependencyError("neo4j", "neo4j") from error
        # What goes wrong comes out as an error; the driver's log would say it twice.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        self.address = address
        self._driver = neo4j.GraphDatabase.driver(
            address.url,
            auth=_auth(credentials),
            connection_timeout=_CONNECT_WITHIN_S,
            connection_acquisition_timeout=2 * _CONNECT_WITHIN_S,
            max_transaction_retry_time=retry_for_s,
            notifications_min_severity="OFF",
        )
        self.server = ""
        try:
            with self._our_errors(), self._session(reads=True) as session:
                self.server = session.run("RETURN 1").consume().server.agent
            _check_version(address, self.server)
        except BaseException:
            self._driver.close()
            raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the sockets back."""
        self._driver.close()

    def read(self, work: Callable[[Run], T]) -> T:
        """Return what `work` makes of one read transaction.

        It goes to a reader of a cluster, and is tried again from the start when it
        failed in a way that may pass: `work` has to bear being called again. Rows
        are streamed: they must be used before `work` returns.
        """
        with self._our_errors(), self._session(reads=True) as session:
            return session.execute_read(lambda transaction: work(_run(transaction)))

    def write(self, work: Callable[[Run], T]) -> T:
        """Return what `work` makes of one write transaction, tried again as reads are.

        A connection that breaks while the server commits leaves open whether it did;
        `work` is called again then and has to find out.
        """
        with self._our_errors(), self._session() as session:
            return session.execute_write(lambda transaction: work(_run(transaction)))

    def execute(self, text: str, /, **parameters: Any) -> None:
        """Run a statement outside a transaction of ours: schema, batches of its own."""
        with self._our_errors(), self._session() as session:
            session.run(_checked(text), parameters).consume()

    def rows(self, text: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of one small read."""
        return self.read(lambda run: list(run(text, **parameters)))

    def _session(self, *, reads: bool = False) -> neo4j.Session:
        import neo4j

        return self._driver.session(
            database=self.address.database,
            fetch_size=_ROWS_AT_A_TIME,
            default_access_mode=neo4j.READ_ACCESS if reads else neo4j.WRITE_ACCESS,
        )

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        import neo4j.exceptions

        try:
            yield
        except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
            raise _in_our_words(self.address, error) from error
        except OSError as error:
            raise StoreUnavailableError(str(self.address), _plain(error)) from error


def _auth(credentials: Credentials) -> neo4j.Auth | None:
    import neo4j

    if credentials.token:
        return neo4j.bearer_auth(credentials.token)
    if credentials.user or credentials.password:
        return neo4j.basic_auth(credentials.user or "neo4j", credentials.password or "")
    return None


def _run(transaction: neo4j.ManagedTransaction) -> Run:
    def run(text: str, /, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        result = transaction.run(_checked(text), parameters)
        return (tuple(record.values()) for record in result)

    return run


def _checked(text: str) -> Any:
    """Return a statement as the driver wants it: it is fixed, or made from the schema."""
    return text


def _check_version(address: Address, server: str) -> None:
    found = re.search(r"/(\d+)\.", server)
    if found and int(found[1]) < OLDEST_SERVER:
        raise StoreServerVersionError(str(address), server, OLDEST_SERVER)


def _in_our_words(address: Address, error: Exception) -> StoreError:
    """Return the error of ours that a driver's error stands for."""
    from neo4j import exceptions

    where = str(address)
    code = getattr(error, "code", None) or ""
    if isinstance(error, exceptions.AuthError):
        return StoreAuthError(where)
    if code == _NO_DATABASE:
        return StoreDatabaseError(where, address.database)
    if code in _READ_ONLY:
        return StoreReadOnlyError(where, _plain(error))
    if isinstance(error, exceptions.UnsupportedServerProduct):
        return StoreServerVersionError(where, _plain(error), OLDEST_SERVER)
    if isinstance(error, exceptions.Neo4jError):
        return StoreQueryError(where, code, error.message or "")
    return StoreUnavailableError(where, _plain(error))


def _plain(error: BaseException) -> str:
    """Return the first line of an error's text; driver errors end in a full stop."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:300]
