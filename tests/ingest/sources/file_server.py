"""A server of one file on the loopback: ranges, tags, and what can go wrong."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTENT = b"PAR1" + os.urandom(3_000_000) + b"PAR1"


@dataclass
class FileServer:
    """Serves one file, with ranges, and does wrong what it is told to."""

    content: bytes = CONTENT
    etag: str | None = '"v1"'
    takes_ranges: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    faults: list[Callable[[Any], bool]] = field(default_factory=list)
    chunk_s: float = 0.0
    piece: int = 100_000

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                outer.asked.append({**self.headers, "path": self.path})
                if outer.faults and outer.faults.pop(0)(self):
                    self.close_connection = True
                    return
                outer.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/models.parquet"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self.thread.start()

    def answer(self, handler: Any, upto: int | None = None) -> None:
        start, asked = 0, handler.headers.get("Range")
        if self.etag and handler.headers.get("If-None-Match") == self.etag:
            handler.send_response(304)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if asked and self.takes_ranges and handler.headers["If-Range"] == self.etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(self.content):
                handler.send_response(416)
                handler.send_header("Content-Length", "0")
                handler.end_headers()
                return
        body = self.content[start:]
        handler.send_response(206 if start else 200)
        if start:
            whole = len(self.content)
            handler.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        if self.etag:
            handler.send_header("ETag", self.etag)
        handler.send_header("Last-Modified", "Wed, 18 Nov 2026 00:00:00 GMT")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for at in range(0, len(body[:upto]), self.piece):
            handler.wfile.write(body[:upto][at : at + self.piece])
            time.sleep(self.chunk_s)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
