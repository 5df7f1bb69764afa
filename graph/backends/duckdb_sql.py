"""SQL over the public tables of a snapshot, read-only and shut off from the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from headwater.errors import InvalidArgumentError
from headwater.graph.data_dictionary import TABLES


class TableQuery:
    """One SQL statement over the tables ``nodes``, ``edges``, ``claims``, ...

    Parameters
    ----------
    directory : pathlib.Path
        Folder of a snapshot.
    statement : str
        A query. It can read the tables of the snapshot and nothing else: no other
        file, no network, no change of settings.

    Raises
    ------
    InvalidArgumentError
        When the statement is no valid query; the message is DuckDB's.
    """

    def __init__(self, directory: Path, statement: str) -> None:
        self._connection = duckdb.connect()
        folder = directory / "tables"
        try:
            for name in TABLES:
                path = str(folder / f"{name}.parquet").replace("'", "''")
                self._connection.execute(
                    f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')"
                )
            allowed = str(folder).replace("'", "''")
            self._connection.execute(f"SET allowed_directories = ['{allowed}']")
            self._connection.execute("SET enable_external_access = false")
            self._connection.execute("SET lock_configuration = true")
            self._cursor = self._connection.execute(statement)
        except duckdb.Error as error:
            self._connection.close()
            raise InvalidArgumentError(f"SQL: {error}") from error
        self.columns: tuple[str, ...] = tuple(
            item[0] for item in self._cursor.description or ()
        )

    def rows(self, size: int = 10_000) -> Iterator[tuple[object, ...]]:
        """Yield the rows; the connection is closed after the last one."""
        try:
            while batch := self._cursor.fetchmany(size):
                yield from batch
        except duckdb.Error as error:
            raise InvalidArgumentError(f"SQL: {error}") from error
        finally:
            self._connection.close()
