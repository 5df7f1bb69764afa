"""headwater: the knowledge graph of model lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.loading import load as load
    from headwater.queries.session import Session as Session

__version__ = "0.1.0"
__all__ = ["Session", "__version__", "load"]


def __getattr__(name: str) -> object:
    """Import what is asked for, so that importing headwater costs nothing."""
    if name == "load":
        from headwater.loading import load

        return load
    if name == "Session":
        from headwater.queries.session import Session

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
