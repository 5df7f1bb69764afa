"""One Chromium for all tests of pages: two of its drivers cannot run side by side."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return Chromium; a machine without one must say so, it is never skipped over."""
    if os.environ.get("HEADWATER_NO_BROWSER") == "1":
        pytest.skip("HEADWATER_NO_BROWSER=1: this machine has no browser")
    own = os.environ.get("HEADWATER_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=own, args=FLAGS)
        yield started
        started.close()
