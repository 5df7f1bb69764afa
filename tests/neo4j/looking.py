"""Look at all that a server holds, and cut the line to it."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import neo4j

Seen = dict[str, Counter[str]]


def look(driver: neo4j.Driver) -> Seen:
    """Return all nodes and relationships with labels, types, properties and ends."""
    nodes: Counter[str] = Counter()
    links: Counter[str] = Counter()
    with driver.session() as session:
        for labels, properties in session.run(
            "MATCH (x) RETURN labels(x), properties(x)"
        ):
            nodes[repr((sorted(labels), _ordered(properties)))] += 1
        query = (
            "MATCH (a)-[x]->(b) RETURN type(x), properties(x), "
            "coalesce(a.id, a.row), coalesce(b.id, b.family)"
        )
        for kind, properties, start, end in session.run(query):
            links[repr((kind, _ordered(properties), start, end))] += 1
        schema = Counter(
            repr(tuple(record.values()))
            for statement in (
                "SHOW INDEXES YIELD name, type, labelsOrTypes, properties, state",
                "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties",
            )
            for record in session.run(statement)
        )
    return {"nodes": nodes, "links": links, "schema": schema}


def difference(one: Seen, other: Seen) -> dict[str, list[str]]:
    """Return what only one of two has; empty when they are equal."""
    found = {}
    for name in one:
        only = (one[name] - other[name]) + (other[name] - one[name])
        if only:
            found[name] = sorted(only)[:5]
    return found


def _ordered(properties: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(properties.items())


class CuttingProxy:
    """Passes bytes on to a server and cuts the line after so many of them.

    Attributes
    ----------
    url : str
        Where to connect instead of to the server.
    passed : int
        Bytes that the client has sent.
    cuts : int
        How often the line was cut.
    """

    def __init__(self, uri: str, cut_after: int | None = None) -> None:
        where = urlsplit(uri)
        self._server = (where.hostname or "127.0.0.1", where.port or 7687)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"bolt://127.0.0.1:{self._listening.getsockname()[1]}"
        self.passed = 0
        self.cuts = 0
        self._cut_after = cut_after
        self._lines: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> CuttingProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cut all lines and take no more."""
        self._stop_listening()
        self._hang_up()
        self._accepting.join(timeout=5)

    def _stop_listening(self) -> None:
        with suppress(OSError):
            # Closing alone would not wake the thread that waits for the next line.
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._server)
            except OSError:
                return
            self._lines += [near, far]
            for source, target, counts in ((near, far, True), (far, near, False)):
                threading.Thread(
                    target=self._carry, args=(source, target, counts), daemon=True
                ).start()

    def _carry(
        self, source: socket.socket, target: socket.socket, counts: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if counts:
                    self.passed += len(data)
                    if self._cut_after is not None and self.passed > self._cut_after:
                        self.cuts += 1
                        self._cut_after = None
                        self._stop_listening()
                        break
                target.sendall(data)
        self._hang_up()

    def _hang_up(self) -> None:
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
