"""The page of results: every floor with what was reached, met or missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

ENGINES: Final = ("networkx", "rustworkx", "igraph", "DuckDB", "scipy")
FLOORS: Final[dict[str, dict[str, float]]] = {
    "descendants": {"networkx": 25, "igraph": 5, "DuckDB": 9},
    "ancestors, one by one": {"igraph": 1, "DuckDB": 200},
    "ancestors, all at once": {"igraph": 1},
    "components": {"networkx": 100, "igraph": 10, "scipy": 1.5},
    "root sets": {"networkx": 35, "igraph": 5, "DuckDB": 1.2},
    "captive sets": {"networkx": 100, "igraph": 20, "DuckDB": 4},
    "dominators": {"networkx": 20, "igraph": 1},
}
"""Least ratios to headwater's own time, for three million models."""
COLD_FLOORS: Final = {"networkx": 50, "igraph": 8, "DuckDB": 2}
QUESTIONS: Final = {
    "descendants": "all descendants of the largest root: count, downloads, by relation and depth",
    "ancestors, one by one": "ancestors of 1,000 random models with the evidence of every edge",
    "ancestors, all at once": "the same in one call",
    "components": "strongly connected components of the weight graph",
    "root sets": "distinct roots of every model",
    "captive sets": "models captive to each owner",
    "dominators": "dominator tree of the weight graph",
}
Check = tuple[str, str, str, bool]
"""What was asked, the floor, what was reached, whether that is met."""


def checks(found: dict[str, Any]) -> list[Check]:
    """Return every floor of one run with what was reached."""
    rows: list[Check] = []
    for question, floors in FLOORS.items():
        times = found["rows"][question]
        for engine, floor in floors.items():
            ratio = times[engine]["median"] / times["headwater"]["median"]
            rows.append(_at_least(f"{question}, against {engine}", floor, ratio))
    return rows + _event_checks(found) + _process_checks(found) + _other_checks(found)


def _event_checks(found: dict[str, Any]) -> list[Check]:
    events = found["events"]
    one, every = events["one"] / events["plain"], events["all"] / events["one"]
    return [
        _at_most("what breaks, one event, against plain descendants", 3, one, "×"),
        _at_most("all four events with splits, against one event", 4, every, "×"),
    ]


def _process_checks(found: dict[str, Any]) -> list[Check]:
    cold = found["cold"]
    own = cold["headwater"]["median"]
    rows = [_at_most("new process to first answer", 0.5, own, " s")]
    anonymous = cold["headwater"]["memory"].get("anonymous")
    if anonymous is not None:
        rows.append(_at_most("its anonymous memory", 300, anonymous / 1024, " MiB"))
    rows += [
        _at_least(f"new process, against {name}", floor, cold[name]["median"] / own)
        for name, floor in COLD_FLOORS.items()
    ]
    rows.append(_at_least("two readers against one", 1.7, found["readers"]["ratio"]))
    return rows


def _other_checks(found: dict[str, Any]) -> list[Check]:
    every = found["search"]["all"]
    return [
        _at_most("search, median of 1,000", 5, every["median"] * 1e3, " ms"),
        _at_most("search, 95th percentile", 60, every["p95"] * 1e3, " ms"),
        _at_most("compile and publish", 30, found["publish"]["compile"], " s"),
        _at_most(
            "10,000 new models, then a query", 0.3, found["overlay"]["median"], " s"
        ),
        *_concentration_checks(found.get("concentration")),
    ]


def _concentration_checks(times: dict[str, Any] | None) -> list[Check]:
    """Return the floors of concentration; runs of an older benchmark lack them."""
    if times is None:
        return []
    every, monthly = times["all measures"]["median"], times["by month"]["median"]
    return [
        _at_most("concentration, all measures", 0.5, every, " s"),
        _at_most("concentration by month, flow and stock", 3, monthly, " s"),
    ]


def _at_least(what: str, floor: float, ratio: float) -> Check:
    return what, f"≥ {floor:g}×", f"{_figure(ratio)}×", ratio >= floor


def _at_most(what: str, floor: float, value: float, unit: str) -> Check:
    return what, f"≤ {floor:g}{unit}", f"{_figure(value)}{unit}", value <= floor


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def summary(found: dict[str, Any]) -> str:
    """Return the floors of one run as lines of text."""
    lines = [
        f"{'met   ' if met else 'MISSED'}  {what}: {reached} (floor {floor})"
        for what, floor, reached, met in checks(found)
    ]
    met = sum(row[3] for row in checks(found))
    lines.append(
        f"{met} of {len(lines)} floors met; all answers equal; {found['seconds']:.0f} s"
    )
    return "\n".join(lines)


def page(results: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown page of all sizes that were measured."""
    from benchmarks.bench_words import HOW, INTRODUCTION

    parts = [INTRODUCTION]
    for found in reversed(results):
        parts += ["", *_section(found)]
    parts += ["", *_growth(results), "", HOW]
    return "\n".join(parts)


def _section(found: dict[str, Any]) -> list[str]:
    graph, computer = found["graph"], found["machine"]
    versions = ", ".join(
        f"{name} {what}" for name, what in computer["versions"].items()
    )
    return [
        f"## {found['models']:,} models",
        "",
        f"{graph['artefacts']:,} artefacts, {graph['nodes']:,} nodes, "
        f"{graph['edges']:,} edges; {found['publish']['claims']:,} claims; measured "
        f"{found['date']} in {found['seconds']:.0f} s.",
        "",
        f"{computer['processor']}, {computer['cores']} cores, {computer['memory']}, "
        f"load {computer['load']} at the start; {computer['system']}; {versions}.",
        "",
        *_engine_table(found),
        "",
        *_floor_table(found),
        "",
        *_details(found),
    ]


def _engine_table(found: dict[str, Any]) -> list[str]:
    lines = [
        "| question | headwater | " + " | ".join(ENGINES) + " |",
        "|---|---:|" + "---:|" * len(ENGINES),
    ]
    for question, words in QUESTIONS.items():
        times = found["rows"][question]
        own = times["headwater"]["median"]
        cells = [
            f"{_time(times[name]['median'])} ({_figure(times[name]['median'] / own)}×)"
            if name in times
            else "·"
            for name in ENGINES
        ]
        lines.append(f"| {words} | **{_time(own)}** | " + " | ".join(cells) + " |")
    cold = found["cold"]
    own = cold["headwater"]["median"]
    cells = [
        f"{_time(cold[name]['median'])} ({_figure(cold[name]['median'] / own)}×)"
        if name in cold
        else "·"
        for name in ENGINES
    ]
    words = "new process, open, first answer about the largest developer"
    lines.append(f"| {words} | **{_time(own)}** | " + " | ".join(cells) + " |")
    cells = [_mebibytes(cold.get(name, {})) for name in ENGINES]
    own_memory = _mebibytes(cold["headwater"])
    lines.append(
        f"| peak memory of that process (anonymous at the end) | **{own_memory}** | "
        + " | ".join(cells)
        + " |"
    )
    return lines


def _mebibytes(told: dict[str, Any]) -> str:
    memory = told.get("memory") or {}
    if not memory:
        return "·"
    return f"{memory['peak'] / 1024:,.0f} MiB ({memory['anonymous'] / 1024:,.0f})"


def _floor_table(found: dict[str, Any]) -> list[str]:
    lines = [
        "| floor (set for 3,000,000 models) | least | reached | |",
        "|---|---:|---:|---|",
    ]
    for what, floor, reached, met in checks(found):
        lines.append(
            f"| {what} | {floor} | {reached} | {'met' if met else '**missed**'} |"
        )
    return lines


def _details(found: dict[str, Any]) -> list[str]:
    events, search, readers = found["events"], found["search"], found["readers"]
    graph, publish = found["graph"], found["publish"]
    by_class = "; ".join(
        f"{kind} {_time(item['median'])} and {_time(item['p95'])}"
        for kind, item in search.items()
    )
    shares = [item["memory"].get("share", 0) / 1024 for item in readers["two"]]
    own_share = readers["one"]["memory"].get("share", 0) / 1024
    loads = ", ".join(f"{name} {_time(took)}" for name, took in found["loaded"].items())
    return [
        f"* The largest root has {events['root_descendants']:,} descendants; "
        f"`{graph['developer']}` has {graph['members']:,} artefacts, on which "
        f"{events['descendants']:,} stand.",
        f"* Plain descendants of that developer {_time(events['plain'])}; verdict, depth and "
        f"proof of each for one event {_time(events['one'])}; the whole query for one event "
        f"{_time(events['query'])}; all four with captive, shared and three splits "
        f"{_time(events['all'])}.",
        f"* Physical floor: those descendants are at least "
        f"{_time(events['floor'])} of memory traffic at the "
        f"{events['bandwidth'] / 1e9:.1f} GB/s that a copy reaches here; the plain answer "
        f"takes {_figure(events['plain'] / events['floor'])}× that.",
        f"* Search, median and 95th percentile: {by_class}.",
        *_concentration(found.get("concentration")),
        f"* Two readers in two processes: {readers['ratio']:.2f}× the answers of one; "
        f"proportional memory {shares[0]:.0f} + {shares[1]:.0f} MiB, alone "
        f"{own_share:.0f} MiB: the snapshot is in memory once.",
        f"* Generating took {publish['generate']:.1f} s, compiling and publishing "
        f"{publish['compile']:.1f} s with a peak of "
        f"{publish['memory'].get('peak', 0) / 1048576:.1f} GiB; the snapshot has "
        f"{graph['bytes'] / 1e6:,.0f} MB.",
        f"* Loading the graphs, not counted above: {loads}.",
    ]


def _concentration(times: dict[str, Any] | None) -> list[str]:
    if times is None:
        return []
    told = ", ".join(
        f"{name} {_time(item['median'])}"
        for name, item in times.items()
        if name != "months"
    )
    return [f"* Concentration: {told} ({times['months']} months)."]


def _growth(results: Sequence[dict[str, Any]]) -> list[str]:
    rows = [(name, words) for name, words in QUESTIONS.items()]
    head = " | ".join(f"{found['models']:,}" for found in results)
    lines = [
        "## Growth",
        "",
        "headwater's own times by number of models; twice the graph should be twice the "
        "time, and a query's time should follow its answer.",
        "",
        f"| | {head} |",
        "|---|" + "---:|" * len(results),
    ]
    for name, words in rows:
        cells = [_time(found["rows"][name]["headwater"]["median"]) for found in results]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    for words, key in (
        ("what breaks, largest developer, one event", "query"),
        ("the same, all four with splits", "all"),
    ):
        cells = [
            f"{_time(found['events'][key])} for {found['events']['victims']:,}"
            for found in results
        ]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    peaks = [found["publish"]["memory"].get("peak", 0) / 1048576 for found in results]
    compiles = [_time(found["publish"]["compile"]) for found in results]
    cells = [
        f"{took}, {peak:.1f} GiB" for took, peak in zip(compiles, peaks, strict=True)
    ]
    lines.append("| compile and publish, peak memory | " + " | ".join(cells) + " |")
    cells = [_mebibytes(found["cold"]["headwater"]) for found in results]
    lines.append("| memory of a new process | " + " | ".join(cells) + " |")
    return lines
