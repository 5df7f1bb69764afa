"""The words around the figures on the page of results."""

from __future__ import annotations

from typing import Final

INTRODUCTION: Final = """\
# Benchmarks

<!-- Written by `make bench` and `make bench-full`; edit benchmarks/ instead. -->

`make bench` measures at 300,000 models in about three minutes, `make bench-full` at
3,000,000. Both make the same synthetic Hub on every machine (`benchmarks/hub_like.py`
says what its shape follows), ask every engine the same questions, compare the answers
and only then count time. Ratios are medians within one run, engines taking turns."""

HOW: Final = """\
## How each engine is used

All get the same graph as arrays before the clock starts, and keep their graphs in
memory. Nodes are integers throughout: in the libraries in the order in which the Hub
lists them (by creation), in headwater in preorder, which is part of what its compile
step does. For all, the garbage collector is off on the clock, and the C library keeps
freed memory, as in a server (`graph/kernels/memory.py`); new processes are as they come.
Questions that need an order (root sets, captive sets, dominator tree) are asked of the
weight graph without the edges within its few cycles, because libraries differ in what
they make of a cycle; every engine, headwater too, gets that graph ready-made.

* **headwater**: the published snapshot, memory-mapped, and its public functions. The
  snapshot holds adjacency, columns and two facts of each node: its cycle and whether its
  origin is known. *What breaks* reads them; what libraries are compared in does not.
* **networkx**: directed graphs of integers; `bfs_layers`, `ancestors`,
  `strongly_connected_components`, `topological_sort`, `immediate_dominators`. Sums run
  over plain lists, sets spread along its adjacency dictionaries and are shared when
  they are equal. In a new process it unpickles the graph with the collector off.
* **rustworkx**: multigraphs (its duplicate check is slow); `digraph_bfs_layers`,
  `ancestors`, `strongly_connected_components`. It is measured where it answers with
  functions of its own.
* **igraph**: graphs from numpy edge lists; `bfs` for layers, `subcomponent` or one
  batched `neighborhood` for ancestors, `connected_components`, `topological_sorting`
  with sets shared when equal, `dominator` below a virtual root. Sums in numpy.
* **DuckDB**: tables sorted by parent, so that zone maps help; recursive queries with
  `USING KEY`, which keep one row a node; levels of the graph given in advance for the
  captive sets, one statement a level. In a new process it opens its database file.
* **scipy**: one compressed matrix of bytes; `connected_components`.

In a new process headwater answers *what breaks* with verdicts, proofs and sums; the
others only count the descendants of the same developer and add up their downloads.
"""
