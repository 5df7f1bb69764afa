import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.kernels.dag import condense
from tests.graph.kernels.shapes import ALL, ANY, N_RELATIONS, Graph, node_sets


def edges_of(offsets, targets) -> list[tuple[int, int]]:
    return [
        (node, int(targets[at]))
        for node in range(len(offsets) - 1)
        for at in range(offsets[node], offsets[node + 1])
    ]


@settings(deadline=None, max_examples=300)
@given(ANY, st.data())
def test_condensation_is_that_of_networkx(graph: Graph, data) -> None:
    flags = st.lists(st.booleans(), min_size=N_RELATIONS, max_size=N_RELATIONS)
    relations = np.array(data.draw(st.one_of(st.just([True] * N_RELATIONS), flags)))
    outside = data.draw(node_sets(graph))
    within = np.ones(graph.n_nodes, np.bool_)
    within[list(outside)] = False
    dag = condense(graph.parents, relations, within=within if outside else None)

    up = graph.downwards(relations).reverse()
    up.remove_edges_from(list(nx.selfloop_edges(up)))
    up.remove_edges_from([(a, b) for a, b in up.edges if {a, b} & outside])
    head = {
        node: min(part)
        for part in nx.strongly_connected_components(up)
        for node in part
    }
    crossing = {(head[a], head[b]) for a, b in up.edges if head[a] != head[b]}
    assert edges_of(dag.offsets, dag.parents) == sorted(up.edges)
    assert edges_of(dag.dag_offsets, dag.dag_parents) == sorted(crossing)
    reverse = edges_of(dag.dag_child_offsets, dag.dag_children)
    assert reverse == sorted((b, a) for a, b in crossing)
    assert dag.representatives.tolist() == [head[v] for v in range(graph.n_nodes)]
    assert dag.components() == {
        min(part): sorted(part)
        for part in nx.strongly_connected_components(up)
        if len(part) > 1
    }
    condensed = nx.DiGraph()
    condensed.add_nodes_from(head.values())
    condensed.add_edges_from((b, a) for a, b in crossing)
    wanted = [set(level) for level in nx.topological_generations(condensed)]
    levels = [set(dag.levels[i].tolist()) for i in range(len(dag.levels))]
    assert levels == wanted


@given(ANY)
def test_representatives_may_be_given(graph: Graph) -> None:
    found = condense(graph.parents, ALL)
    again = condense(graph.parents, ALL, found.representatives)
    assert again.levels.order.tolist() == found.levels.order.tolist()
    assert again.dag_parents.tolist() == found.dag_parents.tolist()
