"""Waiting as the server says, in every form it can say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.ingest.rate_limit import (
    RateLimit,
    RetryPolicy,
    parse_rate_limit,
    parse_retry_after,
    wait_told,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"api";r=499;t=300', RateLimit(499, 300)),
        ('"api"; r=0; t=42', RateLimit(0, 42)),
        ('"api";t=42;r=0', RateLimit(0, 42)),
        ('"api";r=-1;t=42', None),
        ('"api";r=1', None),
        ('"api";r=x;t=y', None),
        ("", None),
        (None, None),
    ],
)
def test_rate_limits(text, expected):
    assert parse_rate_limit(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", 9.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        ("Sun, 22 Nov 2026 00:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 00:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 00:00:00 GMT", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(text, expected):
    assert parse_retry_after(text, NOW) == expected


@given(st.text(max_size=40))
def test_no_header_raises(text):
    parse_rate_limit(text)
    waited = parse_retry_after(text, NOW)
    assert waited is None or waited >= 0


def test_the_longer_of_two_waits_counts():
    assert wait_told({"Retry-After": "9", "RateLimit": '"api";r=0;t=42'}, NOW) == 43
    assert wait_told({"Retry-After": "90", "RateLimit": '"api";r=0;t=42'}, NOW) == 90
    assert wait_told({"RateLimit": '"api";r=7;t=42'}, NOW) is None
    assert wait_told({}, NOW) is None


def test_own_pauses_double_up_to_the_cap_and_half_of_them_is_chance():
    policy = RetryPolicy(base_s=1.0, cap_s=60.0)

    assert [policy.pause_s(n, lambda: 1.0) for n in (1, 2, 3, 9)] == [1, 2, 4, 60]
    assert policy.pause_s(3, lambda: 0.0) == 2
    assert policy.pause_s(10**6, lambda: 1.0) == 60
