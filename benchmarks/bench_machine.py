"""What the measurements ran on, and how much memory a process took."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = (
    "numpy", "networkx", "rustworkx", "igraph", "scipy", "duckdb", "pyarrow", "rapidfuzz",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Return processor, memory, system and versions."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory": _line("/proc/meminfo", "MemTotal") or "unknown",
        "system": platform.platform(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {"Python": platform.python_version(), **_versions()},
    }


def memory() -> dict[str, int]:
    """Return memory of this process in kB: anonymous, proportional share, peak.

    Empty where the system does not tell.
    """
    found = {}
    for name, path, key in (
        ("anonymous", "/proc/self/status", "RssAnon"),
        ("peak", "/proc/self/status", "VmHWM"),
        ("share", "/proc/self/smaps_rollup", "Pss"),
    ):
        line = _line(path, key)
        if line:
            found[name] = int(line.split()[0])
    return found


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _line(path: str, key: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
