"""A page is cut into records without a look inside them."""

from __future__ import annotations

import time

import pytest

from headwater.ingest.parse.page_body import split_page


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<html></html>", "HTML"),
        (b'[{"a": "\xff"}]', "UTF-8"),
        (b'{"a": 1}', "no array"),
        (b"7", "no array"),
        (b"[1, 2]", "none of records"),
        (b'[{"a": 1}', "invalid JSON"),
        (b'[{"a": 1}] x', "invalid JSON"),
    ],
)
def test_bodies_that_are_no_page(body, problem):
    with pytest.raises(ValueError, match=problem):
        split_page(body)


def test_one_record_nested_too_deep_does_not_cost_the_page():
    deep = b'{"id":"a/b","x":' + b"[" * 3000 + b'"],[{"' + b"]" * 3000 + b"}"

    assert split_page(b'[{"id":"c/d"}, ' + deep + b",7]") == [
        b'{"id":"c/d"}', deep, b"7",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="brackets"):
        split_page(b'[{"id":"c/d"}, ' + deep)


def test_a_string_without_an_end_is_refused_at_once():
    # Twice the length must be twice the time: this one took the better part of an hour.
    body = b"[" * 1500 + b'"' + b'\\"' * 500_000
    start = time.process_time()
    with pytest.raises(ValueError, match="brackets"):
        split_page(body)
    assert time.process_time() - start < 5
