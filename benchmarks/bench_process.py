"""A command in a process of its own: wall time, and the memory of all its processes.

The memory of a process and its children is sampled: the sum of their resident sets,
which counts a page that two of them share twice, and the sum of their proportional
shares, which counts it once. Both include pages of mapped files.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PAUSE_S: Final = 0.02
_SHARE_EVERY: Final = 10
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class CommandFailedError(Exception):
    """A measured command did not end well; the text is what it said."""


@dataclass(slots=True)
class Cost:
    """What a command took.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    peak_rss, peak_share : int
        Bytes over all its processes, at the worst sampled moment each.
    processes : int
        Most processes at a time.
    load_before : float
        Load of the machine over the minute before it.
    """

    seconds: float = 0.0
    peak_rss: int = 0
    peak_share: int = 0
    processes: int = 0
    load_before: float = 0.0
    output: str = ""


def measure(command: Sequence[str], **options: Any) -> Cost:
    """Run a command to its end.

    Raises
    ------
    CommandFailedError
        When it ends with an error.
    """
    cost = Cost(load_before=round(os.getloadavg()[0], 2))
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, cost, done))
    watcher.start()
    try:
        cost.output = process.communicate()[0]
        cost.seconds = time.perf_counter() - start
    finally:
        done.set()
        watcher.join()
    if process.returncode:
        raise CommandFailedError(f"{' '.join(command)}\n{cost.output[-4000:]}")
    return cost


def _watch(pid: int, cost: Cost, done: threading.Event) -> None:
    number = 0
    while not done.wait(_PAUSE_S):
        family = _family(pid)
        cost.processes = max(cost.processes, len(family))
        cost.peak_rss = max(cost.peak_rss, sum(map(_resident, family)))
        if number % _SHARE_EVERY == 0:
            cost.peak_share = max(cost.peak_share, sum(map(_share, family)))
        number += 1


def _family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for one in found:
        # It may have ended since it was found.
        with contextlib.suppress(FileNotFoundError):
            for path in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(child) for child in _text(path).split()]
    return found


def _resident(pid: int) -> int:
    fields = _text(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * _PAGE if fields else 0


def _share(pid: int) -> int:
    for line in _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""  # it ended meanwhile
