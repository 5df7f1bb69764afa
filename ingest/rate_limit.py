"""Waiting: what the server says first, our own back-off where it says nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MAX_WAIT_S: Final = 900.0
"""Three of the Hub's windows: who asks for more is not waited for."""

_FIELD = re.compile(r"(?:^|;)\s*([rt])\s*=\s*(\d{1,12})(?=\s*(?:;|,|$))")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``RateLimit: "api";r=<requests left>;t=<seconds to the next window>``."""

    remaining: int
    reset_s: int


def parse_rate_limit(text: str | None) -> RateLimit | None:
    """Return the limits that a ``RateLimit`` header states, None if it is unclear.

    Examples
    --------
    >>> parse_rate_limit('"api";r=0;t=42')
    RateLimit(remaining=0, reset_s=42)
    >>> parse_rate_limit("soon") is None
    True
    """
    if not text:
        return None
    values = {name: int(value) for name, value in _FIELD.findall(text)}
    if values.keys() != {"r", "t"}:
        return None
    return RateLimit(values["r"], values["t"])


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, in either form.

    Examples
    --------
    >>> parse_retry_after("9", datetime(2026, 11, 22, tzinfo=UTC))
    9.0
    >>> parse_retry_after(
    ...     "Sun, 22 Nov 2026 00:01:00 GMT", datetime(2026, 11, 22, tzinfo=UTC)
    ... )
    60.0
    """
    if not text:
        return None
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    return max(0.0, seconds) if math.isfinite(seconds) else None


def wait_told(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how long a refusing server says to wait, None if it doesn't say."""
    told = parse_retry_after(headers.get("Retry-After"), now)
    limit = parse_rate_limit(headers.get("RateLimit"))
    if limit is not None and limit.remaining == 0:
        # The window may end a little after the second that it is said to end in.
        told = max(told or 0.0, limit.reset_s + 1.0)
    return told


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently a transient failure is tried again.

    Attributes
    ----------
    attempts : int
        Requests for one page in all.
    base_s, cap_s : float
        First and longest own pause; it doubles in between.
    """

    attempts: int = 7
    base_s: float = 1.0
    cap_s: float = 60.0

    def pause_s(self, attempt: int, random: Callable[[], float]) -> float:
        """Return the pause after the `attempt`-th failure (from 1), half of it jitter.

        Without jitter, crawlers that one outage stopped would come back together.
        """
        full = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 30))
        return full * (0.5 + 0.5 * random())
