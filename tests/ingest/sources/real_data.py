"""Where real data may be found; tests that want it are skipped without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


def real_data(name: str) -> Path:
    named = os.environ.get("HEADWATER_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    path = folder / name
    if not path.exists():
        pytest.skip(
            f"optional: no real data: {path} is missing (set HEADWATER_TEST_DATA)"
        )
    return path
