"""Figures about the server itself, as Prometheus reads them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Final

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Requests by route and status, how long they took, and what is under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._within: dict[str, list[int]] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._in_flight = 0

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request as under way."""
        with self._lock:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer. Routes are templates, so there are few of them."""
        with self._lock:
            self._requests[route, method, status] += 1
            # The place after the last bucket holds whatever took longer.
            within = self._within.setdefault(route, [0] * (len(BUCKETS) + 1))
            place = sum(seconds > bound for bound in BUCKETS)
            within[place] += 1
            self._seconds[route] += seconds

    def text(self, gauges: Mapping[str, tuple[str, Mapping[str, float]]]) -> str:
        """Return all figures; `gauges` are name -> (meaning, labels -> value)."""
        with self._lock:
            lines = [
                *_head("headwater_requests_total", "counter", "Answers."),
                *(
                    "headwater_requests_total"
                    f'{{route="{route}",method="{method}",status="{status}"}} {number}'
                    for (route, method, status), number in sorted(
                        self._requests.items()
                    )
                ),
                *_head("headwater_request_seconds", "histogram", "Time to the answer."),
            ]
            for route, within in sorted(self._within.items()):
                lines += _histogram(route, within, self._seconds[route])
            lines += [
                *_head("headwater_requests_in_flight", "gauge", "Under way."),
                f"headwater_requests_in_flight {self._in_flight}",
            ]
        for name, (meaning, values) in gauges.items():
            lines += _head(name, "gauge", meaning)
            lines += [f"{name}{labels} {value:g}" for labels, value in values.items()]
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _histogram(route: str, within: list[int], seconds: float) -> list[str]:
    lines, total = [], 0
    for bound, number in zip((*BUCKETS, None), within, strict=True):
        total += number
        upto = "+Inf" if bound is None else f"{bound:g}"
        lines.append(
            f'headwater_request_seconds_bucket{{route="{route}",le="{upto}"}} {total}'
        )
    lines.append(f'headwater_request_seconds_sum{{route="{route}"}} {seconds:.6f}')
    lines.append(f'headwater_request_seconds_count{{route="{route}"}} {total}')
    return lines
