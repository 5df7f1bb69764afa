"""Progress of crawls and imports; see :mod:`headwater.graph.progress`."""

from __future__ import annotations

from headwater.graph.progress import NullProgress as NullProgress
from headwater.graph.progress import Progress as Progress
