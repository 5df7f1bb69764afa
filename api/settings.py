"""What bounds the HTTP API: sizes, times, rates. Built once, by ``headwater serve``."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Limits of one server; every one of them has an answer of its own when exceeded.

    Attributes
    ----------
    api_key : str or None
        Without it everybody may ask.
    rate : float or None
        Requests a second of one client. None: 50, and no limit for this machine.
    allowed_hosts : tuple of str
        Names by which the server may be called; empty: any. A server for this machine
        alone must not answer to other names, or any page on the web could read it by
        pointing its own name here.
    max_url_bytes, max_body_bytes : int
        Sizes of a request.
    max_rows, max_stream_rows : int
        Rows of one page of JSON; of one stream of NDJSON or CSV.
    max_skip : int
        How far cursors lead; who wants more takes a stream.
    timeout_s : float
        Seconds until a question is given up.
    max_waiting : int
        Questions in line for one pool of threads; more are turned away.
    cached : int
        Answers about the whole graph that are kept, of the current snapshot.
    """

    api_key: str | None = field(default=None, repr=False)
    rate: float | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_url_bytes: int = 8_192
    max_body_bytes: int = 4 * 2**20
    max_rows: int = 1_000
    max_stream_rows: int = 100_000
    max_skip: int = 100_000
    timeout_s: float = 30.0
    max_waiting: int = 64
    cached: int = 32
