"""Where the bytes of a set live on; :mod:`headwater.graph.mirrors`."""

from __future__ import annotations

from headwater.graph.kernels.csr import IntArray
from headwater.queries.cypher.asking import Asking
from headwater.queries.cypher.patterns import there


def find_mirrors(ask: Asking, members: IntArray) -> dict[int, int]:
    """Return the mirror outside the set of each member that has one.

    Of several the most downloaded, liked and built-on counts, then the lowest number.
    """
    inside = set(members.tolist())
    rows = ask.each(
        "UNWIND $items AS item MATCH (n:Node {node: item})-[:MIRROR_OF]-(m) "
        f"WHERE m.state = 'present' AND {there('m', ask.day)} "
        "RETURN DISTINCT item, -coalesce(m.downloads, -1), -coalesce(m.likes, -1), "
        "-m.n_children, m.node",
        members.tolist(),
    )
    best: dict[int, tuple[int, ...]] = {}
    for member, *rank in rows:
        if rank[-1] not in inside:
            best[member] = min(best.get(member, tuple(rank)), tuple(rank))
    return {member: rank[-1] for member, rank in best.items()}
