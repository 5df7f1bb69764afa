"""Where questions are answered: threads of their own, bounded in number and time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Final, TypeVar

from headwater.api.problems import ProblemError

T = TypeVar("T")
POOLS: Final = {"small": 2, "graph": 2, "whole": 1}
"""Pool -> threads. What looks at the whole graph waits for its like, so that a look-up
never waits for it. Few threads: they share one interpreter, and with twice as many the
95th percentile under 200 requests a second was half as long again."""


class Workers:
    """Pools of threads with a line of bounded length before each.

    Parameters
    ----------
    timeout_s : float
        An answer that takes longer is given up. Its thread goes on to its end, because
        threads cannot be stopped; until then it holds its place in the line.
    max_waiting : int
        Questions in line and under way in one pool.
    """

    def __init__(self, timeout_s: float, max_waiting: int) -> None:
        self._timeout_s = timeout_s
        self._max_waiting = max_waiting
        self._pools = {
            name: ThreadPoolExecutor(threads, f"headwater-{name}")
            for name, threads in POOLS.items()
        }
        self._under_way = dict.fromkeys(POOLS, 0)
        self._lock = Lock()

    def under_way(self) -> dict[str, int]:
        """Return how many questions each pool has, waiting ones included."""
        return dict(self._under_way)

    async def run(self, pool: str, work: Callable[[], T]) -> T:
        """Return what `work` returns, from a thread.

        Raises
        ------
        ProblemError
            When the line is full or the time is up.
        """
        future = self._submit(pool, work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._timeout_s)
        except TimeoutError:
            raise ProblemError(
                "timeout",
                f"no answer within {self._timeout_s:g} s; ask for less: a smaller limit, "
                "fewer events or splits, one target",
                headers={"retry-after": "60"},
            ) from None

    def _submit(self, pool: str, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            if self._under_way[pool] >= self._max_waiting:
                raise ProblemError(
                    "busy",
                    f"{self._max_waiting} questions of this kind are waiting; ask again",
                    headers={"retry-after": "2"},
                )
            self._under_way[pool] += 1
        future = self._pools[pool].submit(work)
        future.add_done_callback(lambda _: self._leave(pool))
        return future

    def _leave(self, pool: str) -> None:
        with self._lock:
            self._under_way[pool] -= 1

    def close(self) -> None:
        """Let the threads end; what waits is not begun."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


class AnswerCache:
    """Answers about the whole graph, of the snapshot asked last, the used ones longest.

    Who asks what is being worked out waits for it, so that it is worked out once.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._snapshot = ""
        self._kept: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, snapshot: str, key: Hashable, work: Callable[[], T]) -> T:
        """Return the answer to `key`, from `work` if it is not there."""
        with self._lock:
            if snapshot != self._snapshot:
                # Answers of the last snapshot are of no use to anybody.
                self._snapshot = snapshot
                self._kept.clear()
            found = self._kept.get(key)
            if found is not None:
                self.hits += 1
                self._kept.move_to_end(key)
            else:
                self.misses += 1
                mine: Future[T] = Future()
                self._kept[key] = mine
                if len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        if found is not None:
            return found.result()  # type: ignore[no-any-return]
        return self._fill(key, mine, work)

    def _fill(self, key: Hashable, mine: Future[T], work: Callable[[], T]) -> T:
        try:
            answer = work()
        except BaseException as error:
            with self._lock:
                if self._kept.get(key) is mine:
                    del self._kept[key]
            with contextlib.suppress(Exception):
                mine.set_exception(error)
            raise
        mine.set_result(answer)
        return answer
