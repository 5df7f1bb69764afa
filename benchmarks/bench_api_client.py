"""An HTTP client that costs little: kept connections, one request each at a time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended.

    Attributes
    ----------
    status : int
        Of the answer; 0: the connection failed.
    seconds : float
        From the moment it was due to the last byte.
    snapshot : str
        What was asked, as the answer says.
    """

    status: int
    seconds: float
    snapshot: str


class Client:
    """Sends GET requests, over as many connections as are needed at once."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str, due: float | None = None) -> Outcome:
        """Return how a request ended; a failure is an outcome too."""
        begun = time.perf_counter() if due is None else due
        try:
            status, snapshot = await self._ask(path)
        except (OSError, ValueError, asyncio.IncompleteReadError):
            status, snapshot = 0, ""
        return Outcome(status, time.perf_counter() - begun, snapshot)

    async def _ask(self, path: str) -> tuple[int, str]:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():  # the server closes what lies idle
                break
            writer.close()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            "Accept: application/json\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        await reader.readexactly(int(headers["content-length"]))
        self._free.append((reader, writer))
        return int(head[0].split()[1]), headers.get("headwater-snapshot", "")

    async def close(self) -> None:
        """Close what is open."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()
