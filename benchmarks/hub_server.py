"""A Hub on the loopback with pages made beforehand: as fast as Python can send bytes.

::

    python -m benchmarks.hub_server MODELS [--dirt 0.05] [--page 1000]
    python -m benchmarks.hub_server records.jsonl [--port 8699]

lists the records of :mod:`benchmarks.hub_records`, the newest first, or those of a file
as they are, on ``/api/models``; prints its address once it is ready, and ends when its
standard input does. Other list routes are empty.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from benchmarks.hub_records import CLEAN, plant, record

_LIMITS: Final = '"api";r=400;t=100'


def make_pages(count: int, size: int, dirt: float) -> list[bytes]:
    """Return the pages of the list of models."""
    kinds = plant(count, dirt).tolist() if dirt else [CLEAN] * count
    pages = []
    for end in range(count, 0, -size):
        records = [
            record(at, count, kinds[at])
            for at in range(end - 1, max(end - size, 0) - 1, -1)
        ]
        pages.append(b"[" + b",".join(records) + b"]")
    return pages


def read_pages(path: Path, size: int) -> list[bytes]:
    """Return the pages of a list of records, one a line."""
    lines = path.read_bytes().splitlines()
    return [
        b"[" + b",".join(lines[start : start + size]) + b"]"
        for start in range(0, len(lines), size)
    ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: list[bytes]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *given: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with a page; the size that a client asks for is that of the pages."""
        parts = urlsplit(self.path)
        pairs = parse_qsl(parts.query)
        pages = self.server.pages if parts.path == "/api/models" else []
        at = int(dict(pairs).get("cursor", "0"))
        body = pages[at] if at < len(pages) else b"[]"
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("RateLimit", _LIMITS)
        if at + 1 < len(pages):
            query = [pair for pair in pairs if pair[0] != "cursor"]
            query.append(("cursor", str(at + 1)))
            host = self.headers["Host"]
            self.send_header(
                "Link", f'<http://{host}{parts.path}?{urlencode(query)}>; rel="next"'
            )
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(
    models: int | Path, *, dirt: float = 0.0, page: int = 1000, port: int = 0
) -> Iterator[str]:
    """Give the address of a Hub in a process of its own: so many models, or a file's."""
    command = [
        sys.executable, "-m", "benchmarks.hub_server", str(models), "--dirt", str(dirt),
        "--page", str(page), "--port", str(port),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hub_server", description=__doc__.splitlines()[0]
    )
    parser.add_argument("models", help="how many, or a file of records")
    parser.add_argument("--dirt", type=float, default=0.0)
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    server = _Server(("127.0.0.1", options.port), _Handler)
    server.pages = (
        make_pages(int(options.models), options.page, options.dirt)
        if options.models.isdigit()
        else read_pages(Path(options.models), options.page)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    main()
