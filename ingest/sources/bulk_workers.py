"""Processes that parse shares of dumps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType

from headwater.errors import IngestError
from headwater.ingest.sources.bulk_parts import Part, PartResult, parse_part


class Workers:
    """Some processes that parse shares of dumps; a context manager that ends them.

    Parameters
    ----------
    number : int
        How many. More than one need a main module that can be imported again, as
        `multiprocessing` asks. One, or none, is this process.
    """

    def __init__(self, number: int) -> None:
        self.number = max(1, number)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def start(self) -> None:
        """Start the processes, without waiting for them."""
        if self._pool is not None or self.number == 1:
            return
        # A fork of a process that runs threads, as Arrow's do, may never wake up.
        self._pool = ProcessPoolExecutor(self.number, mp_context=get_context("spawn"))
        for _ in range(self.number):
            self._pool.submit(_load_modules)

    def parse(self, parts: Sequence[Part]) -> Iterator[PartResult]:
        """Yield what the parts say, in their order.

        Parts are shared out if the processes were started; else this one parses.

        Raises
        ------
        OSError
            When a part cannot be kept.
        IngestError
            When a process was ended from outside.
        """
        if self._pool is None:
            yield from map(parse_part, parts)
            return
        try:
            yield from self._pool.map(parse_part, parts)
        except BrokenProcessPool as error:
            raise IngestError(
                "a process that read the dump was ended from outside, for want of memory "
                "perhaps; try again with --workers 1"
            ) from error


def _load_modules() -> None:
    """Do nothing: to find this function, a process loads all it needs."""
