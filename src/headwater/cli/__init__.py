"""The command line: thin, it computes nothing."""

from __future__ import annotations

from headwater.cli.main import main

__all__ = ["main"]
