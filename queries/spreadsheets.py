"""Cells of CSV that a spreadsheet opens without running them."""

from __future__ import annotations


def safe_cell(value: object) -> object:
    """Return a cell; what a spreadsheet would run as a formula is quoted.

    Examples
    --------
    >>> safe_cell("=HYPERLINK(1)"), safe_cell("@meta-llama"), safe_cell(None)
    ("'=HYPERLINK(1)", '@meta-llama', '')
    """
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        # "@meta-llama" is an id of ours and is no formula without a call.
        return value if value[0] == "@" and "(" not in value else "'" + value
    return "" if value is None else value
