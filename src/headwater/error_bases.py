"""What all errors of :mod:`headwater.errors` have in common."""

from __future__ import annotations


class LineageError(Exception):
    """Base of all errors of this package."""


class Transient:
    """Mixin: the same call may succeed later."""


class GraphError(LineageError):
    """Something about the graph or its store."""
