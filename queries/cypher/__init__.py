"""The questions in Cypher: answered by a Neo4j server that holds a pushed snapshot.

The server walks edges, tests rules and counts; this side says what to walk next, by
lists of node numbers, and puts the answer together. Answers are the values of
:mod:`headwater.queries`, equal to the engine's field by field: order, ties and proofs
too. Nothing here imports a driver (:mod:`headwater.graph.backends.neo4j_connection`).
"""
