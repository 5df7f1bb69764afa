"""JSON-LD: two parsers agree, SPARQL finds the lineage, PROV-O is used as it is meant."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import rdflib
from pyld import jsonld
from rdflib.namespace import PROV, RDF, XSD

from headwater.graph.lineage_graph import LineageGraph
from headwater.graph.schema import RELATIONS
from headwater.queries.export.formats import export
from headwater.queries.export.prov import IDS, TERMS, context, statement
from tests.queries.exported import (
    HOSTILE,
    hostile_graph,
    table,
    told_edges,
    told_nodes,
)

# rdflib warns of itself.
pytestmark = pytest.mark.filterwarnings("ignore:.*use Dataset:DeprecationWarning")

HW = rdflib.Namespace(TERMS)


def written(graph: LineageGraph, **options: Any) -> bytes:
    file = io.BytesIO()
    export(graph, "jsonld", file, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> LineageGraph:
    return hostile_graph(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def triples(hostile: LineageGraph) -> rdflib.Graph:
    return rdflib.Graph().parse(data=written(hostile), format="json-ld")


@pytest.fixture(scope="module")
def real(catalogue: LineageGraph) -> rdflib.Graph:
    data = written(catalogue, around="LLaMA 7B", depth=2)
    return rdflib.Graph().parse(data=data, format="json-ld")


def iri(node_id: str) -> rdflib.URIRef:
    return rdflib.URIRef(IDS + node_id)


def test_every_value_of_every_node_is_in_the_document(graph: LineageGraph) -> None:
    document = json.loads(written(graph))
    terms = {"wasAttributedTo", "published_by", "@id", "@type"}
    nodes = {
        row["identifier"]: {
            name: value
            for name, value in row.items()
            if name not in terms and name != "identifier"
        }
        for row in document["@graph"]
        if "identifier" in row
    }
    assert nodes == told_nodes(graph, owners=True)
    for row in document["@graph"]:
        if "identifier" in row:
            assert unquote(row["@id"].removeprefix("id:")) == row["identifier"]


@pytest.fixture(params=["hostile", "catalogue"])
def graph(request: pytest.FixtureRequest) -> LineageGraph:
    found: LineageGraph = request.getfixturevalue(request.param)
    return found


def test_every_edge_and_claim_is_in_the_document(graph: LineageGraph) -> None:
    document = json.loads(written(graph))
    edges = {}
    for row in document["@graph"]:
        if row["@id"].startswith("edge:"):
            edges[row["@id"]] = row
        for value in row.values():
            if isinstance(value, dict):
                edges[value["@id"]] = value
    left_out = ("@id", "@type", "child", "parent", "entity", "influencer", "other")
    assert {
        (row["child"].removeprefix("id:"), row["parent"].removeprefix("id:"),
         row["relation"]):
        {name: value for name, value in row.items() if name not in left_out}
        for row in edges.values()
    } == told_edges(graph, all_edges=True)  # fmt: skip
    claims = [row for row in document["@graph"] if row["@id"].startswith("claim:")]
    expected = table(graph, "claims")
    assert [row["about"] for row in claims] == [
        f"edge:{row['edge']}" for row in expected
    ]
    for name in ("document", "note", "raw", "stance", "confidence", "primary"):
        assert [row.get(name) for row in claims] == [row[name] for row in expected]


def test_pyld_reads_the_same_triples(hostile: LineageGraph) -> None:
    data = written(hostile)
    by_pyld = rdflib.Graph().parse(
        data=str(jsonld.to_rdf(json.loads(data), {"format": "application/n-quads"})),
        format="nquads",
    )
    by_rdflib = rdflib.Graph().parse(data=data, format="json-ld")

    def said(term: Any) -> str:
        # Canonical doubles have 15 digits, which pyld keeps to.
        is_double = getattr(term, "datatype", None) == XSD.double
        return f"{float(term):.12g}" if is_double else str(term)

    def triples_of(found: rdflib.Graph) -> set[tuple[str, ...]]:
        return {tuple(map(said, triple)) for triple in found}

    assert triples_of(by_pyld) == triples_of(by_rdflib)
    assert len(by_rdflib) > 500


def test_hostile_text_is_a_literal_and_no_address(
    hostile: LineageGraph, triples: rdflib.Graph
) -> None:
    data = written(hostile)
    assert not set(data.decode()) & set("\x7f\x85\u202e\u2066\u2028\ufeff\ufffe")
    labels = {str(label) for label in triples.objects(None, rdflib.RDFS.label)}
    assert labels >= set(HOSTILE)
    documents = {str(item) for item in triples.objects(None, HW.document)}
    assert documents >= {f"https://x/{text}" for text in HOSTILE}
    sources = {
        *triples.objects(None, PROV.hadPrimarySource),
        *triples.objects(predicate=PROV.wasDerivedFrom),
    }
    assert all(isinstance(item, rdflib.URIRef) for item in sources)
    assert rdflib.URIRef("https://x/plain") in sources
    assert not any(set(str(item)) & set('<>" \n\\^{}|`') for item in sources)


def test_entities_agents_and_attribution(triples: rdflib.Graph) -> None:
    assert (iri("o/a"), RDF.type, PROV.Entity) in triples
    assert (iri("o/a"), RDF.type, HW.Model) in triples
    assert (iri("@o"), RDF.type, PROV.Agent) in triples
    assert (iri("developer:someone"), RDF.type, PROV.Agent) in triples
    assert (iri("o/a"), PROV.wasAttributedTo, iri("@o")) in triples
    assert (iri("o/a"), PROV.wasAttributedTo, iri("developer:someone")) in triples
    assert (iri("@o"), PROV.actedOnBehalfOf, iri("developer:someone")) in triples
    assert not set(triples.subjects(RDF.type, PROV.Entity)) & set(
        triples.subjects(RDF.type, PROV.Agent)
    )


@pytest.mark.parametrize(
    ("child", "parent", "relation", "said", "qualified", "kind", "other"),
    [
        ("o/b", "o/a", "finetune", PROV.wasDerivedFrom, PROV.qualifiedDerivation,
         PROV.Derivation, PROV.entity),
        ("o/new", "o/a", "successor_of", PROV.wasRevisionOf, PROV.qualifiedRevision,
         PROV.Revision, PROV.entity),
        ("o/b", "o/z", "method", PROV.wasInfluencedBy, PROV.qualifiedInfluence,
         PROV.Influence, PROV.influencer),
        ("o/copy", "o/a", "mirror_of", PROV.alternateOf, HW.qualifiedAlternate,
         HW.Alternate, HW.other),
    ],
)  # fmt: skip
def test_what_prov_says_of_an_edge(
    triples: rdflib.Graph, child: str, parent: str, relation: str, said: Any,
    qualified: Any, kind: Any, other: Any,
) -> None:  # fmt: skip
    assert (iri(child), said, iri(parent)) in triples
    assert (iri(child), HW[relation], iri(parent)) in triples
    edges = [
        edge
        for edge in triples.objects(iri(child), qualified)
        if (edge, HW.relation, rdflib.Literal(relation)) in triples
    ]
    assert len(edges) == 1
    assert (edges[0], RDF.type, kind) in triples
    assert (edges[0], other, iri(parent)) in triples
    claims = set(triples.subjects(HW.about, edges[0]))
    assert claims
    assert all((claim, RDF.type, PROV.Entity) in triples for claim in claims)


def test_refuted_edges_and_loops_are_told_but_not_stated(triples: rdflib.Graph) -> None:
    for child, parent, standing in (
        ("o/q", "o/a", "refuted"),
        ("o/self",) * 2 + ("self",),
    ):
        assert (iri(child), PROV.wasDerivedFrom, iri(parent)) not in triples
        edges = set(triples.subjects(HW.standing, rdflib.Literal(standing)))
        assert [
            edge for edge in edges
            if (edge, HW.child, iri(child)) in triples
            and (edge, HW.parent, iri(parent)) in triples
        ]  # fmt: skip


def test_sparql_walks_the_lineage(real: rdflib.Graph, catalogue: LineageGraph) -> None:
    from headwater.queries.lineage import lineage

    found = real.query(
        "SELECT DISTINCT ?id WHERE { ?child prov:wasDerivedFrom ?focus . "
        "?focus dcterms:identifier 'off-hub/meta/llama-7b' . "
        "?child dcterms:identifier ?id }",
        initNs={"prov": PROV, "dcterms": rdflib.DCTERMS},
    )
    answer = lineage(catalogue, "LLaMA 7B", depth=1)
    children = {
        step.child
        for step in answer.edges
        if step.parent == answer.id and step.relation not in ("mirror_of", "method")
    }
    assert {str(row[0]) for row in found} == children  # type: ignore[index]
    assert len(children) > 5


def test_types_of_values(triples: rdflib.Graph) -> None:
    a = iri("o/a")
    assert triples.value(a, HW.downloads) == rdflib.Literal(0)
    assert triples.value(iri("o/q"), HW.downloads) is None
    assert triples.value(iri("o/h1"), HW.scratch) == rdflib.Literal(False)
    seen = triples.value(a, HW.first_seen)
    assert isinstance(seen, rdflib.Literal)
    assert seen.datatype == XSD.date
    bundle = triples.value(predicate=RDF.type, object=PROV.Bundle)
    moment = triples.value(bundle, PROV.generatedAtTime)
    assert isinstance(moment, rdflib.Literal)
    assert moment.datatype == XSD.dateTime


def test_the_context_knows_every_term(graph: LineageGraph) -> None:
    known = set(context("x"))
    for row in json.loads(written(graph))["@graph"]:
        for item in (
            row,
            *(value for value in row.values() if isinstance(value, dict)),
        ):
            types = item.get("@type", [])
            assert set(item) - {"@id", "@type"} <= known
            assert set([types] if isinstance(types, str) else types) <= known


def test_every_relation_has_its_statement(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "exports.md"
    text = page.read_text(encoding="utf-8")
    for item in RELATIONS:
        said = statement(item)
        prefix = "hw" if said.type == "Alternate" else "prov"
        assert (
            f"| `{item.name}` | `prov:{said.plain}` | `{prefix}:{said.type}` |" in text
        )
