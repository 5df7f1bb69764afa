"""Interleaved timing: engine after engine, round after round, answers compared first."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.engines.inputs import Task

ROUNDS: Final = 7


class DifferentAnswersError(Exception):
    """Two engines answered one question differently: no time counts."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What one engine took for one question.

    Attributes
    ----------
    median, least : float
        Seconds.
    rounds : int
        How often it was asked.
    """

    median: float
    least: float
    rounds: int


def same(one: Any, other: Any) -> bool:
    """Return whether two answers are equal."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def compare(name: str, engines: Mapping[str, Task]) -> dict[str, float]:
    """Return seconds of a first, warming run of each engine, answers compared.

    Raises
    ------
    DifferentAnswersError
        When an engine answers differently from the first one.
    """
    took: dict[str, float] = {}
    expected, reference = None, ""
    for engine, task in engines.items():
        start = time.perf_counter()
        canonical = task()
        took[engine] = time.perf_counter() - start
        answer = canonical()
        if not reference:
            expected, reference = answer, engine
        elif not same(expected, answer):
            raise DifferentAnswersError(f"{name}: {engine} differs from {reference}")
    return took


def interleave(
    name: str, engines: Mapping[str, Task], budget: float
) -> dict[str, Timing]:
    """Return the times of each engine for one question.

    Parameters
    ----------
    name : str
        The question, for errors.
    engines : mapping of str to task
        The first one sets the answer that the others must give.
    budget : float
        Seconds that an engine may take in all; it is asked at least once beside the
        warming run, unless that one alone took longer.

    Notes
    -----
    The garbage collector is off on the clock, for every engine.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        spent = compare(name, engines)
        times: dict[str, list[float]] = {
            engine: [took] if took > budget else [] for engine, took in spent.items()
        }
        for _ in range(ROUNDS):
            for engine, task in engines.items():
                if spent[engine] > budget:
                    continue
                start = time.perf_counter()
                canonical = task()
                took = time.perf_counter() - start
                del canonical
                times[engine].append(took)
                spent[engine] += took
    finally:
        gc.unfreeze()
        gc.enable()
    return {
        engine: Timing(statistics.median(taken), min(taken), len(taken))
        for engine, taken in times.items()
    }


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> Timing:
    """Return the times of one piece of work on its own."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return Timing(statistics.median(taken), min(taken), rounds)
