import resource
import subprocess
import sys

import pytest

from headwater.graph.kernels.memory import keep_freed_memory

_FAULTS = """
import resource
import numpy as np
from headwater.graph.kernels.memory import keep_freed_memory
if {kept}:
    assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    made = [np.ones(3 << 20, np.uint8) for _ in range(20)]
    del made
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def faults(kept: bool) -> int:
    """Return the pages that a process has to be given for arrays made again and again."""
    script = _FAULTS.format(kept=kept)
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="optional: a setting of Linux"
)
def test_freed_memory_is_used_again() -> None:
    pages = 20 * (3 << 20) // resource.getpagesize()
    assert faults(kept=True) < pages / 20
    assert faults(kept=False) > pages / 2


def test_elsewhere_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False
